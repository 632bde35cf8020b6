"""What an export reads of a bank's ledger. Whatever grows with the history comes in a stream."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row, Select, func, select

from timebank.extensions import db
from timebank.ledger.models import Account, ClosedMonth, Snapshot, Transfer

ROWS_AT_ONCE = 1000


def every_account(bank_id: int) -> Sequence[Row[int, str, str, dt.datetime, dt.datetime | None]]:
    """Return (id, number, kind, opened_at, closed_at) of every account of the bank, in order of number."""
    return db.session.execute(
        select(Account.id, Account.number, Account.kind, Account.opened_at, Account.closed_at)
        .where(Account.bank_id == bank_id)
        .order_by(Account.number)
    ).all()


def every_transfer(bank_id: int) -> Iterator[Row[Any]]:
    """Yield every transfer of the bank by the day it counts, then in the order of posting, without its key."""
    return _streamed(
        select(
            Transfer.id,
            Transfer.book,
            Transfer.kind,
            Transfer.from_account_id,
            Transfer.to_account_id,
            Transfer.minutes,
            Transfer.happened_on,
            Transfer.effective_on,
            Transfer.posted_at,
            Transfer.linked_by,
            Transfer.reverses_id,
        )
        .where(Transfer.bank_id == bank_id)
        .order_by(Transfer.effective_on, Transfer.id)
    )


def every_snapshot(bank_id: int) -> Iterator[Row[Any]]:
    """Yield (last_day, account_id, book, minutes) of every snapshot of the bank, by day."""
    return _streamed(
        select(Snapshot.last_day, Snapshot.account_id, Snapshot.book, Snapshot.minutes)
        .where(Snapshot.bank_id == bank_id)
        .order_by(Snapshot.last_day, Snapshot.account_id, Snapshot.book)
    )


def how_many(bank_id: int) -> tuple[int, int, int]:
    """Return how many transfers, closed months and snapshots the bank has."""
    transfers, months, snapshots = (
        db.session.scalars(select(func.count()).select_from(table).where(table.bank_id == bank_id)).one()
        for table in (Transfer, ClosedMonth, Snapshot)
    )
    return transfers, months, snapshots


def first_day(bank_id: int) -> dt.date | None:
    """Return the first day that a transfer counts on or that ends a closed month, if there is one."""
    firsts = (
        db.session.scalar(select(func.min(day)).where(of_bank == bank_id))
        for day, of_bank in (
            (Transfer.effective_on, Transfer.bank_id),
            (ClosedMonth.last_day, ClosedMonth.bank_id),
        )
    )
    return min((day for day in firsts if day is not None), default=None)


def _streamed(query: Select[*tuple[Any, ...]]) -> Iterator[Row[Any]]:
    return iter(db.session.execute(query.execution_options(yield_per=ROWS_AT_ONCE)))
