"""What an import does to somebody who is in already."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.nuage_commun.platform.plugins.module_utils import keycloak_people as people

FOUND = {
    "id": "7",
    "username": "louise",
    "email": "louise@ville.example",
    "emailVerified": True,
    "firstName": "Louise",
    "lastName": "Roy",
    "enabled": True,
}
ASKED = {
    "username": "louise",
    "email": "louise@ville.example",
    "first_name": "Louise",
    "last_name": "Roy",
    "language": "",
    "groups": ["employes"],
    "regroup": False,
}


class Admin:
    """A realm with one person in it."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def get(self, path: str, **_query: Any) -> Any:
        return [FOUND] if path.endswith("/users") else []

    def put(self, _path: str, body: Any = None, **_query: Any) -> None:
        self.sent.append(body)


@pytest.mark.parametrize(
    ("field", "value", "verified"),
    [
        ("email", "l.roy@ville.example", False),
        ("email", "Louise@Ville.example", None),
        ("last_name", "Tremblay", True),
    ],
)
def test_another_address_has_to_be_shown_to_be_theirs(field: str, value: str, verified: bool | None) -> None:
    admin = Admin()
    outcome, _number = people.put(people.Realm(admin, "46005"), ASKED | {field: value}, check_mode=False)
    assert [body["emailVerified"] for body in admin.sent] == ([] if verified is None else [verified])
    assert outcome == ("unchanged" if verified is None else "changed")
