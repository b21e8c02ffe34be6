"""What stands between a vantage point and a server: a forwarder that takes its time. The kernel here has no netem."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue


def _carry(source: socket.socket, sink: socket.socket, seconds: float) -> None:
    """Bytes one way, each ``seconds`` later, however many are on their way."""
    waiting: SimpleQueue[tuple[float, bytes]] = SimpleQueue()

    def deliver() -> None:
        while True:
            due, data = waiting.get()
            time.sleep(max(0.0, due - time.perf_counter()))
            with suppress(OSError):
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(data)

    threading.Thread(target=deliver, daemon=True).start()
    data = b"x"
    while data:
        try:
            data = source.recv(65536)
        except OSError:
            data = b""
        waiting.put((time.perf_counter() + seconds, data))


@contextmanager
def delayed(
    address: tuple[str, int], milliseconds: float, here: str = "127.0.0.1"
) -> Iterator[tuple[str, int]]:
    """An address here that leads to ``address`` and back, in so many milliseconds more."""
    with socket.create_server((here, 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    near, _ = listener.accept()
                except OSError:
                    return
                far = socket.create_connection(address)
                for end in (near, far):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for pair in ((near, far), (far, near)):
                    carrying = (*pair, milliseconds / 2000)
                    threading.Thread(target=_carry, args=carrying, daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[:2]


@contextmanager
def blocks(here: str, content: bytes) -> Iterator[tuple[str, int]]:
    """A machine elsewhere that has the data: it gives the block whose number it is told."""
    with socket.create_server((here, 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    link, _ = listener.accept()
                except OSError:
                    return
                with link, suppress(OSError):
                    number = int.from_bytes(link.recv(8), "big")
                    link.sendall(content[number * 4096 : (number + 1) * 4096])

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[:2]
