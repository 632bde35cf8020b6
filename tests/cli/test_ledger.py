"""`flask ledger`. What verifying finds is in tests/ledger/test_verify.py."""

from __future__ import annotations

from tests import make
from timebank.ledger.models import Book


def test_prints_every_account_with_its_minutes_in_each_book(cli):
    bank = make.make_bank(code="ELMS")
    jean, ana = make.make_member(bank, number="0001"), make.make_member(bank, number="A-B")
    ruth = make.make_coordinator(bank, number="2")
    make.approved_exchange(bank, giver=jean, receiver=ana, minutes=90, approved_by=ruth)
    make.approved_exchange(bank, giver=ana, receiver=jean, minutes=20, book=Book.RECORD, approved_by=ruth)
    result = cli.invoke(args=["ledger", "balances", "--bank", "ELMS", "--format", "csv"])
    assert (result.exit_code, result.stderr) == (0, "")
    head, *rows = result.stdout.splitlines()
    assert head == "number,credit_minutes,record_minutes,kind"
    assert sorted(rows) == [
        "0001,90,-20,member",
        "2,0,0,member",
        "A-B,-90,20,member",
        "community,0,0,community",
        "opening,0,0,opening",
    ]


def test_prints_nothing_of_another_bank(cli):
    make.make_member(make.make_bank(code="OTHER"), number="0007")
    make.make_bank(code="ELMS")
    result = cli.invoke(args=["ledger", "balances", "--bank", "ELMS"])
    assert "0007" not in result.stdout
    assert len(result.stdout.splitlines()) == 3


def test_says_that_the_ledger_adds_up_and_how_much_was_checked(cli):
    bank = make.make_bank()
    make.approved_exchange(bank, giver=make.make_member(bank), receiver=make.make_member(bank))
    result = cli.invoke(args=["ledger", "verify"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "1 transfers, 2 entries, 5 accounts, 0 seals checked.\nThe ledger adds up.\n"


def test_an_empty_ledger_adds_up(cli, app):
    result = cli.invoke(args=["ledger", "verify"])
    assert result.stdout == "0 transfers, 0 entries, 0 accounts, 0 seals checked.\nThe ledger adds up.\n"
