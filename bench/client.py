"""Citizens: HTTPS requests to sites at one address, many at once. Certificates are checked elsewhere."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass

TIMEOUT_S = 120


@dataclass(frozen=True)
class Answer:
    """Status of the answer, and the seconds until its last byte."""

    status: int
    seconds: float


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, domain: str, path: str) -> int:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {domain}\r\nUser-Agent: bench\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    if "transfer-encoding: chunked" in head:
        while size := int((await reader.readline()).split(b";")[0], 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    else:
        length = head.partition("content-length:")[2].partition("\r\n")[0]
        await reader.readexactly(int(length))
    return int(head.split()[1])


async def _visitor(address: str, domain: str, path: str, requests: int) -> list[Answer]:
    """One connection that asks again and again; the first answer's time includes the connection's."""
    answers = []
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection(address, 443, ssl=_context(), server_hostname=domain)
    for _ in range(requests):
        status = await asyncio.wait_for(_ask(reader, writer, domain, path), TIMEOUT_S)
        answers.append(Answer(status, time.perf_counter() - began))
        began = time.perf_counter()
    writer.close()
    return answers


def visit(address: str, domains: Sequence[str], *, path: str = "/", requests: int = 1) -> list[Answer]:
    """One visitor per entry of ``domains``, all at once, each with so many requests in turn."""

    async def everybody() -> list[list[Answer]]:
        return await asyncio.gather(*(_visitor(address, domain, path, requests) for domain in domains))

    return [answer for answers in asyncio.run(everybody()) for answer in answers]
