"""Where the Ansible tree is: beside the package in a checkout, inside it in a wheel.

Both have the same layout: ``ansible.cfg`` with ``collections_path = .collections``, and the collection
``nuage_commun.platform`` under it, so that names and relative paths are the same everywhere.
"""

from __future__ import annotations

from pathlib import Path

COLLECTION = Path(".collections", "ansible_collections", "nuage_commun", "platform")


def ansible_root() -> Path:
    """The folder of ``ansible.cfg``; Ansible is started with it as ``ANSIBLE_CONFIG``'s folder."""
    package = Path(__file__).resolve().parents[1]
    carried = package / "ansible"
    return carried if (carried / "ansible.cfg").is_file() else package.parent


def collection_root() -> Path:
    """The folder of the collection: ``playbooks``, ``roles``, ``plugins``, ``meta``, ``galaxy.yml``."""
    return ansible_root() / COLLECTION
