"""The questions that are asked most are answered from the indexes that were made for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import event, text

from tests import make
from tests.house import bulk
from timebank.banks.models import Bank
from timebank.banks.queries import activities_of
from timebank.exchanges import queries as exchanges
from timebank.exchanges.models import Status
from timebank.exchanges.queries import QueueFilter
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.ledger import replay
from timebank.ledger.models import Account, Book
from timebank.ledger.months import Month
from timebank.statements.queries import statement_of

EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}


@dataclass(frozen=True)
class Busy:
    """A bank with enough in it that reading a whole table would be the slower way, and somebody in it."""

    bank: Bank
    account_id: int


@pytest.fixture
def busy(app) -> Busy:
    for exchanges_each in (500, 2500):
        bank = make.make_bank()
        for number in range(5):
            make.make_activity(bank, name=f"Activity {number}")
        people = bulk.add_members(bank, 40)
        pairs = [(people[number % 40], people[(number * 7 + 3) % 40]) for number in range(exchanges_each)]
        pairs = [(giver, receiver) for giver, receiver in pairs if giver is not receiver]
        drafts = bulk.drafts(bank, pairs, activities_of(bank), first_day=dt.date(2025, 1, 1))
        bulk.post_past(bank, drafts)
        bulk.log_many(bank, drafts[:60], status=Status.CONFIRMED, logged_by=people[0])
    db.session.commit()
    db.session.execute(text("ANALYZE"))
    found = Busy(db.session.get_one(Bank, bank.id), people[0].account_id)
    # Read it now, or the first question would be for the bank itself.
    assert found.bank.code
    return found


@pytest.fixture
def plans(app, dialect) -> Callable[[Callable[[], object]], list[str]]:
    """Return how the database answers each question that is asked by calling something."""

    def plans_of(ask: Callable[[], object]) -> list[str]:
        asked = []

        def note(_connection, _cursor, statement, parameters, *_others) -> None:
            if statement.lstrip().upper().startswith("SELECT"):
                asked.append((statement, parameters))

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            ask()
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        connection = db.session.connection()
        return [
            "\n".join(" ".join(map(str, row)) for row in connection.exec_driver_sql(EXPLAIN[dialect] + one, parameters))
            for one, parameters in asked
        ]

    return plans_of


MONTH = Month(2025, 10)


def test_a_statement_is_read_from_the_index_that_was_made_for_it(busy, plans, dialect):
    (entries,) = plans(lambda: ledger.entries_between(busy.account_id, Book.CREDIT, MONTH.first_day, MONTH.last_day))
    _snapshot, opening_balance = plans(lambda: ledger.balance_before(busy.account_id, Book.CREDIT, MONTH.first_day))
    assert "ix_entry_statement" in entries, entries
    assert "Seq Scan on entry" not in opening_balance, opening_balance
    if dialect == "sqlite":
        # Everything that is added up is in the index itself. PostgreSQL may find the account's entries by their number
        # too, which is as quick in an account as young as these.
        assert "COVERING INDEX ix_entry_statement" in opening_balance, opening_balance


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_every_part_of_a_statement_costs_its_month_and_not_the_history(busy, plans):
    account = db.session.get_one(Account, busy.account_id)
    of_entries = [
        plan
        for plan in plans(lambda: statement_of(busy.bank, account, MONTH, viewer=None, in_full=True))
        if "entry" in plan
    ]
    assert len(of_entries) >= 5
    for plan in of_entries:
        # By account, book and day: without the book, all that the account ever did would be read.
        assert "ix_entry_statement (account_id=? AND book=? AND effective_on" in plan, plan
        assert "SCAN" not in plan.replace("SCAN CONSTANT", ""), plan


def test_the_queue_and_what_waits_for_somebody_are_read_from_their_indexes(busy, plans):
    page, *_parties = plans(lambda: exchanges.queue_page(busy.bank, QueueFilter(), offset=0, limit=25))
    (counting,) = plans(lambda: exchanges.count_queue(busy.bank, QueueFilter()))
    for plan in (page, counting):
        assert "ix_exchange_queue" in plan, plan
    # It comes out of the index in the order in which it is shown.
    assert "Sort" not in page, page
    assert "TEMP B-TREE" not in page
    waiting, *_parties = plans(lambda: exchanges.exchanges_waiting_for(busy.bank, [busy.account_id]))
    assert "ix_party_account_id_answer" in waiting, waiting


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_verifying_reads_the_entries_of_each_piece_and_not_those_before_it(
    busy: Busy, plans: Callable[[Callable[[], object]], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "TRANSFERS_AT_ONCE", 100)
    # The other ways of joining so few would be as good and tell nothing.
    db.session.execute(text("SET LOCAL enable_nestloop = off"))
    db.session.execute(text("SET LOCAL enable_hashjoin = off"))
    lines = plans(lambda: replay.Replay()._transfers_after(2000))[-1].splitlines()
    scans = [number for number, line in enumerate(lines) if "Scan using" in line and " on entry " in line]
    assert len(scans) == 2
    for number in scans:
        assert "transfer_id > " in lines[number + 1], "\n".join(lines)
