"""Closing a month, beside a bare INSERT … SELECT of its snapshots; and issuing its statements."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import text

from benchmarks import ledgers
from benchmarks.ledgers import Ledger
from benchmarks.ours import NOW
from benchmarks.places import application_on
from benchmarks.results import NO_GOAL, Goal, Row, Sandwich, costs, reached
from benchmarks.stage import DIALECTS, NAME_OF, Stage
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.ledger.months import Month
from timebank.months import service as months

# A hundred thousand members and ten million entries, unless the scale says otherwise.
MEMBERS = 100_000
ENTRIES = 10_000_000
MONTHS = 12

AS_LONG = Goal(at_most=3)

_BARE = """
CREATE TABLE {table} AS
SELECT b.account_id, b.book, CAST(:last_day AS date) AS last_day, b.bank_id,
       coalesce((SELECT sum(e.minutes) FROM entry e WHERE e.account_id = b.account_id AND e.book = b.book
                 AND e.effective_on <= :last_day), 0) AS minutes
FROM balance b WHERE b.bank_id = :bank_id
"""


def closing(stage: Stage) -> Iterator[Row]:
    """Close a month of a large bank between two bare sums of its balances, and issue its statements."""
    accounts = 200 if stage.quick else max(round(MEMBERS * stage.scale), 200)
    entries = max(round(ENTRIES * stage.scale), 4 * ledgers.LINES * MONTHS)
    for dialect in DIALECTS:
        made = _history(stage, dialect, accounts=accounts, entries=entries)
        month = ledgers.STATEMENT_MONTH
        measured = Sandwich(1 / _bare(made, month, "before"), 1 / _close(made, month), 1 / _bare(made, month, "after"))
        yield costs(
            f"close a month on {NAME_OF[dialect]}, {accounts:,} accounts, {entries:,} entries", measured, AS_LONG,
            beside="bare sums", note="the last of twelve; sealed before",
        )  # fmt: skip
        issued, took = _issue(made, month)
        yield reached(f"issue its statements on {NAME_OF[dialect]}", issued / took, NO_GOAL, unit="statements/s")


def _history(stage: Stage, dialect: str, *, accounts: int, entries: int) -> Ledger:
    begin = time.monotonic()
    made = ledgers.with_members(stage.places, dialect, accounts=accounts)
    first = ledgers.STATEMENT_MONTH.plus(1 - MONTHS)
    ledgers.fill(made, entries // 2, first_day=first.first_day, last_day=ledgers.STATEMENT_MONTH.last_day)
    with application_on(made.url):
        bank = db.session.get_one(Bank, made.bank_id)
        months.close_month(bank, ledgers.STATEMENT_MONTH.plus(-1), closed_by=None, at=NOW)
        db.session.commit()
    ledgers.settle(made)
    return replace(made, transfers=entries // 2, built_in_seconds=time.monotonic() - begin)


def _bare(made: Ledger, month: Month, name: str) -> float:
    with application_on(made.url):
        begin = time.monotonic()
        statement = text(_BARE.format(table=f"bare_{name}"))
        values = {"bank_id": made.bank_id, "last_day": month.last_day.isoformat()}
        db.session.execute(statement, values)
        db.session.commit()
        return time.monotonic() - begin


def _close(made: Ledger, month: Month) -> float:
    with application_on(made.url):
        bank = db.session.get_one(Bank, made.bank_id)
        begin = time.monotonic()
        months.close_month(bank, month, closed_by=None, at=NOW)
        db.session.commit()
        return time.monotonic() - begin


def _issue(made: Ledger, month: Month) -> tuple[int, float]:
    with application_on(made.url):
        bank = db.session.get_one(Bank, made.bank_id)
        closing = months.close_month(bank, month, closed_by=None, at=NOW)
        begin = time.monotonic()
        while months.go_on(bank, closing, at=NOW):
            db.session.commit()
        db.session.commit()
        return closing.statements, time.monotonic() - begin
