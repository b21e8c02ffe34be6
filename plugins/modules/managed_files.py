#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: managed_files
short_description: Several root-owned files in one round trip
description:
  - Writes each file atomically when its content, group or mode differs, with check mode and diff.
  - Notes what C(server_activate) has to reload or restart; the note outlives an interrupted run.
  - One module rather than a template task per file, because each task costs about 0.4 s per municipality.
options:
  links:
    description: Symbolic links, owned by root.
    type: list
    elements: dict
    default: []
    options:
      path: {description: Absolute path of the link., type: path, required: true}
      target: {description: What it points to., type: path, required: true}
extends_documentation_fragment: [nuage_commun.platform.files]
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Describe the site
  nuage_commun.platform.managed_files:
    files:
      - path: /etc/nginx/nuage.d/46005-wordpress.conf
        content: "{{ lookup('ansible.builtin.template', 'etc/nginx/nuage.d/wordpress.conf.j2') }}"
        pending: [nginx]
"""
RETURN = r"""
changes: {description: Paths that changed., type: list, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import files
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError


def main():
    module = AnsibleModule(
        argument_spec={"files": files.FILES, "links": files.LINKS},
        # A file's secret content has several lines, which Ansible's log of the arguments doesn't recognise.
        no_log=True,
        supports_check_mode=True,
    )
    try:
        diffs = files.ensure(module.params["files"], module.params["links"], module.check_mode)
    except (OSError, KeyError, ProgramError) as error:
        module.fail_json(msg=str(error), nuage_key="apply.files-failed")
    changes = [difference["before_header"] for difference in diffs]
    module.exit_json(changed=bool(changes), changes=changes, diff=diffs)


if __name__ == "__main__":
    main()
