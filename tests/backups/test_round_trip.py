"""What goes into a backup comes out of it, in whatever state the database is that it is put into."""

from __future__ import annotations

import datetime as dt
import json
import re
import stat
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import func, select, text

from tests import make
from tests.conftest import application_on
from tests.house.test_migrations import everything, go_down, go_up, put_something_in_every_table, revisions, tables
from tests.ledger.books import assert_adds_up
from tests.ledger.plain import run_unguarded
from timebank import clock
from timebank.audit.models import AuditRecord
from timebank.banks import queries as banks
from timebank.extensions import db
from timebank.ledger.guards import missing_guards
from timebank.ledger.models import Transfer
from timebank.members.models import Membership
from timebank.sign_in import links
from timebank.sign_in.models import Purpose

Fresh = Callable[[], AbstractContextManager[str]]


def create(cli: FlaskCliRunner, file: Path) -> str:
    result = cli.invoke(args=["backup", "create", str(file)])
    assert result.exit_code == 0, result.output
    return str(result.stdout)


def restore(cli: FlaskCliRunner, file: Path, *options: str) -> Any:
    return cli.invoke(args=["backup", "restore", str(file), *options])


def restored(cli: FlaskCliRunner, file: Path, *options: str) -> str:
    result = restore(cli, file, *options)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return str(result.stdout)


def all_but_the_audit() -> dict[str, list[tuple[Any, ...]]]:
    """Every row, without the records of backups and restores themselves, and the number that ends sessions."""
    rows = everything()
    rows["person"] = [row[:-1] for row in rows["person"]]
    rows["audit_record"] = [row for row in rows["audit_record"] if "backup" not in str(row)]
    return rows


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup.zip"


def test_everything_comes_back_into_another_database(
    app: Flask, cli: FlaskCliRunner, file: Path, fresh_database: Fresh
) -> None:
    put_something_in_every_table()
    before = all_but_the_audit()
    said = create(cli, file)
    assert "1 bank, 4 memberships, 3 exchanges, 9 transfers" in said
    with fresh_database() as url, application_on(url) as other:
        said = restored(other.test_cli_runner(), file)
        assert "Restored and verified: 1 bank, 4 memberships, 3 exchanges, 9 transfers." in said
        assert all_but_the_audit() == before
        assert missing_guards() == []
        assert_adds_up()


def test_everything_comes_back_into_a_database_without_tables(
    app: Flask, cli: FlaskCliRunner, file: Path, empty_database: str
) -> None:
    put_something_in_every_table()
    before = all_but_the_audit()
    create(cli, file)
    with application_on(empty_database) as other:
        restored(other.test_cli_runner(), file)
        assert all_but_the_audit() == before
        assert missing_guards() == []


def test_what_is_there_is_kept_unless_it_is_said_that_it_may_go(app: Flask, cli: FlaskCliRunner, file: Path) -> None:
    put_something_in_every_table()
    before = all_but_the_audit()
    create(cli, file)
    make.make_bank(code="LATER")
    db.session.commit()
    with_later = everything()
    refused = restore(cli, file)
    assert refused.exit_code == 1
    assert "2 banks, 4 memberships, 3 exchanges, 9 transfers. All of it would be lost" in refused.stderr
    assert "--replace" in refused.stderr
    assert everything() == with_later
    restored(cli, file, "--replace")
    assert all_but_the_audit() == before
    assert missing_guards() == []


def test_after_a_restore_the_ledger_takes_and_refuses_as_before(app: Flask, cli: FlaskCliRunner, file: Path) -> None:
    bank = make.make_bank(code="ELMS")
    giver, receiver = make.make_member(bank), make.make_member(bank)
    make.post(bank, make.draft_transfer(receiver, giver))
    create(cli, file)
    restored(cli, file, "--replace")
    (bank,) = banks.every_bank()
    giver, receiver = db.session.scalars(select(Membership).order_by(Membership.id)).all()
    make.post(bank, make.draft_transfer(receiver, giver, minutes=25))
    make.make_member(bank)
    assert db.session.scalars(select(func.max(Transfer.id))).one() == 2
    for statement in ("DELETE FROM entry", "UPDATE transfer SET minutes = 1", "DELETE FROM audit_record"):
        with pytest.raises(Exception, match=r"ledger:|permission denied"):
            db.session.execute(text(statement))
        db.session.rollback()
    assert_adds_up()


