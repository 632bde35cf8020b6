"""A backup is of one moment however others go on, and whatever is killed leaves the old or the new and nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from tests import make
from tests.backups.programs import (
    file_of,
    flask,
    kill_while,
    post_one,
    somebody_writing,
    start_flask,
    transfers_in,
    unfinished_in,
)
from tests.conftest import application_on
from timebank.backups.container import opened
from timebank.extensions import db
from timebank.ledger.guards import missing_guards

Fresh = Callable[[], AbstractContextManager[str]]
KILLS = 8


@pytest.fixture
def two(app: Flask) -> tuple[int, int, int]:
    """A bank, and two accounts that have given each other minutes."""
    bank = make.make_bank(code="ELMS")
    bank_id, giver, receiver = bank.id, make.make_account(bank).id, make.make_account(bank).id
    db.session.commit()
    for number in range(200):
        post_one(bank_id, giver, receiver, key=f"before:{number}")
    return bank_id, giver, receiver


@pytest.mark.slow
def test_a_backup_that_is_made_while_others_post_adds_up(
    app: Flask, cli: FlaskCliRunner, database_url: str, two: tuple[int, int, int], tmp_path: Path, fresh_database: Fresh
) -> None:
    files, counted = [tmp_path / f"{number}.zip" for number in range(6)], []
    with somebody_writing(database_url, *two):
        for file in files:
            assert cli.invoke(args=["backup", "create", str(file)]).exit_code == 0
    for file in files:
        with fresh_database() as url:
            with application_on(url) as other:
                result = other.test_cli_runner().invoke(args=["backup", "restore", str(file)])
                assert result.exit_code == 0, result.output
            counted.append(transfers_in(url))
        with opened(file) as backup:
            assert backup.manifest.contents.tables["transfer"] == counted[-1]
            assert backup.manifest.contents.tables["entry"] == 2 * counted[-1]
    assert counted == sorted(set(counted)), "whoever was writing was kept waiting"


@pytest.mark.slow
def test_others_post_before_and_after_a_restore_that_takes_their_time_bank_back(
    app: Flask, cli: FlaskCliRunner, database_url: str, two: tuple[int, int, int], tmp_path: Path
) -> None:
    file = tmp_path / "backup.zip"
    assert cli.invoke(args=["backup", "create", str(file)]).exit_code == 0
    with somebody_writing(database_url, *two):
        for _ in range(4):
            result = cli.invoke(args=["backup", "restore", str(file), "--replace"])
            assert result.exit_code == 0, result.output
    assert transfers_in(database_url) >= 200
    with application_on(database_url):
        assert missing_guards() == []


@pytest.mark.slow
def test_whoever_is_killed_while_making_a_backup_leaves_a_whole_one_or_none(
    app: Flask, database_url: str, two: tuple[int, int, int], tmp_path: Path
) -> None:
    chance, at_work, whole = random.Random(4711), 0, 0
    folder = tmp_path / "backups"
    folder.mkdir()
    for number in range(KILLS):
        file = folder / f"{number}.zip"
        running = start_flask(database_url, "backup", "create", str(file))
        at_work += kill_while(running, lambda: bool(unfinished_in(folder)), chance.randrange(250))
        if file.exists():
            with opened(file):
                whole += 1
    assert at_work > 0
    code, said = flask(database_url, "backup", "create", str(folder / "last.zip"))
    assert code == 0, said
    assert unfinished_in(folder) == []
    with opened(folder / "last.zip") as backup:
        assert backup.manifest.contents.tables["transfer"] == 200
    assert len(list(folder.iterdir())) == whole + 1


@pytest.mark.slow
def test_whoever_is_killed_while_restoring_leaves_the_old_time_bank_or_the_new(
    app: Flask, cli: FlaskCliRunner, database_url: str, two: tuple[int, int, int], tmp_path: Path, dialect: str
) -> None:
    small, large = tmp_path / "small.zip", tmp_path / "large.zip"
    assert cli.invoke(args=["backup", "create", str(small)]).exit_code == 0
    for number in range(300):
        post_one(*two, key=f"later:{number}")
    assert cli.invoke(args=["backup", "create", str(large)]).exit_code == 0
    db.session.remove()
    db.engine.dispose()
    chance, at_work, found = random.Random(4711), 0, []
    for number in range(KILLS):
        file = (small, large)[number % 2]
        running = start_flask(database_url, "backup", "restore", str(file), "--replace")
        begun = begins(database_url, dialect)
        at_work += kill_while(running, begun, chance.randrange(300))
        found.append(transfers_in(database_url))
        assert found[-1] in (200, 500)
        with application_on(database_url):
            assert missing_guards() == []
    assert at_work > 0
    code, said = flask(database_url, "backup", "restore", str(large), "--replace")
    assert code == 0, said
    assert transfers_in(database_url) == 500
    if dialect == "sqlite":
        assert unfinished_in(file_of(database_url).parent) == []


def begins(database_url: str, dialect: str) -> Callable[[], bool]:
    """Return what tells whether the restore has begun."""
    if dialect == "sqlite":
        return lambda: bool(unfinished_in(file_of(database_url).parent))
    import psycopg
    from sqlalchemy import make_url

    address = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    question = (
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
        "WHERE l.mode = 'AccessExclusiveLock' AND d.datname = current_database()"
    )

    def is_locked() -> bool:
        with psycopg.connect(address, autocommit=True) as connection:
            (locks,) = connection.execute(question).fetchone() or (0,)
        return bool(locks)

    return is_locked
