"""A dishonest server: the role's responder with one lie, behind the same door and with the same host key.

    audit_front.py early|replay|stored|elsewhere [HOST PORT]

`early` answers before it is asked, `replay` answers the question before, `stored` gives replies of an earlier audit,
`elsewhere` fetches the municipality's blocks from another machine.
"""

import importlib.util
import os
import socket
import sys
import threading
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_ssh_private_key

spec = importlib.util.spec_from_file_location("responder", "/usr/local/lib/nuage/audit_responder.py")
responder = importlib.util.module_from_spec(spec)
spec.loader.exec_module(responder)
DOOR = "/run/nuage-audit-front.sock"
honest = responder.answer


def altered(ask):
    """`honest`, but what it reads comes from ``ask(read)``: a pipe that the lie fills."""

    def answer(key, source, sink):
        read_end, write_end = os.pipe()

        def fill():
            line = b""
            while not line.endswith(b"\n"):
                line += os.read(source, 1)
            os.write(write_end, line)
            for challenge in ask(lambda: os.read(source, 32)):
                os.write(write_end, challenge)
            os.close(write_end)

        threading.Thread(target=fill, daemon=True).start()
        try:
            honest(key, read_end, sink)
        finally:
            os.close(read_end)

    return answer


def early(read):
    """A guess at what will be asked; then what was asked is thrown away."""
    while True:
        yield os.urandom(32)
        if len(read()) != 32:
            return


def replay(read):
    """Always the question before."""
    before = os.urandom(32)
    while len(asked := read()) == 32:
        yield before
        before = asked


def stored(key, source, sink):
    """Replies that were true for another audit's nonce."""

    class Other:
        """A key that signs what was signed then."""

        @staticmethod
        def sign(data):
            return key.sign(data[:-64] + responder.hashlib.sha512(b"then" + data).digest())

    honest(Other(), source, sink)


def elsewhere(address):
    """Each block comes over the network."""

    def block(_listing, number):
        with socket.create_connection(address, 10) as link:
            link.sendall(number.to_bytes(8, "big"))
            found = b""
            while more := link.recv(4096):
                found += more
            return found

    return block


if __name__ == "__main__":
    lie = sys.argv[1]
    if lie == "elsewhere":
        responder.Listing.block = elsewhere((sys.argv[2], int(sys.argv[3])))
    else:
        responder.answer = {"early": altered(early), "replay": altered(replay), "stored": stored}[lie]
    host_key = load_ssh_private_key(Path("/etc/ssh/ssh_host_ed25519_key").read_bytes(), None)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(DOOR)
    Path(DOOR).chmod(0o666)
    listener.listen()
    responder.serve(host_key, listener)
