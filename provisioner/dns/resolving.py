"""Questions to the consortium's resolvers, with a short wait: a person is looking on."""

from __future__ import annotations

from collections.abc import Sequence

import dns.exception
import dns.name
import dns.resolver

from provisioner.dns.judging import Answer
from provisioner.dns.records import Kind
from provisioner.errors import UnreachableError

WAIT_S = 2.0


class Resolvers:
    """The consortium's resolvers, asked in their order; one that doesn't answer isn't asked again."""

    def __init__(self, addresses: Sequence[str], port: int = 53, wait_s: float = WAIT_S) -> None:
        self._addresses = tuple(addresses)
        self._port = port
        self._wait_s = wait_s
        self._alive = list(addresses)

    def ask(self, name: str, kind: Kind) -> Answer:
        """All values of that type under ``name``; links (CNAME) are followed by the resolver.

        Raises:
            UnreachableError: no resolver answers.
        """
        broken = False
        for address in tuple(self._alive):
            try:
                return Answer(values=self._values(address, name, kind))
            except dns.resolver.NoNameservers:
                broken = True  # it answers: the zone's servers fail it
            except (dns.exception.Timeout, OSError):
                self._alive.remove(address)
        if broken:
            return Answer(broken=True)
        raise UnreachableError("dns.no-resolver", resolvers=", ".join(self._addresses), seconds=self._wait_s)

    def ask_upwards(self, name: str) -> Answer:
        """The CAA records that hold for ``name``: its own, or those of the nearest parent that has any."""
        current = dns.name.from_text(name)
        while len(current) > 1:
            answer = self.ask(current.to_text(omit_final_dot=True), Kind.CAA)
            if answer.values or answer.broken:
                return answer
            current = current.parent()
        return Answer()

    def _values(self, address: str, name: str, kind: Kind) -> tuple[str, ...]:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = [address]
        resolver.port = self._port
        resolver.lifetime = resolver.timeout = self._wait_s
        try:
            answer = resolver.resolve(f"{name}.", str(kind), search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        if kind is Kind.TXT:
            return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer)
        return tuple(record.to_text() for record in answer)
