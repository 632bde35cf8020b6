"""What only PostgreSQL has: roles, rights, passwords, other people's tables, programs of several versions."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import make_url, text

from tests import make
from tests.conftest import application_on
from tests.databases import Server, embedded_programs
from tests.house.test_migrations import everything, put_something_in_every_table
from timebank.backups import postgresql
from timebank.banks import queries as banks
from timebank.extensions import db
from timebank.ledger.guards import missing_guards

SECRET = "s3cret:with\\signs"

Fresh = Callable[[], AbstractContextManager[str]]


@pytest.fixture
def dialect() -> str:
    return "postgresql"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup.zip"


@pytest.fixture
def role(postgres: Server) -> Iterator[str]:
    """A role that may sign in and owns nothing, as the application's may be."""
    name = "timebank_backup_app"
    postgres.run(f"CREATE ROLE {name} LOGIN PASSWORD '{SECRET}'")
    yield name
    with postgres.connect() as connection:
        databases = connection.execute("SELECT datname FROM pg_database WHERE datallowconn").fetchall()
    for (database,) in databases:
        with postgres.connect(database) as connection:
            connection.execute(f"DROP OWNED BY {name}")
    postgres.run(f"DROP ROLE {name}")


def as_role(url: str, role: str) -> str:
    return make_url(url).set(username=role, password=SECRET).render_as_string(hide_password=False)


def backup(cli: FlaskCliRunner, *arguments: object) -> Any:
    return cli.invoke(args=["backup", *map(str, arguments)])


def run(url: str, *statements: str) -> None:
    db.session.commit()
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        for statement in statements:
            connection.execute(statement)


def test_rights_come_back_with_the_tables(
    app: Flask, cli: FlaskCliRunner, file: Path, database_url: str, role: str
) -> None:
    run(
        database_url,
        f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT UPDATE (floor_minutes) ON balance TO {role}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        "REVOKE ALL ON FUNCTION ledger_refuse() FROM PUBLIC",
    )
    assert backup(cli, "create", file).exit_code == 0
    assert backup(cli, "restore", file, "--replace").stderr == ""
    with application_on(as_role(database_url, role)):
        make.make_bank(code="ELMS")
        db.session.commit()
        for refused in ("DELETE FROM transfer", "UPDATE balance SET minutes = 0"):
            with pytest.raises(Exception, match="permission denied"):
                db.session.execute(text(refused))
            db.session.rollback()
    may = db.session.scalar(text(f"SELECT has_function_privilege('{role}', 'ledger_refuse()', 'EXECUTE')"))
    assert may is False


def test_a_right_of_a_role_that_the_server_here_does_not_have_is_named(
    app: Flask, cli: FlaskCliRunner, file: Path, database_url: str, postgres: Server
) -> None:
    postgres.run("CREATE ROLE timebank_backup_gone")
    run(database_url, "GRANT SELECT ON bank TO timebank_backup_gone")
    assert backup(cli, "create", file).exit_code == 0
    run(database_url, "REVOKE ALL ON bank FROM timebank_backup_gone")
    postgres.run("DROP ROLE timebank_backup_gone")
    result = backup(cli, "restore", file, "--replace")
    assert result.exit_code == 0, result.output
    assert "GRANT SELECT ON TABLE public.bank TO timebank_backup_gone" in result.stderr


