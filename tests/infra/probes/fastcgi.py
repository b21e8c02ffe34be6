"""A FastCGI request to a Unix socket, run on the host by its own python3: `fastcgi.py SOCKET SCRIPT < body`.

Prints the response's body. This is how a probe runs in a municipality's real unit, past nginx.
"""

import contextlib
import socket
import struct
import sys


def record(kind, content):
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def pair(name, value):
    name, value = name.encode(), value.encode()
    return b"".join(struct.pack(">I", len(part) | 0x80000000) for part in (name, value)) + name + value


def ask(path, script, body):
    parameters = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "REQUEST_METHOD": "POST",
        "SCRIPT_FILENAME": script,
        "SCRIPT_NAME": "/probe.php",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_PROTOCOL": "HTTP/1.1",
    }
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(120)
        connection.connect(path)
        request = record(1, struct.pack(">HB5x", 1, 0))
        request += record(4, b"".join(pair(*item) for item in parameters.items())) + record(4, b"")
        for start in range(0, len(body), 60000):
            request += record(5, body[start : start + 60000])
        # A program that doesn't read its input may be done before all of it is sent.
        with contextlib.suppress(BrokenPipeError):
            connection.sendall(request + record(5, b""))
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    output, errors = b"", b""
    while len(answer) >= 8:
        _, kind, _, length, padding = struct.unpack(">BBHHBx", answer[:8])
        content = answer[8 : 8 + length]
        output += content if kind == 6 else b""
        errors += content if kind == 7 else b""
        answer = answer[8 + length + padding :]
    sys.stderr.write(errors.decode(errors="replace"))
    return output.partition(b"\r\n\r\n")[2]


if __name__ == "__main__":
    sys.stdout.buffer.write(ask(sys.argv[1], sys.argv[2], sys.stdin.buffer.read()))
