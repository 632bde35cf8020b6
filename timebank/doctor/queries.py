"""What the doctor asks the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, ScalarSelect, func, select, text, type_coerce
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute

from timebank.audit.models import Action, AuditRecord
from timebank.banks.models import Bank
from timebank.columns import UtcDateTime
from timebank.exchanges.models import OPEN, Exchange
from timebank.extensions import db
from timebank.ledger.models import Seal, Transfer
from timebank.mail.models import MailState, OutgoingMail
from timebank.members.models import Membership
from timebank.members.queries import HAS_HOURS
from timebank.statements.models import MonthClosing


def answers() -> str | None:
    """Return what is wrong when the database does not answer, and None when it does."""
    try:
        db.session.execute(text("SELECT 1"))
    except DBAPIError as error:
        db.session.rollback()
        return str(error.orig).strip().partition("\n")[0]
    return None


def now_in_the_database() -> dt.datetime:
    """Return what time it is by the clock of the database."""
    now = select(type_coerce(func.current_timestamp(), UtcDateTime))
    return db.session.scalars(now).one()


def last_posted_at() -> dt.datetime | None:
    """Return when the ledger was last written."""
    return db.session.scalar(select(Transfer.posted_at).order_by(Transfer.id.desc()).limit(1))


def oldest_unsealed() -> Sequence[Row[str, dt.datetime]]:
    """Return (code, when the first transfer after its last seal was posted) of banks that have such a transfer."""
    sealed = select(func.coalesce(func.max(Seal.last_transfer_id), 0)).where(Seal.bank_id == Bank.id).scalar_subquery()
    first = (
        select(Transfer.posted_at)
        .where(Transfer.bank_id == Bank.id, Transfer.id > sealed)
        .order_by(Transfer.id)
        .limit(1)
        .scalar_subquery()
    )
    query = select(Bank.code, type_coerce(first, UtcDateTime).label("posted_at")).order_by(Bank.code)
    return [row for row in db.session.execute(query) if row.posted_at is not None]


def last_backup_at() -> dt.datetime | None:
    """Return when a backup was last made."""
    return db.session.scalar(
        select(AuditRecord.at)
        .where(AuditRecord.bank_id.is_(None), AuditRecord.action == Action.BACKUP_MADE)
        .order_by(AuditRecord.at.desc())
        .limit(1)
    )


def closings_unfinished_since(until: dt.datetime) -> Sequence[Row[str, MonthClosing]]:
    """Return (bank's code, closing) of months that were closed before then and whose statements are not all issued."""
    query = (
        select(Bank.code, MonthClosing)
        .join(Bank, Bank.id == MonthClosing.bank_id)
        .where(MonthClosing.closed_at <= until, MonthClosing.issued_at.is_(None))
    )
    return db.session.execute(query.order_by(Bank.code, MonthClosing.last_day)).all()


def count_mail_due_since(until: dt.datetime) -> int:
    """Return how much mail should have been sent, or tried again, before then."""
    query = select(func.count(OutgoingMail.id)).where(
        OutgoingMail.state.in_((MailState.WAITING, MailState.SENDING)), OutgoingMail.next_attempt_at <= until
    )
    return db.session.scalars(query).one()


def count_mail_tried(*, times: int) -> int:
    """Return how much mail waits after it was tried so many times in vain."""
    query = select(func.count(OutgoingMail.id)).where(
        OutgoingMail.state == MailState.WAITING, OutgoingMail.attempts >= times
    )
    return db.session.scalars(query).one()


@dataclass(frozen=True)
class BankCounted:
    """A bank with how much is in it, and nothing of what it is."""

    code: str
    name: str
    made_at: dt.datetime
    members: int
    exchanges: int
    waiting: int


def banks_counted() -> list[BankCounted]:
    """Return every bank with how many members take part, and how many exchanges there are and wait, by code."""
    members = _count(Membership.id, Membership.bank_id, HAS_HOURS)
    exchanges = _count(Exchange.id, Exchange.bank_id)
    waiting = _count(Exchange.id, Exchange.bank_id, Exchange.status.in_(OPEN))
    query = select(Bank.code, Bank.name, Bank.created_at, members, exchanges, waiting).order_by(Bank.code)
    return [BankCounted(*row) for row in db.session.execute(query)]


def _count(
    counted: InstrumentedAttribute[int], of_bank: InstrumentedAttribute[int], *where: ColumnElement[bool]
) -> ScalarSelect[int]:
    return select(func.count(counted)).where(of_bank == Bank.id, *where).scalar_subquery()
