# SPDX-License-Identifier: AGPL-3.0-or-later
"""Parameters of the module `keycloak_realm`, which documents them."""

from __future__ import annotations

from ansible_collections.nuage_commun.platform.plugins.module_utils import files

SMTP = {
    "host": {"type": "str", "default": ""},
    "port": {"type": "int", "default": 25},
    "tls": {"type": "str", "choices": ["none", "starttls", "tls"], "default": "starttls"},
    "sender": {"type": "str", "default": ""},
    "sender_name": {"type": "str", "default": ""},
}
CLIENT = {
    "id": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "secret": {"type": "str", "required": True, "no_log": True},
    "base_url": {"type": "str", "required": True},
    "redirect_uris": {"type": "list", "elements": "str", "required": True},
    "post_logout_redirect_uris": {"type": "list", "elements": "str", "default": []},
    "backchannel_logout_url": {"type": "str", "default": ""},
}
LDAP = {
    "url": {"type": "str", "default": ""},
    "vendor": {"type": "str", "choices": ["active-directory", "other"], "default": "other"},
    "bind_dn": {"type": "str", "default": ""},
    "bind_password": {"type": "str", "default": "", "no_log": True},
    "users_dn": {"type": "str", "default": ""},
    "groups_dn": {"type": "str", "default": ""},
    "filter": {"type": "str", "default": ""},
    "username_attribute": {"type": "str", "default": ""},
}
BROKER = {
    "name": {"type": "str", "default": ""},
    "issuer": {"type": "str", "default": ""},
    "client_id": {"type": "str", "default": ""},
    "client_secret": {"type": "str", "default": "", "no_log": True},
}
ARGUMENTS = {
    "realm": {"type": "str", "required": True},
    "display_name": {"type": "str", "required": True},
    "language": {"type": "str", "choices": ["fr", "en"], "default": "fr"},
    "state": {"type": "str", "choices": ["active", "suspended", "leaving"], "default": "active"},
    "second_factor": {"type": "str", "choices": ["administrators", "everyone"], "default": "administrators"},
    "access_seconds": {"type": "int", "default": 120},
    "idle_minutes": {"type": "int", "default": 120},
    "max_hours": {"type": "int", "default": 10},
    "invitation_days": {"type": "int", "default": 7},
    "events_days": {"type": "int", "default": 90},
    "smtp": {"type": "dict", "default": {}, "options": SMTP},
    "clients": {"type": "list", "elements": "dict", "default": [], "options": CLIENT},
    "ldap": {"type": "dict", "default": {}, "options": LDAP},
    "broker": {"type": "dict", "default": {}, "options": BROKER},
    "files": files.FILES,
}
