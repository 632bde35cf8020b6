"""What a coordinator looks at before a month is closed, and what became of it afterwards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, case, func, select

from timebank.banks.models import Bank
from timebank.exchanges.models import OPEN, Exchange, Status
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.ledger.models import Account, AccountKind, Balance, Book, ClosedMonth, Entry
from timebank.ledger.months import Month
from timebank.members.models import Membership
from timebank.statements.models import IssuedStatement, MonthClosing

# So long without an hour given or received, and somebody may be glad of a telephone call.
QUIET_MONTHS = 3
QUIET_SHOWN = 25


@dataclass(frozen=True)
class TrialLine:
    """What the accounts of one kind hold in each book at the end of the month, in minutes."""

    kind: AccountKind
    credit_minutes: int
    record_minutes: int


@dataclass(frozen=True)
class MonthFigures:
    """What moved in one month."""

    credit_minutes: int
    record_minutes: int
    transfers: int
    active_accounts: int
    joined: int


def next_month_to_close(bank: Bank, *, today: dt.date) -> Month | None:
    """Return the month that comes next: the one after the last closed one; else the last month that is over.

    None while that month is not over yet.
    """
    last_over = Month.of(today).plus(-1)
    closed_through = ledger.closed_through(bank.id)
    if closed_through is None:
        return last_over if Month.of(bank.day_of(bank.created_at)) <= last_over else None
    following = Month.of(closed_through).plus(1)
    return following if following <= last_over else None


def has_entries_until(bank: Bank, month: Month) -> bool:
    """Return whether anything was posted in the month or before it, as in a bank whose past was read from files."""
    in_time = and_(
        Entry.account_id == Balance.account_id, Entry.book == Balance.book, Entry.effective_on <= month.last_day
    )
    query = select(Entry.id).select_from(Balance).join(Entry, in_time).where(Balance.bank_id == bank.id)
    return db.session.scalars(query.limit(1)).first() is not None


def unsettled(bank: Bank, month: Month) -> dict[Status, int]:
    """Return {status: count} of the exchanges of the month, and of earlier ones, on which nobody has decided."""
    rows = db.session.execute(
        select(Exchange.status, func.count())
        .where(Exchange.bank_id == bank.id, Exchange.status.in_(OPEN), Exchange.happened_on <= month.last_day)
        .group_by(Exchange.status)
    )
    counts = {Status(status): count for status, count in rows}
    return {status: counts.get(status, 0) for status in OPEN}


def trial_balance(bank: Bank, month: Month) -> list[TrialLine]:
    """Return what the accounts of each kind held when the month ended. Each book adds up to nothing."""
    # What is held now less what followed: that is a few days' entries, and not the whole history.
    since = (
        select(func.coalesce(func.sum(Entry.minutes), 0))
        .where(Entry.account_id == Balance.account_id, Entry.book == Balance.book, Entry.effective_on > month.last_day)
        .correlate(Balance)
        .scalar_subquery()
    )
    held = Balance.minutes - since
    rows = db.session.execute(
        select(
            Account.kind,
            func.sum(case((Balance.book == Book.CREDIT, held), else_=0)),
            func.sum(case((Balance.book == Book.RECORD, held), else_=0)),
        )
        .join(Account, Account.id == Balance.account_id)
        .where(Balance.bank_id == bank.id)
        .group_by(Account.kind)
    )
    lines = {kind: (int(credit), int(record)) for kind, credit, record in rows}
    return [TrialLine(kind, *lines.get(kind, (0, 0))) for kind in AccountKind]


def figures_of(bank: Bank, month: Month) -> MonthFigures:
    """Return what moved in the month."""
    in_month = and_(
        Entry.account_id == Balance.account_id,
        Entry.book == Balance.book,
        Entry.effective_on.between(month.first_day, month.last_day),
    )
    came_in = Entry.minutes > 0
    credit, record, transfers, active = db.session.execute(
        select(
            func.coalesce(func.sum(case((and_(came_in, Entry.book == Book.CREDIT), Entry.minutes), else_=0)), 0),
            func.coalesce(func.sum(case((and_(came_in, Entry.book == Book.RECORD), Entry.minutes), else_=0)), 0),
            func.coalesce(func.sum(case((came_in, 1), else_=0)), 0),
            func.count(func.distinct(Entry.account_id)),
        )
        .select_from(Balance)
        .join(Entry, in_month)
        .where(Balance.bank_id == bank.id)
    ).one()
    joined = db.session.scalars(
        select(func.count(Membership.id)).where(
            Membership.bank_id == bank.id, Membership.joined_on.between(month.first_day, month.last_day)
        )
    ).one()
    return MonthFigures(int(credit), int(record), int(transfers), active, joined)


def quiet_members(bank: Bank, month: Month) -> Select[Membership]:
    """Return the query for the open members who neither gave nor received an hour in the months up to this one."""
    since = month.plus(1 - QUIET_MONTHS).first_day
    moved = (
        select(Entry.id)
        .where(
            Entry.account_id == Membership.account_id,
            Entry.book.in_(list(Book)),
            Entry.effective_on.between(since, month.last_day),
        )
        .correlate(Membership)
    )
    return (
        select(Membership)
        .where(
            Membership.bank_id == bank.id,
            Membership.left_at.is_(None),
            Membership.joined_on < since,
            ~moved.exists(),
        )
        .order_by(Membership.search_name, Membership.number)
    )


def first_quiet_members(bank: Bank, month: Month) -> tuple[list[Membership], int]:
    """Return the first of the quiet members, and how many there are."""
    query = quiet_members(bank, month)
    count = db.session.scalars(select(func.count()).select_from(query.order_by(None).subquery())).one()
    return list(db.session.scalars(query.limit(QUIET_SHOWN))), count


@dataclass(frozen=True)
class ClosedMonthLine:
    """One closed month, with how many of its statements there are and how many their holders have read."""

    month: Month
    closed_at: dt.datetime
    statements: int
    read: int
    issued_at: dt.datetime | None
    is_begun: bool


def closed_months(bank: Bank, *, offset: int, limit: int) -> list[ClosedMonthLine]:
    """Return one page of the bank's closed months, newest first."""
    closed = db.session.scalars(
        select(ClosedMonth)
        .where(ClosedMonth.bank_id == bank.id)
        .order_by(ClosedMonth.last_day.desc())
        .offset(offset)
        .limit(limit)
    ).all()
    days = [each.last_day for each in closed]
    closings = {
        closing.last_day: closing
        for closing in db.session.scalars(
            select(MonthClosing).where(MonthClosing.bank_id == bank.id, MonthClosing.last_day.in_(days))
        )
    }
    is_read = (IssuedStatement.read_at.is_not(None), IssuedStatement.account_id)
    # Only the months that are shown, for each of which there is a row for every account.
    counts = {
        last_day: (statements, read)
        for last_day, statements, read in db.session.execute(
            select(
                IssuedStatement.last_day,
                func.count(func.distinct(IssuedStatement.account_id)),
                func.count(func.distinct(case(is_read))),
            )
            .where(IssuedStatement.bank_id == bank.id, IssuedStatement.last_day.in_(days))
            .group_by(IssuedStatement.last_day)
        )
    }
    return [_line_of(each, closings.get(each.last_day), *counts.get(each.last_day, (0, 0))) for each in closed]


