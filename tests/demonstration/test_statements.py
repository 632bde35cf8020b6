"""Every statement of the demonstration bank, beside what the ledger's rows add up to."""

from __future__ import annotations

from collections import defaultdict

import pytest
from sqlalchemy import select, text

from tests.demonstration.test_build import LEAP_DAY
from timebank.extensions import db
from timebank.ledger.models import Account, Balance, Book
from timebank.ledger.months import Month
from timebank.statements.queries import statement_of
from timebank.statements.text import as_json

pytestmark = pytest.mark.slow

ENTRIES = text(
    """SELECT e.account_id, e.book, substr(CAST(e.effective_on AS text), 1, 10), e.number, e.minutes, t.kind,
              substr(CAST(t.happened_on AS text), 1, 10),
              CASE WHEN EXISTS (SELECT 1 FROM gift g WHERE g.reference = t.linked_by)
                     OR EXISTS (SELECT 1 FROM exchange x WHERE x.reference = t.linked_by AND NOT EXISTS (
                          SELECT 1 FROM party p WHERE p.exchange_id = x.id AND p.account_id = e.account_id))
                   THEN 1 ELSE 0 END
       FROM entry e JOIN transfer t ON t.id = e.transfer_id"""
)


@pytest.fixture
def day():
    return LEAP_DAY


def given_and_received(entries) -> tuple[int, int]:
    """Add up help from the entries alone: exchanges that the account took part in and their reversals, and no gifts."""
    given = received = 0
    for _day, _number, minutes, kind, _happened_on, is_no_help in entries:
        if is_no_help or kind in ("donation", "grant", "opening"):
            continue
        if (minutes > 0) == (kind != "reversal"):
            given += minutes
        else:
            received -= minutes
    return given, received


def test_every_month_of_every_account_is_what_the_ledger_says_to_the_minute(bank):
    entries = defaultdict(list)
    for account_id, book, *rest in db.session.execute(ENTRIES):
        entries[account_id, Book(book)].append(tuple(rest))
    balances = {
        (account_id, Book(book)): minutes
        for account_id, book, minutes in db.session.execute(select(Balance.account_id, Balance.book, Balance.minutes))
    }
    days = [row[0] for rows in entries.values() for row in rows]
    first, last = Month.parse(min(days)[:7]).plus(-1), Month.parse(max(days)[:7]).plus(1)
    months = [first]
    while months[-1] < last:
        months.append(months[-1].plus(1))
    assert len(months) >= 14
    seen = 0
    for account in db.session.scalars(select(Account).where(Account.bank_id == bank.id)):
        closing = dict.fromkeys(Book, 0)
        moved = dict.fromkeys(Book, 0)
        for month in months:
            statement = statement_of(bank, account, month, viewer=None, in_full=True)
            data = as_json(statement, bank_code=bank.code)
            for book in Book:
                part, shown = statement.book(book), data["books"][book.value]
                expected = sorted(row for row in entries[account.id, book] if row[0].startswith(str(month)))
                assert part.opening_minutes == closing[book]
                assert [(e["effective_on"], e["minutes"], e["kind"], e["happened_on"]) for e in shown["entries"]] == [
                    (effective_on, minutes, kind, happened_on)
                    for effective_on, _number, minutes, kind, happened_on, _is_no_help in expected
                ]
                assert (part.given_minutes, part.received_minutes) == given_and_received(expected)
                assert part.closing_minutes == part.opening_minutes + sum(row[2] for row in expected)
                closing[book] = part.closing_minutes
                moved[book] += part.in_minutes - part.out_minutes
                seen += len(expected)
        for book in Book:
            assert closing[book] == moved[book] == balances[account.id, book], (account.number, book)
    assert seen == sum(len(rows) for rows in entries.values())
