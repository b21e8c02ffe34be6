#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION. The action plugin of the same name speaks to the authority."""

from __future__ import annotations

DOCUMENTATION = r"""
module: acme_certificate
short_description: A site's certificate, asked for by the control machine
description:
  - The control machine speaks ACME to the authority; the server answers its challenge and needs no way out.
  - The private key is made on the server and never leaves it.
  - Where the present certificates will do, one short call is all that happens; otherwise there are three.
  - Renewed C(renew_days) before its end, or when a third of its life is left, whichever is later.
options:
  domain:
    description: First name of the certificate; names its folder.
    type: str
    required: true
  aliases:
    description: Other names of the certificate.
    type: list
    elements: str
    default: []
  more:
    description: Further certificates of the same server, asked for in the same conversation.
    type: list
    elements: dict
    default: []
    suboptions:
      domain: {description: First name of the certificate; names its folder., type: str, required: true}
      aliases: {description: Other names of the certificate., type: list, elements: str, default: []}
  state:
    description: Whether the certificates are there.
    type: str
    choices: [present, absent]
    default: present
  directory:
    description: Address of the authority's ACME directory.
    type: str
    default: ""
  contact:
    description: Address that the authority writes to.
    type: str
    default: ""
  authority:
    description: PEM file on the control machine to check the directory with; the system's trust by default.
    type: str
    default: ""
  account_key:
    description: File on the control machine that holds the account's key; made when absent.
    type: str
    default: ""
  renew_days:
    description: Days before the end from which it's renewed.
    type: int
    default: 30
  timeout:
    description: Longest wait for the authority's verdict in seconds.
    type: int
    default: 60
  store:
    description: Folder of the certificates.
    type: path
    default: /var/lib/nuage/certificates
  webroot:
    description: Folder that the web server answers challenges from.
    type: path
    default: /var/lib/nuage/acme
  reader:
    description: Group of the web server.
    type: str
    default: www-data
  step:
    description: Of the conversation; set by the action plugin.
    type: str
    choices: [prepare, answer, install]
    default: prepare
  authority_digest:
    description: SHA-256 of C(authority); set by the action plugin.
    type: str
    default: ""
  answers:
    description: Answers to the challenges, by token; set by the action plugin.
    type: dict
    default: {}
  chains:
    description: Certificates with their chains, by domain; set by the action plugin.
    type: dict
    default: {}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Have a certificate
  nuage_commun.platform.acme_certificate:
    domain: www.ville.example
    aliases: [ville.example]
    directory: https://acme.example/directory
    contact: ti@consortium.example
    account_key: "{{ inventory_dir }}/../state/acme/account.pem"
"""
RETURN = r"""
reason:
  description: Why a certificate is asked for (absent, names, authority, renewal); the first of several.
  type: str
  returned: when one is
certificate:
  description: Names, dates (epoch) and renewal time; of the first of several.
  type: dict
  returned: where there is one
nuage_key:
  description: Catalogue key of a failure.
  type: str
  returned: failure
nuage_context:
  description: Placeholders of its text.
  type: dict
  returned: failure
"""

import grp
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import certificates
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, mark_pending

SITE = {
    "domain": {"type": "str", "required": True},
    "aliases": {"type": "list", "elements": "str", "default": []},
}
SHOWN = ("names", "not_before", "not_after", "renew_at", "directory")


def sites_of(parameters):
    """Domain and aliases of each certificate."""
    first = {"domain": parameters["domain"], "aliases": parameters["aliases"]}
    return [first, *parameters["more"]]


def wanted_of(parameters, site):
    return {
        "names": sorted({site["domain"], *site["aliases"]}),
        "directory": parameters["directory"],
        "authority": parameters["authority_digest"],
        "renew_days": parameters["renew_days"],
    }


def shown(record):
    return {name: record[name] for name in SHOWN if name in record}


def difference(before, after):
    return {"before_header": "certificate", "before": before, "after": after}


