"""Text that isn't a spec: broken YAML, foreign encodings, and YAML's traps."""

from __future__ import annotations

import pytest
import yaml

from provisioner import messages
from provisioner.spec import document, parsing
from tests.unit.spec import samples

GOOD = samples.text(samples.TENANT)
FIRST = b"version: 1\n"

BROKEN = [
    ("yaml-tab", 3, b"a:\n  b: 1\n\tc: 2\n"),
    ("yaml-tab", 2, b"a:\n\tb: 1\n"),
    ("yaml-colon", 2, b"a: 1\nb: c: d\n"),
    ("yaml-no-colon", 3, b"a: 1\nbcd\ne: 3\n"),
    ("yaml-alias", 2, b"a: &x 1\nb: *x\n"),
    ("yaml-alias", 1, b"a: *b\n"),
    ("yaml-alias", 1, b"a: &x [*x]\n"),
    ("yaml-quote", 2, b"a: 'x\nb: c\n"),
    ("yaml-quote", 3, b'a: 1\nb: "x\nc: d\n'),
    ("yaml-bracket", 2, b"a: [1, 2\nb: 3\n"),
    ("yaml-documents", 2, b"a: 1\n---\nb: 2\n"),
    ("yaml-character", 2, b"a: 1\nb: @c\n"),
    ("yaml-character", 2, b"a: 1\nb: x\x01y\n"),
    ("yaml-character", 1, b"a: \x00\n"),
    ("yaml-indentation", 3, b"a:\n  b: 1\n c: 2\n"),
    ("yaml-indentation", 3, b"a:\n  - 1\n  b: 2\n"),
    ("yaml-broken", 1, b'a: "\\q"\n'),
    ("yaml-broken", 1, b'a: "\\ud800"\n'),
    ("yaml-tag", 2, b"a: 1\nb: !!python/object/apply:os.system [x]\n"),
    ("yaml-tag", 1, b"a: !!str 1\n"),
    ("yaml-key", 2, b"a: 1\n? [b]\n: c\n"),
    ("duplicate-key", 3, b"a: 1\nb: 2\na: 3\n"),
    ("not-utf8", 2, b"a: 1\nname: L'\xcele-d'Anticosti\n"),
    ("not-utf8", 1, "name: Percé\n".encode("utf-16")),
    ("empty-file", 0, b""),
    ("empty-file", 0, b"# rien\n"),
    ("empty-file", 0, b"\xef\xbb\xbf"),
    ("too-large-file", 0, b"#" * (document.LARGEST + 1)),
    ("yaml-too-deep", 1, b"[" * 100_000),
    ("yaml-too-deep", 1, b"- " * 5_000),
    ("yaml-too-deep", 51, b"\n".join(b" " * n + b"a:" for n in range(1_000))),
    ("yaml-too-deep", 1, b"a: " + b"{a: " * 60),
]


@pytest.mark.parametrize(("name", "line", "content"), BROKEN)
def test_broken_text(name, line, content, language):
    for spec in samples.SPECS:
        (problem,) = samples.problems(spec, content)
        assert (problem.key, problem.line, problem.file) == (f"spec.{name}", line, f"{spec}.yml")
        assert messages.text(problem.key, **problem.context)
        assert messages.text(f"{problem.key}.fix", **problem.context)


def test_a_wrong_encoding_shows_what_the_line_says():
    (problem,) = samples.problems("tenant", b"name: L'\xcele-d'Anticosti\n")
    assert problem.context["value"] == "name: L'Île-d'Anticosti"


def test_aliases_that_multiply_are_refused_before_they_grow():
    bomb = b"a0: &a0 [x, x]\n" + b"".join(
        b"a%d: &a%d [*a%d, *a%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 64)
    )
    (problem,) = samples.problems("tenant", bomb)
    assert (problem.key, problem.line) == ("spec.yaml-alias", 2)


def test_a_star_inside_a_text_is_no_alias():
    tenant = parsing.tenant(GOOD.replace(b"name: Direction", b"name: Direction *par interim* & cie"), "t.yml")
    assert tenant.contacts.administrator.name == "Direction *par interim* & cie"


@pytest.mark.parametrize(
    "bend",
    [
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"),
        lambda text: text.rstrip(b"\n"),
        lambda text: b"---\n" + text,
        lambda text: b"# commentaire\n\n" + text + b"\n# fin\n",
        lambda text: text.replace(b"version: 1", b"version:\t1"),
    ],
    ids=["bom", "crlf", "bom-crlf", "no-last-newline", "document-start", "comments", "tab-after-colon"],
)
def test_harmless_differences_change_nothing(bend):
    assert parsing.tenant(bend(GOOD), "t.yml") == parsing.tenant(GOOD, "t.yml")


def test_lines_are_right_with_a_bom_and_crlf():
    content = b"\xef\xbb\xbf" + GOOD.replace(b"ring: pilote", b"ring: Pilote !").replace(b"\n", b"\r\n")
    (problem,) = samples.problems("tenant", content)
    assert problem.line == 1 + GOOD[: GOOD.index(b"ring: ")].count(b"\n")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("01023", 1023),
        ("46005", 46005),
        ("-3", -3),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        *((word, word) for word in ("no", "on", "yes", "off", "NO", "y", "n")),
        *(
            (word, word)
            for word in ("2026-01-01", "12:30:00", "0x1F", "0o17", "1_000", ".inf", ".nan", "1.2.3")
        ),
        ("9" * 30, 1e30),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_what_plain_words_mean(written, meant):
    value = document.read(b"a: " + written.encode() + b"\n", "f.yml").value
    assert isinstance(value, dict)
    assert value["a"] == meant
    assert type(value["a"]) is type(meant)


@pytest.mark.parametrize("word", ["no", "on", "yes", "off", "0", "1", '"true"'])
def test_only_true_and_false_are_booleans(word):
    content = samples.text(samples.CONSORTIUM).replace(b"closed: false", f"closed: {word}".encode())
    (problem,) = samples.problems("consortium", content)
    assert (problem.key, problem.subject) == ("spec.not-a-boolean", "servers[0].closed")


@pytest.mark.parametrize("code", ["01023", "46005", "08005"])
def test_an_unquoted_code_is_shown_as_it_was_written(code, language):
    content = samples.text(samples.without("tenant", ("code",))) + f"code: {code}\n".encode()
    (problem,) = samples.problems("tenant", content)
    assert (problem.key, problem.context["value"]) == ("spec.unquoted", code)
    assert f'"{code}"' in messages.text("spec.unquoted.fix", **problem.context)


def test_norway_is_a_country():
    assert parsing.consortium(
        samples.text(samples.CONSORTIUM)
        .replace(b"    - CA\n", b"    - NO\n", 1)
        .replace(b"  - CA\n", b"  - NO\n", 1),
        "c.yml",
    ).policy.countries == {"NO"}


def test_names_in_decomposed_form_are_composed():
    content = yaml.safe_dump({**samples.TENANT, "name": "Les I\u0302les"}, allow_unicode=True).encode()
    assert parsing.tenant(content, "t.yml").name == "Les Îles"


def test_what_looks_like_a_secret_is_not_shown():
    secret = "-----BEGIN OPENSSH PRIVATE KEY-----"
    (problem,) = samples.problems(
        "consortium", samples.text(samples.changed("consortium", ("administration_keys", 0), secret))
    )
    assert problem.context["value"] == "…"
    proxied = samples.changed("consortium", ("debian", "proxy"), "http://nom:motdepasse@192.0.2.1:3142")
    (problem,) = samples.problems("consortium", samples.text(proxied))
    assert problem.context["value"] == "http://…@192.0.2.1:3142"
