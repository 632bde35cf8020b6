"""A chain of digests over everything that was posted, one link after another, whose head is kept by many people.

A seal's digest covers the digest before it and a line for each account, transfer and closed month since (see
`lines.py`), in the order of their numbers. Whoever holds the head of the chain, from a statement or an export, can show
later that nothing before it was changed, deleted or slipped in, even by somebody who rewrote the whole database.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.ledger.lines import lines
from timebank.ledger.models import Seal

# Few enough that whoever posts does not notice the wait, many enough that the chain stays short.
TRANSFERS_IN_A_SEAL = 10_000
MARK_BYTES = 4
FIRST = "0" * 64

# The migration's number for the lock that every posting in a bank shares.
_BANK_LOCK = 5460231
_PATIENCE = "2s"


class SealBusy(RuleBroken):
    """A seal must not wait in front of everybody else for one long posting."""

    status = 503
    message = _l("A long posting is going on, so nothing could be sealed. Try again when it is done")


def digest_of(bank_id: int, number: int, before: str, rows: Iterable[str]) -> str:
    """Return the digest of the bank's seal of that number over these lines, after the digest before it."""
    return hashlib.sha256("\n".join((f"seal|{bank_id}|{number}|{before}", *rows)).encode()).hexdigest()


def mark_of(row: str) -> bytes:
    """Return the mark of one line: enough to name the one that was changed, not enough to prove anything."""
    return hashlib.sha256(row.encode()).digest()[:MARK_BYTES]


def last_seal(bank_id: int) -> Seal | None:
    """Return the head of the bank's chain, if there is one."""
    return db.session.scalar(select(Seal).where(Seal.bank_id == bank_id).order_by(Seal.number.desc()).limit(1))


def head_of(bank_id: int) -> str | None:
    """Return the head of the bank's chain in writing: the last seal's number and digest. None before the first seal."""
    last = last_seal(bank_id)
    return last.head if last is not None else None


def seal_of_month(bank_id: int, last_day: dt.date) -> Seal | None:
    """Return the first seal that covers the closed month, or None where it is open."""
    return db.session.scalar(
        select(Seal).where(Seal.bank_id == bank_id, Seal.last_day >= last_day).order_by(Seal.number).limit(1)
    )


def unsealed(bank_id: int) -> int:
    """Return how many of the bank's transfers are not sealed yet."""
    last = last_seal(bank_id)
    query = text("SELECT count(*) FROM transfer WHERE bank_id = :bank_id AND id > :last")
    return int(
        db.session.execute(query, {"bank_id": bank_id, "last": last.last_transfer_id if last else 0}).scalar_one()
    )


def months_between(bank_id: int, after: dt.date | None, until: dt.date | None) -> list[tuple[str, str]]:
    """Return the last day and the line of every month that the bank closed after the one day and until the other."""
    query = text(_MONTHS.format(lines().day.format("m.last_day"), lines().closed_month))
    days = {"after": (after or dt.date.min).isoformat(), "until": (until or dt.date.min).isoformat()}
    return [(last_day, line) for last_day, line in db.session.execute(query, {"bank_id": bank_id, **days})]


def seal(bank_id: int, *, sealed_at: dt.datetime) -> Seal | None:
    """Seal what the bank posted since its last seal, and return the new one, or None where there was nothing.

    One seal is over ten thousand transfers at most: call it until there is nothing left, and commit in between.
    Raises SealBusy when somebody is in the middle of posting for long.
    """
    _wait_for_whoever_posts(bank_id)
    last = last_seal(bank_id)
    accounts = _rows(_ACCOUNTS.format(lines().account), bank_id, last.last_account_id if last else 0)
    transfers = _rows(_TRANSFERS.format(lines().transfer), bank_id, last.last_transfer_id if last else 0)
    # A month is sealed after everything that was posted in it, so that the head on its statements covers all of it.
    are_all = max(len(accounts), len(transfers)) < TRANSFERS_IN_A_SEAL
    months = months_between(bank_id, last.last_day if last else None, dt.date.max) if are_all else []
    rows = [line for _, line in (*accounts, *transfers, *months)]
    if not rows:
        return None
    number = last.number + 1 if last else 1
    new = Seal(
        bank_id=bank_id,
        number=number,
        last_account_id=accounts[-1][0] if accounts else last.last_account_id if last else 0,
        last_transfer_id=transfers[-1][0] if transfers else last.last_transfer_id if last else 0,
        last_day=dt.date.fromisoformat(months[-1][0]) if months else last.last_day if last else None,
        transfers=len(transfers),
        digest=digest_of(bank_id, number, last.digest if last else FIRST, rows),
        marks=b"".join(map(mark_of, rows)),
        sealed_at=sealed_at,
    )
    db.session.add(new)
    db.session.flush()
    # A long chain is not kept in memory.
    db.session.expunge(new)
    return new


def seal_everything(bank_id: int, *, sealed_at: dt.datetime) -> Iterator[Seal]:
    """Seal what the bank posted since its last seal, and yield each new seal."""
    while (new := seal(bank_id, sealed_at=sealed_at)) is not None:
        yield new


_ACCOUNTS = """SELECT a.id, {} FROM account a WHERE a.bank_id = :bank_id AND a.id > :after ORDER BY a.id LIMIT :most"""
_TRANSFERS = """SELECT t.id, {} FROM transfer t WHERE t.bank_id = :bank_id AND t.id > :after
                ORDER BY t.id LIMIT :most"""
_MONTHS = """SELECT {0}, {1} FROM closed_month m
             WHERE m.bank_id = :bank_id AND m.last_day > :after AND m.last_day <= :until ORDER BY 1"""


def _rows(query: str, bank_id: int, after: int) -> list[tuple[int, str]]:
    values = {"bank_id": bank_id, "after": after, "most": TRANSFERS_IN_A_SEAL}
    # As the driver gives them: there are ten thousand of them, and nobody asks for their columns by name.
    return list(db.session.connection().execute(text(query), values).cursor.fetchall())


def _wait_for_whoever_posts(bank_id: int) -> None:
    """Hold postings of the bank back until this transaction ends, when those that have begun are done.

    On SQLite whoever writes is alone already. Raises SealBusy.
    """
    if db.engine.dialect.name != "postgresql":
        return
    try:
        with db.session.begin_nested():
            db.session.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE}'"))
            db.session.execute(text(f"SELECT pg_advisory_xact_lock({_BANK_LOCK}, :bank_id)"), {"bank_id": bank_id})
            db.session.execute(text("SET LOCAL lock_timeout = DEFAULT"))
    except OperationalError as error:
        if "lock timeout" in str(error.orig):
            raise SealBusy() from None
        raise
