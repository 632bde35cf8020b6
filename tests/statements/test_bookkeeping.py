"""A bookkeeper goes through five months of a bank with a sheet of their own, and every statement agrees with it.

The sheet is filled in by hand from what people did, and asks neither the ledger nor the statements anything.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from tests import make
from timebank.exchanges import service as exchanges
from timebank.gifts import service as gifts
from timebank.ledger import queries as ledger
from timebank.ledger.models import AccountKind, Book
from timebank.ledger.months import Month
from timebank.members import service as members
from timebank.months.queries import figures_of, trial_balance
from timebank.statements.queries import statement_of

ZONES = [
    "Europe/London",
    "America/St_Johns",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Africa/Lagos",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
]
DECEMBER, JANUARY, FEBRUARY, MARCH, APRIL = MONTHS = [Month(2023, 12).plus(number) for number in range(5)]
CREDIT, RECORD = Book.CREDIT, Book.RECORD
OPENING_CREDIT = 30


class Sheet:
    """What the bookkeeper writes down: {(account's number, book, month): minutes}."""

    def __init__(self) -> None:
        self.came_in: dict[Any, int] = defaultdict(int)
        self.went_out: dict[Any, int] = defaultdict(int)
        self.given: dict[Any, int] = defaultdict(int)
        self.received: dict[Any, int] = defaultdict(int)

    def move(self, from_: Any, to: Any, minutes: int, month: Month, book: Book = CREDIT) -> None:
        """So much went from one account to another."""
        self.went_out[number_of(from_), book, month] += minutes
        self.came_in[number_of(to), book, month] += minutes

    def help(self, givers: Sequence[Any], receivers: Sequence[Any], pot: Any, minutes: int, month: Month,
             book: Book = CREDIT, *, taken_back: bool = False) -> None:  # fmt: skip
        """Help was given: each giver earns it once, each receiver pays everybody, and the pot has what is over."""
        sign = -1 if taken_back else 1
        moves = [(receiver, giver) for receiver in receivers for giver in givers]
        if len(receivers) > 1:
            moves = [(receivers[0], givers[0]), *((receiver, pot) for receiver in receivers[1:])]
        for payer, earner in moves:
            self.move(*((earner, payer) if taken_back else (payer, earner)), minutes, month, book)
        for giver in givers:
            self.given[number_of(giver), book, month] += sign * minutes
        for receiver in receivers:
            self.received[number_of(receiver), book, month] += sign * minutes * len(givers)

    def closing(self, number: str, book: Book, month: Month) -> int:
        """What the account holds when the month ends."""
        until = [each for each in MONTHS if each <= month]
        return sum(self.came_in[number, book, each] - self.went_out[number, book, each] for each in until)


def number_of(party: Any) -> str:
    account = getattr(party, "account", party)
    return str(account.number)


class Scene:
    """Five months of a bank, each but the last closed early in the next one."""

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        begun = self.at(DECEMBER, 1)
        self.bank = make.make_bank(code="ELMS", time_zone=zone, opening_credit_minutes=OPENING_CREDIT, at=begun)
        self.sheet = Sheet()
        self.pot, self.opening = ledger.community_account(self.bank.id), ledger.opening_account(self.bank.id)
        self.garden = make.make_activity(self.bank, name="Gardening", at=begun)
        self.ruth = make.make_coordinator(self.bank, at=begun)
        self.sheet.move(self.opening, self.ruth, OPENING_CREDIT, DECEMBER)
        self.jean, self.ana, self.tom, self.leaver = (self.join(DECEMBER, 1) for _one in range(4))
        self.surgery = make.make_organisation(self.bank, contact=self.ana, added_by=self.ruth, at=begun)

    def at(self, month: Month, day: int, hour: int = 12, minute: int = 0) -> dt.datetime:
        """That moment by the clocks of the bank."""
        local = dt.datetime(month.year, month.number, day, hour, minute, tzinfo=self.zone)
        return local.astimezone(dt.UTC)

    def join(self, month: Month, day: int) -> Any:
        member = make.make_member(self.bank, at=self.at(month, day))
        self.sheet.move(self.opening, member, OPENING_CREDIT, month)
        return member

    def help(self, givers: list[Any], receivers: list[Any], minutes: int, happened: dt.datetime, *,
             approved: dt.datetime | None = None, counts_in: Month | None = None,
             book: Book = CREDIT) -> Any:  # fmt: skip
        """Let help be given, and write it down in the month that was open when it was approved."""
        day = self.bank.day_of(happened)
        exchange = make.approved_exchange(
            self.bank, giver=givers, receiver=receivers, minutes=minutes, happened_on=day, at=approved or happened,
            approved_by=self.ruth, activity=self.garden, book=book, any_day=True,
        )  # fmt: skip
        self.sheet.help(givers, receivers, self.pot, minutes, counts_in or Month.of(day), book)
        return exchange

    def reverse(self, exchange: Any, givers: list[Any], receivers: list[Any], at: dt.datetime) -> None:
        exchanges.reverse_exchange(self.bank, exchange, reversed_by=self.ruth, message="Twice", at=at)
        self.sheet.help(
            givers, receivers, self.pot, exchange.minutes, Month.of(self.bank.day_of(at)), Book(exchange.book),
            taken_back=True,
        )  # fmt: skip

    def close(self, month: Month) -> None:
        make.close_and_issue(self.bank, month, closed_by=self.ruth, at=self.at(month.plus(1), 3))

    def pass_by(self) -> None:
        """Do everything that moves hours, at noon and in the first and last minute of a month."""
        jean, ana, tom, surgery, bank = self.jean, self.ana, self.tom, self.surgery, self.bank
        mistake = self.help([jean], [ana], 95, self.at(DECEMBER, 5))
        self.help([ana, tom], [jean], 40, self.at(DECEMBER, 31, 23, 59))
        self.close(DECEMBER)
        self.help([jean], [ana, tom, surgery], 61, self.at(JANUARY, 1, 0, 0))
        both = self.help([tom], [jean], 33, self.at(JANUARY, 9), book=RECORD)
        self.reverse(both, [tom], [jean], self.at(JANUARY, 20))
        self.help([surgery], [ana], 77, self.at(JANUARY, 21), book=RECORD)
        self.reverse(mistake, [jean], [ana], self.at(JANUARY, 22))
        gifts.donate_hours(bank, giver=tom, to_account_id=self.pot.id, minutes=3, reason="", at=self.at(JANUARY, 23))
        self.sheet.move(tom, self.pot, 3, JANUARY)
        self.close(JANUARY)
        self.pass_by_in_spring()

    def pass_by_in_spring(self) -> None:
        """Go on with a late approval, somebody who comes and somebody who goes, 29 February, and an empty month."""
        jean, ana, leaver, bank = self.jean, self.ana, self.leaver, self.bank
        newcomer = self.join(FEBRUARY, 14)
        self.help([jean], [ana], 20, self.at(JANUARY, 30), approved=self.at(FEBRUARY, 6), counts_in=FEBRUARY)
        self.help([newcomer], [leaver], 25, self.at(FEBRUARY, 15))
        grant = gifts.grant_hours(
            bank, granted_by=self.ruth, to_account_id=jean.account_id, minutes=9, reason="Ill", at=self.at(FEBRUARY, 16)
        )
        self.sheet.move(self.pot, jean, 9, FEBRUARY)
        members.leave(leaver, recorded_by=self.ruth, at=self.at(FEBRUARY, 17))
        lessons = self.help([ana], [jean, newcomer], 15, self.at(FEBRUARY, 29, 23, 59))
        self.close(FEBRUARY)
        self.close(MARCH)
        gifts.reverse_gift(bank, grant, reason="A slip", reversed_by=self.ruth, at=self.at(APRIL, 5))
        self.sheet.move(jean, self.pot, 9, APRIL)
        self.reverse(lessons, [ana], [jean, newcomer], self.at(APRIL, 6))


@pytest.fixture
def scene(app: Flask, zone: str) -> Scene:
    made = Scene(zone)
    made.pass_by()
    return made


def by_month(cli: FlaskCliRunner) -> dict[Any, int]:
    """What `flask ledger balances --by-month` prints: {(number, book, month): minutes}."""
    printed = cli.invoke(args=["ledger", "balances", "--bank", "ELMS", "--by-month"])
    assert printed.exit_code == 0
    return {
        (row["number"], book, Month.parse(row["month"])): int(row[f"{book}_minutes"])
        for row in csv.DictReader(StringIO(printed.stdout))
        for book in Book
    }


@pytest.mark.parametrize("zone", ZONES)
def test_every_statement_agrees_with_the_sheet_with_the_next_one_and_with_the_trial_balance(scene, cli):
    bank, sheet, printed = scene.bank, scene.sheet, by_month(cli)
    accounts = ledger.accounts_after(bank.id, 0, most=100)
    assert len(accounts) == 9
    closing: dict[Any, int] = defaultdict(int)
    for month in MONTHS:
        held: dict[Any, int] = defaultdict(int)
        moved: dict[Any, int] = defaultdict(int)
        for account in accounts:
            statement = statement_of(bank, account, month, viewer=None, in_full=True)
            for part in statement.books:
                at = (account.number, part.book, month)
                assert part.opening_minutes == closing[account.id, part.book]
                assert (part.in_minutes, part.out_minutes) == (sheet.came_in[at], sheet.went_out[at])
                assert (part.given_minutes, part.received_minutes) == (sheet.given[at], sheet.received[at])
                assert part.closing_minutes == sheet.closing(*at) == printed[at]
                closing[account.id, part.book] = part.closing_minutes
                held[account.kind, part.book] += part.closing_minutes
                moved[part.book] += part.in_minutes
            assert_months_agree(statement, sheet, account.number)
        assert {line.kind: (line.credit_minutes, line.record_minutes) for line in trial_balance(bank, month)} == {
            kind: (held[kind, CREDIT], held[kind, RECORD]) for kind in AccountKind
        }
        assert sum(held.values()) == 0
        figures = figures_of(bank, month)
        assert (figures.credit_minutes, figures.record_minutes) == (moved[CREDIT], moved[RECORD])
    assert closing == {(each.id, book): ledger.balance_of(each.id, book) for each in accounts for book in Book}


def assert_months_agree(statement: Any, sheet: Sheet, number: str) -> None:
    """Fail unless the twelve months, this year and the month's own figures are the sheet's, in both books together."""
    assert [each.month for each in statement.twelve_months] == [
        statement.month.plus(-back) for back in range(11, -1, -1)
    ]
    for each in statement.twelve_months:
        assert each.given_minutes == sum(sheet.given[number, book, each.month] for book in Book)
        assert each.received_minutes == sum(sheet.received[number, book, each.month] for book in Book)
    last = statement.twelve_months[-1]
    assert last.given_minutes == sum(part.given_minutes for part in statement.books)
    assert last.received_minutes == sum(part.received_minutes for part in statement.books)
    assert {each.month.year for each in statement.this_year} == {statement.month.year}
    assert len(statement.this_year) == statement.month.number


@pytest.mark.parametrize("zone", ["Asia/Kathmandu"])
def test_a_month_without_an_entry_keeps_everything_as_it_was(scene):
    for account in ledger.accounts_after(scene.bank.id, 0, most=100):
        for part in statement_of(scene.bank, account, MARCH, viewer=None, in_full=True).books:
            assert (part.lines, part.opening_minutes) == ((), part.closing_minutes)
