"""Release archives that are no Debian packages: pinned, fetched, verified, kept in this machine's cache.

Servers get them from the control machine only, by the module `artifact_tree`. No decisions about tenants here:
`requirements` says which archives a set of services needs, and callers say which services there are.
"""
