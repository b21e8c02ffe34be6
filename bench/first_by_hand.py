"""Runs on the server: seconds of a site's first answer, woken by its socket and by PHP-FPM started by hand.

    python3 first_by_hand.py APP PATH CODE USER ADDRESS DOMAIN BY_HAND_DOMAIN ROUNDS

Prints one JSON line per round. All ways go through nginx, from the connection to the last byte; by hand, the time
that PHP-FPM takes to start is told apart. "By hand" is the program alone, with the site's own configuration on another
socket; "unit" is the site's own sandboxed unit started with systemctl before it is asked.
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
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path("/run/nuage-bench")


@dataclass(frozen=True)
class Asked:
    """An application of a municipality, and the page that is asked for."""

    application: str
    path: str
    code: str
    user: str
    address: str

    @property
    def unit(self) -> str:
        return f"nuage-{self.application}-php@{self.code}.service"

    def ask(self, domain: str) -> float:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        began = time.perf_counter()
        connection = http.client.HTTPSConnection(domain, context=context)
        plain = socket.create_connection((self.address, 443))
        connection.sock = context.wrap_socket(plain, server_hostname=domain)
        connection.request("GET", self.path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            sys.exit(f"{domain}: {answer.status}")
        return time.perf_counter() - began

    def asleep(self) -> None:
        subprocess.run(["systemctl", "stop", self.unit], check=True)
        pgrep = ["pgrep", "-u", self.user]
        while subprocess.run(pgrep, stdout=subprocess.DEVNULL, check=False).returncode == 0:
            time.sleep(0.05)

    def woken(self, domain: str) -> float:
        self.asleep()
        return self.ask(domain)

    def by_hand(self, domain: str) -> tuple[float, float]:
        """The start until the socket is there, and the first answer."""
        self.asleep()
        account = pwd.getpwnam(self.user)
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(mode=0o755)
        os.chown(FOLDER, account.pw_uid, account.pw_gid)
        text = Path(f"/etc/nuage/php/{self.code}-{self.application}.conf").read_text()
        door = f"listen = /run/nuage/{self.application}-{self.code}.sock\n"
        configuration = FOLDER / "php.conf"
        configuration.write_text(text.replace(door, f"listen = {FOLDER}/php.sock\nlisten.mode = 0666\n"))
        began = time.perf_counter()
        command = ["/usr/sbin/php-fpm8.4", "--nodaemonize", "--fpm-config", str(configuration)]
        master = subprocess.Popen(
            command,
            user=self.user,
            group=self.user,
            extra_groups=[],
            stderr=subprocess.DEVNULL,
            env={
                "PATH": "/usr/bin:/bin",
                # As its unit says it: the same settings, and the same compiled code.
                "PHP_INI_SCAN_DIR": f":/etc/nuage/php/{self.application}.d",
                "NUAGE_CACHE": f"/srv/tenants/{self.user}/cache",
            },
        )
        try:
            while not (FOLDER / "php.sock").exists():
                time.sleep(0.001)
            start = time.perf_counter() - began
            return start, self.ask(domain)
        finally:
            master.terminate()
            master.wait()

    def by_unit(self, domain: str) -> float:
        """The start of the sandboxed unit, and the first answer."""
        self.asleep()
        began = time.perf_counter()
        subprocess.run(["systemctl", "start", self.unit], check=True)
        self.ask(domain)
        seconds = time.perf_counter() - began
        subprocess.run(["systemctl", "stop", self.unit], check=True)
        return seconds


def main() -> None:
    *words, domain, by_hand_domain, rounds = sys.argv[1:]
    asked = Asked(*words)
    for _ in range(int(rounds)):
        slept = asked.woken(domain)
        start, answer = asked.by_hand(by_hand_domain)
        unit = asked.by_unit(domain)
        print(json.dumps({"woken": slept, "start": start, "by_hand": answer, "unit": unit}), flush=True)


if __name__ == "__main__":
    main()
