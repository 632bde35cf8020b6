"""The one door through which minutes move."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, Table, func, insert, literal, select, text, update
from sqlalchemy.exc import DatabaseError, OperationalError

from timebank.columns import new_reference
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.ledger import queries, seals
from timebank.ledger.models import (
    Account,
    AccountKind,
    Balance,
    Book,
    ClosedMonth,
    Entry,
    Snapshot,
    Transfer,
    TransferKind,
)
from timebank.ledger.months import Month

_TRANSFERS: Table = Transfer.__table__  # type: ignore[assignment]
_INSERT = insert(_TRANSFERS).inline()
# What is returned is not read; asking for it makes SQLAlchemy send many rows in one statement, for each of which
# PostgreSQL moves every balance once.
_INSERT_MANY = insert(_TRANSFERS).returning(_TRANSFERS.c.id)
_SAVEPOINT = text("SAVEPOINT before_transfers")
_BACK_TO_SAVEPOINT = text("ROLLBACK TO SAVEPOINT before_transfers")


class AccountClosed(RuleBroken):
    """A closed account neither gives nor receives hours."""

    field = "with_whom"
    message = _l("This account is closed, so no hours can be recorded in it")


class MonthClosed(RuleBroken):
    """A closed month stays as it was printed on everybody's statement."""

    field = "happened_on"
    message = _l("This month is closed. Nothing more can be posted in it")


class NotEnoughHours(RuleBroken):
    """The bank set a floor, and this would take an account below it."""

    field = "time"
    message = _l("There are not enough hours in the account for this")


class KeyReused(RuleBroken):
    """The same key was sent with something else, so it cannot be the same request again."""

    message = _l("This was sent before with other details. Start again from the beginning")


class AlreadyReversed(RuleBroken):
    """A transfer is reversed once."""

    message = _l("This has already been reversed. Nothing was changed")


class NotInThisBank(RuleBroken):
    """Hours move inside one bank, between accounts that it has."""

    field = "with_whom"
    message = _l("This person or organisation is not in this time bank")


class LedgerRefused(RuleBroken):
    """The database's own guards refused what was asked."""

    message = _l("The ledger refused this. Nothing was changed")


# The words with which the migration's guards refuse, and what they mean here.
_REFUSALS: dict[str, type[RuleBroken]] = {
    "ledger: account is closed": AccountClosed,
    "ledger: month is closed": MonthClosed,
    "ledger: below the floor": NotEnoughHours,
    "ledger: key was used": KeyReused,
    "uq_transfer_bank_id_key": KeyReused,
    "ledger: not in this bank": NotInThisBank,
    "fk_transfer_": NotInThisBank,
    "ledger: already reversed": AlreadyReversed,
    "uq_transfer_reverses_id": AlreadyReversed,
}


@dataclass(frozen=True)
class TransferDraft:
    """A transfer that is not yet posted. `key` is unique in the bank; `linked_by` names those that belong together."""

    from_account_id: int
    to_account_id: int
    minutes: int
    book: Book
    kind: TransferKind
    happened_on: dt.date
    key: str
    linked_by: str
    reverses_id: int | None = None

    @property
    def request_hash(self) -> str:
        """A digest of everything that is asked for, to tell the same request from another under the same key."""
        return digest_of_request(
            self.from_account_id,
            self.to_account_id,
            self.minutes,
            self.book.value,
            self.kind.value,
            self.happened_on.isoformat(),
            self.linked_by,
            self.reverses_id,
        )


def digest_of_request(*asked_for: str | int | None) -> str:
    """Return the digest of what a transfer was asked to be, as TransferDraft.request_hash has it."""
    return hashlib.sha256(repr(asked_for).encode()).hexdigest()


def open_account(
    bank_id: int, *, number: str, kind: AccountKind, opened_at: dt.datetime, floor_minutes: int | None = None
) -> Account:
    """Return a new account with nothing in either book. The floor, if any, is for the credit book."""
    return open_accounts(bank_id, numbers=[number], kind=kind, opened_at=opened_at, floor_minutes=floor_minutes)[0]


def open_accounts(
    bank_id: int,
    *,
    numbers: Sequence[str],
    kind: AccountKind,
    opened_at: dt.datetime,
    floor_minutes: int | None = None,
) -> list[Account]:
    """Return a new account for each number, with nothing in either book."""
    accounts = [
        Account(bank_id=bank_id, number=number, kind=kind, opened_at=opened_at, reference=new_reference())
        for number in numbers
    ]
    db.session.add_all(accounts)
    db.session.flush()
    floors = {Book.CREDIT: floor_minutes, Book.RECORD: None}
    db.session.execute(
        insert(Balance),
        [
            {"account_id": account.id, "bank_id": bank_id, "book": book, "floor_minutes": floor}
            for account in accounts
            for book, floor in floors.items()
        ],
    )
    return accounts


