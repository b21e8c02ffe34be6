"""Checks of live hosts: a testinfra suite that ships with the package, and the one call that runs it."""