def test_a_role_that_may_not_read_or_drop_everything_is_told_whose_address_to_give(
    app: Flask, cli: FlaskCliRunner, file: Path, database_url: str, role: str
) -> None:
    put_something_in_every_table()
    assert backup(cli, "create", file).exit_code == 0
    run(
        database_url,
        f"GRANT SELECT, INSERT ON audit_record TO {role}",
        f"GRANT USAGE ON SEQUENCE audit_record_id_seq TO {role}",
    )
    before = everything()
    with application_on(as_role(database_url, role)) as other:
        runner = other.test_cli_runner()
        for arguments in (("create", file.with_name("2.zip")), ("restore", file, "--replace")):
            result = backup(runner, *arguments)
            assert result.exit_code == 1
            assert "This needs the role that owns the tables: permission denied for" in result.stderr
            assert "TIMEBANK_OWNER_DATABASE_URL" in result.stderr
        db.session.rollback()
        assert not file.with_name("2.zip").exists()
        for scheme in ("postgresql://", "postgres://", "postgresql+psycopg://"):
            other.config["TIMEBANK_OWNER_DATABASE_URL"] = scheme + database_url.partition("://")[2]
            path = file.with_name(f"{scheme[:-3]}.zip")
            result = backup(runner, "create", path)
            assert result.exit_code == 0, result.output
    assert {table: rows for table, rows in everything().items() if table != "audit_record"} == {
        table: rows for table, rows in before.items() if table != "audit_record"
    }


def command_lines_and_environments(of: str) -> bytes:
    found = b""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes()
            if of.encode() in line.partition(b"\0")[0]:
                found += line + (process / "environ").read_bytes()
        except OSError:
            continue
    return found


