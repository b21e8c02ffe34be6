"""The municipalities' secrets in an Ansible vault: text in, text out.

Ansible's own library does it; importing it takes 0.3 s, so it waits until a vault is opened.
"""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Iterable, Mapping

from provisioner.errors import InvalidInputError

NAME = "secrets.vault.yml"
"""File name, beside consortium.yml."""

Secrets = Mapping[str, Mapping[str, str]]
"""Secrets by municipality's code, then by name."""

_LETTERS = string.ascii_letters + string.digits


def unlock(ciphertext: str, password: bytes, file: str = NAME) -> dict[str, dict[str, str]]:
    """The secrets that a vault holds.

    Raises:
        InvalidInputError: it isn't a vault, the password isn't its own, or it holds something else.
    """
    from ansible.errors import AnsibleError
    from ansible.parsing.vault import VaultLib, VaultSecret, is_encrypted

    if not is_encrypted(ciphertext.encode()):
        raise InvalidInputError("secrets.not-a-vault", file=file)
    try:
        text = VaultLib([("default", VaultSecret(password))]).decrypt(ciphertext.encode()).decode()
    except AnsibleError as error:
        raise InvalidInputError("secrets.wrong-password", file=file) from error
    return _parse(text, file)


def seal(values: Secrets, password: bytes) -> str:
    """A vault that holds ``values``; plain Ansible reads it with the same password."""
    from ansible.parsing.vault import VaultLib, VaultSecret

    lines = ",\n".join(
        f"{json.dumps(code)}: {json.dumps(values[code], sort_keys=True)}" for code in sorted(values)
    )
    text = f'{{"nuage_secrets": {{\n{lines}\n}}}}\n'
    secret = VaultSecret(password)
    sealed: bytes = VaultLib([("default", secret)]).encrypt(text.encode(), secret=secret)
    return sealed.decode()


def complete(values: Secrets, codes: Iterable[str], names: Iterable[str]) -> dict[str, dict[str, str]]:
    """``values`` and a new secret for whatever is missing; what is there never changes."""
    wanted = tuple(names)
    completed = {code: dict(held) for code, held in values.items()}
    for code in codes:
        held = completed.setdefault(code, {})
        for name in wanted:
            if name not in held:
                held[name] = generate()
    return completed


def generate() -> str:
    """A random secret of 32 letters and digits, 190 bits: nothing that a shell, PHP or Jinja would read."""
    return "".join(secrets.choice(_LETTERS) for _ in range(32))


def _parse(text: str, file: str) -> dict[str, dict[str, str]]:
    import yaml

    try:
        data = json.loads(text) if text.startswith("{") else yaml.safe_load(text)
        return {
            str(code): {str(name): str(value) for name, value in held.items()}
            for code, held in data["nuage_secrets"].items()
        }
    except (ValueError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        # Its text is secret: nothing of it enters the message, nor a traceback.
        raise InvalidInputError("secrets.vault-broken", file=file) from None
