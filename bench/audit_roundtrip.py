"""What a signed round trip over SSH costs beyond a plain one on the same path: `python -m bench.audit_roundtrip`.

It is charged as distance: 0.1 ms are 15 km at the speed of light. Both go to one host of a lab, in turns. The plain one
is a TCP echo on a port of its own: sshd's per-source penalties would lock out hundreds of bare connections.
"""

from __future__ import annotations

import os
import socket
import statistics
import time

import paramiko

from bench import figures
from provisioner.audit.location import prober
from tests.audited import HOST, Audited

PORT = 7007
TURNS = 9
ROUNDS = 300
ECHO = f"""
import socket
listener = socket.create_server(("", {PORT}))
while True:
    link, _ = listener.accept()
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while data := link.recv(4096):
        link.sendall(data)
"""


def main() -> None:
    """A lab called `bench-audit`, or the one that NUAGE_BENCH_AUDIT_LAB names, which stays if it was there."""
    stage = Audited(os.environ.get("NUAGE_BENCH_AUDIT_LAB", "bench-audit"))
    try:
        stage.up()
        stage.sh("cat >/root/echo.py; nft insert rule inet nuage input accept", ECHO.encode())
        stage.sh("systemd-run --quiet --unit=bench-echo --collect /usr/bin/python3 /root/echo.py; sleep 1")
        run(stage)
        stage.sh("systemctl stop bench-echo; systemctl reload nftables")
    finally:
        stage.down()


def run(stage: Audited) -> None:
    """All of it, in turns, so that a busy moment is everybody's."""
    figures.title("audit: a signed round trip")
    times: dict[str, list[float]] = {"plain": [], "ssh": [], "signed": []}
    shortest: dict[str, list[float]] = {name: [] for name in times}
    for _ in range(TURNS):
        for name, measure in (("plain", plain), ("ssh", unsigned), ("signed", signed)):
            found = measure(stage)
            times[name].append(statistics.median(found))
            shortest[name].append(min(found))
    show("median", times, "< 0.150 ms")
    show("shortest", shortest, "")
    key = stage.sh(
        "python3 -m timeit -s 'from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey as K;"
        "k = K.generate(); m = bytes(100)' 'k.sign(m)'"
    )
    figures.show("a signature alone, on the host", key.split(": ")[-1].strip())


def show(what: str, times: dict[str, list[float]], reach: str) -> None:
    """The middle of the turns, and what is beyond the plain echo of the same turn."""
    middle = {name: statistics.median(values) for name, values in times.items()}
    figures.show(f"plain TCP echo, {what}", f"{middle['plain']:.3f} ms")
    for name, told in (("ssh", "echo over SSH, unsigned"), ("signed", "signed over SSH")):
        beyond = [ours - base for ours, base in zip(times[name], times["plain"], strict=True)]
        spread = f"({min(beyond):.3f}-{max(beyond):.3f})"
        compared = f"{statistics.median(beyond):+.3f} ms {spread} beyond plain"
        figures.show(f"{told}, {what}", f"{middle[name]:.3f} ms", compared, reach if name == "signed" else "")


def plain(stage: Audited) -> list[float]:
    """Milliseconds of each round of a TCP echo."""
    with socket.create_connection((stage.address, PORT)) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _timed(link)


def unsigned(stage: Audited) -> list[float]:
    """The same through sshd and a program that echoes."""
    with socket.create_connection((stage.address, 22)) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport = paramiko.Transport(link)
        transport.get_security_options().ciphers = prober.CIPHERS
        transport.start_client()
        key = paramiko.Ed25519Key.from_private_key_file(str(stage.lab.paths.private_key))
        transport.auth_publickey("root", key)
        channel = transport.open_session()
        channel.exec_command("exec cat")
        try:
            return _timed(channel)
        finally:
            transport.close()


def _timed(link: prober.Channel) -> list[float]:
    times = []
    for _ in range(ROUNDS):
        data = os.urandom(32)
        began = time.perf_counter_ns()
        link.sendall(data)
        link.recv(72)
        times.append((time.perf_counter_ns() - began) / 1e6)
    return times


def signed(stage: Audited) -> list[float]:
    """What an audit measures, with the prober itself."""
    document = prober.measure(stage.target(server=HOST), stage.point, ROUNDS)
    return [(received - sent) / 1e6 for sent, received, *_ in document["rounds"]]


if __name__ == "__main__":
    main()
