"""What the observation module takes down of municipalities' applications, from files and databases as they are."""

from __future__ import annotations

import json

import pytest
from ansible_collections.nuage_commun.platform.plugins.module_utils import (
    audit_application,
    audit_nextcloud,
    audit_php,
    audit_realms,
    audit_wordpress,
)

CONFIG = r"""<?php
$CONFIG = array (
  'instanceid' => 'nc0123456789',
  'passwordsalt' => 'canary-salt',
  'secret' => 'canary-secret',
  'dbtype' => 'pgsql',
  'dbpassword' => '',
  'trusted_domains' =>
  array (
    0 => 'nuage.abercorn.example',
  ),
  'overwrite.cli.url' => 'https://me:hunter2@nuage.abercorn.example/x?token=canary',
  'updatechecker' => false, // a comment
  'lookup_server' => '',
  'connectivity_check_domains' => [],
  'reference_opengraph' => true,
  'mail_smtphost' => '192.0.2.25',
  'mail_smtppassword' => 'it\'s a canary',
  'mail_from_address' => 'canary',
  'mail_smtpport' => 25,
  'version' => '33.0.2.1',
);
"""


def test_settings_of_nextcloud_by_name_alone() -> None:
    found = audit_nextcloud.nextcloud_settings([CONFIG, "<?php $CONFIG = ['updatechecker' => true];"])
    settings = found["settings"]
    assert found["readable"] is True
    assert found["version"] == "33.0.2.1"
    assert settings["updatechecker"] is True, "a file beside config.php counts after it"
    assert settings["reference_opengraph"] is True
    assert settings["lookup_server"] == ""
    assert settings["connectivity_check_domains"] == []
    assert settings["appstoreenabled"] is None
    assert settings["overwrite.cli.url"] == "nuage.abercorn.example"
    assert settings["mail_smtphost"] == "192.0.2.25"
    assert "canary" not in json.dumps(found)
    assert "hunter2" not in json.dumps(found)


@pytest.mark.parametrize(
    "text",
    [
        "<?php system('id'); $CONFIG = array();",
        "<?php $CONFIG = array('updatechecker' => getenv('X'));",
        "<?php $CONFIG = array('updatechecker' => false); $CONFIG['updatechecker'] = true;",
        "<?php $CONFIG = array('updatechecker' => \"$x\");",
        "",
    ],
)
def test_php_that_is_more_than_settings_is_told_as_unreadable(text: str) -> None:
    with pytest.raises(audit_php.UnreadableError):
        audit_php.configuration(text)
    assert audit_nextcloud.nextcloud_settings([text])["readable"] is False


def test_what_a_database_of_nextcloud_answers() -> None:
    rows = [
        ["app", "files", "enabled", "yes"],
        ["app", "files", "installed_version", "2.5.0"],
        ["app", "survey_client", "enabled", "no"],
        ["setting", "files_sharing", "lookupServerEnabled", "no"],
        ["admins", "2"],
        ["used", "1764000000"],
        ["issuer", "https://identite.example/realms/46005/.well-known/openid-configuration"],
    ]
    found = audit_nextcloud.nextcloud_database(rows)
    assert found["apps"] == [{"name": "files", "version": "2.5.0"}]
    assert (found["admins"], found["admin_last_used"]) == (2, "2025-11-24T16:00:00Z")
    assert found["issuers"] == ["identite.example"]
    assert found["app_settings"] == {"files_sharing.lookupServerEnabled": "no"}


def test_constants_of_a_website() -> None:
    said = audit_php.constants(
        "<?php\ndefine('WP_HTTP_BLOCK_EXTERNAL', true);\ndefine('AUTH_KEY', 'canary');\n"
        "define('WP_ACCESSIBLE_HOSTS', 'identite.example,*.example');\n"
        "define('WP_HTTP_BLOCK_EXTERNAL', false);\ndefine('WP_HOME', 'https://www.abercorn.example');\n"
    )
    found = {
        name: audit_application.taken(said.get(name), kind)
        for name, kind in audit_wordpress.CONSTANTS.items()
    }
    assert found["WP_HTTP_BLOCK_EXTERNAL"] is True
    assert found["WP_ACCESSIBLE_HOSTS"] == ["identite.example", "?"]
    assert found["WP_HOME"] == "www.abercorn.example"
    assert "canary" not in json.dumps(found)


def test_realms_in_one_answer() -> None:
    rows = [
        ["46005", "realm", "t", "ALL", "t", "7776000", "f", "t"],
        ["46005", "attribute", "adminEventsExpiration", "7776000"],
        ["46005", "smtp", "host", "192.0.2.25"],
        ["46005", "smtp", "port", "25"],
        ["46005", "broker", "fournisseur", "oidc", "issuer", "https://sso.example/realms/x"],
        ["46005", "broker", "fournisseur", "oidc", "tokenUrl", "https://tokens.example/t?canary"],
        ["46005", "federation", "ldaps://annuaire.example"],
        ["46005", "admins", "3"],
        ["master", "realm", "t", "ALL", "t", "1", "f", "t"],
    ]
    found = audit_realms.described(rows)
    assert set(found) == {"46005"}
    realm = found["46005"]
    assert realm["smtp_host"] == "192.0.2.25"
    assert realm["brokers"] == [{"provider": "oidc", "hosts": ["sso.example", "tokens.example"]}]
    assert realm["federation_hosts"] == ["annuaire.example"]
    assert (realm["admins"], realm["events_days"], realm["admin_events_days"]) == (3, 90, 90)
