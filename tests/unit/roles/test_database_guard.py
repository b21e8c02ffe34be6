"""What the guard of full databases takes, and what it gives back."""

from pathlib import Path

import pytest

from tests.programs import loaded

SOURCE = Path(__file__).parents[3] / "roles/server_database/files/usr/local/lib/nuage/database_guard.py"


@pytest.fixture
def guard():
    return loaded(SOURCE)


@pytest.fixture
def server(guard, monkeypatch, tmp_path):
    """A database of 10 MiB allowed, with MariaDB and Btrfs played by this test."""
    data, notes = tmp_path / "mysql", tmp_path / "notes"
    (data / "t46005").mkdir(parents=True)
    notes.mkdir()
    said = []
    grants = [
        "GRANT USAGE ON *.* TO `t46005`@`localhost`",
        "GRANT SELECT, INSERT, DELETE ON `t46005`.* TO `t46005`@`localhost`",
    ]
    sizes = {"t46005": 0, "free": 0}

    def sql(statements):
        said.append(statements)
        if statements.startswith("SHOW GRANTS"):
            return grants
        return [str(sizes["free"])]

    monkeypatch.setattr(guard, "sql", sql)
    monkeypatch.setattr(guard, "size", lambda folder: sizes[folder.name])
    watcher = guard.Guard(data, notes)
    watcher.limits = {"t46005": guard.HEADROOM + 10 * guard.MIB}
    return watcher, sizes, said, notes / "t46005"


def test_a_database_with_room_is_left_alone(server, guard):
    watcher, sizes, said, note = server
    sizes["t46005"] = 9 * guard.MIB
    watcher.look()
    assert said == []
    assert not note.exists()


def test_a_full_database_loses_what_it_held_and_no_more(server, guard):
    watcher, sizes, said, note = server
    sizes["t46005"] = 11 * guard.MIB
    watcher.look()
    assert note.read_text() == "INSERT"
    assert any(
        line.startswith("REVOKE INSERT ON `t46005`.*") and "KILL HARD CONNECTION USER" in line
        for line in said
    )


def test_pages_that_deleted_rows_left_count_as_room(server, guard):
    watcher, sizes, _said, note = server
    sizes.update(t46005=11 * guard.MIB, free=3 * guard.MIB)
    watcher.look()
    assert not note.exists()


def test_what_was_taken_comes_back_below_the_low_water_mark_only(server, guard):
    watcher, sizes, said, note = server
    note.write_text("INSERT,SUPER")
    sizes["t46005"] = int(9.8 * guard.MIB)
    watcher.look()
    assert note.exists()
    sizes["t46005"] = 9 * guard.MIB
    watcher.look()
    assert not note.exists()
    assert said[-1] == "GRANT INSERT ON `t46005`.* TO `t46005`@`localhost`;"


def test_trouble_with_one_database_does_not_shield_the_next(server, guard, monkeypatch):
    watcher, sizes, _said, note = server
    watcher.limits = {"t00001": guard.HEADROOM, **watcher.limits}
    sizes.update(t00001=guard.MIB, t46005=11 * guard.MIB)
    plain = guard.unused

    def unused(name):
        if name == "t00001":
            raise guard.UnavailableError("mariadb")
        return plain(name)

    monkeypatch.setattr(guard, "unused", unused)
    watcher.look()
    assert note.exists()


def test_limits_are_read_from_btrfs_and_missing_ones_are_nil(guard, monkeypatch, tmp_path):
    data = tmp_path / "mysql"
    for name in ("t46005", "t10043", "mysql"):
        (data / name).mkdir(parents=True)
        (data / name / "db.opt").touch()
    table = (
        "Qgroupid    Referenced    Exclusive  Max referenced   Path \n"
        "--------    ----------    ---------  --------------   ---- \n"
        "0/5          162529280    162529280            none   <toplevel>\n"
        "0/256            20480        20480      1136656384   mysql/t46005\n"
        "0/257            20480        20480            none   mysql/t10043\n"
        # A municipality's files, there before its database.
        "0/258            20480        20480       805306368   tenants/t02047\n"
    )
    monkeypatch.setattr(guard, "ask", lambda arguments: table)
    assert guard.limits(data) == {"t46005": 1136656384, "t10043": 0}


def test_room_is_made_only_for_databases_at_their_hard_limit(guard, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(guard, "ask", lambda arguments: asked.append(arguments) or "")
    monkeypatch.setattr(
        guard,
        "limits",
        lambda data: {"t46005": 2 * guard.HEADROOM, "t10043": 2 * guard.HEADROOM, "t00001": 0},
    )
    monkeypatch.setattr(
        guard, "size", lambda folder: {"t46005": 2 * guard.HEADROOM, "t10043": 5, "t00001": 7}[folder.name]
    )
    guard.make_room(tmp_path)
    assert asked == [["btrfs", "qgroup", "limit", str(3 * guard.HEADROOM), str(tmp_path / "t46005")]]


@pytest.mark.parametrize(("in_use", "mine", "ended"), [(200, 0, False), (300, 200, False), (300, 260, True)])
def test_who_takes_the_room_of_temporary_tables_is_cut_off(guard, monkeypatch, in_use, mine, ended):
    said = []

    def sql(statements):
        said.append(statements)
        return [f"t46005\t{mine * guard.MIB}", "t82005\t0", f"root\t{400 * guard.MIB}"]

    monkeypatch.setattr(guard, "sql", sql)
    monkeypatch.setattr(guard, "taken", lambda folder: in_use * guard.MIB)
    watcher = guard.Guard(Path("/nowhere"), Path("/nowhere"))
    watcher.share = 256 * guard.MIB
    watcher.share_out()
    killed = [line for line in said if line.startswith("KILL")]
    assert killed == (["KILL HARD CONNECTION USER `t46005`@`localhost`;"] if ended else [])
    assert bool(said) == (in_use > 256), "MariaDB isn't asked as long as there is room"
