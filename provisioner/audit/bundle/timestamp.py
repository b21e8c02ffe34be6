"""Time stamps (RFC 3161): an authority that the consortium names says when a checkpoint existed. It sees a hash."""

from __future__ import annotations

from collections.abc import Callable

import requests
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from provisioner.audit.bundle import layout
from provisioner.audit.bundle.faults import Fault
from provisioner.audit.bundle.reading import Bundle
from provisioner.audit.bundle.verifying import Report
from provisioner.errors import InvalidInputError, UnreachableError

PATIENCE = 20
"""Seconds for the authority to answer."""


def asker(address: str) -> Callable[[bytes], bytes]:
    """What asks the authority at ``address`` for a token over some bytes; the token answers this very question.

    Raises:
        UnreachableError: it doesn't answer, or answers something else.
    """

    def ask(data: bytes) -> bytes:
        query = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
        try:
            answer = requests.post(
                address,
                data=query.as_bytes(),
                headers={"Content-Type": "application/timestamp-query"},
                timeout=PATIENCE,
            )
            answer.raise_for_status()
            response = decode_timestamp_response(answer.content)
            info = response.tst_info
            if info.nonce != query.nonce or info.message_imprint.message != query.message_imprint.message:
                raise ValueError("the answer is to another question")
        except (requests.RequestException, ValueError) as error:
            raise UnreachableError("audit-seal.no-time-stamp", subject=address, detail=str(error)) from error
        return answer.content

    return ask


def check(bundle: Bundle, report: Report, roots: bytes) -> None:
    """Add to a report what a bundle's time stamp says; ``roots`` are the authority's root certificates (PEM).

    Raises:
        InvalidInputError: ``roots`` holds no certificate.
    """
    try:
        certificates = x509.load_pem_x509_certificates(roots)
    except ValueError as error:
        raise InvalidInputError("audit-seal.not-a-certificate") from error
    if layout.TIMESTAMP not in bundle:
        report.faults.append(Fault("missing", layout.TIMESTAMP))
        return
    verifier = VerifierBuilder(roots=certificates).build()
    try:
        response = decode_timestamp_response(bundle[layout.TIMESTAMP])
        verifier.verify_message(response, bundle.get(layout.CHECKPOINT, b""))
    except (VerificationError, ValueError) as error:
        report.faults.append(Fault("bad-time-stamp", layout.TIMESTAMP, found=str(error)))
        return
    report.time_stamp = response.tst_info.gen_time.strftime("%Y-%m-%dT%H:%M:%SZ")
