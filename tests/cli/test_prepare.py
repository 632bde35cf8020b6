"""`flask prepare`: what script/server runs before the server."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import inspect

from tests import make
from tests.conftest import application_on
from timebank import clock
from timebank.banks import queries
from timebank.exchanges.models import Exchange, Status
from timebank.extensions import db
from timebank.ledger.guards import missing_guards


@pytest.fixture
def new_app(empty_database: str) -> Any:
    """The application on a database without any table."""
    with application_on(empty_database) as app:
        yield app


def prepare(app: Any, *options: str) -> Any:
    return app.test_cli_runner().invoke(args=["prepare", *options])


@pytest.mark.slow
def test_a_new_database_gets_its_tables_and_the_demonstration_bank_once(new_app: Any) -> None:
    first = prepare(new_app)
    assert first.exit_code == 0, first.output
    assert "member@example.org" in first.stdout
    assert missing_guards() == []
    assert [bank.code for bank in queries.every_bank()] == ["ELM"]
    second = prepare(new_app)
    assert second.exit_code == 0
    assert second.stdout == first.stdout
    assert "Making the demonstration bank" in first.stderr
    assert "Making the demonstration bank" not in second.stderr
    assert len(queries.every_bank()) == 1


def test_without_the_demonstration_a_new_database_stays_empty_and_it_says_how_to_begin(new_app: Any) -> None:
    result = prepare(new_app, "--no-demo")
    assert result.exit_code == 0, result.output
    assert inspect(db.engine).has_table("transfer")
    assert queries.every_bank() == []
    for command in ("banks create", "members add", "members set-password"):
        assert f"flask {command}" in result.stdout


def test_in_production_no_demonstration_is_made(new_app: Any) -> None:
    new_app.config["TIMEBANK_IS_PRODUCTION"] = True
    assert prepare(new_app).exit_code == 0
    assert queries.every_bank() == []


def test_a_database_with_a_bank_in_it_is_settled_and_gets_no_demonstration(app: Any) -> None:
    bank = make.make_bank(code="ELMS", expires_after_days=30)
    ann, ben = make.make_member(bank), make.make_member(bank)
    long_ago = clock.now() - dt.timedelta(days=31)
    waiting = make.log_exchange(bank, giver=ann, receiver=ben, at=long_ago)
    reference = waiting.reference
    result = prepare(app)
    assert result.exit_code == 0, result.output
    assert [bank.code for bank in queries.every_bank()] == ["ELMS"]
    assert db.session.query(Exchange).filter_by(reference=reference).one().status == Status.EXPIRED
