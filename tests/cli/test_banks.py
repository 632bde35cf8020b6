"""`flask banks`."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests import make
from timebank.audit.models import Action, AuditRecord
from timebank.banks import queries
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.ledger import queries as ledger


def test_makes_an_empty_bank_with_its_two_own_accounts(cli, app):
    result = cli.invoke(args=["banks", "create", "elms", "--name", " Elms  Time Bank ", "--time-zone", "Europe/Dublin"])
    assert result.exit_code == 0
    assert result.stdout == "Time bank ELMS made: Elms Time Bank, Europe/Dublin.\n"
    bank = queries.bank_with_code("ELMS")
    assert bank is not None
    assert [tuple(row) for row in ledger.balances_by_number(bank.id)] == [
        ("community", "community", 0, 0),
        ("opening", "opening", 0, 0),
    ]
    record = db.session.scalars(select(AuditRecord)).one()
    assert (record.action, record.reference, record.membership_id) == (Action.BANK_CREATED, "ELMS", None)
    assert "banks create by " in record.came_from


def test_a_bank_is_in_london_and_in_english_unless_told_otherwise(cli, app):
    cli.invoke(args=["banks", "create", "ELMS", "--name", "Elms"])
    bank = db.session.scalars(select(Bank)).one()
    assert (bank.time_zone, bank.language) == ("Europe/London", "en")


@pytest.mark.parametrize("code", ["", "ELM STREET", "ÉLMS", "-ELMS", "E" * 21, "ELMS\n;", "एल्म"])
def test_a_code_that_is_not_short_and_plain_makes_nothing(cli, app, code):
    result = cli.invoke(args=["banks", "create", "--name", "Elms", "--", code])
    assert result.exit_code == 1
    assert result.stderr == "Error: A code has 1 to 20 letters, digits and hyphens, like ELMS or NORTH-2\n"
    assert queries.every_bank() == []


@pytest.mark.parametrize("zone", ["London", "Europe/Nowhere", "", "../etc/passwd", "GMT+1"])
def test_a_time_zone_that_nobody_knows_makes_nothing(cli, app, zone):
    result = cli.invoke(args=["banks", "create", "ELMS", "--name", "Elms", "--time-zone", zone])
    assert result.exit_code == 1
    assert result.stderr == "Error: Choose a time zone such as Europe/London\n"
    assert queries.every_bank() == []


@pytest.mark.parametrize("name", ["", "   ", "n" * 121])
def test_a_bank_without_a_name_is_not_made(cli, app, name):
    result = cli.invoke(args=["banks", "create", "ELMS", "--name", name])
    assert result.exit_code == 1
    assert result.stderr == "Error: Enter a name of up to 120 characters\n"
    assert queries.every_bank() == []


def test_a_code_that_is_taken_changes_nothing(cli):
    make.make_bank(code="ELMS", name="The first")
    result = cli.invoke(args=["banks", "create", "Elms", "--name", "The second"])
    assert result.exit_code == 1
    assert result.stderr == "Error: There is already a time bank with this code. Choose another\n"
    assert [bank.name for bank in queries.every_bank()] == ["The first"]


def test_lists_the_banks_in_order_of_code(cli):
    make.make_bank(code="SOUTH", name="South side")
    make.make_bank(code="NORTH", name="Y Gogledd")
    result = cli.invoke(args=["banks", "list"])
    assert result.exit_code == 0
    assert result.stdout == "NORTH\tY Gogledd\tEurope/London\nSOUTH\tSouth side\tEurope/London\n"
