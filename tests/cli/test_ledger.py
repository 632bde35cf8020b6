"""`flask ledger`. What verifying finds is in tests/ledger/test_verify.py."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import make
from timebank.ledger import seals
from timebank.ledger.models import Book
from timebank.ledger.months import Month


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


def test_prints_every_account_at_the_end_of_each_month(cli):
    bank = make.make_bank(code="ELMS")
    jean, ana = make.make_member(bank, number="0001"), make.make_member(bank, number="0002")
    for month, book in ((1, Book.CREDIT), (3, Book.RECORD)):
        day = dt.date(2026, month, 31)
        make.post(bank, make.draft_transfer(ana, jean, minutes=45, book=book, happened_on=day))
    result = cli.invoke(args=["ledger", "balances", "--bank", "ELMS", "--by-month"])
    assert (result.exit_code, result.stderr) == (0, "")
    head, *rows = result.stdout.splitlines()
    assert head == "number,month,credit_minutes,record_minutes,kind"
    assert rows[:6] == [
        "0001,2026-01,45,0,member",
        "0001,2026-02,45,0,member",
        "0001,2026-03,45,45,member",
        "0002,2026-01,-45,0,member",
        "0002,2026-02,-45,0,member",
        "0002,2026-03,-45,-45,member",
    ]
    assert len(rows) == 4 * 3


@pytest.mark.parametrize("form", ["hledger", "beancount", "csv"])
def test_writes_an_export_into_a_file_or_to_the_standard_output(cli, tmp_path, form):
    bank = make.make_bank(code="ELMS")
    jean, ana = make.make_member(bank, number="ÉCOLE"), make.make_member(bank, number="0002")
    make.post(bank, make.draft_transfer(jean, ana))
    path = tmp_path / "ledger"
    said = "1 transfers between 4 accounts of ELMS written.\n"
    command = ["ledger", "export", "--bank", "ELMS", "--format", form, "--output"]
    into_a_file = cli.invoke(args=[*command, str(path)])
    assert (into_a_file.exit_code, into_a_file.stdout, into_a_file.stderr) == (0, said, "")
    printed = cli.invoke(args=[*command, "-"])
    assert (printed.exit_code, printed.stderr) == (0, said)
    written = [line for line in path.read_bytes().splitlines() if not line.startswith(b"; Made at")]
    assert [line for line in printed.stdout_bytes.splitlines() if not line.startswith(b"; Made at")] == written
    assert any("ÉCOLE".encode() in line for line in written)


def test_an_export_begins_with_whose_it_is_and_how_much_is_in_it(cli):
    bank = make.make_bank(code="ELMS")
    jean, ana = make.make_member(bank), make.make_member(bank)
    make.post(bank, make.draft_transfer(jean, ana, happened_on=dt.date(2026, 1, 15)))
    make.ledger.close_month(bank.id, Month(2026, 1), closed_at=make.AT)
    result = cli.invoke(args=["ledger", "export", "--bank", "ELMS", "--format", "hledger", "--output", "-"])
    lines = result.stdout.splitlines()
    assert lines[0] == "; The ledger of the time bank ELMS, for hledger and ledger"
    for line in ("; Time zone: Europe/London", "; Transfers: 1", "; Accounts: 4", "; Closed months: 1"):
        assert line in lines
    assert "; Balances asserted: 8" in lines
    assert f"; Head of the seals: {seals.head_of(bank.id)}" in lines


@pytest.mark.parametrize(
    ("output", "said"),
    [("nowhere/ledger", "There is no folder"), (".", "is not a file"), ("/dev/null", "is not a file")],
)
def test_an_export_that_cannot_be_written_says_why_and_leaves_nothing(cli, tmp_path, monkeypatch, output, said):
    make.make_bank(code="ELMS")
    folder = tmp_path / "exports"
    folder.mkdir()
    monkeypatch.chdir(folder)
    result = cli.invoke(args=["ledger", "export", "--bank", "ELMS", "--format", "csv", "--output", output])
    assert result.exit_code == 1
    assert said in result.stderr
    assert list(folder.iterdir()) == []


def test_an_export_of_a_bank_that_there_is_not_leaves_no_file(cli, tmp_path):
    path = tmp_path / "ledger"
    result = cli.invoke(args=["ledger", "export", "--bank", "NONE", "--format", "csv", "--output", str(path)])
    assert result.exit_code == 1
    assert "There is no time bank with the code NONE" in result.stderr
    assert not path.exists()
