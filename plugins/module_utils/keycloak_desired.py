# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a municipality's realm is to be, as Keycloak's own representations. Pure: nothing is asked or sent."""

from __future__ import annotations

from ansible_collections.nuage_commun.platform.plugins.module_utils import keycloak_flows as flows
from ansible_collections.nuage_commun.platform.plugins.module_utils import keycloak_profile as people

GROUPS = ("administrateurs", "employes", "elus", "redaction-web")
ADMINISTRATORS = "administrateurs"
PRIVILEGES = ("manage-users", "query-groups", "query-users", "view-events", "view-users")
"""Of the municipality's own administrators, in its own realm: people and groups, and what was done. Nothing that
could change how people sign in, or which applications they sign in to."""

PASSWORDS = (
    "length(12) and maxLength(128) and notUsername(undefined) and notEmail(undefined)"
    " and notContainsUsername(undefined) and passwordHistory(3)"
)
HEADERS = {
    "contentSecurityPolicy": "frame-src 'self'; frame-ancestors 'self'; object-src 'none';",
    "contentSecurityPolicyReportOnly": "",
    "referrerPolicy": "no-referrer",
    "strictTransportSecurity": "max-age=31536000; includeSubDomains",
    "xContentTypeOptions": "nosniff",
    "xFrameOptions": "SAMEORIGIN",
    "xRobotsTag": "none",
}
OURS = "nuage.managed"
"""Attribute of clients that the deployment made: one that is no longer asked for goes."""
SCOPES = ("acr", "basic", "email", "profile")
DAY_S = 86400
PROFILE_PROVIDER = "org.keycloak.userprofile.UserProfileProvider"
KEY_PROVIDER = "org.keycloak.keys.KeyProvider"


def settings(wanted):
    """The realm's own fields that the deployment owns; all others are left as they are."""
    sessions = wanted["sessions"]
    return {
        "displayName": wanted["display_name"],
        "enabled": wanted["state"] != "suspended",
        "sslRequired": "all",
        **_people(),
        **_guessing(),
        "accessTokenLifespan": sessions["access_seconds"],
        "ssoSessionIdleTimeout": sessions["idle_minutes"] * 60,
        "ssoSessionMaxLifespan": sessions["max_hours"] * 3600,
        "actionTokenGeneratedByAdminLifespan": wanted["invitation_days"] * DAY_S,
        "actionTokenGeneratedByUserLifespan": 900,
        "revokeRefreshToken": False,
        "internationalizationEnabled": True,
        "supportedLocales": ["en", "fr"],
        "defaultLocale": wanted["language"],
        # In the realm's own database, where its own administrators read them, and not in the server's journal.
        "eventsEnabled": True,
        "eventsListeners": [],
        "eventsExpiration": wanted["events_days"] * DAY_S,
        "adminEventsEnabled": True,
        "adminEventsDetailsEnabled": True,
        "otpPolicyType": "totp",
        "otpPolicyAlgorithm": "HmacSHA1",
        "otpPolicyDigits": 6,
        "otpPolicyPeriod": 30,
        "otpPolicyCodeReusable": False,
        "webAuthnPolicyRpEntityName": wanted["display_name"],
        "webAuthnPolicyUserVerificationRequirement": "preferred",
        "browserSecurityHeaders": HEADERS,
        "smtpServer": smtp(wanted["smtp"]),
        "attributes": {"adminEventsExpiration": str(wanted["events_days"] * DAY_S)},
        **flows.BINDINGS,
    }


def master():
    """The realm `master`, where nobody signs in but deployments, and ops people when all else fails."""
    bindings = {name: flow for name, flow in flows.BINDINGS.items() if name != "firstBrokerLoginFlow"}
    return {
        "sslRequired": "all",
        **_people(),
        **_guessing(),
        "resetPasswordAllowed": False,
        "verifyEmail": False,
        "eventsEnabled": True,
        "eventsListeners": [],
        "eventsExpiration": 365 * DAY_S,
        "adminEventsEnabled": True,
        "attributes": {"adminEventsExpiration": str(365 * DAY_S)},
        "internationalizationEnabled": True,
        "supportedLocales": ["en", "fr"],
        "defaultLocale": "fr",
        **bindings,
    }


def _people():
    return {
        "registrationAllowed": False,
        "editUsernameAllowed": False,
        "loginWithEmailAllowed": True,
        "duplicateEmailsAllowed": False,
        "registrationEmailAsUsername": False,
        "rememberMe": False,
        "resetPasswordAllowed": True,
        "verifyEmail": True,
        "userManagedAccessAllowed": False,
    }