def close_account(account: Account, *, closed_at: dt.datetime) -> None:
    """Close the account: from now on the database refuses every transfer to or from it."""
    _lock_balances([account.id])
    account.closed_at = closed_at
    db.session.flush()


def open_account_again(account: Account) -> None:
    """Let a closed account give and receive again."""
    account.closed_at = None
    db.session.flush()


def set_floor(bank_id: int, *, floor_minutes: int | None, kinds: Sequence[AccountKind]) -> None:
    """Set the hard floor, in minutes and usually negative, of the credit balance of every account of these kinds."""
    of_these_kinds = select(Account.id).where(Account.bank_id == bank_id, Account.kind.in_(kinds))
    _lock_balances(of_these_kinds)
    db.session.execute(
        update(Balance)
        .where(Balance.book == Book.CREDIT, Balance.account_id.in_(of_these_kinds))
        .values(floor_minutes=floor_minutes)
        .execution_options(synchronize_session=False)
    )


def post_transfers(bank_id: int, drafts: Sequence[TransferDraft], *, posted_at: dt.datetime) -> int:
    """Post transfers that belong in one database transaction, and return how many of them are new.

    A draft whose key the bank has seen with the same content is left as it is. `effective_on` is the day it happened
    while that month is open, else the first open day after it. Raises KeyReused, AccountClosed, MonthClosed,
    NotEnoughHours, NotInThisBank or AlreadyReversed; then nothing is posted.
    """
    if len(drafts) > 1:
        # One at a time in each account: locks in ascending order, so that no two writers wait for each other. The
        # guard of a transfer does the same for its own two accounts, which is all that a single one needs.
        _lock_balances({id_ for draft in drafts for id_ in (draft.from_account_id, draft.to_account_id)})
    known = queries.known_of(bank_id, [draft.key for draft in drafts])
    while fresh := _without_those_posted(drafts, known.request_hashes):
        try:
            _insert(bank_id, fresh, known.closed_through, posted_at)
            break
        except RuleBroken:
            # Somebody was quicker: the same was posted, or a month closed, after we looked. Their changes are seen now.
            looked_at, known = known, queries.known_of(bank_id, [draft.key for draft in drafts])
            if known == looked_at:
                raise
    return len(fresh)


def _without_those_posted(drafts: Sequence[TransferDraft], request_hashes: Mapping[str, str]) -> list[TransferDraft]:
    posted = dict(request_hashes)
    fresh = []
    for draft in drafts:
        if draft.key not in posted:
            posted[draft.key] = draft.request_hash
            fresh.append(draft)
        elif posted[draft.key] != draft.request_hash:
            raise KeyReused()
    return fresh


def _row(bank_id: int, draft: TransferDraft, closed_through: dt.date | None, posted_at: dt.datetime) -> dict[str, Any]:
    effective_on = draft.happened_on
    if closed_through is not None and effective_on <= closed_through:
        effective_on = closed_through + dt.timedelta(days=1)
    return {
        "bank_id": bank_id,
        "book": draft.book,
        "kind": draft.kind,
        "from_account_id": draft.from_account_id,
        "to_account_id": draft.to_account_id,
        "minutes": draft.minutes,
        "happened_on": draft.happened_on,
        "effective_on": effective_on,
        "posted_at": posted_at,
        "key": draft.key,
        "request_hash": draft.request_hash,
        "linked_by": draft.linked_by,
        "reverses_id": draft.reverses_id,
    }


def _insert(
    bank_id: int, drafts: Sequence[TransferDraft], closed_through: dt.date | None, posted_at: dt.datetime
) -> None:
    rows = [_row(bank_id, draft, closed_through, posted_at) for draft in drafts]
    db.session.flush()
    connection = db.session.connection()
    # A savepoint, so that a refusal leaves the caller's transaction able to say what happened. Nobody releases it: the
    # commit does that, and one question less is sent for each transfer.
    connection.execute(_SAVEPOINT)
    try:
        if len(rows) == 1:
            connection.execute(_INSERT, rows[0])
        else:
            connection.execute(_INSERT_MANY, rows)
    except DatabaseError as error:
        # A database in trouble may have ended the whole transaction, and there is nowhere to go back to.
        if not isinstance(error, OperationalError):
            connection.execute(_BACK_TO_SAVEPOINT)
        raise _refusal(error) from error


