"""What is not wholly ours and wholly there is refused, and nothing is touched for it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from tests.backups.programs import file_of
from tests.conftest import application_on
from tests.house.test_migrations import everything, put_something_in_every_table
from timebank.backups import container
from timebank.backups.container import opened
from timebank.backups.manifest import Contents, Manifest
from timebank.backups.refusals import BackupUnreadable, NotABackup
from timebank.extensions import db

NO_WHOLE_BACKUP = "is no whole backup of a time bank"


@pytest.fixture
def good(app: Flask, cli: FlaskCliRunner, tmp_path: Path) -> Path:
    """A backup of a bank with something of everything, which is in the database too."""
    put_something_in_every_table()
    path = tmp_path / "good.zip"
    assert cli.invoke(args=["backup", "create", str(path)]).exit_code == 0
    return path


@pytest.fixture
def refused(app: Flask, cli: FlaskCliRunner) -> Callable[..., str]:
    """Try to restore a file, which must be refused with nothing changed, and return what was said."""

    def attempt(path: Path, *, also_by_check: bool = True) -> str:
        before = everything()
        result = cli.invoke(args=["backup", "restore", str(path), "--replace"])
        assert result.exit_code == 1, result.output
        assert result.stderr.startswith("Error: ")
        assert everything() == before
        if also_by_check:
            assert cli.invoke(args=["backup", "check", str(path)]).exit_code == 1
        return str(result.stderr)

    return attempt


def is_whole(path: Path) -> bool:
    try:
        with opened(path):
            return True
    except NotABackup:
        return False


def made_again(
    good: Path, *, data: Callable[[bytes], bytes] = bytes, says: Callable[[Manifest], Any] = lambda said: said
) -> Path:
    """Write the backup anew with other data or another manifest, and with the digests set right, as a forger would."""
    with opened(good) as backup, backup.data() as stream:
        kept, content = backup.manifest, data(stream.read())
    path = good.with_name("made-again.zip")
    path.unlink(missing_ok=True)
    container.write(
        path, kept.data.name, lambda sink: sink.write(content), lambda written: says(replace(kept, data=written))
    )
    return path


class Written:
    """A manifest in somebody else's words."""

    def __init__(self, text: str) -> None:
        self.text = text

    def as_json(self) -> str:
        return self.text


def without(said: Manifest, name: str) -> Written:
    return Written(json.dumps({key: value for key, value in json.loads(said.as_json()).items() if key != name}))


def saying(said: Manifest, **others: Any) -> Written:
    return Written(json.dumps(json.loads(said.as_json()) | others))


def test_the_backup_that_is_damaged_below_is_good(good: Path, cli: FlaskCliRunner) -> None:
    assert is_whole(good)
    assert is_whole(made_again(good))
    assert cli.invoke(args=["backup", "restore", str(made_again(good)), "--replace"]).exit_code == 0


def test_one_bit_turned_anywhere_is_noticed(good: Path) -> None:
    whole, path, chance = good.read_bytes(), good.with_name("bad.zip"), random.Random(4711)
    for place in range(0, len(whole), 3):
        turned = bytearray(whole)
        turned[place] ^= 1 << chance.randrange(8)
        path.write_bytes(turned)
        assert not is_whole(path), place


def test_whatever_is_cut_short_is_noticed(good: Path) -> None:
    whole, path = good.read_bytes(), good.with_name("bad.zip")
    for length in (*range(0, len(whole), 37), *range(len(whole) - 70, len(whole))):
        path.write_bytes(whole[:length])
        assert not is_whole(path), length


def test_whatever_has_something_before_after_or_twice_in_it_is_noticed(good: Path) -> None:
    whole, path = good.read_bytes(), good.with_name("bad.zip")
    for wrong in (whole + b"\0", b"\0" + whole, whole + whole, whole[:5000] + whole[4990:], whole[:50] + whole[60:]):
        path.write_bytes(wrong)
        assert not is_whole(path)


def test_a_damaged_one_is_refused_with_nothing_changed(good: Path, refused: Callable[..., str]) -> None:
    whole, bad = good.read_bytes(), good.with_name("bad.zip")
    for place in (0, 60, 4000, -1, -64, -65, -300):
        turned = bytearray(whole)
        turned[place] ^= 1
        bad.write_bytes(turned)
        assert NO_WHOLE_BACKUP in refused(bad)


def test_one_that_is_cut_short_is_refused_with_nothing_changed(good: Path, refused: Callable[..., str]) -> None:
    whole, bad = good.read_bytes(), good.with_name("bad.zip")
    for length in (0, 1, 64, 65, 5000, -1, -64, -65):
        bad.write_bytes(whole[:length])
        assert NO_WHOLE_BACKUP in refused(bad)


def with_its_digest(content: bytes) -> bytes:
    """What the end of a backup would be, behind something else."""
    return content + hashlib.sha256(content).hexdigest().encode()


