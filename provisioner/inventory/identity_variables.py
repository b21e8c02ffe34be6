"""Variables of the role of a municipality's accounts."""

from __future__ import annotations

from typing import Any

from provisioner.inventory import given
from provisioner.inventory.home import Home, secret
from provisioner.spec.consortium import Consortium
from provisioner.spec.services import Broker, Identity, Ldap


def identity_variables(consortium: Consortium, home: Home, accounts: Identity) -> dict[str, Any]:
    """What `tenant_identity` needs to know of one municipality."""
    tenant, relay = home.tenant, consortium.mail_relay
    variables = {
        "tenant_identity_code": tenant.code,
        "tenant_identity_name": tenant.name,
        "tenant_identity_language": tenant.language,
        "tenant_identity_state": home.state,
        "tenant_identity_second_factor": accounts.second_factor,
        "tenant_identity_administration_networks": list(accounts.administration_networks),
        "tenant_identity_events_days": tenant.retention.logs_days,
        "tenant_identity_mail_relay_host": relay.host,
        "tenant_identity_mail_relay_port": relay.port,
        "tenant_identity_mail_relay_tls": relay.tls,
        "tenant_identity_sender": f"comptes-{tenant.code}@{relay.sender_domain}",
    }
    if tenant.services.website_accounts:
        variables |= {
            "tenant_identity_wordpress_domain": tenant.domains.website,
            "tenant_identity_wordpress_secret": secret(tenant.code, "oidc_wordpress_secret"),
        }
    if tenant.services.nextcloud is not None:
        variables |= {
            "tenant_identity_nextcloud_domain": tenant.domains.nextcloud,
            "tenant_identity_nextcloud_secret": secret(tenant.code, "oidc_nextcloud_secret"),
        }
    if accounts.federation is not None:
        variables |= _ldap(tenant.code, accounts.federation)
    if accounts.broker is not None:
        variables |= _broker(tenant.code, accounts.broker)
    return variables


def _ldap(code: str, directory: Ldap) -> dict[str, Any]:
    return {
        "tenant_identity_ldap_url": directory.url,
        "tenant_identity_ldap_vendor": directory.vendor,
        "tenant_identity_ldap_bind_dn": directory.bind_dn,
        "tenant_identity_ldap_bind_password": given.reference(code, "ldap_bind_password"),
        "tenant_identity_ldap_users_dn": directory.users_dn,
        "tenant_identity_ldap_username_attribute": directory.username_attribute or "",
        "tenant_identity_ldap_groups_dn": directory.groups_dn or "",
        "tenant_identity_ldap_filter": directory.user_filter or "",
    }


def _broker(code: str, broker: Broker) -> dict[str, Any]:
    return {
        "tenant_identity_broker_issuer": broker.issuer,
        "tenant_identity_broker_name": broker.name,
        "tenant_identity_broker_client_id": broker.client_id,
        "tenant_identity_broker_client_secret": given.reference(code, "broker_client_secret"),
    }
