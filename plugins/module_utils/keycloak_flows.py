# SPDX-License-Identifier: AGPL-3.0-or-later
"""How people prove who they are, as trees; what Keycloak takes when a realm is made; and what differs later.

A step is ``(provider or name, requirement, detail)``; the detail is a list of steps, or settings of the provider.
"""

from __future__ import annotations

import secrets

from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak import quoted

SIGN_IN = "nuage sign-in"
SECOND_FACTOR = "nuage second factor"
RESET = "nuage forgotten password"
FIRST_BROKER = "nuage first sign-in by a provider"
CLIENTS = "nuage clients"
NOBODY = "nuage nobody"
BROKER = "fournisseur"
"""Name of the provider of accounts that a municipality brings along."""
ADMINISTRATORS = "realm-management.manage-users"
"""The privilege itself asks for the second factor, however somebody came by it."""

DENY = [("deny-access-authenticator", "REQUIRED", {})]


def second_factor(everyone, place):
    """Whoever has a factor shows it; whoever must have one and hasn't gets one at this sign-in.

    ``place`` tells the subflows of one flow from those of another: their names are unique in a realm.
    """
    shown = f"nuage shown {place}"
    enrol = [
        (
            "conditional-sub-flow-executed",
            "REQUIRED",
            {"flow_to_check": shown, "check_result": "not-executed"},
        )
    ]
    if not everyone:
        enrol.append(("conditional-user-role", "REQUIRED", {"condUserRole": ADMINISTRATORS}))
    # A required form that somebody hasn't set up makes Keycloak have it set up.
    enrol.append(("auth-otp-form", "REQUIRED", {}))
    return [
        (
            shown,
            "CONDITIONAL",
            [
                ("conditional-user-configured", "REQUIRED", {}),
                ("auth-otp-form", "ALTERNATIVE", {}),
                ("webauthn-authenticator", "ALTERNATIVE", {}),
                ("auth-recovery-authn-code-form", "ALTERNATIVE", {}),
            ],
        ),
        (f"nuage enrol {place}", "CONDITIONAL", enrol),
    ]


def flows(everyone):
    """Every flow of a realm, by name; those of clients are another kind."""
    return {
        SIGN_IN: [
            ("auth-cookie", "ALTERNATIVE", {}),
            ("identity-provider-redirector", "ALTERNATIVE", {}),
            (
                "nuage password",
                "ALTERNATIVE",
                [("auth-username-password-form", "REQUIRED", {}), *second_factor(everyone, "at sign-in")],
            ),
        ],
        # Where neither of the two applies, something must have succeeded.
        SECOND_FACTOR: [
            ("allow-access-authenticator", "REQUIRED", {}),
            *second_factor(everyone, "after a provider"),
        ],
        # Somebody who reads another's mail gets no further than the second factor: a new password signs nobody in.
        RESET: [
            ("reset-credentials-choose-user", "REQUIRED", {}),
            ("reset-credential-email", "REQUIRED", {"force-login": "true"}),
            ("reset-password", "REQUIRED", {}),
        ],
        FIRST_BROKER: [
            ("idp-create-user-if-unique", "ALTERNATIVE", {}),
            ("nuage same person", "ALTERNATIVE", [("idp-email-verification", "REQUIRED", {})]),
        ],
        CLIENTS: [("client-secret", "ALTERNATIVE", {})],
        NOBODY: DENY,
    }


BINDINGS = {
    "browserFlow": SIGN_IN,
    "resetCredentialsFlow": RESET,
    "firstBrokerLoginFlow": FIRST_BROKER,
    "clientAuthenticationFlow": CLIENTS,
    # No password is sent by a program, and nobody registers.
    "directGrantFlow": NOBODY,
    "registrationFlow": NOBODY,
    "dockerAuthenticationFlow": NOBODY,
}


def kind(name):
    return "client-flow" if name == CLIENTS else "basic-flow"


def settings_alias(flow, provider):
    """Name of a step's settings, unique in a realm."""
    return f"{flow} {provider}"


def representations(trees):
    """``authenticationFlows`` and ``authenticatorConfig`` of a whole realm."""
    found, configs = [], []
    for name, steps in trees.items():
        _represent(name, steps, found, configs, top=True)
    return found, configs