def _refusal(error: DatabaseError) -> Exception:
    words = str(error.orig)
    for refusal, broken in _REFUSALS.items():
        if refusal in words:
            return broken()
    if "ledger:" in words or "FOREIGN KEY" in words:
        return LedgerRefused()
    return error


def reverse_transfers(bank_id: int, linked_by: str, *, reversed_on: dt.date, posted_at: dt.datetime) -> list[Transfer]:
    """Post the opposite of every transfer of this name, together, and return the transfers that were reversed.

    The reversal counts on `reversed_on`, in an open month; what is reversed stays as it was. A hard floor does not
    hold a reversal back, for a mistake must always be mendable. Raises AlreadyReversed.
    """
    linked = queries.transfers_linked_by(bank_id, linked_by)
    originals = [transfer for transfer in linked if transfer.reverses_id is None]
    if not originals or len(linked) > len(originals):
        raise AlreadyReversed()
    drafts = [
        TransferDraft(
            from_account_id=transfer.to_account_id,
            to_account_id=transfer.from_account_id,
            minutes=transfer.minutes,
            book=Book(transfer.book),
            kind=TransferKind.REVERSAL,
            happened_on=reversed_on,
            key=f"reversal:{transfer.id}",
            linked_by=linked_by,
            reverses_id=transfer.id,
        )
        for transfer in originals
    ]
    try:
        posted = post_transfers(bank_id, drafts, posted_at=posted_at)
    except KeyReused:
        # Somebody else was quicker, on another day.
        raise AlreadyReversed() from None
    if not posted:
        raise AlreadyReversed()
    return originals


def close_month(bank_id: int, month: Month, *, closed_at: dt.datetime) -> bool:
    """Close the month and every month before it, with a snapshot of each balance, and seal what was posted.

    Closing it again changes nothing.
    Returns whether it was open. Raises MonthClosed when a later month is closed already.
    """
    if _is_closed(bank_id, month):
        return False
    closed_through = queries.closed_through(bank_id)
    try:
        with db.session.begin_nested():
            db.session.execute(
                insert(ClosedMonth).values(bank_id=bank_id, last_day=month.last_day, closed_at=closed_at)
            )
    except OperationalError:
        # The database is in trouble, and what it holds of this month is no answer of anybody else's.
        raise
    except DatabaseError:
        # Whoever closes at the same time waits for the first, and then finds the month as the first left it.
        if _is_closed(bank_id, month):
            return False
        raise
    # The row above holds postings of this bank back until this transaction ends, so the sums cannot move.
    _write_snapshots(bank_id, month.last_day, since=closed_through)
    for _seal in seals.seal_everything(bank_id, sealed_at=closed_at):
        pass
    return True


def _is_closed(bank_id: int, month: Month) -> bool:
    """Return whether this very month was the last to be closed. Raises MonthClosed when a later one was."""
    closed_through = queries.closed_through(bank_id)
    if closed_through is not None and month.last_day < closed_through:
        raise MonthClosed()
    return closed_through == month.last_day


def _write_snapshots(bank_id: int, last_day: dt.date, *, since: dt.date | None) -> None:
    """Write what each balance was at the end of the day: the snapshot of the last close, and the entries since."""
    moved = (
        select(func.coalesce(func.sum(Entry.minutes), 0))
        .where(Entry.account_id == Balance.account_id, Entry.book == Balance.book, Entry.effective_on <= last_day)
        .correlate(Balance)
    )
    total: ColumnElement[int] = moved.scalar_subquery()
    if since is not None:
        # An account that is newer than the last close has neither a snapshot of it nor an entry before.
        before = select(Snapshot.minutes).where(
            Snapshot.account_id == Balance.account_id, Snapshot.book == Balance.book, Snapshot.last_day == since
        )
        held = func.coalesce(before.correlate(Balance).scalar_subquery(), 0)
        total = held + moved.where(Entry.effective_on > since).scalar_subquery()
    day = literal(last_day, type_=Snapshot.__table__.c.last_day.type)
    rows = select(Balance.account_id, Balance.book, day, Balance.bank_id, total).where(Balance.bank_id == bank_id)
    columns = ["account_id", "book", "last_day", "bank_id", "minutes"]
    db.session.execute(insert(Snapshot).from_select(columns, rows))


def _lock_balances(account_ids: Sequence[int] | set[int] | Select[int]) -> None:
    # SQLite has one writer at a time and ignores FOR UPDATE.
    db.session.execute(
        select(Balance.account_id)
        .where(Balance.account_id.in_(account_ids))
        .order_by(Balance.account_id, Balance.book)
        # The key stays free: closing a month refers to balances while postings wait for it, and must not wait for them.
        .with_for_update(key_share=True)
    )
