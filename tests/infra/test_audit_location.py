"""Measurements of a real host, honest and not: what each lie gives, and that none is ever a false proof.

The host and the vantage point are said to be in Sherbrooke, 36 km from the United States: 0.24 ms at c.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paramiko
import pytest
from click.testing import CliRunner

import provisioner.audit.location
from provisioner.audit.bundle import canonical, sshsig
from provisioner.audit.location import judging, measurement, possession, prober, requests
from provisioner.cli.main import build
from provisioner.errors import NuageError, UnreachableError
from tests.audited import AUDIT, HOST, Audited
from tests.infra.relay import blocks, delayed

pytestmark = pytest.mark.lab

DATA = Path(provisioner.audit.location.__file__).parent / "data"
INNER, OUTER = (json.loads((DATA / f"quebec-{name}.json").read_text("utf-8")) for name in ("inner", "outer"))
FRONT = Path(__file__).parent / "probes" / "audit_front.py"
CONTENT = os.urandom(400 * 4096)


@pytest.fixture(scope="module")
def audited() -> Iterator[Audited]:
    if os.geteuid() != 0:
        pytest.skip("SKIPPED, NOT TESTED: the lab needs root")
    made = Audited(os.environ.get("NUAGE_TEST_AUDIT_LAB", "test-audit"))
    try:
        made.up()
        made.sh(
            "mkdir -p -m 0700 /srv/tenants/t46005; cd /srv/tenants/t46005; cat >data; chmod 0600 data;"
            "chown -R 346005 .; touch -d '2 days ago' data",
            CONTENT,
        )
        yield made
    finally:
        made.down()


def judge(audited: Audited, *documents: dict[str, Any]) -> judging.LocationVerdict:
    return judging.judge(HOST, audited.consortium(), AUDIT, documents, (INNER, OUTER))


def reason(audited: Audited, document: dict[str, Any]) -> str:
    """Why a measurement isn't believed."""
    verdict = judge(audited, document)
    assert verdict.strict.verdict == verdict.fibre.verdict == "inconclusive"
    return verdict.strict.reason.removeprefix("audit-location.")


@contextmanager
def front(audited: Audited, *words: str) -> Iterator[None]:
    """A dishonest responder in the honest one's place."""
    audited.sh("cat >/root/audit_front.py", FRONT.read_bytes())
    audited.sh(
        "rm -f /run/nuage-audit-front.sock; nft insert rule inet nuage output accept;"
        "systemd-run --quiet --unit=audit-front --collect /usr/bin/python3 /root/audit_front.py "
        + " ".join(words)
    )
    audited.sh(
        "until [ -S /run/nuage-audit-front.sock ]; do sleep 0.1; done;"
        "sed -i 's,audit_call.py\",audit_call.py /run/nuage-audit-front.sock\",' /etc/ssh/authorized_keys.d/nuage-audit"
    )
    try:
        yield
    finally:
        audited.sh(
            "sed -i 's, /run/nuage-audit-front.sock\",\",' /etc/ssh/authorized_keys.d/nuage-audit;"
            "systemctl stop audit-front; systemctl reload nftables"
        )


def test_an_honest_server_beside_its_vantage_point(audited: Audited) -> None:
    document = prober.measure(audited.target(), audited.point)
    verdict = judge(audited, document)
    assert verdict.refused == ()
    assert verdict.rounds == prober.ROUNDS
    assert verdict.strict.verdict in ("proven-inside", "not-disproved")
    assert verdict.strict.disks[0].round_trip_ms < 5


@pytest.mark.parametrize("milliseconds", [5, 20, 60])
def test_a_relay_that_delays(audited: Audited, milliseconds: int) -> None:
    with delayed((audited.address, 22), milliseconds) as relay:
        document = prober.measure(audited.target(*relay), audited.point, 200)
    verdict = judge(audited, document)
    assert verdict.strict.verdict == verdict.fibre.verdict == "not-disproved"
    assert verdict.strict.disks[0].round_trip_ms > milliseconds
    assert verdict.strict.disks[0].radius_km > 149 * milliseconds