def _represent(name, steps, found, configs, *, top=False):
    executions = []
    for priority, (step, requirement, detail) in enumerate(steps):
        execution = {
            "requirement": requirement,
            "priority": priority * 10,
            "authenticatorFlow": isinstance(detail, list),
            "userSetupAllowed": False,
        }
        if isinstance(detail, list):
            execution["flowAlias"] = step
            _represent(step, detail, found, configs)
        else:
            execution["authenticator"] = step
            if detail:
                execution["authenticatorConfig"] = settings_alias(name, step)
                configs.append({"alias": settings_alias(name, step), "config": detail})
        executions.append(execution)
    flow = {"alias": name, "providerId": kind(name), "topLevel": top, "builtIn": False}
    found.append({**flow, "authenticationExecutions": executions})


def flattened(steps, level=0):
    """Wanted steps as Keycloak lists a flow's executions: depth first."""
    rows = []
    for step, requirement, detail in steps:
        nested = isinstance(detail, list)
        rows.append((level, step, requirement, {} if nested else detail))
        if nested:
            rows += flattened(detail, level + 1)
    return rows


def observed(admin, realm, executions):
    """The same of a listed flow; a step's settings are asked for where it has some."""
    rows = []
    for execution in executions:
        nested = execution.get("authenticationFlow", False)
        settings = {}
        if execution.get("authenticationConfig"):
            found = admin.get(f"/{realm}/authentication/config/{execution['authenticationConfig']}")
            settings = (found or {}).get("config", {})
        step = execution["displayName"] if nested else execution["providerId"]
        rows.append((execution["level"], step, execution["requirement"], settings))
    return rows


def rebuild(admin, realm, name, steps):
    """A flow anew. The old one keeps serving under another name until the realm is bound to the new one.

    Names of subflows are unique in a realm, so the old one's are set aside too.
    """
    base = f"/{realm}/authentication"
    old = next((flow for flow in admin.get(f"{base}/flows") if flow["alias"] == name), None)
    aside = f" former {secrets.token_hex(3)}"
    if old:
        for execution in admin.get(f"{base}/flows/{quoted(name)}/executions"):
            if execution.get("authenticationFlow"):
                flow = admin.get(f"{base}/flows/{execution['flowId']}")
                admin.put(f"{base}/flows/{flow['id']}", {**flow, "alias": flow["alias"] + aside})
        admin.put(f"{base}/flows/{old['id']}", {**old, "alias": name + aside})
    flow = {"alias": name, "providerId": kind(name), "topLevel": True, "builtIn": False}
    admin.post(f"{base}/flows", flow)
    _fill(admin, base, name, steps)
    bound = {field: name for field, flow in BINDINGS.items() if flow == name}
    if bound:
        admin.put(f"/{realm}", bound)
    if old:
        _follow(admin, realm, name + aside, name)
        admin.delete(f"{base}/flows/{old['id']}")


def _fill(admin, base, name, steps):
    for step, _requirement, detail in steps:
        if isinstance(detail, list):
            body = {
                "alias": step,
                "type": "basic-flow",
                "provider": "registration-page-form",
                "description": "",
            }
            admin.post(f"{base}/flows/{quoted(name)}/executions/flow", body)
            _fill(admin, base, step, detail)
        else:
            made = admin.post(f"{base}/flows/{quoted(name)}/executions/execution", {"provider": step})
            if detail:
                # The old flow's settings go with it, and their name is taken until then.
                alias = f"{settings_alias(name, step)} {secrets.token_hex(3)}"
                admin.post(f"{base}/executions/{made}/config", {"alias": alias, "config": detail})
    listed = [one for one in admin.get(f"{base}/flows/{quoted(name)}/executions") if one["level"] == 0]
    for execution, (_step, requirement, _detail) in zip(listed, steps, strict=True):
        if execution["requirement"] != requirement:
            admin.put(f"{base}/flows/{quoted(name)}/executions", {**execution, "requirement": requirement})


def _follow(admin, realm, before, after):
    """Our provider of accounts names two flows; one of them may be set aside."""
    path = f"/{realm}/identity-provider/instances/{BROKER}"
    provider = admin.get(path) or {}
    fields = [
        key
        for key in ("firstBrokerLoginFlowAlias", "postBrokerLoginFlowAlias")
        if provider.get(key) == before
    ]
    if fields:
        admin.put(path, {**provider, **dict.fromkeys(fields, after)})
