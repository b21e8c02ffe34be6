"""Every field of both specs: of the wrong type, missing, written twice, and a field too many beside it."""

from __future__ import annotations

import pytest

from provisioner import messages
from provisioner.spec import document
from provisioner.spec.audit import Audit
from provisioner.spec.consortium import Backups, Consortium
from provisioner.spec.services import Identity, Nextcloud
from provisioner.spec.tenant import Tenant
from provisioner.spec.translation import field_path
from tests.unit.spec import samples

MODELS = {"consortium": Consortium, "tenant": Tenant}
PLACES = [(spec, path) for spec, sample in samples.SPECS.items() for path in samples.places(sample)]
FIELDS = [(spec, path) for spec, path in PLACES if isinstance(path[-1], str)]
BLOCKS = [
    (spec, path)
    for spec, path in [*((spec, ()) for spec in samples.SPECS), *PLACES]
    if isinstance(samples.at(samples.SPECS[spec], path), dict)
]
WRONG = {
    str: 987654321,
    int: "zz-wrong",
    float: "zz-wrong",
    bool: "zz-wrong",
    list: "zz-wrong",
    dict: "zz-wrong",
}
OPTIONAL = {
    "consortium": {
        *("version", "language", "policy", "policy.countries", "policy.provinces", "policy.legal_forms"),
        *("policy.headroom", "policy.headroom.memory", "policy.headroom.disk", "policy.declared_flows"),
        *("policy.upgrade_days", "policy.rebuild_first", "servers[0].lost"),
        *("servers[0].ssh_port", "servers[0].ssh_user", "servers[0].closed", "servers[0].data_device"),
        *(
            "debian.proxy",
            "mail_relay.port",
            "mail_relay.tls",
            "acme.authority_file",
            "identity_authorities",
            "administration_keys",
            "backends",
            "backups",
        ),
        *(f"backups.{name}" for name in Backups.model_fields),
        *("backends.database", "servers[0].realms", "operators[0].foreign_law", "audit"),
        *(f"audit.{name}" for name in Audit.model_fields),
        *("audit.vantage_points[0].address", "audit.backup_targets[0].port"),
    },
    "tenant": {
        *("version", "population", "region", "mrc", "language", "retention", "retention.logs_days"),
        *(
            "retention.backups_days",
            "export_key",
            "placement",
            "placement.only",
            "placement.avoid",
            "history",
        ),
        *("contacts.administrator.telephone", "domains.website_aliases", "services.wordpress.size"),
        *("services.wordpress.mode", "services.wordpress.memory_mib", "services.wordpress.disk_mib"),
        *("services.wordpress.allowed_destinations", "history[0].reason", "services.wordpress"),
        *("services.wordpress.sign_in", "impact_assessment"),
        "services.nextcloud",
        *(f"services.nextcloud.{name}" for name in Nextcloud.model_fields),
        *(f"services.identity.{name}" for name in Identity.model_fields),
        *(
            f"services.identity.federation.{name}"
            for name in ("vendor", "groups_dn", "username_attribute", "user_filter")
        ),
    },
}
"""What a spec may leave out; everything else is required."""

ELSEWHERE = {
    "leaving_until": "spec.leaving-date",
    "servers[0].identity_domain": "spec.identity-domain",
    "domains.nextcloud": "spec.nextcloud-domain",
    "services.identity": "spec.nextcloud-identity",
}
"""Fields whose absence is told by a rule of its own."""


def line_with(content: bytes, fragment: str) -> int:
    """The only line that holds ``fragment``."""
    found = [n for n, line in enumerate(content.decode().split("\n"), 1) if fragment in line]
    assert len(found) == 1
    return found[0]


def shown(problem) -> str:
    """The message, and how to mend it, in the current language."""
    assert messages.has(f"{problem.key}.fix"), problem.key
    return "\n".join(messages.text(key, **problem.context) for key in (problem.key, f"{problem.key}.fix"))


def test_the_samples_name_every_field_and_are_valid():
    for spec, model in MODELS.items():
        assert samples.problems(spec, samples.text(samples.SPECS[spec])) == ()
        for block, path in BLOCKS:
            if (
                block == spec
                and "ultimate_parent" not in path
                and path[-1:] not in ((1,), ("privacy_officer",))
            ):
                given = samples.at(samples.SPECS[spec], path)
                assert set(given) == set(model_at(model, path).model_fields), path


def model_at(model, path):
    """The model of the block at ``path``, through the annotations."""
    for step in path:
        if isinstance(step, str):
            found = [m for m in every_model() if m.__name__ in str(model.model_fields[step].annotation)]
            model = max(found, key=lambda m: len(m.__name__))
    return model


def every_model():
    from provisioner.spec import audit, consortium, services, tenant, types

    for module in (audit, consortium, services, tenant):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, types.Model) and value is not types.Model:
                yield value


