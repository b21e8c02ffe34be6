"""Questions to resolvers that answer, fail or stay silent; each is a real one on the loopback address."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from provisioner.dns.records import Kind
from provisioner.dns.resolving import Resolvers
from provisioner.errors import UnreachableError

ZONE = {
    ("www.ville.example.", "A"): ["192.0.2.11"],
    ("ville.example.", "CAA"): ['0 issue "ca.example"'],
    ("courriel.example.", "TXT"): ['"v=spf1 a:relais" ".example -all"'],
}
LINK = ("lien.example.", "www.ville.example.")


def reply(query: dns.message.Message) -> dns.message.Message:
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    asked = query.question[0]
    name, kind = asked.name.to_text(), dns.rdatatype.to_text(asked.rdtype)
    if name == "panne.example.":
        answer.set_rcode(dns.rcode.SERVFAIL)
    elif (name, kind) == (LINK[0], "A"):
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", LINK[1]))
        answer.answer.append(dns.rrset.from_text(LINK[1], 60, "IN", "A", *ZONE[LINK[1], "A"]))
    elif (name, kind) in ZONE:
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *ZONE[name, kind]))
    elif name not in {known for known, _ in ZONE}:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer


@pytest.fixture
def port() -> Iterator[int]:
    """A resolver on 127.0.0.1; nothing answers on 127.0.0.2."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent,
    ):
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(10)
        silent.bind(("127.0.0.2", listener.getsockname()[1]))

        def serve() -> None:
            while True:
                data, peer = listener.recvfrom(4096)
                if data == b"stop":
                    return
                listener.sendto(reply(dns.message.from_wire(data)).to_wire(), peer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        listener.sendto(b"stop", listener.getsockname())
        thread.join()


@pytest.fixture
def resolvers(port: int) -> Resolvers:
    return Resolvers(["127.0.0.1"], port=port, wait_s=2)


def test_values(resolvers: Resolvers) -> None:
    assert resolvers.ask("www.ville.example", Kind.A).values == ("192.0.2.11",)
    assert resolvers.ask("courriel.example", Kind.TXT).values == ("v=spf1 a:relais.example -all",)


def test_absent_name_and_absent_type(resolvers: Resolvers) -> None:
    assert resolvers.ask("rien.example", Kind.A).values == ()
    assert resolvers.ask("www.ville.example", Kind.AAAA).values == ()


def test_link_is_followed(resolvers: Resolvers) -> None:
    assert resolvers.ask("lien.example", Kind.A).values == ("192.0.2.11",)


def test_caa_of_the_nearest_parent(resolvers: Resolvers) -> None:
    assert resolvers.ask_upwards("www.ville.example").values == ('0 issue "ca.example"',)
    assert resolvers.ask_upwards("courriel.example").values == ()


def test_failing_zone_is_not_an_absent_record(resolvers: Resolvers) -> None:
    answer = resolvers.ask("panne.example", Kind.A)
    assert answer.broken
    assert answer.values == ()


def test_silent_resolver_is_passed_over(port: int) -> None:
    resolvers = Resolvers(["127.0.0.2", "127.0.0.1"], port=port, wait_s=0.3)
    assert resolvers.ask("www.ville.example", Kind.A).values == ("192.0.2.11",)


def test_no_resolver_answers(port: int) -> None:
    with pytest.raises(UnreachableError) as caught:
        Resolvers(["127.0.0.2"], port=port, wait_s=0.3).ask("www.ville.example", Kind.A)
    (problem,) = caught.value.problems
    assert problem.key == "dns.no-resolver"
    assert caught.value.exit_code == 6
