"""What may be a template in the inventory, and what never is.

Ansible renders every string of an inventory with Jinja, on the control machine. Text of a spec may come from
a clerk's form: `{{ lookup('pipe', …) }}` in a municipality's name must stay those characters. So every string
that has a Jinja marker is written as unsafe text; only a `Reference` is rendered.
"""

from __future__ import annotations

from collections.abc import Mapping

_MARKERS = ("{{", "{%", "{#")


class Reference(str):
    """A template that this program wrote, such as a secret's place in the vault."""

    __slots__ = ()


def plain(value: object) -> object:
    """``value`` as JSON data that Ansible takes literally, references aside."""
    if isinstance(value, Reference):
        return str(value)
    if isinstance(value, str):
        return {"__ansible_unsafe": value} if any(marker in value for marker in _MARKERS) else value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