@pytest.mark.parametrize("lie", ["early", "replay", "stored"])
def test_a_server_that_did_not_wait_for_the_question(audited: Audited, lie: str) -> None:
    with front(audited, lie):
        document = prober.measure(audited.target(), audited.point, 200)
    assert reason(audited, document) == "reply-signature"


def test_an_audits_replies_are_of_no_use_to_another(audited: Audited) -> None:
    document = prober.measure(audited.target(nonce="77" * 32), audited.point, 200)
    assert reason(audited, document) == "other-audit"
    assert reason(audited, resigned(audited, document | {"nonce": AUDIT["nonce"]})) == "reply-signature"


def resigned(audited: Audited, document: dict[str, Any]) -> dict[str, Any]:
    """The vantage point signs whatever it likes to say."""
    rest = {name: value for name, value in document.items() if name != "signature"}
    signature = sshsig.sign(audited.point.key, canonical.dumps(rest), measurement.NAMESPACE)
    return rest | {"signature": signature.decode()}


@pytest.mark.parametrize("lie", ["slow", "short-rounds", "one-short-round"])
def test_a_vantage_point_that_lies_about_its_clock(audited: Audited, lie: str) -> None:
    with delayed((audited.address, 22), 20) as relay:
        document = prober.measure(audited.target(*relay), audited.point, 200)
    rows = [list(row) for row in document["rounds"]]
    for number, row in enumerate(rows):
        if lie == "slow":
            row[:2] = (rows[0][0] + (time - rows[0][0]) // 200 for time in row[:2])
        elif lie == "short-rounds" or number == 77:
            row[1] = row[0] + 100_000
    verdict = judge(audited, resigned(audited, document | {"rounds": rows}))
    if lie == "slow":
        assert verdict.strict.reason == "audit-location.clock"
    else:
        assert verdict.strict.verdict == verdict.fibre.verdict == "not-disproved"
        assert verdict.strict.disks[0].round_trip_ms > 20


def test_a_host_key_that_changed(audited: Audited) -> None:
    pinned = audited.host_key
    reload = "systemctl reload ssh; systemctl try-restart nuage-audit.service"
    audited.sh(
        "cd /etc/ssh; install -d -m 0700 kept; mv ssh_host_ed25519_key* kept/;"
        f"ssh-keygen -q -t ed25519 -N '' -f ssh_host_ed25519_key; {reload}"
    )
    known, kept = audited.lab.paths.known_hosts, audited.lab.paths.known_hosts.read_bytes()
    try:
        with pytest.raises(UnreachableError) as refused:
            prober.measure(audited.target(), audited.point)
        assert refused.value.problems[0].key == "audit-probe.host-key"
        scanned = subprocess.run(
            ["ssh-keyscan", "-t", "ed25519", audited.address], capture_output=True, check=True
        )
        known.write_bytes(scanned.stdout)
        changed = " ".join(scanned.stdout.decode().split()[1:3])
        document = prober.measure(audited.target(host_key=changed), audited.point, 200)
    finally:
        audited.sh(f"cd /etc/ssh; mv kept/* .; rmdir kept; {reload}")
        known.write_bytes(kept)
    assert changed != pinned
    assert reason(audited, document) == "other-host-key"
    assert reason(audited, resigned(audited, document | {"host_key": pinned})) == "reply-signature"


def possessed(audited: Audited) -> possession.PossessionVerdict:
    document = prober.possess(audited.target(), audited.point, "46005")
    return possession.judge(HOST, "46005", audited.consortium(), AUDIT, [document])


def test_a_front_end_whose_data_is_elsewhere(audited: Audited) -> None:
    """Its key answers from here; what it says of the data takes the way to the data."""
    here = str(audited.status.gateway)
    with (
        blocks(here, CONTENT) as source,
        delayed(source, 20, here) as far,
        front(audited, "elsewhere", here, str(far[1])),
    ):
        verdict = possessed(audited)
        document = prober.measure(audited.target(), audited.point, 200)
    assert (verdict.verdict, verdict.reason) == ("inconclusive", "audit-location.possession-slow")
    assert verdict.slowest_ms is not None and verdict.slowest_ms > 20
    assert verdict.strict_km is not None and verdict.strict_km > 2998
    assert judge(audited, document).refused == ()


def test_data_in_its_place_is_read_whoever_owns_it_and_checked_by_who_has_it(audited: Audited) -> None:
    document = prober.possess(audited.target(), audited.point, "46005")
    expected = judging.expectation(audited.consortium(), AUDIT)
    _, rounds = possession.read(document, audited.consortium()["servers"][0], "46005", expected)
    assert document["listing"]["blocks"] == 400
    for one in rounds:
        block = possession.chosen(one.challenge, 400) * 4096
        assert one.rest[0] == possession.answer(one.challenge, CONTENT[block : block + 4096])
    assert possessed(audited).reason == "audit-location.possession-within"


def test_the_account_can_do_nothing_else(audited: Audited) -> None:
    """No shell, no forwarding, no file transfer; and the responder is nobody, with one capability and no network."""
    with paramiko.Transport((audited.address, 22)) as transport:
        transport.start_client(timeout=10)
        transport.auth_publickey("nuage-audit", prober._paramiko_key(audited.point.key))
        with pytest.raises(paramiko.SSHException):
            transport.open_channel("direct-tcpip", ("127.0.0.1", 22), ("127.0.0.1", 1), timeout=10)
        channel = transport.open_session(timeout=10)
        channel.settimeout(10)
        channel.exec_command("id")
        channel.sendall(b"\n")
        assert channel.recv(100) == b""
    prober.measure(audited.target(), audited.point, 200)
    status = audited.sh("cat /proc/$(systemctl show --property MainPID --value nuage-audit)/status")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split()[0] != "0"
    assert int(fields["CapEff"], 16) == int(fields["CapBnd"], 16) == 1 << 2  # CAP_DAC_READ_SEARCH
    assert audited.sh("ss -Hltunp | grep -c python || true").strip() == "0"


def test_an_unknown_key_gets_nowhere(audited: Audited) -> None:
    other = prober.Vantage("ici", prober.Ed25519PrivateKey.generate())
    with pytest.raises(NuageError) as refused:
        prober.measure(audited.target(), other)
    assert refused.value.problems[0].key == "audit-probe.unreachable"


def test_the_command_writes_a_document_that_ssh_keygen_checks(audited: Audited, tmp_path: Path) -> None:
    request, output = tmp_path / "request.json", tmp_path / "ici.json"
    request.write_bytes(canonical.dumps(requests.document(AUDIT, audited.consortium())))
    words = [
        "audit",
        "probe",
        HOST,
        "--request",
        request,
        "--vantage-point",
        "ici",
        "--key",
        audited.keys / "point",
    ]
    done = CliRunner().invoke(build(), [*map(str, words), "--output", str(output)])
    assert done.exit_code == 0, done.output
    assert judge(audited, json.loads(output.read_bytes())).refused == ()
    (tmp_path / "signers").write_text(f"ici {audited.public_key}\n", encoding="ascii")
    check = [
        "ssh-keygen",
        "-Y",
        "verify",
        "-f",
        tmp_path / "signers",
        "-I",
        "ici",
        "-n",
        measurement.NAMESPACE,
    ]
    subprocess.run([*check, "-s", f"{output}.sig"], input=output.read_bytes(), check=True)


def test_converging_again_changes_nothing_and_without_points_all_is_taken_away(audited: Audited) -> None:
    assert "changed=0" in audited.converge()
    assert "changed=0" in audited.converge("--check")
    audited.converge(server_audit_vantage_points=[])
    try:
        with pytest.raises(UnreachableError):
            prober.measure(audited.target(), audited.point)
        assert (
            audited.sh("ls /etc/ssh/authorized_keys.d /etc/ssh/sshd_config.d | grep -c audit || true").strip()
            == "0"
        )
    finally:
        audited.converge()
