"""`flask doctor`: what is wrong is found, and said with what to do."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from tests import make
from tests.conftest import application_on
from tests.house.source import ROOT
from tests.mail import post
from timebank import clock
from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.doctor import machine
from timebank.doctor.settings import settings_findings
from timebank.extensions import db
from timebank.ledger import seals
from timebank.ledger.months import Month
from timebank.mail.service import queue_mail

NOW = clock.now()
DAYS_AGO = NOW - dt.timedelta(days=5)


def examine(app: Flask, *options: str) -> Result:
    db.session.commit()
    return app.test_cli_runner().invoke(args=["doctor", *options])


def line_about(result: Result, about: str) -> str:
    [line] = [line for line in result.stdout.splitlines() if line[8:].startswith(f"{about}: ")]
    return line


@pytest.fixture(autouse=True)
def mail_into_a_folder(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if "app" in request.fixturenames:
        request.getfixturevalue("app").config["TIMEBANK_MAIL_SERVER"] = f"folder:{tmp_path / 'mail'}"


def test_where_all_is_well_nothing_is_fatal_and_quiet_is_short(app: Flask) -> None:
    make.make_bank(at=NOW)
    audit.record(Action.BACKUP_MADE, bank_id=None, by=None, on_what="database", reference="ab", at=NOW)
    result = examine(app)
    assert result.exit_code == 0, result.output
    for about in ("database", "migrations", "guards of the ledger", "clock", "seals", "backup", "closings", "mail"):
        assert line_about(result, about).startswith("OK "), result.stdout
    assert line_about(result, "mail server").startswith("OK ")
    quiet = examine(app, "--quiet")
    assert quiet.stdout.splitlines() == [line for line in result.stdout.splitlines() if not line.startswith("OK ")]


def test_a_database_that_is_not_set_up_is_fatal(empty_database: str) -> None:
    with application_on(empty_database) as app:
        result = app.test_cli_runner().invoke(args=["doctor"])
    assert result.exit_code == 1
    assert line_about(result, "migrations") == (
        "fatal   migrations: the database is not up to date. Run: flask db upgrade"
    )


def test_a_database_of_a_newer_version_is_fatal(owners_app: Flask) -> None:
    db.session.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    result = examine(owners_app)
    assert result.exit_code == 1
    assert "Install the newer version" in line_about(result, "migrations")


def test_a_database_that_is_away_is_fatal_and_said_in_one_line() -> None:
    with application_on("postgresql+psycopg://nobody@127.0.0.1:9/none") as app:
        result = app.test_cli_runner().invoke(args=["doctor"])
    assert result.exit_code == 1
    assert line_about(result, "database").startswith("fatal   database: does not answer: ")


def test_a_guard_that_is_gone_is_fatal(owners_app: Flask, dialect: str) -> None:
    on = " ON entry" if dialect == "postgresql" else ""
    db.session.execute(text(f"DROP TRIGGER entry_unchanged{on}"))
    result = examine(owners_app)
    assert result.exit_code == 1
    assert "entry_unchanged is missing" in line_about(result, "guards of the ledger")


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_an_owner_who_could_switch_the_guards_off_is_fatal_in_production(owners_app: Flask) -> None:
    assert line_about(examine(owners_app), "role on PostgreSQL").startswith("warning ")
    owners_app.config |= {"TIMEBANK_IS_PRODUCTION": True, "TRUSTED_HOSTS": ["hours.example.org"]}
    result = examine(owners_app)
    assert line_about(result, "role on PostgreSQL").startswith("fatal ")
    assert result.exit_code == 1


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_a_role_of_its_own_is_well(app: Flask) -> None:
    assert line_about(examine(app), "role on PostgreSQL").startswith("OK ")


def test_a_ledger_from_the_future_is_fatal(app: Flask) -> None:
    bank = make.make_bank(at=NOW)
    make.give_hours(bank, make.make_member(bank, at=NOW), 60, at=NOW + dt.timedelta(hours=2))
    result = examine(app)
    assert line_about(result, "clock").startswith("fatal ")
    assert result.exit_code == 1


def test_what_was_not_sealed_for_days_is_told_until_it_is(app: Flask) -> None:
    bank = make.make_bank(code="ELMS", at=DAYS_AGO)
    make.give_hours(bank, make.make_member(bank, at=DAYS_AGO), 60, at=DAYS_AGO)
    assert "ELMS since" in line_about(examine(app), "seals")
    seals.seal(bank.id, sealed_at=NOW)
    assert line_about(examine(app), "seals").startswith("OK ")


def test_no_backup_and_an_old_one_are_told(app: Flask) -> None:
    assert "none was ever made" in line_about(examine(app), "backup")
    audit.record(Action.BACKUP_MADE, bank_id=None, by=None, on_what="database", reference="ab", at=DAYS_AGO)
    assert f"{DAYS_AGO:%Y-%m-%d}" in line_about(examine(app), "backup")


def test_a_closing_that_stopped_half_way_is_told(app: Flask) -> None:
    bank = make.make_bank(code="ELMS", at=make.AT)
    make.months.close_month(bank, Month(2026, 3), closed_by=None, at=make.AT + dt.timedelta(days=40))
    assert "2026-03 of ELMS" in line_about(examine(app), "closings")


def test_mail_that_nobody_sends_is_told(app: Flask) -> None:
    bank = make.make_bank(at=NOW)
    jean = make.make_member(bank, email="jean@example.org", at=NOW)
    queue_mail(bank, jean, kind="statement", about="x", key="one", at=DAYS_AGO)
    assert "1 should have been sent" in line_about(examine(app), "mail")


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_mail_server_is_greeted_and_nothing_is_sent(app: Flask) -> None:
    with post.office() as office:
        app.config["TIMEBANK_MAIL_SERVER"] = office.url
        assert line_about(examine(app), "mail server").startswith("OK ")
        assert (office.connections, office.taken) == (1, [])
    result = examine(app)
    assert "cannot be reached" in line_about(result, "mail server")
    assert result.exit_code == 0
    app.config["TIMEBANK_MAIL_SERVER"] = None
    assert "nobody gets mail" in line_about(examine(app), "mail server")


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_folder_that_mail_cannot_be_put_into_is_told(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    app.config["TIMEBANK_MAIL_SERVER"] = f"folder:{tmp_path / 'file' / 'mail'}"
    assert "cannot be made" in line_about(examine(app), "mail server")


def test_a_full_disk_is_fatal_and_a_filling_one_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def level() -> str:
        [finding] = machine.disk_findings({"the database": tmp_path})
        return finding.level.value

    assert level() == "OK"
    monkeypatch.setattr(machine, "WARNING_MEGABYTES", 1 << 40)
    assert level() == "warning"
    monkeypatch.setattr(machine, "FATAL_MEGABYTES", 1 << 40)
    assert level() == "fatal"
    [finding] = machine.disk_findings({"the database": tmp_path / "nowhere"})
    assert finding.level.value == "fatal"


WELL = {
    "TIMEBANK_IS_PRODUCTION": True,
    "TRUSTED_HOSTS": ["hours.example.org"],
    "TIMEBANK_ADDRESS": "https://hours.example.org",
    "TIMEBANK_PROXIES": 1,
    "RATELIMIT_STORAGE_URI": "redis://localhost",
}


@pytest.mark.parametrize(
    ("changed", "about"),
    [
        ({"TIMEBANK_IS_PRODUCTION": False}, "environment"),
        ({"TRUSTED_HOSTS": [".org"]}, "hosts"),
        ({"TIMEBANK_ADDRESS": "http://127.0.0.1:5000"}, "address"),
        ({"TIMEBANK_PROXIES": 0}, "proxies"),
        ({"RATELIMIT_STORAGE_URI": "memory://"}, "rate limits"),
    ],
)
def test_settings_that_should_not_stay_are_told(changed: dict[str, object], about: str, tmp_path: Path) -> None:
    well = list(settings_findings(WELL, is_debugging=False, instance=tmp_path))
    assert {finding.level.value for finding in well} == {"OK"}
    found = settings_findings(WELL | changed, is_debugging=False, instance=tmp_path)
    assert [finding.about for finding in found if finding.level.value != "OK"] == [about]


def test_the_debugger_in_production_is_fatal(tmp_path: Path) -> None:
    first, *_others = settings_findings(WELL, is_debugging=True, instance=tmp_path)
    assert first.level.value == "fatal"


def test_a_secret_that_others_can_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("x")
    for mode, told in ((0o600, False), (0o644, True)):
        (tmp_path / "secret_key").chmod(mode)
        found = settings_findings({"TIMEBANK_IS_PRODUCTION": False}, is_debugging=False, instance=tmp_path)
        assert ("secret" in [finding.about for finding in found]) == told


def test_what_production_does_not_start_with_is_said_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "doctor"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "TIMEBANK_ENVIRONMENT": "production"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Error: TIMEBANK_SECRET_KEY is missing. Set it to a long random text that nobody else knows"
    ]
