#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nextcloud_fits
short_description: Whether a Nextcloud can run on this server, and its apps on it
description:
  - Asks the code itself about the server's PHP (C(lib/versioncheck.php)) and PostgreSQL, and each added app's
    C(info.xml) about the code and PHP. Changes nothing.
options:
  edition: {description: Code and apps, as the server has them., type: str, required: true}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Ask whether it fits
  nuage_commun.platform.nextcloud_fits:
    edition: 34.0.1-0123456789ab
"""
RETURN = r"""
version: {description: Version of the code., type: str, returned: success}
"""

import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import (
    nextcloud,
    nextcloud_fitting,
    nextcloud_upgrade,
    postgresql,
)
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run

PHP = "/usr/bin/php"


def unfit(edition):
    """Version of the code, and what stands against it: a key and its details."""
    tree = nextcloud_upgrade.tree_of(edition)
    version = nextcloud_upgrade.tree_version(tree)
    php = run([PHP, "-r", "echo PHP_VERSION;"], user="www-data")
    try:
        run([PHP, f"{tree}/lib/versioncheck.php"], user="www-data")
    except ProgramError as error:
        told = re.sub(r"<[^>]*>", " ", str(error).partition(": ")[2]).strip()
        return version, ("upgrading.php-unfit", {"version": version, "found": php, "expected": told})
    number = postgresql.sql("SHOW server_version_num;")[0]
    bounds = nextcloud_fitting.postgresql_bounds(tree)
    if bounds is None or not bounds[0] <= int(number) // 10000 <= bounds[1]:
        expected = f"{bounds[0]}–{bounds[1]}" if bounds else "?"
        found = {"version": version, "found": str(int(number) // 10000), "expected": expected}
        return version, ("upgrading.postgresql-unfit", found)
    for folder in sorted((nextcloud.EDITIONS / edition).iterdir()):
        against = nextcloud_fitting.against(folder, int(version.partition(".")[0]), php)
        if against:
            return version, ("upgrading.app-unfit", {"version": version, "app": folder.name, **against})
    return version, None


def main():
    module = AnsibleModule(
        argument_spec={"edition": {"type": "str", "required": True}}, supports_check_mode=True
    )
    try:
        version, against = unfit(module.params["edition"])
    except (ProgramError, OSError, AttributeError, ValueError) as error:
        module.fail_json(msg=str(error), nuage_key="upgrading.cannot-tell")
    if against:
        key, context = against
        module.fail_json(msg=f"{key}: {context}", nuage_key=key, nuage_context=context)
    module.exit_json(changed=False, version=version)


if __name__ == "__main__":
    main()