def _guessing():
    return {
        "passwordPolicy": PASSWORDS,
        "bruteForceProtected": True,
        "permanentLockout": False,
        "failureFactor": 6,
        "waitIncrementSeconds": 60,
        "maxFailureWaitSeconds": 900,
        "maxDeltaTimeSeconds": 43200,
        "quickLoginCheckMilliSeconds": 1000,
        "minimumQuickLoginWaitSeconds": 60,
    }


def smtp(relay):
    """The consortium's relay, which asks for no password; nothing where there is none."""
    if not relay.get("host"):
        return {}
    return {
        "host": relay["host"],
        "port": str(relay["port"]),
        "from": relay["sender"],
        "fromDisplayName": relay["sender_name"],
        "auth": "false",
        "ssl": "true" if relay["tls"] == "tls" else "false",
        "starttls": "true" if relay["tls"] == "starttls" else "false",
    }


def client(asked, secret):
    """A confidential client that knows one way in: a code, with PKCE, to addresses that are written out."""
    attributes = {
        "pkce.code.challenge.method": "S256",
        # A dash is none; an empty value would be every address of return.
        "post.logout.redirect.uris": "##".join(asked["post_logout_redirect_uris"]) or "-",
        "backchannel.logout.session.required": "true",
        "use.refresh.tokens": "true",
        "backchannel.logout.url": asked["backchannel_logout_url"],
        "backchannel.logout.revoke.offline.tokens": "true" if asked["backchannel_logout_url"] else "",
        OURS: "true",
    }
    return {
        "clientId": asked["id"],
        "name": asked["name"],
        "baseUrl": asked["base_url"],
        "enabled": True,
        "secret": secret,
        "protocol": "openid-connect",
        "publicClient": False,
        "bearerOnly": False,
        "clientAuthenticatorType": "client-secret",
        "redirectUris": sorted(asked["redirect_uris"]),
        "webOrigins": [],
        "standardFlowEnabled": True,
        "implicitFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "serviceAccountsEnabled": False,
        "frontchannelLogout": False,
        "consentRequired": False,
        "fullScopeAllowed": False,
        "attributes": attributes,
        "protocolMappers": [GROUPS_MAPPER],
        "defaultClientScopes": sorted(SCOPES),
        "optionalClientScopes": [],
    }


BY_PROGRAM = {
    "clientId": "admin-cli",
    "name": "${client_admin-cli}",
    "enabled": False,
    "publicClient": True,
    "standardFlowEnabled": False,
    "directAccessGrantsEnabled": False,
}
"""Keycloak's own client for passwords sent by programs, which would ask for no second factor."""

GROUPS_MAPPER = {
    "name": "groups",
    "protocol": "openid-connect",
    "protocolMapper": "oidc-group-membership-mapper",
    "consentRequired": False,
    "config": {
        "claim.name": "groups",
        "full.path": "false",
        "id.token.claim": "true",
        "access.token.claim": "true",
        "userinfo.token.claim": "true",
        "introspection.token.claim": "true",
        # Keycloak adds it to what it shows once somebody has signed in.
        "multivalued": "true",
    },
}


def keys():
    """Signing keys. Without a pair for encryption, which nothing uses and which takes half of a new realm's time."""
    return {
        KEY_PROVIDER: [
            {"name": "rsa-generated", "providerId": "rsa-generated", "config": {"priority": ["100"]}},
            {
                "name": "hmac-generated-hs512",
                "providerId": "hmac-generated",
                "config": {"priority": ["100"], "algorithm": ["HS512"]},
            },
            {"name": "aes-generated", "providerId": "aes-generated", "config": {"priority": ["100"]}},
        ]
    }


def trees(wanted):
    """Flows of the realm."""
    return flows.flows(wanted["second_factor"] == "everyone")


def whole(wanted, secrets):
    """A new realm in one request: all but what Keycloak adds of itself."""
    listed, configs = flows.representations(trees(wanted))
    return {
        "realm": wanted["realm"],
        **settings(wanted),
        "authenticationFlows": listed,
        "authenticatorConfig": configs,
        "requiredActions": people.actions(),
        "groups": [{"name": name, **_granted(name)} for name in GROUPS],
        "clients": [BY_PROGRAM, *(client(asked, secrets[asked["id"]]) for asked in wanted["clients"])],
        "components": {**keys(), PROFILE_PROVIDER: [people.profile_component()]},
    }


def privileges(group):
    """Roles of one of our groups, as ``client.role``: only administrators have any."""
    return [f"realm-management.{role}" for role in PRIVILEGES] if group == ADMINISTRATORS else []


def _granted(group):
    return {"clientRoles": {"realm-management": list(PRIVILEGES)}} if group == ADMINISTRATORS else {}
