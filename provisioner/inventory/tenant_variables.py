"""Variables of the `tenant_*` roles, from a municipality's spec and the server that it was placed on."""

from __future__ import annotations

from typing import Any

from provisioner.inventory.values import Reference
from provisioner.spec.consortium import Consortium, Server
from provisioner.spec.tenant import Tenant, WordPress

FIRST_UID = 300_000
"""Plus the geographic code: the same number on every server, and a code never collides."""

SECRETS = ("wordpress_admin_password", "wordpress_seed")
"""Names of a municipality's secrets in the vault."""

_DATABASE_SHARE = 4
"""One part in four of a website's disk is its database's, whose limit is apart from the files'."""

# Beside consortium.yml, wherever the folder lies: no path of a machine enters the inventory.
_BESIDE_SPECS = "{{ inventory_dir | dirname }}/"

# Made on first use and in clear (mode 0600): in the generated folder, which version control ignores. Losing
# it costs nothing but a new account.
_ACCOUNT_KEY = "{{ inventory_dir }}/.acme-account.key"


def tenant_variables(
    consortium: Consortium, server: Server, tenant: Tenant, website: WordPress, state: str
) -> dict[str, Any]:
    """What the tenant layer needs to know of one municipality, by role variable."""
    return {
        **_base(tenant, website),
        **_certificate(consortium, tenant),
        **_wordpress(consortium, server, tenant, website),
        "tenant_wordpress_state": state,
    }


def _base(tenant: Tenant, website: WordPress) -> dict[str, Any]:
    reservation = website.reservation()
    return {
        "tenant_base_code": tenant.code,
        "tenant_base_user": tenant.unix_user,
        "tenant_base_uid": FIRST_UID + int(tenant.code),
        "tenant_base_disk_mib": reservation.disk_mib - reservation.disk_mib // _DATABASE_SHARE,
        "tenant_base_memory_mib": reservation.memory_mib,
        "tenant_base_allowed_destinations": list(website.allowed_destinations),
    }


def _certificate(consortium: Consortium, tenant: Tenant) -> dict[str, Any]:
    acme = consortium.acme
    return {
        "tenant_certificate_domain": tenant.domains.website,
        "tenant_certificate_aliases": list(tenant.domains.website_aliases),
        "tenant_certificate_acme_directory": acme.directory,
        "tenant_certificate_acme_contact": acme.contact,
        "tenant_certificate_acme_authority": (
            Reference(_BESIDE_SPECS + acme.authority_file) if acme.authority_file else ""
        ),
        "tenant_certificate_account_key": Reference(_ACCOUNT_KEY),
    }


def _wordpress(consortium: Consortium, server: Server, tenant: Tenant, website: WordPress) -> dict[str, Any]:
    reservation = website.reservation()
    administrator, privacy = tenant.contacts.administrator, tenant.contacts.privacy_officer
    return {
        "tenant_wordpress_code": tenant.code,
        "tenant_wordpress_user": tenant.unix_user,
        "tenant_wordpress_domain": tenant.domains.website,
        "tenant_wordpress_aliases": list(tenant.domains.website_aliases),
        "tenant_wordpress_address": server.address,
        "tenant_wordpress_title": tenant.name,
        "tenant_wordpress_designation": tenant.designation,
        "tenant_wordpress_admin_name": administrator.name,
        "tenant_wordpress_admin_email": administrator.email,
        "tenant_wordpress_privacy_name": privacy.name,
        "tenant_wordpress_privacy_email": privacy.email,
        "tenant_wordpress_telephone": administrator.telephone or "",
        "tenant_wordpress_language": tenant.language,
        "tenant_wordpress_mode": website.mode.value,
        "tenant_wordpress_workers": reservation.workers,
        "tenant_wordpress_memory_mib": reservation.memory_mib,
        "tenant_wordpress_database_mib": reservation.disk_mib // _DATABASE_SHARE,
        "tenant_wordpress_leaving_until": tenant.leaving_until.isoformat() if tenant.leaving_until else "",
        "tenant_wordpress_sender_domain": consortium.mail_relay.sender_domain,
        "tenant_wordpress_admin_password": _secret(tenant.code, "wordpress_admin_password"),
        "tenant_wordpress_seed": _secret(tenant.code, "wordpress_seed"),
    }


def _secret(code: str, name: str) -> Reference:
    return Reference(f"{{{{ nuage_secrets['{code}']['{name}'] }}}}")
