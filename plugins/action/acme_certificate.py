# SPDX-License-Identifier: AGPL-3.0-or-later
"""Controller half of `acme_certificate`: carries between an ACME authority and a server that has no way out.

Three calls of the module at most (prepare, answer, install), one where the present certificates will do. The
libraries are imported here, at the top, because the parent process imports this file once for all its forks.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

try:
    from ansible_collections.nuage_commun.platform.plugins.plugin_utils.acme_account import (
        open_session,
        register_again,
    )
    from ansible_collections.nuage_commun.platform.plugins.plugin_utils.acme_client import Authority
    from ansible_collections.nuage_commun.platform.plugins.plugin_utils.acme_failure import AcmeError
    from ansible_collections.nuage_commun.platform.plugins.plugin_utils.acme_orders import Orders

    MISSING = ""
except ImportError as error:
    MISSING = str(error)

MODULE = "nuage_commun.platform.acme_certificate"
CONTROLLER_ONLY = frozenset({"contact", "authority", "account_key", "timeout"})
INTERNAL = frozenset({"step", "authority_digest", "answers", "chains"})


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core carries no types
    """Certificates of one municipality's sites."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """See the module's documentation."""
        super().run(tmp, task_vars)
        if MISSING:
            raise AnsibleActionFail(f"the control machine lacks Python's `acme`: {MISSING}")
        arguments = dict(self._task.args)
        unknown = INTERNAL & arguments.keys()
        if unknown:
            raise AnsibleActionFail(f"set by the action plugin itself: {', '.join(sorted(unknown))}")
        try:
            return self._converge(arguments, task_vars or {})
        except _RemoteFailureError as failure:
            return failure.result
        except AcmeError as failure:
            context = {"domain": arguments.get("domain", ""), **failure.context}
            return {
                "failed": True,
                "changed": False,
                "msg": str(failure),
                "nuage_key": failure.key,
                "nuage_context": context,
            }

    def _converge(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        remote = {name: value for name, value in arguments.items() if name not in CONTROLLER_ONLY}
        if arguments.get("state", "present") == "absent":
            return self._remote(remote, task_vars)
        trusted = str(arguments.get("authority") or "")
        remote["authority_digest"] = _digest(trusted) if trusted else ""
        prepared = self._remote({**remote, "step": "prepare"}, task_vars)
        requests = prepared.pop("requests", {})
        if not requests:
            return prepared
        installed = self._issue(arguments, remote, requests, task_vars)
        return {**prepared, **installed, "changed": True}

    def _issue(
        self,
        arguments: dict[str, Any],
        remote: dict[str, Any],
        requests: dict[str, str],
        task_vars: dict[str, Any],
    ) -> dict[str, Any]:
        """All that the authority gives is installed, also where it refuses one of several."""
        authority = Authority(
            directory=str(arguments.get("directory") or ""),
            contact=str(arguments.get("contact") or ""),
            trusted=str(arguments.get("authority") or ""),
            timeout_s=int(arguments.get("timeout") or 60),
        )
        account = Path(str(arguments.get("account_key") or ""))
        if not account.name or not authority.directory:
            raise AnsibleActionFail("`directory` and `account_key` are required to ask for a certificate")
        session = open_session(account, authority)
        orders = Orders(session, lambda: register_again(account, authority, session))
        for domain, request in requests.items():
            orders.ask(domain, request.encode())
        if orders.answers:
            self._remote({**remote, "step": "answer", "answers": orders.answers}, task_vars)
        orders.finish()
        last = {"step": "install", "answers": orders.answers, "chains": orders.chains}
        if orders.chains or orders.answers:
            installed = self._remote({**remote, **last}, task_vars)
        if orders.failure:
            raise orders.failure
        return installed

    def _remote(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = self._execute_module(
            module_name=MODULE, module_args=arguments, task_vars=task_vars
        )
        if result.get("failed") and "nuage_key" in result:
            context = {"domain": arguments["domain"], **result.get("nuage_context", {})}
            raise AcmeError(result["nuage_key"], **context)
        if result.get("failed") or result.get("unreachable"):
            raise _RemoteFailureError(result)
        return result


class _RemoteFailureError(Exception):
    """A call that failed in a way Ansible itself words: a lost connection, a module that can't run."""

    def __init__(self, result: dict[str, Any]) -> None:
        self.result = result
        super().__init__(str(result.get("msg", "")))


def _digest(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise AcmeError("acme.authority-file", path=path, detail=error.strerror or str(error)) from error
