"""Runs on the server: seconds of a site's first answer, once woken by its socket and once by PHP-FPM started by hand.

    python3 first_by_hand.py CODE USER ADDRESS DOMAIN BY_HAND_DOMAIN ROUNDS

Prints one JSON line per round. Both ways go through nginx, from the connection to the last byte; by hand, the time
that PHP-FPM takes to start is told apart. Its configuration is the site's own, on a socket of its own.
"""

import http.client
import json
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path("/run/nuage-bench")


def ask(address: str, domain: str) -> float:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    began = time.perf_counter()
    connection = http.client.HTTPSConnection(domain, context=context)
    connection.sock = context.wrap_socket(socket.create_connection((address, 443)), server_hostname=domain)
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        sys.exit(f"{domain}: {answer.status}")
    return time.perf_counter() - began


def asleep(code: str, user: str) -> None:
    subprocess.run(["systemctl", "stop", f"nuage-wordpress@{code}.service"], check=True)
    while subprocess.run(["pgrep", "-u", user], stdout=subprocess.DEVNULL, check=False).returncode == 0:
        time.sleep(0.05)
    # More starts in a few seconds than the unit allows to one that fails.
    subprocess.run(["systemctl", "reset-failed"], check=True)


def woken(code: str, user: str, address: str, domain: str) -> float:
    asleep(code, user)
    return ask(address, domain)


def by_hand(code: str, user: str, address: str, domain: str) -> tuple[float, float]:
    """The start until the socket is there, and the first answer."""
    asleep(code, user)
    account = pwd.getpwnam(user)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(mode=0o755)
    os.chown(FOLDER, account.pw_uid, account.pw_gid)
    text = Path(f"/etc/nuage/php/{code}-wordpress.conf").read_text()
    text = text.replace(f"/run/nuage-wordpress-php-{code}/php.sock", f"{FOLDER}/php.sock")
    configuration = FOLDER / "php.conf"
    configuration.write_text(text.replace("listen.mode = 0660", "listen.mode = 0666"))
    began = time.perf_counter()
    command = ["/usr/sbin/php-fpm8.4", "--nodaemonize", "--fpm-config", str(configuration)]
    master = subprocess.Popen(
        command,
        user=user,
        group=user,
        extra_groups=[],
        stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin"},
    )
    try:
        while not (FOLDER / "php.sock").exists():
            time.sleep(0.001)
        start = time.perf_counter() - began
        return start, ask(address, domain)
    finally:
        master.terminate()
        master.wait()


def main() -> None:
    code, user, address, domain, by_hand_domain, rounds = sys.argv[1:]
    for _ in range(int(rounds)):
        slept = woken(code, user, address, domain)
        start, answer = by_hand(code, user, address, by_hand_domain)
        print(json.dumps({"woken": slept, "start": start, "by_hand": answer}), flush=True)


if __name__ == "__main__":
    main()
