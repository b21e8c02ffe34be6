#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION. The action plugin of the same name carries the archive to the server."""

from __future__ import annotations

DOCUMENTATION = r"""
module: artifact_tree
short_description: The read-only tree of a pinned release archive
description:
  - Has a pinned archive of the control machine's cache unpacked on a server, as a tree that root owns.
  - One short call where the tree is there. Otherwise the archive is transferred, its SHA-256 verified on the
    server, and it is unpacked beside the tree's place and renamed into it; an interrupted run leaves nothing used.
  - Trees of other versions stay, because others may run on them.
  - A name or link that leads out of the tree, or a device, makes the archive refused.
options:
  name:
    description: Name of the archive, as in C(artifacts.lock.yml).
    type: str
    required: true
  version:
    description: Its version.
    type: str
    required: true
  sha256:
    description: SHA-256 of the archive, 64 hexadecimal digits.
    type: str
    required: true
  src:
    description: The control machine's artifact cache (C(nuage_artifacts)), or the archive itself.
    type: str
    required: true
  dest:
    description: Folder of the tree on the server; by default C(root)/C(name)-C(version)-(12 digits of C(sha256)).
    type: path
    default: ""
  root:
    description: Folder of the trees, for the default of C(dest).
    type: path
    default: /usr/share/nuage/trees
  strip:
    description: Leave out the one folder that everything in the archive lies in; refused where there are several.
    type: bool
    default: true
  archive:
    description: The transferred archive on the server; set by the action plugin.
    type: path
    default: ""
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Have Nextcloud's code
  nuage_commun.platform.artifact_tree:
    name: nextcloud
    version: "{{ server_nextcloud_version }}"
    sha256: "{{ server_nextcloud_sha256 }}"
    src: "{{ nuage_artifacts }}"
  register: __server_nextcloud_tree
"""
RETURN = r"""
path:
  description: Folder of the tree.
  type: str
  returned: success
nuage_key:
  description: Catalogue key of a failure.
  type: str
  returned: failure
nuage_context:
  description: Placeholders of its text.
  type: dict
  returned: failure
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import trees


def destination(parameters):
    named = "{name}-{version}-{digest}".format(digest=parameters["sha256"][:12], **parameters)
    return Path(parameters["dest"] or Path(parameters["root"]) / named)


def perform(parameters, check_mode):
    dest = destination(parameters)
    identity = {name: parameters[name] for name in ("name", "version", "sha256")}
    missing = not trees.present(dest, parameters["sha256"])
    if missing and parameters["archive"] and not check_mode:
        missing = trees.install(parameters["archive"], dest, identity, parameters["strip"])
    after = f"{parameters['name']} {parameters['version']}\n" if missing else ""
    return {
        "changed": missing,
        "path": str(dest),
        "diff": {"before_header": str(dest), "before": "", "after": after},
    }


def main():
    texts = {name: {"type": "str", "required": True} for name in ("name", "version", "sha256", "src")}
    module = AnsibleModule(
        argument_spec={
            **texts,
            "dest": {"type": "path", "default": ""},
            "root": {"type": "path", "default": "/usr/share/nuage/trees"},
            "strip": {"type": "bool", "default": True},
            "archive": {"type": "path", "default": ""},
        },
        supports_check_mode=True,
    )
    named = {name: module.params[name] for name in ("name", "version")}
    try:
        result = perform(module.params, module.check_mode)
    except trees.TreeError as error:
        told = error.context.get("detail") or f"{error.key}: {error}"
        module.fail_json(msg=told, nuage_key=error.key, nuage_context={**named, **error.context})
    except OSError as error:
        context = {**named, "path": str(destination(module.params)), "detail": str(error)}
        module.fail_json(msg=str(error), nuage_key="artifacts.unpack-failed", nuage_context=context)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
