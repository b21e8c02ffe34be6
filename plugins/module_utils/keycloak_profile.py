# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is known of a person, and what somebody may be asked to do or do for themselves. Pure."""

from __future__ import annotations

import json

ACTIONS = {
    "TERMS_AND_CONDITIONS": False,
    "UPDATE_PROFILE": True,
    "VERIFY_EMAIL": True,
    "CONFIGURE_TOTP": True,
    "UPDATE_PASSWORD": True,
    "delete_account": False,
    "UPDATE_EMAIL": False,
    "webauthn-register": True,
    # Signing in without a password is a way past the flows below, which know none.
    "webauthn-register-passwordless": False,
    "VERIFY_PROFILE": True,
    "delete_credential": True,
    "idp_link": True,
    "CONFIGURE_RECOVERY_AUTHN_CODES": True,
    "update_user_locale": True,
}
"""What somebody may be asked to do, or do for themselves; in Keycloak's own order."""


def actions():
    """Required actions of a new realm."""
    return [
        {
            "alias": name,
            "name": name,
            "providerId": name,
            "enabled": on,
            "defaultAction": False,
            "priority": 10 * place,
        }
        for place, (name, on) in enumerate(ACTIONS.items(), start=2)
    ]


def profile():
    """What is known of a person. The municipality says who somebody is: an address is what applications go by."""
    both, admin = ["admin", "user"], ["admin"]
    fields = (
        ("username", both, {"length": {"min": 3, "max": 255}, "username-prohibited-characters": {}}),
        ("email", admin, {"email": {}, "length": {"max": 255}}),
        ("firstName", both, {"length": {"max": 255}, "person-name-prohibited-characters": {}}),
        ("lastName", both, {"length": {"max": 255}, "person-name-prohibited-characters": {}}),
    )
    return {
        "attributes": [
            {
                "name": name,
                "displayName": f"${{{name}}}",
                "validations": {
                    **validations,
                    **({"up-username-not-idn-homograph": {}} if name == "username" else {}),
                },
                **({} if name == "username" else {"required": {"roles": ["user"]}}),
                "permissions": {"view": both, "edit": edit},
                "multivalued": False,
            }
            for name, edit, validations in fields
        ],
        "groups": [],
    }


def profile_component():
    config = {"kc.user.profile.config": [json.dumps(profile())]}
    return {"providerId": "declarative-user-profile", "config": config}
