"""Runs on the server: seconds of a site's first answer, woken by its socket and by PHP-FPM started by hand.

    python3 first_by_hand.py CODE USER ADDRESS DOMAIN BY_HAND_DOMAIN UNIT_DOMAIN ROUNDS

Prints one JSON line per round. All ways go through nginx, from the connection to the last byte; by hand, the time
that PHP-FPM takes to start is told apart. "By hand" is the program alone, with the site's own configuration on another
socket; "unit" is the site's own sandboxed unit started with systemctl, asked past the proxy.
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
KEPT = "/run/systemd/system/nuage-wordpress-php@.service.d"


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


def unit(code: str, user: str, address: str, domain: str) -> float:
    """The start of the sandboxed unit, and the first answer."""
    asleep(code, user)
    name = f"nuage-wordpress-php@{code}.service"
    began = time.perf_counter()
    subprocess.run(["systemctl", "start", name], check=True)
    ask(address, domain)
    seconds = time.perf_counter() - began
    subprocess.run(["systemctl", "stop", name], check=True)
    return seconds


def stays_unneeded(folder: Path) -> None:
    """Let a unit live that nothing needs."""
    folder.mkdir(parents=True)
    (folder / "bench.conf").write_text("[Unit]\nStopWhenUnneeded=no\n")
    subprocess.run(["systemctl", "daemon-reload"], check=True)


def main() -> None:
    code, user, address, domain, by_hand_domain, unit_domain, rounds = sys.argv[1:]
    figures: list[dict[str, float]] = []
    for _ in range(int(rounds)):
        slept = woken(code, user, address, domain)
        start, answer = by_hand(code, user, address, by_hand_domain)
        figures.append({"woken": slept, "start": start, "by_hand": answer})
    asleep(code, user)
    stays_unneeded(Path(KEPT))
    try:
        for each in figures:
            each["unit"] = unit(code, user, address, unit_domain)
    finally:
        shutil.rmtree(KEPT)
        subprocess.run(["systemctl", "daemon-reload"], check=True)
    for each in figures:
        print(json.dumps(each), flush=True)


if __name__ == "__main__":
    main()