def _line_of(closed: ClosedMonth, closing: MonthClosing | None, statements: int, read: int) -> ClosedMonthLine:
    return ClosedMonthLine(
        month=Month.of(closed.last_day),
        closed_at=closed.closed_at,
        statements=statements,
        read=read,
        issued_at=closing.issued_at if closing is not None else None,
        is_begun=closing is not None and closing.closed_at is not None,
    )


def count_closed_months(bank: Bank) -> int:
    """Return how many months the bank has closed."""
    query = select(func.count()).select_from(ClosedMonth).where(ClosedMonth.bank_id == bank.id)
    return db.session.scalars(query).one()


def count_accounts(bank: Bank, *, after_id: int = 0) -> int:
    """Return how many accounts of the bank come after the one of that id."""
    query = select(func.count(Account.id)).where(Account.bank_id == bank.id, Account.id > after_id)
    return db.session.scalars(query).one()


def unfinished_closings(bank: Bank) -> Sequence[MonthClosing]:
    """Return the closings of months that are closed and whose statements are not all issued, oldest first."""
    return db.session.scalars(
        select(MonthClosing)
        .where(MonthClosing.bank_id == bank.id, MonthClosing.closed_at.is_not(None), MonthClosing.issued_at.is_(None))
        .order_by(MonthClosing.last_day)
    ).all()