def another_zip() -> bytes:
    import io

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("holiday.txt", "sea")
        packed.comment = b"0" * 64
    return file.getvalue()


def test_something_else_is_refused(good: Path, refused: Callable[..., str]) -> None:
    for content in [
        b"",
        b"\0" * 5000,
        b"a letter",
        "шестьдесят четыре".encode() * 40,
        another_zip(),
        with_its_digest(b""),
        with_its_digest(b"a letter"),
        with_its_digest(another_zip()[:-64]),
    ]:
        good.write_bytes(content)
        assert NO_WHOLE_BACKUP in refused(good)


def test_one_that_was_opened_and_packed_again_is_refused(good: Path, refused: Callable[..., str]) -> None:
    with zipfile.ZipFile(good) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    members["manifest.json"] = members["manifest.json"].replace(b'"bank": 1', b'"bank": 2')
    with zipfile.ZipFile(good, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    assert NO_WHOLE_BACKUP in refused(good)


def test_one_whose_manifest_lacks_something_is_refused(good: Path, refused: Callable[..., str]) -> None:
    for name in ["format", "version", "made_at", "dialect", "server", "schema", "revision", "tables", "heads", "data"]:
        assert NO_WHOLE_BACKUP in refused(made_again(good, says=lambda said, name=name: without(said, name)))


NONSENSE: list[dict[str, Any]] = [
    {"made_at": "yesterday"},
    {"made_at": "2026-01-01T00:00:00"},
    {"made_at": 5},
    {"tables": []},
    {"tables": {"bank": -1}},
    {"tables": {"bank": True}},
    {"tables": {"bank": 1.5}},
    {"heads": {"ELMS": None}},
    {"revision": None},
    {"data": "timebank.db"},
    {"data": {"name": "elsewhere", "bytes": 1, "sha256": "0" * 64}},
    {"data": {"name": "../../etc/passwd", "bytes": 1, "sha256": "0" * 64}},
    {"data": {"name": "manifest.json", "bytes": 1, "sha256": "0" * 64}},
    {"data": {"name": "timebank.db", "bytes": 1, "sha256": "short"}},
    {"format": "photographs"},
    {"version": "1"},
]


def test_one_whose_manifest_is_nonsense_is_refused(good: Path, refused: Callable[..., str]) -> None:
    for others in NONSENSE:
        path = made_again(good, says=lambda said, others=others: saying(said, **others))
        assert NO_WHOLE_BACKUP in refused(path), others


def test_one_whose_manifest_is_none_is_refused(good: Path, refused: Callable[..., str]) -> None:
    for written in ["", "[]", "{", "null", "[" * 100_000, '"' + "x" * 2_000_000 + '"']:
        assert NO_WHOLE_BACKUP in refused(made_again(good, says=lambda _said, written=written: Written(written)))


def test_one_whose_data_has_another_digest_or_length_is_refused(good: Path, refused: Callable[..., str]) -> None:
    for others in ({"sha256": "0" * 64}, {"bytes": 1}):
        path = made_again(good, says=lambda said, new=others: replace(said, data=replace(said.data, **new)))
        assert NO_WHOLE_BACKUP in refused(path)


def test_one_of_a_later_format_is_refused_by_name(good: Path, refused: Callable[..., str]) -> None:
    said = refused(made_again(good, says=lambda said: saying(said, version=2)))
    assert "has format 2 of a backup, and this version of the time bank reads 1" in said


def test_one_of_a_later_migration_is_refused_by_name(good: Path, refused: Callable[..., str]) -> None:
    def later(said: Manifest) -> Manifest:
        return replace(said, contents=replace(said.contents, revision="9999"))

    assert "whose migration 9999 this one does not have" in refused(made_again(good, says=later), also_by_check=False)


def test_one_of_another_kind_of_database_is_refused_by_name(
    good: Path, refused: Callable[..., str], dialect: str
) -> None:
    other = "postgresql" if dialect == "sqlite" else "sqlite"
    said = refused(made_again(good, says=lambda said: replace(said, dialect=other)))
    kinds = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
    assert f"The backup is of {kinds[other]}, and the database here is {kinds[dialect]}" in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda said: replace(said, tables=said.tables | {"transfer": 10}), "rows of transfer: 10, found 9"),
        (lambda said: replace(said, tables=said.tables | {"letter": 0}), "rows of letter: 0, found None"),
        (lambda said: replace(said, tables={}), "rows of bank: None, found 1"),
    ],
    ids=["more", "another", "none"],
)
def test_one_that_does_not_hold_what_its_manifest_says_is_refused(
    good: Path, refused: Callable[..., str], change: Callable[[Contents], Contents], words: str
) -> None:
    said = refused(made_again(good, says=lambda said: replace(said, contents=change(said.contents))))
    assert "does not hold what its manifest says" in said
    assert words in said


