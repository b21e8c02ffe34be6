# SPDX-License-Identifier: AGPL-3.0-or-later
"""Several certificates in one conversation with an authority: what it refuses of one doesn't hold the others back."""

from __future__ import annotations

from collections.abc import Callable

from acme import messages
from ansible_collections.nuage_commun.platform.plugins.plugin_utils.acme_client import Session
from ansible_collections.nuage_commun.platform.plugins.plugin_utils.acme_failure import AcmeError


class Orders:
    """Those of one session. ``register_again`` is called where the authority may have forgotten the account."""

    def __init__(self, session: Session, register_again: Callable[[], None]) -> None:
        self._session, self._register_again = session, register_again
        self._orders: dict[str, messages.OrderResource] = {}
        self.answers: dict[str, str] = {}
        """What the server must answer, by token."""
        self.chains: dict[str, str] = {}
        """Certificates that were given, by the domain that they were asked for."""
        self.failure: AcmeError | None = None
        """The first one."""

    def ask(self, domain: str, request: bytes) -> None:
        """Begin with the names of one signing request (PEM)."""
        try:
            order = self._order(request)
            self.answers |= self._session.challenges(order)
            self._orders[domain] = order
        except AcmeError as failure:
            self._note(domain, failure)

    def finish(self) -> None:
        """Once the server has the answers: wait for the verdicts, and fetch what was given."""
        for domain, order in self._orders.items():
            try:
                self._session.prove(order)
                self.chains[domain] = self._session.finish(order)
            except AcmeError as failure:
                self._note(domain, failure)

    def _order(self, request: bytes) -> messages.OrderResource:
        try:
            return self._session.order(request)
        except AcmeError as failure:
            # A rebuilt authority doesn't know the account, and not every one says so in ACME's words.
            if failure.key not in ("acme.account-unknown", "acme.refused"):
                raise
            self._register_again()
            return self._session.order(request)

    def _note(self, domain: str, failure: AcmeError) -> None:
        if self.failure is None:
            self.failure = AcmeError(failure.key, **{"domain": domain, **failure.context})
