# SPDX-License-Identifier: AGPL-3.0-or-later
"""Documentation of the option C(files), which several modules have (module_utils/files.py)."""

from __future__ import annotations


class ModuleDocFragment:
    """As Ansible finds it."""

    DOCUMENTATION = r"""
options:
  files:
    description: Files to write first, owned by root.
    type: list
    elements: dict
    default: []
    suboptions:
      path: {description: Absolute path., type: path, required: true}
      content: {description: Text of the file; an empty one removes the file., type: str, default: ""}
      secret_content: {description: The same, kept out of logs and diffs., type: str, default: ""}
      group: {description: Group., type: str, default: root}
      mode: {description: Octal mode., type: str, default: "0644"}
      pending: {description: What a change asks of C(server_activate)., type: list, elements: str, default: []}
      validate: {description: Program that must accept the new file first; C(%s) is its path., type: str, default: ""}
"""
