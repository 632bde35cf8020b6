"""`flask statements show`."""

from __future__ import annotations

import json

import pytest

from tests import make
from timebank.ledger.models import Book

TEXT = """\
Statement of account 0001, Jean Morris
Month: 2026-03

Credit hours
Day         With                      What                             Hours in  Hours out     Balance
                                      Opening balance                                             0:00
2026-03-10  Ana Silva                 Gardening                            1:30                   1:30
2026-03-10  Ana Silva                 Gardening                                       2:00       −0:30
                                      Totals                               1:30       2:00
                                      Closing balance                                            −0:30
Help given: 1:30
Help received: 2:00

Recorded hours
Day         With                      What                             Hours in  Hours out     Balance
                                      Opening balance                                             0:00
2026-03-10  Ana Silva                 Gardening                            0:05                   0:05
                                      Totals                               0:05       0:00
                                      Closing balance                                             0:05
Help given: 0:05
Help received: 0:00
"""


@pytest.fixture
def bank(app):
    bank = make.make_bank(code="ELMS")
    jean = make.make_member(bank, name="Jean Morris", number="0001")
    ana = make.make_member(bank, name="Ana Silva", number="0002")
    gardening = make.make_activity(bank, name="Gardening")
    coordinator = make.make_coordinator(bank, number="0003")
    for giver, receiver, minutes, book in (
        (jean, ana, 90, Book.CREDIT),
        (ana, jean, 120, Book.CREDIT),
        (jean, ana, 5, Book.RECORD),
    ):
        make.approved_exchange(
            bank,
            giver=giver,
            receiver=receiver,
            minutes=minutes,
            book=book,
            activity=gardening,
            approved_by=coordinator,
        )
    return bank


def test_prints_a_statement_in_columns_that_line_up(cli, bank):
    result = cli.invoke(args=["statements", "show", "0001", "2026-03", "--bank", "ELMS"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == TEXT


def test_prints_a_statement_as_data_in_minutes(cli, bank):
    result = cli.invoke(args=["statements", "show", "0001", "2026-03", "--bank", "ELMS", "--format", "json"])
    assert result.exit_code == 0
    printed = json.loads(result.stdout)
    assert (printed["bank"], printed["month"]) == ("ELMS", "2026-03")
    assert printed["account"] == {"number": "0001", "name": "Jean Morris"}
    credit = printed["books"]["credit"]
    assert credit["entries"][1] == {
        "effective_on": "2026-03-10",
        "happened_on": "2026-03-10",
        "with": "Ana Silva",
        "what": "Gardening",
        "note": "",
        "kind": "exchange",
        "minutes": -120,
        "in_minutes": 0,
        "out_minutes": 120,
        "balance_minutes": -30,
    }
    totals = ("opening_minutes", "in_minutes", "out_minutes", "given_minutes", "received_minutes", "closing_minutes")
    assert [credit[name] for name in totals] == [0, 90, 120, 90, 120, -30]


@pytest.mark.parametrize("number", ["community", "opening", "0003"])
def test_every_account_has_a_statement(cli, bank, number):
    for form in ("text", "json"):
        result = cli.invoke(args=["statements", "show", number, "2026-03", "--bank", "ELMS", "--format", form])
        assert result.exit_code == 0


@pytest.mark.parametrize(
    "month", ["2026-3", "2026-13", "2026-00", "march", "2026-03-10", "٢٠٢٦-٠٣", "1969-12", "9999-01"]
)
def test_what_is_not_a_month_is_answered_with_how_to_write_one(cli, bank, month):
    result = cli.invoke(args=["statements", "show", "0001", month, "--bank", "ELMS"])
    assert result.exit_code == 1
    assert result.stderr == f"Error: {month} is not a month. Write it like 2026-10.\n"


@pytest.mark.parametrize("number", ["0009", "1", "", "elsewhere"])
def test_a_number_that_no_account_of_the_bank_has_is_named(cli, bank, number):
    make.make_member(make.make_bank(), number="elsewhere")
    result = cli.invoke(args=["statements", "show", number, "2026-03", "--bank", "ELMS"])
    assert result.exit_code == 1
    assert result.stderr == f"Error: ELMS has no account with the number {number}.\n"
