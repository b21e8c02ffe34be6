from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner, Result

from provisioner import folder as specs
from provisioner import messages
from provisioner.cli.request import command
from provisioner.errors import InvalidInputError, LockedError, UsageError
from provisioner.files import locked
from provisioner.spec.tenant import State

PEOPLE = [
    "--administrator-name",
    "A. Roy",
    "--administrator-email",
    "a.roy@abercorn.example",
    "--privacy-name",
    "P. Côté",
    "--privacy-email",
    "p.cote@abercorn.example",
]


def run(folder: Path, *arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(command, [*arguments, "-C", str(folder)], input=typed)


def succeed(folder: Path, *arguments: str, typed: str | None = None) -> str:
    result = run(folder, *arguments, typed=typed)
    assert result.exception is None, result.output
    return result.output


def new(folder: Path, code: str = "46005", website: str = "www.abercorn.example") -> None:
    succeed(folder, "new", code, "--website", website, *PEOPLE)


def test_from_request_to_approval(folder: Path) -> None:
    new(folder)
    assert [row["slug"] for row in json.loads(succeed(folder, "list", "--json"))] == ["abercorn"]
    succeed(folder, "approve", "abercorn", "--by", "bob", "--reason", "conseil du 2 décembre")
    tenant = specs.load(folder).tenants["abercorn"]
    assert tenant.state is State.APPROVED
    assert [(event.by, event.action, event.reason) for event in tenant.history] == [
        ("alice", "request", ""),
        ("bob", "approve", "conseil du 2 décembre"),
    ]
    assert json.loads(succeed(folder, "list", "--json")) == []
    assert "abercorn" in succeed(folder, "list", "--all")


def test_missing_flags_are_named_together_without_a_terminal(folder: Path) -> None:
    result = run(folder, "new", "46005", "--website", "www.abercorn.example")
    assert isinstance(result.exception, UsageError)
    (problem,) = result.exception.problems
    assert problem.context["flags"] == (
        "--administrator-name, --administrator-email, --privacy-name, --privacy-email"
    )
    assert not (folder / "tenants").exists()


def test_a_terminal_is_asked_and_asked_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        @staticmethod
        def isatty() -> bool:
            return True

    monkeypatch.setattr("provisioner.cli.request.sys", type("sys", (), {"stdin": Terminal()}))
    typed = "\n\nnon\nA. Roy\nroy\na.roy@abercorn.example\n\n\n"
    shown = succeed(folder, "new", "46005", typed=typed)
    assert "roy" in shown
    tenant = specs.load(folder).tenants["abercorn"]
    assert tenant.domains.website == "www.abercorn.example"
    assert tenant.contacts.privacy_officer == tenant.contacts.administrator
    assert tenant.contacts.administrator.email == "a.roy@abercorn.example"
    assert tenant.services.names == ("wordpress",)


@pytest.mark.parametrize(
    ("flags", "typed", "names"),
    [
        ((), "\nnuage\nnuage.abercorn.example\n", ("identity", "nextcloud", "wordpress")),
        ((), "\n\npeut-être\noui\n", ("identity", "wordpress")),
        (("--accounts", "non"), "\n", ("wordpress",)),
        (("--nextcloud", "nuage.abercorn.example"), "\n", ("identity", "nextcloud", "wordpress")),
    ],
)
def test_a_terminal_is_asked_about_nextcloud_unless_flags_tell(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    flags: tuple[str, ...],
    typed: str,
    names: tuple[str, ...],
) -> None:
    monkeypatch.setattr(
        "provisioner.cli.request.sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
    )
    succeed(folder, "new", "46005", *PEOPLE, *flags, typed=typed)
    assert specs.load(folder).tenants["abercorn"].services.names == names


def test_the_list_shows_what_is_asked_for(folder: Path) -> None:
    new(folder)
    succeed(folder, "new", "48028", "--website", "www.b.example", "--nextcloud", "nuage.b.example", *PEOPLE)
    lines = succeed(folder, "list").splitlines()
    texts = [messages.text(f"request.service-{name}") for name in ("wordpress", "nextcloud", "identity")]
    assert f"  {texts[0]}  " in lines[1]
    assert f"  {', '.join(texts)}  " in lines[2]
    rows = json.loads(succeed(folder, "list", "--json"))
    assert [(row["services"], row["nextcloud"]) for row in rows] == [
        (["wordpress"], None),
        (["identity", "nextcloud", "wordpress"], "nuage.b.example"),
    ]


def test_a_bad_flag_is_named(folder: Path) -> None:
    result = run(folder, "new", "46005", "--website", "pas un site", "--size", "huge", *PEOPLE)
    assert isinstance(result.exception, InvalidInputError)
    assert {p.subject for p in result.exception.problems} == {"--website", "--size"}
    assert not (folder / "tenants").exists()


def test_a_municipality_that_is_there_is_said_before_anything_is_asked(folder: Path) -> None:
    new(folder)
    result = run(folder, "new", "46005")
    assert isinstance(result.exception, InvalidInputError)
    assert result.exception.problems[0].key == "request.already-there"


def test_refusing_needs_a_reason_and_reopening_is_possible(folder: Path) -> None:
    new(folder)
    for empty in ([], ["--reason", " "]):
        result = run(folder, "refuse", "abercorn", *empty)
        assert isinstance(result.exception, InvalidInputError)
        assert result.exception.problems[0].key == "request.no-reason"
    succeed(folder, "refuse", "46005", "--reason", "hors territoire")
    assert specs.load(folder).tenants["abercorn"].state is State.REFUSED
    succeed(folder, "reopen", "abercorn")
    assert specs.load(folder).tenants["abercorn"].state is State.REQUESTED


def test_leaving_needs_a_day(folder: Path) -> None:
    new(folder)
    succeed(folder, "approve", "abercorn")
    assert isinstance(run(folder, "leave", "abercorn", "--reason", "fusion").exception, SystemExit)
    succeed(folder, "leave", "abercorn", "--reason", "fusion", "--until", "2999-01-31")
    leaving = specs.load(folder).tenants["abercorn"]
    assert (leaving.state, str(leaving.leaving_until)) == (State.LEAVING, "2999-01-31")
    succeed(folder, "resume", "abercorn")
    assert specs.load(folder).tenants["abercorn"].leaving_until is None


@pytest.mark.parametrize("slug", ["inconnue", "99999", "../abercorn", "a" * 300])
def test_an_unknown_slug(folder: Path, slug: str) -> None:
    new(folder)
    assert isinstance(run(folder, "approve", slug).exception, InvalidInputError)


def test_another_run_holds_the_lock(folder: Path) -> None:
    new(folder)
    with locked(folder):
        assert isinstance(run(folder, "approve", "abercorn").exception, LockedError)
    assert specs.load(folder).tenants["abercorn"].state is State.REQUESTED


def test_import_and_form(folder: Path, tmp_path: Path) -> None:
    header = "code,website,administrator_name,administrator_email,privacy_name,privacy_email"
    rows = (
        "46005,www.a.example,A,a@a.example,P,p@a.example\n48028,www.b.example,A,a@b.example,P,p@b.example\n"
    )
    (tmp_path / "f.csv").write_text(f"{header}\n{rows}", encoding="utf-8")
    imported = json.loads(succeed(folder, "import", str(tmp_path / "f.csv"), "--json"))
    assert [row["slug"] for row in imported] == ["abercorn", "acton-vale"]
    page = tmp_path / "demande.html"
    result = CliRunner().invoke(command, ["form", "-o", str(page), "--email", "equipe@consortium.example"])
    assert result.exception is None
    assert "equipe@consortium.example" in page.read_text(encoding="utf-8")
    assert isinstance(
        CliRunner().invoke(command, ["form", "-o", str(page), "--email", "x"]).exception, UsageError
    )


@pytest.mark.parametrize("area", ["directory", "request", "form", "table"])
def test_catalogues_agree(area: str) -> None:
    french, english = (messages.catalogue(language, area) for language in messages.LANGUAGES)
    assert list(french) == list(english)
    for name in french:
        found = [set(re.findall(r"\{(\w+)\}", text)) for text in (french[name], english[name])]
        assert found[0] == found[1], name
        assert not re.search(r"\w [;!?]", french[name]), f"{name}: no space before ; ! ? in Québec"


def test_every_key_of_the_code_is_in_the_catalogues() -> None:
    root = Path(messages.__file__).parent.parent
    sources = [*root.glob("directory/*.py"), *root.glob("requests/*.py"), root / "tables.py"]
    sources += [root / "cli/request.py", root / "cli/directory.py"]
    used = {
        key
        for path in sources
        for key in re.findall(r'"((?:directory|request|table)\.[a-z-]+)"', path.read_text())
    }
    used.discard("directory.json")
    assert len(used) > 40
    assert [key for key in sorted(used) if not messages.has(key)] == []


def test_help_of_every_command() -> None:
    for name in command.list_commands(click.Context(command)):
        assert CliRunner().invoke(command, [name, "--help"]).exit_code == 0
