"""Where a backup is written: never over anything, never half, and never left lying about."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy.exc import OperationalError

from tests import make
from tests.backups.programs import flask, unfinished_in
from tests.conftest import application_on
from tests.house.test_migrations import everything, put_something_in_every_table
from timebank.backups import places
from timebank.backups.refusals import FileInTheWay
from timebank.banks import queries as banks
from timebank.extensions import db

Mount = Callable[..., Path]


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Mount]:
    """Mount a small file system in memory, of so many kilobytes."""
    there: list[Path] = []

    def mount(kilobytes: int, *, options: str = "") -> Path:
        folder = tmp_path / f"small-{len(there)}"
        folder.mkdir()
        made = (
            subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k{options}", "tmpfs", folder],
                capture_output=True,
                text=True,
                check=False,
            )
            if os.geteuid() == 0
            else None
        )
        if made is None or made.returncode != 0:
            pytest.skip("a small disk cannot be mounted here")
        there.append(folder)
        return folder

    yield mount
    for folder in there:
        subprocess.run(["umount", "-l", folder], check=True)


def refused(cli: FlaskCliRunner, *arguments: object) -> str:
    result = cli.invoke(args=["backup", *map(str, arguments)])
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("Error: ")
    return str(result.stderr)


def test_another_file_is_never_written_over(app: Flask, cli: FlaskCliRunner, tmp_path: Path) -> None:
    there, link, dangling = tmp_path / "there.zip", tmp_path / "link.zip", tmp_path / "dangling.zip"
    there.write_text("the only good one")
    link.symlink_to(there)
    dangling.symlink_to(tmp_path / "nowhere")
    for path in (there, link, dangling, tmp_path):
        assert "is there already, and a backup is never written over another file" in refused(cli, "create", path)
    assert there.read_text() == "the only good one"
    assert not (tmp_path / "nowhere").exists()
    assert unfinished_in(tmp_path) == []


def test_a_file_that_comes_while_the_backup_is_made_is_not_written_over_either(tmp_path: Path) -> None:
    finished, path = tmp_path / "finished", tmp_path / "backup.zip"
    finished.write_text("new")
    path.write_text("the only good one")
    with pytest.raises(FileInTheWay):
        places.publish(finished, path)
    assert path.read_text() == "the only good one"


def test_a_folder_that_is_missing_or_takes_no_files_is_named(
    app: Flask, cli: FlaskCliRunner, tmp_path: Path, mounted: Mount
) -> None:
    missing = tmp_path / "missing"
    said = refused(cli, "create", missing / "backup.zip")
    assert said == f"Error: Nothing could be written in {missing}: No such file or directory\n"
    (tmp_path / "file").touch()
    assert "Not a directory" in refused(cli, "create", tmp_path / "file" / "backup.zip")
    fixed = mounted(64, options=",ro")
    assert "Read-only file system" in refused(cli, "create", fixed / "backup.zip")


def test_a_folder_of_somebody_else_is_named(app: Flask, cli: FlaskCliRunner, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o555)
    was = os.geteuid()
    if was == 0:
        # Root may write everywhere, so somebody else tries.
        os.seteuid(65534)
    try:
        assert f"Nothing could be written in {theirs}: Permission denied" in refused(
            cli, "create", theirs / "backup.zip"
        )
    finally:
        os.seteuid(was)
    assert list(theirs.iterdir()) == []


def test_only_the_owner_can_read_it_whatever_the_mask_is(app: Flask, cli: FlaskCliRunner, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        assert cli.invoke(args=["backup", "create", str(tmp_path / "backup.zip")]).exit_code == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "backup.zip").stat().st_mode) == 0o600


def test_a_full_disk_leaves_no_file_and_says_so(app: Flask, cli: FlaskCliRunner, mounted: Mount) -> None:
    bank = make.make_bank(code="ELMS")
    for _ in range(60):
        make.make_member(bank)
    db.session.commit()
    enough = None
    for kilobytes in (4, 8, 12, 16, 20, 28, 40, 80, 200, 400, 800, 1600):
        small = mounted(kilobytes)
        result = cli.invoke(args=["backup", "create", str(small / "backup.zip")])
        if result.exit_code == 0:
            enough = kilobytes
            assert [path.name for path in small.iterdir()] == ["backup.zip"]
            break
        assert f"Nothing could be written in {small}: " in result.stderr
        assert "full" in result.stderr or "No space left" in result.stderr
        assert list(small.iterdir()) == []
    assert enough is not None
    assert enough > 8


def test_a_full_disk_leaves_the_old_time_bank_when_one_is_restored(
    app: Flask, cli: FlaskCliRunner, mounted: Mount, tmp_path: Path, dialect: str
) -> None:
    if dialect != "sqlite":
        pytest.skip("PostgreSQL has its own disk")
    put_something_in_every_table()
    assert cli.invoke(args=["backup", "create", str(tmp_path / "backup.zip")]).exit_code == 0
    kept = None
    for kilobytes in range(500, 4000, 100):
        small = mounted(kilobytes)
        with application_on(f"sqlite:///{small / 'bank.db'}") as other:
            runner = other.test_cli_runner()
            if runner.invoke(args=["db", "upgrade"]).exit_code:
                continue
            try:
                make.make_bank(code="OLD")
                before = everything()
            except OperationalError:
                # The tables fit, and no bank beside them.
                continue
            result = runner.invoke(args=["backup", "restore", str(tmp_path / "backup.zip"), "--replace"])
            if result.exit_code == 0:
                assert kept is not None, "no disk was too small"
                return
            assert re.search("full|No space left|disk I/O error", result.stderr), result.output
            assert everything() == before
            assert unfinished_in(small) == []
            kept = kilobytes
    pytest.fail("no disk was large enough")


def test_what_a_killed_program_has_left_is_removed_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / f"{places.UNFINISHED}left"
    left.mkdir()
    (left / "timebank.db").write_text("people's data")
    with places.unfinished(tmp_path / "backup.zip") as one, places.unfinished(tmp_path / "backup.zip") as other:
        assert not left.exists()
        assert one.exists(), "another one that is being made is left alone"
        assert stat.S_IMODE(other.stat().st_mode) == 0o700
    assert unfinished_in(tmp_path) == []


def test_what_only_looks_like_left_over_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "letter").touch()
    (tmp_path / f"{places.UNFINISHED}link").symlink_to(precious)
    (tmp_path / f"{places.UNFINISHED}file").touch()
    with places.unfinished(tmp_path / "backup.zip"):
        pass
    assert (precious / "letter").exists()
    assert (tmp_path / f"{places.UNFINISHED}file").exists()


def test_a_database_in_memory_can_neither_be_kept_nor_replaced(tmp_path: Path, app: Flask, cli: FlaskCliRunner) -> None:
    with application_on("sqlite:///:memory:") as other:
        said = refused(other.test_cli_runner(), "create", tmp_path / "backup.zip")
    assert "only in memory" in said
    assert list(tmp_path.glob("*.zip")) == []


def test_the_commands_work_as_they_are_typed(app: Flask, database_url: str, tmp_path: Path) -> None:
    make.make_bank(code="ELMS")
    db.session.commit()
    file = str(tmp_path / "a name with spaces, 'quotes' and ümlauts 🏡.zip")
    for arguments in (("create", file), ("check", file), ("restore", file, "--replace")):
        code, said = flask(database_url, "backup", *arguments)
        assert code == 0, said
    assert [bank.code for bank in banks.every_bank()] == ["ELMS"]