def test_one_that_says_another_migration_or_head_than_it_has_is_refused(
    good: Path, refused: Callable[..., str]
) -> None:
    """Which only a database can tell, so that `check` cannot on a script."""
    for change, words in (
        ({"revision": "0001"}, "migration 0001, found "),
        ({"heads": {"ELMS": "1:" + "0" * 64}}, "head of ELMS: 1:0000"),
    ):
        path = made_again(good, says=lambda said, new=change: replace(said, contents=replace(said.contents, **new)))
        assert words in refused(path, also_by_check=False)


def test_one_with_a_row_taken_out_is_refused(good: Path, refused: Callable[..., str], tmp_path: Path) -> None:
    def without_a_step(content: bytes) -> bytes:
        if not content.startswith(b"SQLite"):
            head, copy, rest = content.partition(b"COPY public.exchange_step ")
            begin, _row, rest = rest.split(b"\n", 2)
            return head + copy + begin + b"\n" + rest
        path = tmp_path / "inside.db"
        path.write_bytes(content)
        connection = sqlite3.connect(path)
        connection.execute("DELETE FROM exchange_step WHERE id = 1")
        connection.commit()
        connection.close()
        return path.read_bytes()

    said = refused(made_again(good, data=without_a_step))
    assert "rows of exchange_step" in said


def test_one_that_holds_no_database_is_refused(good: Path, refused: Callable[..., str]) -> None:
    for content in [b"", b"SQLite format 3\0" + b"\0" * 9000, b"DROP TABLE bank;\n", b"\xff" * 4096]:
        refused(made_again(good, data=lambda _kept, content=content: content))


def test_one_that_ends_in_the_middle_of_its_data_is_refused(good: Path, refused: Callable[..., str]) -> None:
    for share in (10, 50, 90):
        refused(made_again(good, data=lambda kept, share=share: kept[: len(kept) * share // 100]))


def test_one_that_is_changed_after_it_was_found_whole_is_noticed(good: Path) -> None:
    with opened(good) as backup:
        with good.open("r+b") as file:
            file.seek(5000)
            file.write(b"changed after it was opened")
        with pytest.raises(NotABackup), backup.data() as data:
            data.read()


def test_a_file_that_is_not_there_or_a_folder_is_named(cli: FlaskCliRunner, tmp_path: Path) -> None:
    for act in ("check", "restore"):
        result = cli.invoke(args=["backup", act, str(tmp_path / "nowhere.zip")])
        assert result.exit_code == 2
        assert "nowhere.zip' does not exist" in result.stderr
        assert cli.invoke(args=["backup", act, str(tmp_path)]).exit_code == 2


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackupUnreadable), opened(tmp_path / "gone.zip"):
        pass


def test_a_database_that_is_damaged_is_not_kept_as_if_it_were_good(tmp_path: Path, sqlite_template: Path) -> None:
    broken, file = tmp_path / "broken.db", tmp_path / "backup.zip"
    content = bytearray(sqlite_template.read_bytes())
    for page in range(3, len(content) // 4096):
        content[page * 4096 : page * 4096 + 600] = b"\x55" * 600
    for wrong in (bytes(content), b"no database at all" * 500):
        broken.write_bytes(wrong)
        with application_on(f"sqlite:///{broken}") as app:
            result = app.test_cli_runner().invoke(args=["backup", "create", str(file)])
            db.session.rollback()
        assert result.exit_code == 1
        assert "The database itself is damaged" in result.stderr
        assert sorted(path.name for path in tmp_path.iterdir() if "broken" not in path.name) == []


def test_a_database_that_can_be_read_but_is_not_in_order_is_not_kept_either(
    app: Flask, cli: FlaskCliRunner, tmp_path: Path, database_url: str, dialect: str
) -> None:
    if dialect != "sqlite":
        pytest.skip("PostgreSQL looks after its own files")
    put_something_in_every_table()
    with closing(sqlite3.connect(file_of(database_url))) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("UPDATE membership SET role = 'monarch' WHERE id = 1")
    result = cli.invoke(args=["backup", "create", str(tmp_path / "backup.zip")])
    assert result.exit_code == 1
    assert "The database itself is damaged: CHECK constraint failed in membership" in result.stderr
    assert not (tmp_path / "backup.zip").exists()


def test_what_is_no_database_any_more_has_to_be_moved_away_first(tmp_path: Path, good: Path, dialect: str) -> None:
    if dialect != "sqlite":
        pytest.skip("only a file can be no database any more")
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database at all" * 500)
    with application_on(f"sqlite:///{broken}") as app:
        cli = app.test_cli_runner()
        result = cli.invoke(args=["backup", "restore", str(good), "--replace"])
        assert result.exit_code == 1
        assert f"{broken} cannot be read as a database. Stop the application" in result.stderr
        broken.unlink()
        assert cli.invoke(args=["backup", "restore", str(good)]).exit_code == 0


def test_when_it_was_made_is_kept_to_the_second_in_utc(good: Path) -> None:
    with opened(good) as backup:
        assert backup.manifest.made_at.utcoffset() == dt.timedelta()
