"""Any single byte of a bundle that is changed is found, and found where it is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.audit.bundle import archive, reading, verifying
from provisioner.audit.bundle.faults import ARCHIVE, Fault
from provisioner.audit.bundle.reading import Bundle
from tests.unit.audit.bundle import making


def faults_of(bundle: Bundle, form: list[Fault] = []) -> list[Fault]:  # noqa: B006  never changed
    return verifying.verify(bundle, form, making.expected(), making.judge).faults


def read_tar(data: bytes) -> tuple[Bundle, list[Fault]]:
    reader = archive.Reader(data)
    return Bundle(reader.read()), reader.faults


def changed(data: bytes, offset: int, byte: int) -> bytes:
    return data[:offset] + bytes([byte]) + data[offset + 1 :]


def check(faults: list[Fault], path: str, offset: int, before: int, after: int) -> None:
    """Exactly one fault, at this place."""
    (fault,) = faults
    assert (fault.path, fault.offset is not None) == (path, True)
    assert fault.offset <= offset < fault.end
    if fault.key == "byte-changed":
        assert fault.end == fault.offset + 1
        assert (fault.expected, fault.found) == (f"0x{before:02x}", f"0x{after:02x}")
    else:
        assert fault.key == "signature-changed"
        assert fault.end - fault.offset <= 104


def test_untouched(sealed, tarred):
    assert faults_of(Bundle(sealed)) == []
    assert faults_of(*read_tar(tarred)) == []


@settings(max_examples=120)
@given(data=st.data())
def test_in_a_folder(sealed, data):
    path = data.draw(st.sampled_from(sorted(sealed)))
    offset = data.draw(st.integers(0, len(sealed[path]) - 1))
    before = sealed[path][offset]
    after = data.draw(st.integers(0, 255).filter(lambda byte: byte != before))
    faults = faults_of(Bundle({**sealed, path: changed(sealed[path], offset, after)}))
    check(faults, path, offset, before, after)


def place(tarred: bytes, offset: int) -> tuple[str, int]:
    """The file and the offset in it, or the tar and the offset in that."""
    reader = archive.Reader(tarred)
    reader.read()
    for start, (name, size) in reader.names.items():
        if start + archive.BLOCK <= offset < start + archive.BLOCK + size:
            return name, offset - start - archive.BLOCK
    return ARCHIVE, offset


@settings(max_examples=120)
@given(data=st.data())
def test_in_a_tar(tarred, data):
    offset = data.draw(st.integers(0, len(tarred) - 1))
    before = tarred[offset]
    after = data.draw(st.integers(0, 255).filter(lambda byte: byte != before))
    faults = faults_of(*read_tar(changed(tarred, offset, after)))
    check(faults, *place(tarred, offset), before, after)


def test_names_sizes_and_checksums(tarred):
    """A changed byte of one may be blamed on another: the statements, and what follows, tell."""
    reader = archive.Reader(tarred)
    reader.read()
    for number, start in enumerate(reader.names):
        block = tarred[start : start + archive.BLOCK]
        said = [at for at in (*range(100), *range(124, 136), *range(148, 156)) if block[at]]
        for at in said[number % 3 :: 3]:
            bad = archive.Reader(changed(tarred, start + at, (block[at] + 1) % 256))
            bad.read()
            shown = [(fault.key, fault.path, fault.offset) for fault in bad.faults]
            assert shown == [("byte-changed", ARCHIVE, start + at)], (reader.names[start], at)


def test_reading_a_tar_gives_what_was_written(tmp_path, tarred, sealed):
    (tmp_path / "b.tar").write_bytes(tarred)
    bundle, faults = reading.read(tmp_path / "b.tar")
    assert (dict(bundle), faults) == (dict(sorted(sealed.items())), [])