def test_a_program_that_has_the_database_open_goes_on_with_what_was_restored(
    app: Flask, cli: FlaskCliRunner, file: Path, database_url: str
) -> None:
    make.make_bank(code="OLD")
    create(cli, file)
    with application_on(database_url):
        make.make_bank(code="NEW")
        db.session.commit()
        # Its connection stays open, as one of the application's does between two requests.
        assert len(banks.every_bank()) == 2
        db.session.rollback()
        restored(cli, file, "--replace")
        assert [bank.code for bank in banks.every_bank()] == ["OLD"]
        make.make_bank(code="NEXT")
        db.session.commit()
    assert [bank.code for bank in banks.every_bank()] == ["NEXT", "OLD"]


def test_names_in_every_script_come_back(app: Flask, cli: FlaskCliRunner, file: Path) -> None:
    names = ["Siân Bevan", "יעל כהן", "ليلى حداد", "👩🏽‍⚕️ Ana", "O'Brien; DROP TABLE", "\\. and \\N", "張偉"]
    bank = make.make_bank(code="ELMS", name="ÉLMS 🏘")
    for name in names:
        make.make_member(bank, name=name)
    # PostgreSQL ends the rows of a table with this, alone on a line.
    bank.name = "one\n\\.\n\ttwo"
    db.session.commit()
    create(cli, file)
    restored(cli, file, "--replace")
    assert list(db.session.scalars(select(Membership.name).order_by(Membership.id))) == names
    assert banks.every_bank()[0].name == "one\n\\.\n\ttwo"


def test_an_empty_time_bank_can_be_kept_too(app: Flask, cli: FlaskCliRunner, file: Path) -> None:
    assert "0 banks, 0 memberships, 0 exchanges, 0 transfers" in create(cli, file)
    make.make_bank()
    restored(cli, file, "--replace")
    assert banks.every_bank() == []


def test_a_database_without_tables_is_answered_with_what_to_run(empty_database: str, file: Path) -> None:
    with application_on(empty_database) as app:
        result = app.test_cli_runner().invoke(args=["backup", "create", str(file)])
    assert result.exit_code == 1
    assert result.stderr == "Error: The database is not set up. Run: flask db upgrade\n"
    assert not file.exists()


def test_a_backup_from_before_a_migration_is_brought_up_to_date(app: Flask, cli: FlaskCliRunner, file: Path) -> None:
    put_something_in_every_table()
    before = all_but_the_audit()
    go_down("0001")
    # What a later migration added was lost on the way down.
    there = tables()
    create(cli, file)
    said = restored(cli, file, "--replace")
    assert "The backup's tables were those of migration 0001, and are up to date now." in said
    assert db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == revisions()[-1]
    after = all_but_the_audit()
    # A bank that had no key to prove its statements with got another.
    for rows in (before, after):
        rows["bank"] = [row[:-1] for row in rows["bank"]]
    assert {table: after[table] for table in there if table in before} == {
        table: before[table] for table in there if table in before
    }
    assert missing_guards() == []
    go_down("0001")
    go_up()


def test_an_older_backup_replaces_a_newer_time_bank(
    app: Flask, cli: FlaskCliRunner, file: Path, empty_database: str
) -> None:
    """Of which a later migration may have added tables that refer to the old ones."""
    with application_on(empty_database) as old:
        go_up("0001")
        create(old.test_cli_runner(), file)
    put_something_in_every_table()
    restored(cli, file, "--replace")
    assert banks.every_bank() == []
    assert missing_guards() == []


def test_it_is_written_down_that_a_backup_was_made_and_restored(app: Flask, cli: FlaskCliRunner, file: Path) -> None:
    put_something_in_every_table()
    create(cli, file)
    made = db.session.scalars(select(AuditRecord).where(AuditRecord.action == "backup made")).one()
    digest = file.read_bytes()[-64:].decode()
    assert made.reference == digest[:16]
    assert made.came_from.startswith("timebank backup create by ")
    restored(cli, file, "--replace")
    record = db.session.scalars(select(AuditRecord).where(AuditRecord.action.startswith("backup"))).one()
    assert (record.action, record.reference) == ("backup restored", digest[:16])
    assert record.details["transfers_replaced"] == 9
    assert dt.datetime.fromisoformat(record.details["made_at"]).tzinfo is not None


