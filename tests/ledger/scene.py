"""A small ledger with one of everything, for tests that attack or damage it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from tests.make import draft_transfer, make_account, make_bank, post
from timebank.extensions import db
from timebank.ledger import queries
from timebank.ledger import service as ledger
from timebank.ledger.models import Book, TransferKind
from timebank.ledger.months import Month
from timebank.statements.models import IssuedStatement

JANUARY = Month(2026, 1)
FEBRUARY = Month(2026, 2)

# Everything that the guards guard, with the columns that name a row.
GUARDED = {
    "account": "id",
    "balance": "account_id, book",
    "transfer": "id",
    "entry": "id",
    "closed_month": "bank_id, last_day",
    "snapshot": "account_id, book, last_day",
    "seal": "bank_id, number",
    "issued_statement": "id",
    "audit_record": "id",
}


@dataclass(frozen=True)
class Scene:
    """The ids of what is in the scene, to be written into SQL."""

    bank: int
    other_bank: int
    giver: int
    receiver: int
    floored: int
    closed: int
    newcomer: int
    stranger: int
    community: int
    sealed: int
    transfer: int
    reversed: int
    reversal: int
    entry: int
    audit_record: int
    issued_statement: int

    def written_into(self, sql: str) -> str:
        """Return the SQL with the ids in place of their names."""
        return sql.format(**vars(self))


def build_scene() -> Scene:
    """Make two banks: one with a closed and sealed January, a reversal, a floor and a closed account; commit it all."""
    bank, other_bank = make_bank(), make_bank()
    giver, receiver, closed = make_account(bank), make_account(bank), make_account(bank)
    floored = make_account(bank, floor_minutes=-60)
    stranger = make_account(other_bank)
    january, march = dt.date(2026, 1, 15), dt.date(2026, 3, 5)
    post(
        bank,
        draft_transfer(receiver, giver, minutes=90, happened_on=january),
        draft_transfer(closed, giver, minutes=20, happened_on=january, book=Book.RECORD),
    )
    ledger.close_month(bank.id, JANUARY, closed_at=dt.datetime(2026, 2, 1, 9, tzinfo=dt.UTC))
    mistake = draft_transfer(receiver, giver, minutes=30, happened_on=march)
    kept = draft_transfer(giver, receiver, minutes=45, happened_on=march)
    post(bank, mistake, kept)
    post(bank, draft_transfer(floored, giver, minutes=60, happened_on=march))
    ledger.reverse_transfers(
        bank.id, mistake.linked_by, reversed_on=march, posted_at=dt.datetime(2026, 3, 6, tzinfo=dt.UTC)
    )
    ledger.close_account(closed, closed_at=dt.datetime(2026, 3, 7, tzinfo=dt.UTC))
    newcomer = make_account(bank)
    original, reversal = queries.transfers_linked_by(bank.id, mistake.linked_by)
    transfer = queries.transfers_linked_by(bank.id, kept.linked_by)[0]
    scene = Scene(
        bank=bank.id,
        other_bank=other_bank.id,
        giver=giver.id,
        receiver=receiver.id,
        floored=floored.id,
        closed=closed.id,
        newcomer=newcomer.id,
        stranger=stranger.id,
        community=queries.community_account(bank.id).id,
        sealed=_only("SELECT min(id) FROM transfer"),
        transfer=transfer.id,
        reversed=original.id,
        reversal=reversal.id,
        entry=_only(f"SELECT max(id) FROM entry WHERE transfer_id = {transfer.id}"),
        audit_record=_only("SELECT min(id) FROM audit_record"),
        issued_statement=_issue(bank.id, giver.id),
    )
    assert reversal.kind == TransferKind.REVERSAL
    db.session.commit()
    return scene


def _issue(bank_id: int, account_id: int) -> int:
    issued = IssuedStatement(
        bank_id=bank_id,
        account_id=account_id,
        last_day=JANUARY.last_day,
        number=1,
        code="0123456789ABCDEF",
        digest="a" * 64,
        issued_at=dt.datetime(2026, 2, 1, 10, tzinfo=dt.UTC),
    )
    db.session.add(issued)
    db.session.flush()
    return issued.id


def _only(sql: str) -> int:
    return int(db.session.execute(text(sql)).scalar_one())


def dump() -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every guarded table, to compare before and after."""
    rows = {
        table: [tuple(row) for row in db.session.execute(text(f"SELECT * FROM {table} ORDER BY {key}"))]
        for table, key in GUARDED.items()
    }
    db.session.commit()
    return rows
