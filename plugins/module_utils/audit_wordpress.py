# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an audit takes down of a municipality's website."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils import audit_php, audit_system
from ansible_collections.nuage_commun.platform.plugins.module_utils import audit_shapes as shapes
from ansible_collections.nuage_commun.platform.plugins.module_utils.audit_application import (
    LINK,
    as_tenant,
    taken,
)

CONSTANTS = {
    **dict.fromkeys(
        (
            "AUTOMATIC_UPDATER_DISABLED",
            "DISABLE_WP_CRON",
            "DISALLOW_FILE_EDIT",
            "DISALLOW_FILE_MODS",
            "DISALLOW_UNFILTERED_HTML",
            "FORCE_SSL_ADMIN",
            "WP_ALLOW_MULTISITE",
            "WP_DEBUG",
            "WP_DEBUG_DISPLAY",
            "WP_DEBUG_LOG",
            "WP_HTTP_BLOCK_EXTERNAL",
        ),
        bool,
    ),
    **dict.fromkeys(("WP_HOME", "WP_PROXY_HOST", "NUAGE_SIGNIN_ISSUER"), LINK),
    "WP_ACCESSIBLE_HOSTS": list,
    "EMPTY_TRASH_DAYS": int,
}
OPTIONS = (
    "blog_public",
    "default_pingback_flag",
    "default_ping_status",
    "show_avatars",
    "use_smilies",
    "users_can_register",
)
IN_MARIADB = """
SELECT 'option', option_name, LEFT(option_value, 4000) FROM wp_options WHERE option_name IN
 ('active_plugins', 'stylesheet', 'template', {});
SELECT 'admins', COUNT(*) FROM wp_usermeta WHERE meta_key = 'wp_capabilities'
   AND meta_value LIKE '%"administrator"%';
""".format(", ".join(f"'{name}'" for name in OPTIONS))
SHARED_PLUGINS = Path("/usr/share/nuage/wordpress/plugins")
WORDPRESS = Path("/etc/wordpress")


def wordpress(code):
    """What there is of the website; None where the municipality has none here."""
    text = shapes.read(WORDPRESS / f"config-{code}.php")
    if not text:
        return None
    said = audit_php.constants(text)
    content = shapes.home_of(code) / "wordpress" / "wp-content"
    command = ["mariadb", "--no-defaults", "--batch", "--skip-column-names", "--force", f"t{code}"]
    answers = as_tenant(code, command, IN_MARIADB) or []
    options = {row[1]: row[2] for row in answers if row[0] == "option" and len(row) == 3}
    active = set(re.findall(r's:\d+:\\?"([^"\\]+)', options.get("active_plugins", "")))
    in_use = {options.get("stylesheet"), options.get("template")}
    admins = next((row[1] for row in answers if row[0] == "admins"), None)
    return {
        "constants": {name: taken(said.get(name), kind) for name, kind in CONSTANTS.items()},
        "options": {name: shapes.word(options.get(name)) for name in OPTIONS},
        "plugins": plugins(content / "plugins", active) + plugins(SHARED_PLUGINS, None),
        "themes": [
            {**described(content / "themes" / name), "active": name in in_use}
            for name in shapes.entries(content / "themes")
            if (content / "themes" / name).is_dir()
        ],
        "admins": shapes.number(admins),
    }


def plugins(folder, active):
    """Plugins of a folder; ``active``: files that the site loads, None where it loads them all."""
    found = []
    for name in shapes.entries(folder):
        if (folder / name).is_dir():
            on = active is None or any(each.startswith(f"{name}/") for each in active)
            found.append({**described(folder / name), "active": on})
        elif name.endswith(".php") and name != "index.php":
            found.append(
                {
                    "name": shapes.word(name),
                    "version": None,
                    "licence": None,
                    "active": active is None or name in active,
                }
            )
    return found


def described(folder):
    """A plugin or a theme by the name of its folder: what it calls itself may hold a person's name."""
    return {"name": shapes.word(folder.name), **audit_system.header(folder)}
