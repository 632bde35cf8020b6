"""A bank with everything in its ledger that could make an export wrong."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

from flask.testing import FlaskCliRunner

from tests import make
from timebank.banks.models import Bank
from timebank.exports.names import account_name
from timebank.ledger import service as ledger
from timebank.ledger.models import Account, AccountKind, Book, TransferKind
from timebank.ledger.months import Month

# Each is a number that the ledger takes, and means something to one of the programs, to a spreadsheet or to a screen.
ODD_NUMBERS = (
    "",
    " ",
    "A B",
    "A  B",
    "A-B",
    "A--B",
    "a-b",
    "A/7",
    "A.7",
    "A_7",
    "X-",
    "X-A-2f-7",
    "=1+1",
    "+3",
    "-5",
    "@now",
    "'0042",
    "\t1",
    "one\ntwo",
    "a:b",
    "Assets:Member:0042",
    "0042  ; date:2020-01-01",
    "type:X, a:b",
    "[2020-01-01]",
    "(virtual)",
    '"quoted"',
    "back\\slash",
    "100%",
    "* !",
    "= 5 CREDIT",
    "{1} @ 2",
    "🦔",
    "👩‍🦽7",
    "مريم٣",
    "٣",
    "學0042",
    "ÉCOLE",
    "E\u0301COLE",
    "école",
    "\u202e2400",
    "ſ",
    "Ǆ",
    "ǅ",
    "x" * 40,
)

LEAP_DAY = dt.date(2024, 2, 29)
JANUARY, FEBRUARY = Month(2026, 1), Month(2026, 2)


def open_numbered(bank: Bank, *numbers: str, kind: AccountKind = AccountKind.MEMBER) -> list[Account]:
    """Open an account for each number."""
    return ledger.open_accounts(bank.id, numbers=numbers, kind=kind, opened_at=make.AT)


def build_bank(code: str = "ELMS") -> Bank:
    """Return a bank with closed months, late postings, reversals, linked transfers, both books, and odd numbers."""
    bank = make.make_bank(code=code)
    jean, ana, ruth = open_numbered(bank, "0001", "0002", "0003")
    (surgery,) = open_numbered(bank, "Surgery", kind=AccountKind.ORGANISATION)
    odd = open_numbered(bank, *ODD_NUMBERS)
    make.give_hours(bank, jean, 600, at=dt.datetime(2024, 1, 31, 12, tzinfo=dt.UTC))
    for giver, receiver, minutes in ((jean, ana, 61), (ana, surgery, 7)):
        post(bank, receiver, giver, minutes, LEAP_DAY)
    close(bank, Month(2024, 2))
    post(bank, ana, jean, 13, LEAP_DAY + dt.timedelta(days=1), kind=TransferKind.HISTORY)
    post(bank, ana, ruth, 90, dt.date(2026, 1, 31))
    post(bank, surgery, ruth, 45, dt.date(2026, 1, 31), book=Book.RECORD)
    for minutes, account in enumerate(odd, 1):
        post(bank, jean, account, minutes, dt.date(2026, 1, 15), book=Book.RECORD if minutes % 3 else Book.CREDIT)
    close(bank, JANUARY)
    # Two late ones count on the first of February, where Beancount looks at January's balances too.
    post(bank, ruth, ana, 17, dt.date(2026, 1, 10))
    post(bank, ruth, ana, 19, LEAP_DAY, book=Book.RECORD)
    linked = [
        make.draft_transfer(from_, to, minutes=30, happened_on=dt.date(2026, 2, 28), linked_by="a class, of: three\n")
        for from_, to in ((jean, ruth), (ana, surgery), (odd[0], surgery))
    ]
    make.post(bank, *linked)
    close(bank, FEBRUARY)
    ledger.reverse_transfers(bank.id, linked[0].linked_by, reversed_on=make.TODAY, posted_at=make.AT)
    (newcomer,) = open_numbered(bank, "0004")
    post(bank, newcomer, jean, 5, dt.date(2026, 3, 9))
    ledger.close_account(newcomer, closed_at=make.AT)
    return bank


def post(bank: Bank, from_: Account, to: Account, minutes: int, day: dt.date, **details) -> None:
    """Post one transfer."""
    make.post(bank, make.draft_transfer(from_, to, minutes=minutes, happened_on=day, **details))


def close(bank: Bank, month: Month) -> None:
    """Close the month and every month before it."""
    assert ledger.close_month(bank.id, month, closed_at=make.AT)


def export(cli: FlaskCliRunner, path: Path, *, form: str, bank: str = "ELMS") -> str:
    """Write the export with the command, and return what is in it."""
    result = cli.invoke(args=["ledger", "export", "--format", form, "--bank", bank, "--output", str(path)])
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return path.read_bytes().decode()


def our_balances(cli: FlaskCliRunner, *, bank: str = "ELMS") -> dict[tuple[str, str], int]:
    """Return {(account, unit): minutes} of what `flask ledger balances` prints, nothing included."""
    result = cli.invoke(args=["ledger", "balances", "--bank", bank])
    assert result.exit_code == 0
    balances = {}
    for row in csv.DictReader(io.StringIO(result.stdout, newline="")):
        name = account_name(row["kind"], row["number"])
        balances[name, "CREDIT"] = int(row["credit_minutes"])
        balances[name, "RECORD"] = int(row["record_minutes"])
    return balances
