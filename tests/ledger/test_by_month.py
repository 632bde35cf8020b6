"""What every account held at the end of each month, added up from the entries."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict

from sqlalchemy import select

from tests import make
from tests.exports.scene import build_bank, open_numbered, post
from timebank.extensions import db
from timebank.ledger import queries
from timebank.ledger.models import Account, AccountKind, Book, Entry, Snapshot
from timebank.ledger.months import Month


def by_place(bank) -> dict[tuple[str, str, Month], int]:
    found = {}
    for number, _kind, month, credit, record in queries.balances_by_month(bank.id):
        found[number, "credit", month] = credit
        found[number, "record", month] = record
    return found


def test_each_is_the_sum_of_the_entries_until_then(app):
    build_bank("OTHER")
    bank = build_bank()
    found = by_place(bank)
    sums = defaultdict(Counter)
    for entry, number in db.session.execute(
        select(Entry, Account.number).join(Account, Account.id == Entry.account_id).where(Account.bank_id == bank.id)
    ):
        sums[number, entry.book][Month.of(entry.effective_on)] += entry.minutes
    numbers = set(db.session.scalars(select(Account.number).where(Account.bank_id == bank.id)))
    months = [Month(2024, 1).plus(number) for number in range(27)]
    assert months[-1] == Month(2026, 3)
    assert found == {
        (number, book, month): sum(minutes for day, minutes in sums[number, book].items() if day <= month)
        for number in numbers
        for book in Book
        for month in months
    }


def test_each_is_what_the_snapshot_of_a_closed_month_says(app):
    bank = build_bank()
    found = by_place(bank)
    snapshots = db.session.execute(
        select(Snapshot, Account.number)
        .join(Account, Account.id == Snapshot.account_id)
        .where(Account.bank_id == bank.id)
    ).all()
    assert len(snapshots) > 200
    for snapshot, number in snapshots:
        assert found[number, snapshot.book, Month.of(snapshot.last_day)] == snapshot.minutes


def test_a_long_history_goes_on_from_where_it_was(app):
    """It is asked for five years at a time."""
    bank = make.make_bank()
    jean, ana, idle = open_numbered(bank, "0001", "0002", "0003")
    first = Month(2009, 12)
    for number in range(0, 150, 7):
        post(bank, jean, ana, number + 1, first.plus(number).last_day)
    found = by_place(bank)
    for number in range(148):
        expected = sum(moved + 1 for moved in range(0, 150, 7) if moved <= number)
        assert found["0002", "credit", first.plus(number)] == expected == -found["0001", "credit", first.plus(number)]
        assert found[idle.number, "record", first.plus(number)] == 0
    assert max(month for _number, _book, month in found) == first.plus(147)


def test_comes_by_number_and_then_by_month(app):
    bank = make.make_bank()
    jean, ana = open_numbered(bank, "0001", "0002")
    post(bank, jean, ana, 5, dt.date(2024, 2, 29))
    post(bank, ana, jean, 7, dt.date(2024, 3, 31), book=Book.RECORD)
    february, march = Month(2024, 2), Month(2024, 3)
    assert [tuple(end) for end in queries.balances_by_month(bank.id) if end.kind == AccountKind.MEMBER] == [
        ("0001", "member", february, -5, 0),
        ("0001", "member", march, -5, 7),
        ("0002", "member", february, 5, 0),
        ("0002", "member", march, 5, -7),
    ]


def test_nothing_comes_of_a_bank_in_which_nothing_moved(app):
    bank = make.make_bank()
    make.make_account(bank)
    assert list(queries.balances_by_month(bank.id)) == []
