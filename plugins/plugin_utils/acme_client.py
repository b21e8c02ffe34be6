# SPDX-License-Identifier: AGPL-3.0-or-later
"""One order at an ACME authority (RFC 8555), from the control machine; servers need no way out.

This half speaks to the authority and to nothing else: the caller carries the challenges to the
server. It polls by itself, because the library sleeps a second before its first look.
"""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import josepy
import requests
from acme import challenges, errors, messages
from acme.client import ClientNetwork, ClientV2
from ansible_collections.nuage_commun.platform.plugins.plugin_utils.acme_failure import (
    AcmeError,
    failure_of,
)
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

# Some authorities look at the site while they hold the request; a server that drops packets takes them 30 s.
REQUEST_TIMEOUT_S = 45
POLL_FIRST_S = 0.05
POLL_LONGEST_S = 3.0
# How long a challenge may stay pending once the authority has said that it didn't find its answer.
PATIENCE_S = 12
USER_AGENT = "nuage-commun"

TRIES = 6

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Authority:
    """Where certificates are asked for; ``trusted`` is a PEM file, or empty for the system's trust."""

    directory: str
    contact: str
    trusted: str
    timeout_s: int


def new_account_key() -> bytes:
    """A P-256 private key, PEM."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def load_account_key(pem: bytes) -> josepy.JWKEC:
    """The key that signs requests.

    Raises:
        ValueError: this isn't a P-256 private key.
    """
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("not a P-256 key")
    return josepy.JWKEC(key=key)


class Session:
    """A signed conversation with one authority."""

    def __init__(self, authority: Authority, key: josepy.JWKEC) -> None:
        self._authority = authority
        self._key = key
        network = ClientNetwork(
            key, alg=josepy.ES256, verify_ssl=True, user_agent=USER_AGENT, timeout=REQUEST_TIMEOUT_S
        )
        if authority.trusted:
            _check_trusted(authority.trusted)
            # The library hands this to requests, which takes the path of a PEM file there as well.
            network.verify_ssl = authority.trusted  # type: ignore[assignment]
        # An authority of the consortium's own isn't behind the proxy that leads out.
        network.session.trust_env = not authority.trusted
        described = self._guarded(lambda: network.get(authority.directory).json())
        if not isinstance(described, dict):
            raise AcmeError("acme.not-acme", directory=authority.directory, detail=type(described).__name__)
        self._client = ClientV2(messages.Directory.from_json(described), network)
        self._deadline = time.monotonic() + authority.timeout_s

    def register(self) -> str:
        """Make the account, or find the one of this key; its address."""
        registration = messages.NewRegistration.from_data(
            email=self._authority.contact, terms_of_service_agreed=True
        )
        try:
            account = self._guarded(lambda: self._client.new_account(registration))
            return str(account.uri)
        except errors.ConflictError as conflict:
            self.use_account(conflict.location)
            return str(conflict.location)

    def use_account(self, address: str) -> None:
        """Go on with an account that was made before."""
        self._client.net.account = messages.RegistrationResource(body=messages.Registration(), uri=address)

    def forget_account(self) -> None:
        """Sign with the key itself again, as a registration must be."""
        self._client.net.account = None

    def order(self, request_pem: bytes) -> messages.OrderResource:
        """Ask for the names of a certificate signing request."""
        return self._guarded(lambda: self._client.new_order(request_pem))

    def challenges(self, order: messages.OrderResource) -> dict[str, str]:
        """What the server must answer: content by token. Names proved before need none."""
        answers = {}
        for authorization in order.authorizations:
            if authorization.body.status == messages.STATUS_VALID:
                continue
            challenge = self._http_challenge(authorization)
            answers[challenge.chall.encode("token")] = challenge.chall.validation(self._key)
        return answers

    def prove(self, order: messages.OrderResource) -> None:
        """Tell the authority that the answers are in place, and wait for its verdict on each name.

        From here on, the longest wait for one certificate counts.
        """
        self._deadline = time.monotonic() + self._authority.timeout_s
        waiting = [a for a in order.authorizations if a.body.status != messages.STATUS_VALID]
        for authorization in waiting:
            self._answer(self._http_challenge(authorization))
        for authorization in waiting:
            self._await_verdict(authorization)

    def finish(self, order: messages.OrderResource) -> str:
        """Send the request and fetch the certificate with its chain, PEM."""
        body = self._guarded(lambda: self._begin(order))
        for pause in _pauses():
            if body.status == messages.STATUS_VALID and body.certificate:
                return str(self._fetch(body.certificate).text)
            if body.status == messages.STATUS_INVALID:
                raise AcmeError("acme.refused", detail=str(body.error or "invalid"))
            self._sleep(pause, order.body.identifiers[0].value)
            body = messages.Order.from_json(self._fetch(str(order.uri)).json())
        raise AssertionError  # pauses never end

    def _begin(self, order: messages.OrderResource) -> messages.Order:
        try:
            return self._client.begin_finalization(order).body
        except messages.Error as error:
            if error.code != "orderNotReady":
                raise
            # A request that was repeated after a server error may have been heard the first time.
            return order.body

    def _answer(self, challenge: messages.ChallengeBody) -> None:
        self._guarded(lambda: self._client.answer_challenge(challenge, challenge.response(self._key)))

    def _await_verdict(self, authorization: messages.AuthorizationResource) -> None:
        name = authorization.body.identifier.value
        patience = time.monotonic() + PATIENCE_S
        for pause in _pauses():
            polled, _ = self._guarded(lambda: self._client.poll(authorization))
            if polled.body.status == messages.STATUS_VALID:
                return
            saw = _what_it_saw(polled)
            if polled.body.status not in (messages.STATUS_PENDING, messages.STATUS_PROCESSING):
                raise AcmeError("acme.challenge-failed", domain=name, detail=saw or "?")
            if saw:
                # Still pending: it will look again if it's asked again (RFC 8555, section 8.2).
                if time.monotonic() > min(patience, self._deadline):
                    raise AcmeError("acme.challenge-failed", domain=name, detail=saw)
                self._answer(self._http_challenge(polled))
                time.sleep(pause)
            else:
                self._sleep(pause, name)

    def _http_challenge(self, authorization: messages.AuthorizationResource) -> messages.ChallengeBody:
        for challenge in authorization.body.challenges:
            if isinstance(challenge.chall, challenges.HTTP01):
                return challenge
        raise AcmeError("acme.no-http-challenge", domain=authorization.body.identifier.value)

    def _fetch(self, address: str) -> requests.Response:
        return self._guarded(
            lambda: self._client.net.post(address, None, new_nonce_url=self._client.directory["newNonce"])
        )

    def _sleep(self, pause: float, name: str = "") -> None:
        if time.monotonic() > self._deadline:
            raise AcmeError(
                "acme.timeout",
                domain=name,
                directory=self._authority.directory,
                seconds=self._authority.timeout_s,
            )
        time.sleep(pause)

    def _guarded(self, call: Callable[[], Answer]) -> Answer:
        """The answer of the library, its errors as failures; a server error is asked again.

        Eight municipalities are done at once on one account, and an authority's own bookkeeping of that
        account may stumble over it (HTTP 500, about one order in five, at Caddy 2.6). All requests of an
        order can be repeated.
        """
        for attempt in range(TRIES):
            try:
                return call()
            except errors.ConflictError:
                raise
            except messages.Error as error:
                if error.code != "serverInternal" or attempt == TRIES - 1:
                    raise failure_of(error, self._authority.directory) from error
            except (errors.Error, requests.RequestException, josepy.Error, ValueError, KeyError) as error:
                raise failure_of(error, self._authority.directory) from error
            time.sleep(random.uniform(0.05, 0.2) * 2**attempt)
        raise AssertionError  # the last try returns or raises


def _check_trusted(path: str) -> None:
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:  # ssl.SSLError is one
        raise AcmeError("acme.authority-file", path=path, detail=error.strerror or str(error)) from error


def _pauses() -> Iterator[float]:
    pause = POLL_FIRST_S
    while True:
        yield pause
        pause = min(pause * 1.6, POLL_LONGEST_S)


def _what_it_saw(authorization: messages.AuthorizationResource) -> str:
    said = [str(c.error.detail or c.error) for c in authorization.body.challenges if c.error is not None]
    return "; ".join(said)
