"""`flask demo load`. What it makes is in tests/demonstration."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from tests import make
from timebank.banks import queries
from timebank.demonstration import build
from timebank.exchanges.models import Exchange
from timebank.extensions import db


def test_in_production_it_is_refused_for_everybody_knows_its_passwords(cli, app):
    app.config["TIMEBANK_IS_PRODUCTION"] = True
    for options in ([], ["--if-new"]):
        result = cli.invoke(args=["demo", "load", *options])
        assert result.exit_code == 1
        assert "It is not for production." in result.stderr
    assert queries.every_bank() == []


def test_where_there_is_a_bank_already_it_is_refused(cli):
    make.make_bank(code="ELMS")
    result = cli.invoke(args=["demo", "load"])
    assert result.exit_code == 1
    assert result.stderr == ("Error: There is a time bank already. The demonstration bank is for a new database.\n")
    assert [bank.code for bank in queries.every_bank()] == ["ELMS"]


def test_where_there_is_a_bank_already_nothing_is_done_if_that_is_what_was_asked(cli):
    make.make_bank(code="ELMS")
    result = cli.invoke(args=["demo", "load", "--if-new"])
    assert (result.exit_code, result.output) == (0, "")
    assert [bank.code for bank in queries.every_bank()] == ["ELMS"]


@pytest.mark.slow
def test_loads_the_bank_and_says_how_to_sign_in(cli, app):
    result = cli.invoke(args=["demo", "load", "--if-new"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"password {build.PASSWORD}:\n" in result.stdout
    for email in build.SIGN_INS:
        assert f"  {email} " in result.stdout
    assert db.session.scalars(select(func.count(Exchange.id))).one() > 300
    assert cli.invoke(args=["ledger", "verify"]).stdout.endswith("The ledger adds up.\n")