@pytest.mark.parametrize(("spec", "path"), PLACES, ids=str)
def test_wrong_type(spec, path, language):
    sentinel = WRONG[type(samples.at(samples.SPECS[spec], path))]
    content = samples.text(samples.changed(spec, path, sentinel))
    (problem,) = samples.problems(spec, content)
    assert problem.file == f"{spec}.yml"
    assert problem.subject == field_path(path)
    assert problem.line == line_with(content, str(sentinel))
    assert problem.context["value"] == str(sentinel)
    assert str(sentinel) in shown(problem) or str(path[-1]) in shown(problem)
    assert problem.key != "spec.invalid-value"


@pytest.mark.parametrize(("spec", "path"), PLACES, ids=str)
def test_a_block_or_a_list_where_it_has_no_place(spec, path):
    wrong = ["zz", ["zz"]] if isinstance(samples.at(samples.SPECS[spec], path), dict) else {"zz": 1}
    found = samples.problems(spec, samples.text(samples.changed(spec, path, wrong)))
    assert found
    assert {problem.subject for problem in found} == {field_path(path)}


@pytest.mark.parametrize(("spec", "path"), FIELDS, ids=str)
def test_missing(spec, path, language):
    found = samples.problems(spec, samples.text(samples.without(spec, path)))
    name = field_path(path)
    if name in OPTIONAL[spec] or (
        path[:2] == ("servers", 1) and name.replace("[1]", "[0]") in OPTIONAL[spec]
    ):
        assert found == ()
        return
    (problem,) = found
    assert problem.key == ELSEWHERE.get(name, "spec.missing")
    if problem.key == "spec.missing":
        assert problem.subject == name
        assert path[-1] in shown(problem)
    assert problem.line >= 1


@pytest.mark.parametrize(("spec", "path"), FIELDS, ids=str)
def test_without_a_value(spec, path, language):
    content = samples.text(samples.changed(spec, path, None))
    found = samples.problems(spec, content)
    nullable = {
        "population",
        "region",
        "mrc",
        "memory_mib",
        "disk_mib",
        "telephone",
        "proxy",
        "authority_file",
        "wordpress",
        "nextcloud",
        "person_quota_mib",
        "federation",
        "groups_dn",
        "username_attribute",
        "user_filter",
        "broker",
        "impact_assessment",
        "export_key",
        "time_stamp_authority",
    }
    optional = {
        ("audit", "vantage_points", 0, "address"),
        ("audit", "backup_targets", 0, "port"),
        ("backups", "contact"),
    }
    if path in optional or (path[-1] in nullable and path != ("domains", "nextcloud")):
        assert found == ()
        return
    assert found
    assert all(shown(problem) for problem in found)


@pytest.mark.parametrize(("spec", "path"), BLOCKS, ids=str)
def test_a_field_too_many(spec, path, language):
    content = samples.text(samples.changed(spec, (*path, "zz_motdepasse"), "hunter2"))
    (problem,) = samples.problems(spec, content)
    assert problem.key == "spec.unknown-field"
    assert problem.subject == field_path((*path, "zz_motdepasse"))
    assert problem.line == line_with(content, "zz_motdepasse")
    assert "zz_motdepasse" in shown(problem)
    assert "hunter2" not in shown(problem) + str(problem)


@pytest.mark.parametrize(("spec", "path"), FIELDS, ids=str)
def test_a_misspelt_field_suggests_the_right_one(spec, path):
    parent = samples.at(samples.SPECS[spec], path[:-1])
    misspelt = f"{path[-1]}x"
    content = samples.without(spec, path)
    samples.at(content, path[:-1])[misspelt] = parent[path[-1]]
    near = [p for p in samples.problems(spec, samples.text(content)) if p.key == "spec.unknown-field-near"]
    assert [problem.context["expected"] for problem in near] == [path[-1]]


@pytest.mark.parametrize(("spec", "path"), FIELDS, ids=str)
def test_written_twice(spec, path, language):
    lines = samples.text(samples.SPECS[spec]).decode().split("\n")
    line = parsing_line(spec, path)
    indent = lines[line - 1].index(str(path[-1]))
    repeated = " " * indent + f"{path[-1]}: encore"
    block_end = next(
        (n for n in range(line, len(lines)) if lines[n].strip() and indent_of(lines[n]) < indent), len(lines)
    )
    content = "\n".join([*lines[:block_end], repeated, *lines[block_end:]]).encode()
    duplicates = [p for p in samples.problems(spec, content) if p.key == "spec.duplicate-key"]
    assert [(p.subject, p.line, p.context["first"]) for p in duplicates] == [(path[-1], block_end + 1, line)]
    assert all(shown(problem) for problem in duplicates)


def parsing_line(spec, path) -> int:
    """The line of the field at ``path``."""
    return document.read(samples.text(samples.SPECS[spec]), "").find(path)[1]


def indent_of(line: str) -> int:
    """How far in the fields of a line stand; the dash of a list begins a block, and ends the one above."""
    return len(line) - len(line.lstrip())