def prepare(parameters, site, check_mode):
    """Nothing where the present certificate will do; otherwise the request for another."""
    store, domain = Path(parameters["store"]), site["domain"]
    wanted = wanted_of(parameters, site)
    record = certificates.read_record(store / domain)
    reason = certificates.wanting(record, wanted, time.time())
    if not reason:
        mended = certificates.mend(store / domain, record, wanted, check_mode)
        return {
            "changed": mended,
            "certificate": shown(record),
            "diff": difference("", "modes\n" if mended else ""),
        }
    after = {"names": wanted["names"], "directory": wanted["directory"]}
    result = {"changed": True, "reason": reason, "diff": difference(shown(record), after)}
    if not check_mode:
        store.mkdir(mode=0o755, parents=True, exist_ok=True)
        result["request"] = certificates.make_request(store, domain, wanted["names"])
    return result


def prepare_all(parameters, check_mode):
    """What is told of one, or of the first of several; requests by domain."""
    sites = sites_of(parameters)
    results = [prepare(parameters, site, check_mode) for site in sites]
    pairs = zip(sites, results, strict=True)
    requests = {site["domain"]: result.pop("request") for site, result in pairs if "request" in result}
    told = {name: value for result in reversed(results) for name, value in result.items()}
    told |= {"changed": any(result["changed"] for result in results), "requests": requests}
    if len(results) > 1:
        told["diff"] = [result["diff"] for result in results]
    return told


def answer(parameters):
    gid = grp.getgrnam(parameters["reader"]).gr_gid
    certificates.write_answers(Path(parameters["webroot"]), parameters["answers"], gid)
    return {"changed": True}


def install(parameters):
    """Those that the authority gave; the answers that it no longer waits for go."""
    chains, store = parameters["chains"], Path(parameters["store"])
    result = {"changed": bool(chains)}
    try:
        # Noted before: a crash in between costs a needless reload, never a missed one.
        mark_pending(["nginx"] if chains else [])
        for site in sites_of(parameters):
            if chain := chains.get(site["domain"]):
                record = put(store, site["domain"], chain, wanted_of(parameters, site))
                result.setdefault("certificate", shown(record))
    finally:
        certificates.clear_answers(Path(parameters["webroot"]), parameters["answers"])
    return result


def put(store, domain, chain, wanted):
    try:
        return certificates.install(store, domain, chain, wanted, time.time())
    except certificates.CertificateError as error:
        error.context.setdefault("domain", domain)
        raise


def remove(parameters, check_mode):
    store = Path(parameters["store"])
    gone = [certificates.remove(store, site["domain"], check_mode) for site in sites_of(parameters)]
    return {"changed": any(gone)}


def perform(module):
    parameters = module.params
    if parameters["state"] == "absent":
        return remove(parameters, module.check_mode)
    if parameters["step"] == "prepare":
        return prepare_all(parameters, module.check_mode)
    return answer(parameters) if parameters["step"] == "answer" else install(parameters)


def arguments():
    texts = ("directory", "contact", "authority", "account_key", "authority_digest")
    return {
        **{name: {"type": "str", "default": "", "no_log": False} for name in texts},
        **SITE,
        "more": {"type": "list", "elements": "dict", "default": [], "options": SITE},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "renew_days": {"type": "int", "default": 30},
        "timeout": {"type": "int", "default": 60},
        "store": {"type": "path", "default": "/var/lib/nuage/certificates"},
        "webroot": {"type": "path", "default": "/var/lib/nuage/acme"},
        "reader": {"type": "str", "default": "www-data"},
        "step": {"type": "str", "choices": ["prepare", "answer", "install"], "default": "prepare"},
        "answers": {"type": "dict", "default": {}},
        "chains": {"type": "dict", "default": {}},
    }


def main():
    module = AnsibleModule(argument_spec=arguments(), supports_check_mode=True)
    parameters = module.params
    # Both become file names here: an authority's token must not reach beyond its folder.
    for name in (name for site in sites_of(parameters) for name in (site["domain"], *site["aliases"])):
        if not certificates.DOMAIN.match(name) or ".." in name:
            module.fail_json(msg=f"not a domain name: {name!r}")
    for token in parameters["answers"]:
        if not certificates.TOKEN.match(token):
            module.fail_json(msg=f"not a challenge's token: {token!r}")
    try:
        result = perform(module)
    except certificates.CertificateError as error:
        module.fail_json(msg=str(error), nuage_key=error.key, nuage_context=error.context)
    except (ProgramError, OSError, KeyError) as error:
        module.fail_json(msg=str(error), nuage_key="acme.server-failed", nuage_context={"detail": str(error)})
    module.exit_json(**result)


if __name__ == "__main__":
    main()
