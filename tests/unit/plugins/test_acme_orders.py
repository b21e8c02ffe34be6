"""Several certificates in one conversation: each for itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nuage_commun.platform.plugins.modules import acme_certificate
from ansible_collections.nuage_commun.platform.plugins.plugin_utils.acme_failure import AcmeError
from ansible_collections.nuage_commun.platform.plugins.plugin_utils.acme_orders import Orders

WWW, CLOUD = "www.ville.example", "nuage.ville.example"


class Session:
    """An authority that refuses what it is told to, at a step."""

    def __init__(self, step: str = "", domain: str = "", key: str = "acme.challenge-failed") -> None:
        self.step, self.domain, self.key = step, domain, key

    def _may(self, step: str, domain: str) -> None:
        if (step, domain) == (self.step, self.domain):
            raise AcmeError(self.key, domain=domain, directory="d", detail="no")

    def order(self, request: bytes) -> str:
        self._may("order", request.decode())
        return request.decode()

    def challenges(self, order: str) -> dict[str, str]:
        return {f"token-{order}": "answer"}

    def prove(self, order: str) -> None:
        self._may("prove", order)

    def finish(self, order: str) -> str:
        self._may("finish", order)
        return f"chain of {order}"


def both(session: Session, again: Any = lambda: None) -> Orders:
    orders = Orders(session, again)  # type: ignore[arg-type]
    for domain in (WWW, CLOUD):
        orders.ask(domain, domain.encode())
    orders.finish()
    return orders


def test_all_are_given() -> None:
    orders = both(Session())
    assert orders.failure is None
    assert orders.chains == {WWW: f"chain of {WWW}", CLOUD: f"chain of {CLOUD}"}
    assert set(orders.answers) == {f"token-{WWW}", f"token-{CLOUD}"}


@pytest.mark.parametrize("step", ["order", "prove", "finish"])
@pytest.mark.parametrize(("refused", "given"), [(WWW, CLOUD), (CLOUD, WWW)])
def test_what_is_refused_holds_nothing_else_back(step: str, refused: str, given: str) -> None:
    orders = both(Session(step, refused))
    assert orders.failure is not None
    assert (orders.failure.key, orders.failure.context["domain"]) == ("acme.challenge-failed", refused)
    assert orders.chains == {given: f"chain of {given}"}


def test_a_forgotten_account_is_registered_again() -> None:
    session = Session("order", WWW, "acme.account-unknown")

    def again() -> None:
        session.domain = ""

    orders = both(session, again)
    assert orders.failure is None
    assert set(orders.chains) == {WWW, CLOUD}


def parameters(store: Path, **more: Any) -> dict[str, Any]:
    return {
        "domain": WWW,
        "aliases": ["ville.example"],
        "more": [{"domain": CLOUD, "aliases": []}],
        "directory": "d",
        "authority_digest": "",
        "renew_days": 30,
        "store": str(store),
        "webroot": str(store / "acme"),
        "answers": {},
        "chains": {},
        **more,
    }


def test_a_request_is_made_for_each(tmp_path: Path) -> None:
    done = acme_certificate.prepare_all(parameters(tmp_path), check_mode=False)
    assert set(done["requests"]) == {WWW, CLOUD}
    assert all("CERTIFICATE REQUEST" in request for request in done["requests"].values())
    assert (done["changed"], done["reason"], len(done["diff"])) == (True, "absent", 2)


def test_check_mode_asks_for_none(tmp_path: Path) -> None:
    done = acme_certificate.prepare_all(parameters(tmp_path / "store"), check_mode=True)
    assert (done["changed"], done["requests"]) == (True, {})
    assert not (tmp_path / "store").exists()


def test_answers_go_whatever_becomes_of_a_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acme_certificate, "mark_pending", lambda _names: None)
    acme_certificate.prepare_all(parameters(tmp_path), check_mode=False)
    answer = tmp_path / "acme/.well-known/acme-challenge/token"
    answer.parent.mkdir(parents=True)
    answer.write_text("answer")
    with pytest.raises(acme_certificate.certificates.CertificateError) as raised:
        acme_certificate.install(parameters(tmp_path, answers={"token": "answer"}, chains={CLOUD: "nothing"}))
    assert raised.value.context["domain"] == CLOUD
    assert not answer.exists()
