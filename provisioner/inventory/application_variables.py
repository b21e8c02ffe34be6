"""Variables of the roles of a municipality's applications: WordPress and Nextcloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from provisioner.artifacts.model import Pin
from provisioner.inventory.home import NEXTCLOUD_DATABASE, WORDPRESS_DATABASE, Home, database_mib, secret
from provisioner.inventory.lodging import edition, nextcloud_apps
from provisioner.spec.consortium import Consortium
from provisioner.spec.services import App, Nextcloud, WordPress


def wordpress_variables(consortium: Consortium, home: Home, website: WordPress) -> dict[str, Any]:
    """What `tenant_wordpress` needs to know of one municipality."""
    tenant = home.tenant
    reservation = website.reservation()
    administrator, privacy = tenant.contacts.administrator, tenant.contacts.privacy_officer
    return {
        "tenant_wordpress_code": tenant.code,
        "tenant_wordpress_user": tenant.unix_user,
        "tenant_wordpress_domain": tenant.domains.website,
        "tenant_wordpress_aliases": list(tenant.domains.website_aliases),
        "tenant_wordpress_address": home.server.address,
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
        "tenant_wordpress_database_mib": database_mib(website, WORDPRESS_DATABASE),
        "tenant_wordpress_leaving_until": tenant.leaving_until.isoformat() if tenant.leaving_until else "",
        "tenant_wordpress_sender_domain": consortium.mail_relay.sender_domain,
        "tenant_wordpress_admin_password": secret(tenant.code, "wordpress_admin_password"),
        "tenant_wordpress_seed": secret(tenant.code, "wordpress_seed"),
        "tenant_wordpress_state": home.state,
        **(_wordpress_signin(home) if tenant.services.website_accounts else {}),
    }


def _wordpress_signin(home: Home) -> dict[str, Any]:
    return {
        "tenant_wordpress_signin_issuer": home.issuer,
        "tenant_wordpress_signin_secret": secret(home.tenant.code, "oidc_wordpress_secret"),
    }


def nextcloud_variables(
    consortium: Consortium, home: Home, cloud: Nextcloud, pins: Mapping[str, Pin]
) -> dict[str, Any]:
    """What `tenant_nextcloud` needs to know of one municipality."""
    tenant, relay = home.tenant, consortium.mail_relay
    apps = nextcloud_apps(cloud)
    return {
        "tenant_nextcloud_code": tenant.code,
        "tenant_nextcloud_user": tenant.unix_user,
        "tenant_nextcloud_edition": edition(apps, pins),
        "tenant_nextcloud_signed": pins["nextcloud"].provenance == "upstream",
        "tenant_nextcloud_domain": tenant.domains.nextcloud,
        "tenant_nextcloud_address": home.server.address,
        "tenant_nextcloud_title": tenant.name,
        "tenant_nextcloud_website": f"https://{tenant.domains.website}",
        "tenant_nextcloud_language": tenant.language,
        "tenant_nextcloud_mode": cloud.mode.value,
        "tenant_nextcloud_workers": cloud.reservation().workers,
        "tenant_nextcloud_database_mib": database_mib(cloud, NEXTCLOUD_DATABASE),
        "tenant_nextcloud_person_quota_mib": cloud.quota_mib,
        "tenant_nextcloud_locking": cloud.locking,
        "tenant_nextcloud_apps": list(apps),
        "tenant_nextcloud_other_apps": sorted(set(get_args(App)) - set(apps)),
        "tenant_nextcloud_sender_domain": relay.sender_domain,
        "tenant_nextcloud_mail_relay_host": relay.host,
        "tenant_nextcloud_mail_relay_port": relay.port,
        "tenant_nextcloud_mail_relay_tls": relay.tls,
        "tenant_nextcloud_issuer": home.issuer,
        "tenant_nextcloud_oidc_secret": secret(tenant.code, "oidc_nextcloud_secret"),
        "tenant_nextcloud_admin_password": secret(tenant.code, "nextcloud_admin_password"),
        "tenant_nextcloud_seed": secret(tenant.code, "nextcloud_seed"),
        "tenant_nextcloud_state": home.state,
        "tenant_nextcloud_leaving_until": tenant.leaving_until.isoformat() if tenant.leaving_until else "",
    }
