"""A municipality with everything, made by hand: what `full_by_hand.sh` is given."""

from __future__ import annotations

import json
import re
import secrets
from pathlib import Path
from typing import Any

import yaml

from bench.hand import Hand
from bench.identity import desired, wanted
from tests.deployed import ROOT
from tests.towns import IDENTITY_DOMAIN

GOLDEN = "/var/lib/nuage/nextcloud/golden.json"
INSTANCE = ROOT / "roles/tenant_nextcloud/vars/main/instance.yml"


class FullHand(Hand):
    """`full_by_hand.sh`."""

    script = Path(__file__).with_name("full_by_hand.sh")

    def files(self) -> None:
        """Nextcloud's config.php too, with an identity of its own."""
        super().files()
        user, code = self.stage.first.user, self.stage.first.code
        text = self.stage.sh(f"cat /srv/tenants/{user}/nextcloud/config/config.php")
        for name, value in (
            ("instanceid", f"nc{secrets.token_hex(5)}"),
            ("passwordsalt", secrets.token_hex(15)),
            ("secret", secrets.token_hex(24)),
        ):
            text, found = re.subn(rf"(?m)^(\s*'{name}' => )'[^']*'", rf"\g<1>'{value}'", text)
            if found != 1:
                raise SystemExit(f"config.php: {found} times {name}")
        self.finish(f"etc/nuage/nextcloud/{code}.config.php", text)

    def inputs(self) -> dict[str, str]:
        """The realm, and what is the instance's own."""
        golden = json.loads(self.stage.sh(f"cat {GOLDEN}"))
        secret = {name: secrets.token_hex(16) for name in ("nextcloud", "wordpress")}
        return {
            **super().inputs(),
            "REALM": self.written("realm.json", desired.whole(wanted(self.site.code), secret)),
            "INSTANCE": self.written("instance.json", self.instance(secret["nextcloud"])),
            "TREE": golden["tree"],
            "GOLDEN": golden["database"],
        }

    def instance(self, secret: str) -> dict[str, Any]:
        """What instance.php reads: what differs from the golden instance and isn't in config.php."""
        provider = yaml.safe_load(INSTANCE.read_text(encoding="utf-8"))["__tenant_nextcloud_provider"]
        issuer = f"https://{IDENTITY_DOMAIN}/realms/{self.site.code}"
        theme = {
            "name": {"value": self.tenant.name},
            "slogan": {"value": "Les documents de la municipalité"},
            "url": {"value": f"https://{self.tenant.domains.website}"},
        }
        return {
            "check": False,
            "new": True,
            "system": {},
            "apps": {"files": {"default_quota": {"value": "1500 MB"}}, "theming": theme},
            "groups": {"administrateurs": "Administrateurs", "employes": "Employés", "elus": "Élus"},
            "enabled": [],
            "disabled": [],
            "admin": {"user": f"admin-{self.site.code}", "password": "by-hand-by-hand-by-hand"},
            "provider": {
                **provider,
                "discovery": f"{issuer}/.well-known/openid-configuration",
                "secret": secret,
            },
        }