def test_after_a_restore_nobody_is_signed_in_and_no_link_is_good(app: Flask, cli: FlaskCliRunner, file: Path) -> None:
    """Otherwise whoever was signed out since the backup was made, by themselves or by others, would be in again."""
    member = make.make_member(make.make_bank(), email="ann@example.org")
    make.let_sign_in(member)
    browser, session_id = app.test_client(), make.begin_session(member)
    with browser.session_transaction() as held:
        held["_user_id"] = session_id
    link = links.make_link(member, purpose=Purpose.PASSWORD_RESET, email="ann@example.org", at=clock.now())
    path = f"/new-password/{links.secret_of(Purpose.PASSWORD_RESET, link.reference)}"
    assert (browser.get("/hours").status_code, browser.get(path).status_code) == (200, 200)
    create(cli, file)
    restored(cli, file, "--replace")
    assert (browser.get("/hours").status_code, browser.get(path).status_code) == (302, 409)


def test_the_file_is_a_zip_that_says_what_is_in_it_and_is_for_its_owner_alone(
    app: Flask, cli: FlaskCliRunner, file: Path, dialect: str
) -> None:
    put_something_in_every_table()
    create(cli, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as packed:
        assert packed.testzip() is None
        assert [member.filename for member in packed.infolist()] == [
            "timebank.db" if dialect == "sqlite" else "timebank.sql",
            "manifest.json",
        ]
        manifest = json.loads(packed.read("manifest.json"))
    assert manifest["format"] == "time bank backup"
    assert manifest["version"] == 1
    assert manifest["dialect"] == dialect
    assert manifest["revision"] == revisions()[-1]
    assert re.match(r"(SQLite|PostgreSQL) \d", manifest["server"])
    rows = everything()
    rows["audit_record"].pop()
    assert {table: len(found) for table, found in rows.items()} == {
        table: count for table, count in manifest["tables"].items() if table != "alembic_version"
    }


def test_a_backup_can_be_looked_at_on_a_machine_with_another_kind_of_database(
    app: Flask, cli: FlaskCliRunner, file: Path
) -> None:
    put_something_in_every_table()
    create(cli, file)
    with application_on("sqlite:///:memory:") as elsewhere:
        result = elsewhere.test_cli_runner().invoke(args=["backup", "check", str(file)])
    assert result.exit_code == 0, result.output
    assert "The backup is whole." in result.stdout
    assert "1 bank, 4 memberships, 3 exchanges, 9 transfers." in result.stdout


def test_it_says_how_much_of_peoples_work_is_lost(
    app: Flask, cli: FlaskCliRunner, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    create(cli, file)
    real = clock.now
    for later, words in (
        (dt.timedelta(seconds=100), "1 minutes ago"),
        (dt.timedelta(hours=3), "3 hours ago"),
        (dt.timedelta(days=9, hours=5), "9 days ago"),
        (dt.timedelta(days=-1), "0 minutes ago"),
    ):
        monkeypatch.setattr(clock, "now", lambda later=later: real() + later)
        assert words in restored(cli, file, "--replace")


def test_a_ledger_that_does_not_add_up_is_put_in_place_only_when_one_insists(
    app: Flask, cli: FlaskCliRunner, file: Path, database_url: str, fresh_database: Fresh
) -> None:
    bank = make.make_bank(code="ELMS")
    giver, receiver = make.make_member(bank), make.make_member(bank)
    make.post(bank, make.draft_transfer(receiver, giver))
    number = giver.account.number
    run_unguarded(database_url, f"UPDATE balance SET minutes = 61 WHERE account_id = {giver.account_id}")
    create(cli, file)
    with fresh_database() as url, application_on(url) as other:
        runner = other.test_cli_runner()
        refused = restore(runner, file)
        assert refused.exit_code == 1
        assert f"balance of account {number} in the credit book is 61 minutes" in refused.stderr
        assert "Nothing was changed" in refused.stderr
        assert banks.every_bank() == []
        insisted = restore(runner, file, "--despite-problems")
        assert insisted.exit_code == 1
        assert "problems in its ledger" in insisted.stderr
        assert [bank.code for bank in banks.every_bank()] == ["ELMS"]


def test_the_heads_of_the_seals_are_in_the_backup(app: Flask, cli: FlaskCliRunner, file: Path) -> None:
    seals = pytest.importorskip("timebank.ledger.seals", reason="seals come with a later migration")
    bank = make.make_bank(code="ELMS")
    make.post(bank, make.draft_transfer(make.make_member(bank), make.make_member(bank)))
    seals.seal(bank.id, sealed_at=make.AT)
    head = seals.head_of(bank.id)
    assert head is not None
    assert f"Head of the seals: ELMS:{head}\n" in create(cli, file)
    assert f"Head of the seals: ELMS:{head}\n" in restored(cli, file, "--replace")
    assert seals.head_of(bank.id) == head