def test_the_password_is_on_no_command_line_and_in_no_backup(
    app: Flask, file: Path, database_url: str, role: str
) -> None:
    if not Path("/proc/self/cmdline").exists():
        pytest.skip("only where processes can be looked at")
    run(database_url, *(f"GRANT SELECT ON ALL {what} IN SCHEMA public TO {role}" for what in ("TABLES", "SEQUENCES")))
    seen: list[bytes] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            seen.append(command_lines_and_environments("pg_dump"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with application_on(as_role(database_url, role)) as other:
            result = backup(other.test_cli_runner(), "create", file)
    finally:
        done.set()
        watcher.join()
    assert result.stdout, result.output
    # The role may not add to the audit; the backup is made all the same.
    assert "Backup made and checked" in result.stdout
    lines = b"".join(seen)
    assert b"--snapshot=" in lines
    assert SECRET.encode() not in lines
    assert b"s3cret" not in lines
    with zipfile.ZipFile(file) as packed:
        for name in packed.namelist():
            assert b"s3cret" not in packed.read(name)


def test_the_password_is_handed_over_in_a_file_that_nobody_else_can_read(
    app: Flask, database_url: str, role: str, tmp_path: Path
) -> None:
    run(database_url, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    with postgresql.at_one_moment(make_url(as_role(database_url, role))) as moment:
        moment._options(tmp_path)
    (written,) = tmp_path.iterdir()
    assert written.stat().st_mode & 0o777 == 0o600
    assert written.read_text() == "*:*:*:*:s3cret\\:with\\\\signs\n"


def test_somebody_elses_table_in_the_same_schema_stays_as_it_is(
    app: Flask, cli: FlaskCliRunner, file: Path, database_url: str
) -> None:
    put_something_in_every_table()
    assert backup(cli, "create", file).exit_code == 0
    run(database_url, "CREATE TABLE garden (bed integer)", "INSERT INTO garden VALUES (7)")
    assert backup(cli, "restore", file, "--replace").exit_code == 0
    with psycopg.connect(make_url(database_url).set(drivername="postgresql").render_as_string(False)) as connection:
        assert connection.execute("SELECT bed FROM garden").fetchall() == [(7,)]


def test_a_table_of_somebody_else_that_refers_to_ours_is_named_and_nothing_changed(
    app: Flask, cli: FlaskCliRunner, file: Path, database_url: str
) -> None:
    put_something_in_every_table()
    assert backup(cli, "create", file).exit_code == 0
    run(database_url, "CREATE TABLE garden (bank_id bigint REFERENCES bank (id))")
    before = everything()
    result = backup(cli, "restore", file, "--replace")
    assert result.exit_code == 1
    assert "depend on" in result.stderr
    assert "Nothing was changed" in result.stderr
    assert everything() == before
    assert missing_guards() == []


def test_tables_in_another_schema_are_kept_and_come_back_there_only(
    app: Flask, cli: FlaskCliRunner, file: Path, empty_database: str
) -> None:
    run(empty_database, "CREATE SCHEMA elms")
    elsewhere = make_url(empty_database).update_query_dict({"options": "-csearch_path=elms"})
    with application_on(elsewhere.render_as_string(hide_password=False)) as other:
        runner = other.test_cli_runner()
        assert runner.invoke(args=["db", "upgrade"]).exit_code == 0
        make.make_bank(code="ELMS")
        made = backup(runner, "create", file)
        assert made.exit_code == 0, made.output
        result = backup(runner, "restore", file, "--replace")
        assert result.exit_code == 0, result.output
        assert [bank.code for bank in banks.every_bank()] == ["ELMS"]
        db.session.rollback()
    result = backup(cli, "restore", file)
    assert result.exit_code == 1
    assert "The backup is of the schema elms, and the time bank here is in the schema public" in result.stderr


def test_whoever_holds_on_to_a_table_is_not_waited_for_without_end(
    app: Flask, cli: FlaskCliRunner, file: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "SECONDS_TO_WAIT", 1)
    make.make_bank(code="ELMS")
    assert backup(cli, "create", file).exit_code == 0
    address = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as holding:
        holding.execute("SELECT count(*) FROM bank")
        result = backup(cli, "restore", file, "--replace")
    assert result.exit_code == 1
    assert "The database is in use: somebody is working with it. Nothing was changed" in result.stderr
    assert [bank.code for bank in banks.every_bank()] == ["ELMS"]


def test_a_server_that_is_away_is_named(app_without_data: Flask, tmp_path: Path, file: Path) -> None:
    with application_on(f"postgresql+psycopg://nobody@/nothing?host={tmp_path}") as app:
        result = backup(app.test_cli_runner(), "create", file)
    assert result.exit_code == 1
    assert "The database did not answer: " in result.stderr
    assert not file.exists()


def test_without_a_pg_dump_it_says_what_to_install(
    app: Flask, cli: FlaskCliRunner, file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    old.chmod(0o755)
    monkeypatch.setattr(postgresql, "USUAL_PLACES", (str(tmp_path / "pg_*"),))
    monkeypatch.setenv("PATH", "/nowhere")
    result = backup(cli, "create", file)
    assert result.exit_code == 1
    assert (
        "or newer was not found. Install it (on Debian and Ubuntu: apt-get install postgresql-client)" in result.stderr
    )
    assert not file.exists()


def test_a_pg_dump_that_fails_leaves_no_file_and_its_own_words(
    app: Flask, cli: FlaskCliRunner, file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One that stops in the middle, and one that says that it is done and is not."""
    broken = tmp_path / "pg_dump"
    monkeypatch.setattr(postgresql, "USUAL_PLACES", (str(broken),))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(postgresql.shutil, "which", lambda _name: None)
    for ending, words in (("echo lost >&2; exit 1", "pg_dump made no copy: lost"), ("exit 0", "ends too early")):
        version = '[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 99.1" && exit'
        broken.write_text(f"#!/bin/sh\n{version}\necho --\n{ending}\n")
        broken.chmod(0o755)
        result = backup(cli, "create", file)
        assert result.exit_code == 1
        assert words in result.stderr
        assert not file.exists()


def test_a_script_of_a_newer_pg_dump_is_understood_by_an_older_server(
    app: Flask, cli: FlaskCliRunner, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = embedded_programs()
    if programs is None:
        pytest.skip("there is no newer pg_dump")
    put_something_in_every_table()
    monkeypatch.setattr(postgresql, "USUAL_PLACES", (str(programs / "pg_dump"),))
    monkeypatch.setattr(postgresql.shutil, "which", lambda _name: None)
    result = backup(cli, "create", file)
    assert result.exit_code == 0, result.output
    result = backup(cli, "restore", file, "--replace")
    assert result.exit_code == 0, result.output
    assert missing_guards() == []
