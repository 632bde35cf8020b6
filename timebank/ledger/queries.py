"""What can be asked of the ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Row, and_, bindparam, func, literal_column, select

from timebank.extensions import db
from timebank.ledger.models import (
    Account,
    AccountKind,
    Balance,
    Book,
    ClosedMonth,
    Entry,
    Snapshot,
    Transfer,
)
from timebank.ledger.months import Month

_ACCOUNTS_AT_ONCE = 100
# A statement may ask for so many sums, two for each month.
_MONTHS_AT_ONCE = 60


class MonthEnd(NamedTuple):
    """What an account held in each book, in minutes, when a month ended."""

    number: str
    kind: str
    month: Month
    credit_minutes: int
    record_minutes: int


def account_with_number(bank_id: int, number: str) -> Account | None:
    """Return the bank's account of that number, if there is one."""
    return db.session.scalar(select(Account).where(Account.bank_id == bank_id, Account.number == number))


def accounts_numbered(bank_id: int, number: int) -> list[Account]:
    """Return the bank's accounts whose number is these figures, however many noughts are in front."""
    query = select(Account).where(Account.bank_id == bank_id, func.ltrim(Account.number, "0") == str(number))
    return list(db.session.scalars(query))


def account_with_reference(bank_id: int, reference: str) -> Account | None:
    """Return the bank's account of that reference, if there is one."""
    return db.session.scalar(select(Account).where(Account.bank_id == bank_id, Account.reference == reference))


def accounts_with_ids(bank_id: int, ids: Iterable[int]) -> list[Account]:
    """Return those of the accounts that belong to the bank."""
    return list(db.session.scalars(select(Account).where(Account.bank_id == bank_id, Account.id.in_(set(ids)))))


def community_account(bank_id: int) -> Account:
    """Return the bank's community account, the neighbourhood's pot."""
    return _only_account(bank_id, AccountKind.COMMUNITY)


def opening_account(bank_id: int) -> Account:
    """Return the account that opening credit comes from."""
    return _only_account(bank_id, AccountKind.OPENING)


def _only_account(bank_id: int, kind: AccountKind) -> Account:
    return db.session.scalars(select(Account).where(Account.bank_id == bank_id, Account.kind == kind)).one()


def highest_number(bank_id: int) -> int:
    """Return the highest account number of the bank that is up to nine digits and nothing else, or 0."""
    numbers = db.session.scalars(
        select(Account.number).where(Account.bank_id == bank_id, func.length(Account.number) <= 9)
    )
    return max((int(number) for number in numbers if number.isascii() and number.isdigit()), default=0)


