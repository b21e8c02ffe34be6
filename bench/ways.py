"""Ways to one application of a municipality: as it is, and by a PHP-FPM that is started by hand.

The other one is a further vhost of the same application, under another name, on the same server.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import client, figures
from bench.stage import Stage
from tests.deployed import Site

VHOSTS = "/etc/nginx/nuage.d"
PLAIN = "nuage-bench-fpm.service"
BY_HAND = "/run/nuage-bench/php.sock"


def answered(answers: list[client.Answer]) -> list[float]:
    """Their times; each must be an answer."""
    bad = [answer.status for answer in answers if answer.status != 200]
    if bad:
        raise SystemExit(f"{len(bad)} of {len(answers)} answers: {sorted(set(bad))}")
    return [answer.seconds for answer in answers]


@dataclass(frozen=True)
class Ways:
    """To an on-demand application; ``path`` is the page that is asked for."""

    stage: Stage
    site: Site
    application: str
    domain: str
    path: str = "/"

    @property
    def by_hand(self) -> str:
        """The name under which the application is asked of a PHP-FPM that is started by hand."""
        return f"by-hand.{self.domain}"

    @property
    def door(self) -> str:
        """The socket that nginx passes requests to."""
        return f"/run/nuage/{self.application}-{self.site.code}.sock"

    @contextmanager
    def open(self) -> Iterator[None]:
        """The further vhost, for a while."""
        vhost = self.stage.sh(f"cat {VHOSTS}/{self.site.code}-{self.application}.conf")
        if f"unix:{self.door}" not in vhost:
            raise SystemExit(f"{self.domain}: another vhost than expected")
        text = self._vhost(vhost.replace(self.door, BY_HAND))
        self.stage.sh(f"cat >{VHOSTS}/bench-by-hand.conf", body=text.encode())
        self.stage.sh("nginx -t -q; systemctl reload nginx; sleep 1")
        try:
            yield
        finally:
            self.stage.sh(f"rm {VHOSTS}/bench-*.conf; systemctl reload nginx")

    def _vhost(self, text: str) -> str:
        own, other = self.domain, self.by_hand
        lines = [
            # Its own name first: nginx tells it to PHP, and still gives its visitors to its own vhost.
            f"    server_name {own} {other};"
            if line.strip().startswith("server_name")
            else line.replace(f"$host != {own}", f"$host != {other}")
            for line in text.splitlines()
        ]
        # Only the application itself: not its redirects, whose names would clash.
        start = max(index for index, line in enumerate(lines) if line.startswith("server {"))
        return "\n".join(lines[start:]) + "\n"

    @contextmanager
    def plain(self) -> Iterator[None]:
        """PHP-FPM of the same configuration, without socket activation, sandbox and limits."""
        code, user = self.site.code, self.site.user
        self.stage.sh(
            f"install -d -o {user} -g {user} $(dirname {BY_HAND});"
            f"sed 's|^listen = {self.door}$|listen = {BY_HAND}\\nlisten.mode = 0666|'"
            f" /etc/nuage/php/{code}-{self.application}.conf >/run/nuage-bench.conf;"
            f"systemd-run --quiet --unit={PLAIN} --service-type=notify -p User={user} -p Group={user} -p UMask=0027"
            f" --setenv=PHP_INI_SCAN_DIR=:/etc/nuage/php/{self.application}.d"
            f" --setenv=NUAGE_CACHE=/srv/tenants/{user}/cache"
            " /usr/sbin/php-fpm8.4 --nodaemonize --fpm-config /run/nuage-bench.conf"
        )
        try:
            yield
        finally:
            self.stage.sh(f"systemctl stop {PLAIN}; rm -r $(dirname {BY_HAND})")

    def first(self, address: str, rounds: int) -> None:
        """Each round asks it asleep, then a PHP-FPM started by hand, from the server itself."""
        script = Path(__file__).with_name("first_by_hand.py").read_bytes()
        words = [self.application, self.path, self.site.code, self.site.user, address, self.domain]
        words += [self.by_hand, str(rounds)]
        lines = self.stage.sh(f"python3 - {' '.join(words)}", body=script).splitlines()
        measured = [json.loads(line) for line in lines]
        ours = [each["woken"] for each in measured]
        hand = [each["start"] + each["by_hand"] for each in measured]
        compared = f"PHP-FPM by hand: {figures.seconds(hand)}, {figures.ratio(ours, hand)}"
        figures.show("first request after idle", figures.seconds(ours), compared, "<= 1.2 x")
        for what, values in (
            ("PHP-FPM's own start not counted", [each["by_hand"] for each in measured]),
            ("its sandboxed unit by hand", [each["unit"] for each in measured]),
        ):
            figures.show(f"  {what}", "", f"{figures.seconds(values)}, {figures.ratio(ours, values)}")

    def warm(
        self, ways: Mapping[str, str], at_once: int, requests: int, rounds: int
    ) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
        """Median and 99th percentile of each round; in turn, so that what the machine does falls on all."""
        for domain in ways.values():
            client.visit(self.stage.address, [domain] * at_once, path=self.path, requests=2)
        middle: dict[str, list[float]] = {name: [] for name in ways}
        worst: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(rounds):
            for name in turned(list(ways), number):
                times = answered(
                    client.visit(
                        self.stage.address, [ways[name]] * at_once, path=self.path, requests=requests
                    )
                )
                middle[name].append(statistics.median(times))
                worst[name].append(figures.percentile(times, 0.99))
        return middle, worst


def turned(names: Sequence[str], number: int) -> list[str]:
    """The names, another one first each time."""
    cut = number % len(names)
    return [*names[cut:], *names[:cut]]
