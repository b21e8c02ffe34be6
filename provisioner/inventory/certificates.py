"""How certificates are asked for, by the control machine, for servers and municipalities alike."""

from __future__ import annotations

from typing import Any

from provisioner.inventory.values import Reference
from provisioner.spec.consortium import Consortium

# Beside consortium.yml, wherever the folder lies: no path of a machine enters the inventory.
_BESIDE_SPECS = "{{ inventory_dir | dirname }}/"

# Made on first use and in clear (mode 0600): in the generated folder, which version control ignores. Losing
# it costs nothing but a new account.
_ACCOUNT_KEY = "{{ inventory_dir }}/.acme-account.key"


def acme_variables(consortium: Consortium, prefix: str) -> dict[str, Any]:
    """The authority's directory, how it is trusted, and the account's key, by role variable."""
    acme = consortium.acme
    return {
        f"{prefix}acme_directory": acme.directory,
        f"{prefix}acme_contact": acme.contact,
        f"{prefix}acme_authority": Reference(_BESIDE_SPECS + acme.authority_file)
        if acme.authority_file
        else "",
        f"{prefix}account_key": Reference(_ACCOUNT_KEY),
    }