def balances_of(account_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Return {account id: {book: minutes}} as the ledger stands now."""
    rows = db.session.execute(
        select(Balance.account_id, Balance.book, Balance.minutes).where(Balance.account_id.in_(set(account_ids)))
    )
    balances: dict[int, dict[str, int]] = {}
    for account_id, book, minutes in rows:
        balances.setdefault(account_id, {})[book] = minutes
    return balances


def balance_of(account_id: int, book: Book) -> int:
    """Return the minutes that the account holds in the book now."""
    return db.session.scalars(
        select(Balance.minutes).where(Balance.account_id == account_id, Balance.book == book)
    ).one()


def balances_by_number(bank_id: int) -> Sequence[Row[str, str, int, int]]:
    """Return (number, kind, credit minutes, record minutes) of every account of the bank, in order of number."""
    credit, record = (
        select(Balance.minutes)
        .where(Balance.account_id == Account.id, Balance.book == book)
        .correlate(Account)
        .scalar_subquery()
        for book in (Book.CREDIT, Book.RECORD)
    )
    return db.session.execute(
        select(Account.number, Account.kind, credit, record).where(Account.bank_id == bank_id).order_by(Account.number)
    ).all()


def balances_by_month(bank_id: int) -> Iterator[MonthEnd]:
    """Yield every account's balances at the end of each month, by number and then by month, added up from the entries.

    The months run from the bank's first entry to its last, for each account: one that did not move is there too. For a
    long history it asks more than once, so it wants a transaction that reads one moment.
    """
    months = _months_with_entries(bank_id)
    pieces = [months[start : start + _MONTHS_AT_ONCE] for start in range(0, len(months), _MONTHS_AT_ONCE)]
    for rows in zip(*(_moved_in(bank_id, piece) for piece in pieces), strict=True):
        credit = record = 0
        for piece, (_id, number, kind, *moved) in zip(pieces, rows, strict=True):
            for month, in_credit, in_record in zip(piece, moved[::2], moved[1::2], strict=True):
                credit += in_credit or 0
                record += in_record or 0
                yield MonthEnd(number, kind, month, int(credit), int(record))


def _moved_in(bank_id: int, months: Sequence[Month]) -> Iterator[Row[Any]]:
    """Yield (id, number, kind, then credit and record minutes of each month) of every account, by number.

    A month's sum is a range of the index that statements are read from. Grouping all entries by their months, which no
    index knows, would sort them, and hand over many rows instead of one for each account.
    """
    moved = [
        select(func.sum(Entry.minutes))
        .where(
            Entry.account_id == Account.id,
            Entry.book == book,
            Entry.effective_on.between(month.first_day, month.last_day),
        )
        .correlate(Account)
        .scalar_subquery()
        for month in months
        for book in (Book.CREDIT, Book.RECORD)
    ]
    return iter(
        db.session.execute(
            select(Account.id, Account.number, Account.kind, *moved)
            .where(Account.bank_id == bank_id)
            .order_by(Account.number, Account.id)
            .execution_options(yield_per=_ACCOUNTS_AT_ONCE)
        )
    )


def _months_with_entries(bank_id: int) -> list[Month]:
    """Return every month from the bank's first entry to its last."""
    # Asked of each account in each book, it is answered from the index's two ends instead of from every entry.
    first, last = (
        select(end(Entry.effective_on))
        .where(Entry.account_id == Balance.account_id, Entry.book == Balance.book)
        .correlate(Balance)
        .scalar_subquery()
        for end in (func.min, func.max)
    )
    ends = select(first.label("first"), last.label("last")).where(Balance.bank_id == bank_id).subquery()
    first_day, last_day = db.session.execute(select(func.min(ends.c.first), func.max(ends.c.last))).one()
    if first_day is None:
        return []
    first_month, last_month = Month.of(first_day), Month.of(last_day)
    count = (last_month.year - first_month.year) * 12 + last_month.number - first_month.number + 1
    return [first_month.plus(number) for number in range(count)]


def balance_before(account_id: int, book: Book, day: dt.date) -> int:
    """Return the minutes that the account held in the book before `day` began.

    It starts from the last close's snapshot, so that it costs the months since then and not the whole history.
    """
    snapshot = db.session.execute(
        select(Snapshot.last_day, Snapshot.minutes)
        .where(Snapshot.account_id == account_id, Snapshot.book == book, Snapshot.last_day < day)
        .order_by(Snapshot.last_day.desc())
        .limit(1)
    ).first()
    since = select(func.coalesce(func.sum(Entry.minutes), 0)).where(
        Entry.account_id == account_id, Entry.book == book, Entry.effective_on < day
    )
    if snapshot is not None:
        since = since.where(Entry.effective_on > snapshot.last_day)
    followed: int = db.session.scalars(since).one()
    return int(followed) + (snapshot.minutes if snapshot else 0)


def entries_between(
    account_id: int, book: Book, first_day: dt.date, last_day: dt.date
) -> Sequence[Row[Entry, Transfer]]:
    """Return (entry, transfer) of the account in the book, in a statement's order: by day, then running number."""
    return db.session.execute(
        select(Entry, Transfer)
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .where(
            Entry.account_id == account_id,
            Entry.book == book,
            Entry.effective_on >= first_day,
            Entry.effective_on <= last_day,
        )
        .order_by(Entry.effective_on, Entry.number)
    ).all()


def accounts_after(bank_id: int, account_id: int, *, most: int) -> list[Account]:
    """Return the bank's next accounts after the one of that id, in the order of their ids."""
    query = select(Account).where(Account.bank_id == bank_id, Account.id > account_id)
    return list(db.session.scalars(query.order_by(Account.id).limit(most)))


def snapshots_of(account_ids: Sequence[int], last_day: dt.date) -> dict[tuple[int, str], int]:
    """Return {(account id, book): minutes} at the end of that closed month, for accounts that were there."""
    query = select(Snapshot.account_id, Snapshot.book, Snapshot.minutes)
    rows = db.session.execute(query.where(Snapshot.account_id.in_(account_ids), Snapshot.last_day == last_day))
    return {(account_id, book): minutes for account_id, book, minutes in rows}


def figures_between(
    account_ids: Sequence[int], first_day: dt.date, last_day: dt.date
) -> Sequence[Row[int, str, dt.date, int, dt.date, str]]:
    """Return the figures of these accounts' entries in both books, each account's in a statement's order.

    (account_id, book, effective_on, minutes, happened_on, kind)
    """
    return db.session.execute(
        select(Entry.account_id, Entry.book, Entry.effective_on, Entry.minutes, Transfer.happened_on, Transfer.kind)
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .where(
            Entry.account_id.in_(account_ids),
            Entry.book.in_(list(Book)),
            Entry.effective_on.between(first_day, last_day),
        )
        .order_by(Entry.account_id, Entry.book, Entry.effective_on, Entry.number)
    ).all()


def first_and_last_day(account_id: int) -> tuple[dt.date, dt.date] | None:
    """Return the first and the last day on which the account has an entry, in either book."""
    first, last = db.session.execute(
        select(func.min(Entry.effective_on), func.max(Entry.effective_on)).where(Entry.account_id == account_id)
    ).one()
    return (first, last) if first is not None else None


def transfers_linked_by(bank_id: int, linked_by: str) -> list[Transfer]:
    """Return the transfers that belong together under this name, oldest first, reversals too."""
    return list(
        db.session.scalars(
            select(Transfer).where(Transfer.bank_id == bank_id, Transfer.linked_by == linked_by).order_by(Transfer.id)
        )
    )


def closed_through(bank_id: int) -> dt.date | None:
    """Return the last day of the bank's last closed month, if any month is closed."""
    return db.session.scalar(select(func.max(ClosedMonth.last_day)).where(ClosedMonth.bank_id == bank_id))


def is_closed(bank_id: int, month: Month) -> bool:
    """Return whether the month takes no more transfers."""
    closed = closed_through(bank_id)
    return closed is not None and month.last_day <= closed


@dataclass(frozen=True)
class Known:
    """What the ledger holds that decides how a transfer is posted."""

    closed_through: dt.date | None
    request_hashes: dict[str, str]


# Asked before each transfer, so it is one statement, and made once. There is always a row for the month.
_KNOWN = select(
    select(func.max(ClosedMonth.last_day)).where(ClosedMonth.bank_id == bindparam("bank_id")).scalar_subquery(),
    Transfer.key,
    Transfer.request_hash,
).select_from(
    select(literal_column("1").label("always"))
    .subquery()
    .outerjoin(
        Transfer,
        and_(Transfer.bank_id == bindparam("bank_id"), Transfer.key.in_(bindparam("keys", expanding=True))),
    )
)


def known_of(bank_id: int, keys: Sequence[str]) -> Known:
    """Return the bank's last closed day, and the request hash of each of those keys that its ledger has seen."""
    rows = db.session.connection().execute(_KNOWN, {"bank_id": bank_id, "keys": keys}).all()
    return Known(
        closed_through=rows[0][0],
        request_hashes={key: request_hash for _day, key, request_hash in rows if key is not None},
    )


def account_ids(bank_id: int) -> list[int]:
    """Return the ids of every account of the bank."""
    return list(db.session.scalars(select(Account.id).where(Account.bank_id == bank_id).order_by(Account.id)))


def count_transfers() -> int:
    """Return how many transfers there are in this database, in every bank."""
    return db.session.scalars(select(func.count()).select_from(Transfer)).one()
