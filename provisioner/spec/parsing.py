"""Text in, model out: the specs' only way in. No file access."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from provisioner.errors import InvalidInputError
from provisioner.spec import document, translation
from provisioner.spec.consortium import Consortium
from provisioner.spec.tenant import Tenant
from provisioner.spec.types import Model

Spec = TypeVar("Spec", bound=Model)


def consortium(content: bytes, file: str) -> Consortium:
    """The model of a `consortium.yml`; ``file`` is how errors name it.

    Raises:
        InvalidInputError: every problem of the text, each with its line, field, value and what was expected.
    """
    return _model(Consortium, content, file)


def tenant(content: bytes, file: str) -> Tenant:
    """The model of a `tenants/<slug>.yml`; ``file`` is how errors name it.

    Raises:
        InvalidInputError: every problem of the text, each with its line, field, value and what was expected.
    """
    return _model(Tenant, content, file)


def _model(kind: type[Spec], content: bytes, file: str) -> Spec:
    source = document.read(content, file)
    try:
        return kind.model_validate(source.value)
    except ValidationError as error:
        raise InvalidInputError.of(translation.problems(error, source, kind)) from error
