"""What can be asked about the audit, and about what its records are of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from timebank.audit.models import Action, AuditRecord
from timebank.banks.models import Activity, Bank
from timebank.exchanges.models import Exchange, Party
from timebank.extensions import db
from timebank.gifts.models import Gift
from timebank.ledger.models import Account
from timebank.mail.models import OutgoingMail
from timebank.members.models import Membership
from timebank.members.queries import members_named
from timebank.organisations.models import Organisation
from timebank.statements.models import IssuedStatement

# What records of a member are of, as different packages write it.
OF_A_MEMBER = ("member", "membership")


@dataclass(frozen=True)
class AuditFilter:
    """Which records an administrator wants to see. `who` and `about` are words of names, or numbers, of members."""

    who: str = ""
    about: str = ""
    action: Action | None = None
    from_on: dt.date | None = None
    to_on: dt.date | None = None

    @property
    def is_set(self) -> bool:
        """Whether anything is left out."""
        return self != AuditFilter()


def count_records(bank: Bank, wanted: AuditFilter) -> int:
    """Return how many records are wanted."""
    query = _records(bank, wanted).with_only_columns(func.count(AuditRecord.id)).order_by(None)
    return db.session.scalars(query).one()


def records(bank: Bank, wanted: AuditFilter, *, offset: int, limit: int) -> list[AuditRecord]:
    """Return one page of the records that are wanted, newest first."""
    return list(db.session.scalars(_records(bank, wanted).offset(offset).limit(limit)))


def records_before(
    bank: Bank, wanted: AuditFilter, *, before: tuple[dt.datetime, int] | None, limit: int
) -> list[AuditRecord]:
    """Return the next records that are wanted, newest first, older than the record of that moment and id."""
    query = _records(bank, wanted)
    if before is not None:
        query = query.where(tuple_(AuditRecord.at, AuditRecord.id) < before)
    return list(db.session.scalars(query.limit(limit)))


def _records(bank: Bank, wanted: AuditFilter) -> Select[AuditRecord]:
    """Return the query for the records that are wanted, newest first.

    What is of no bank, such as backups and refused sign-ins, is shown where there is no other bank that it could be of.
    """
    query = select(AuditRecord).order_by(AuditRecord.at.desc(), AuditRecord.id.desc())
    if not _is_only_bank(bank):
        query = query.where(AuditRecord.bank_id == bank.id)
    if wanted.who:
        query = query.where(AuditRecord.membership_id.in_(_members(bank, wanted.who, Membership.id)))
    if wanted.about:
        query = query.where(_is_about(bank, wanted.about))
    if wanted.action is not None:
        query = query.where(AuditRecord.action == wanted.action)
    if wanted.from_on is not None:
        query = query.where(AuditRecord.at >= _begin_of(bank, wanted.from_on))
    if wanted.to_on is not None and wanted.to_on < dt.date.max:
        query = query.where(AuditRecord.at < _begin_of(bank, wanted.to_on + dt.timedelta(days=1)))
    return query


def records_about(bank: Bank, references: Collection[str], actions: Collection[Action]) -> list[AuditRecord]:
    """Return the records of these acts on these members, oldest first."""
    query = select(AuditRecord).where(
        AuditRecord.bank_id == bank.id,
        AuditRecord.on_what.in_(OF_A_MEMBER),
        AuditRecord.reference.in_(references),
        AuditRecord.action.in_(actions),
    )
    return list(db.session.scalars(query.order_by(AuditRecord.at, AuditRecord.id)))


def _is_only_bank(bank: Bank) -> bool:
    return db.session.scalar(select(Bank.id).where(Bank.id != bank.id).limit(1)) is None


def _begin_of(bank: Bank, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), bank.zone)


def _members(bank: Bank, words: str, column: InstrumentedAttribute[Any]) -> Select[Any]:
    return members_named(bank, words).order_by(None).with_only_columns(column)


def _is_about(bank: Bank, words: str) -> ColumnElement[bool]:
    """Return what is true of a record about any of the members who match: of them, their hours or their statements."""
    references = _members(bank, words, Membership.reference)
    accounts = _members(bank, words, Membership.account_id)
    took_part = select(Party.exchange_id).where(Party.account_id.in_(accounts))
    gave_or_got = or_(Gift.from_account_id.in_(accounts), Gift.to_account_id.in_(accounts))
    issued = select(IssuedStatement.reference).where(IssuedStatement.account_id.in_(accounts))
    mailed = select(OutgoingMail.reference).where(OutgoingMail.membership_id.in_(_members(bank, words, Membership.id)))
    return or_(
        and_(AuditRecord.on_what.in_(OF_A_MEMBER), AuditRecord.reference.in_(references)),
        AuditRecord.details["helper"].as_string().in_(references),
        AuditRecord.details["for"].as_string().in_(references),
        and_(
            AuditRecord.on_what == "exchange",
            AuditRecord.reference.in_(select(Exchange.reference).where(Exchange.id.in_(took_part))),
        ),
        and_(AuditRecord.on_what == "gift", AuditRecord.reference.in_(select(Gift.reference).where(gave_or_got))),
        and_(AuditRecord.on_what == "statement", AuditRecord.reference.in_(issued)),
        AuditRecord.reference.in_(mailed),
    )


def members_of_records(bank: Bank, ids: Collection[int], references: Collection[str]) -> list[Membership]:
    """Return the bank's members with these ids or these references."""
    wanted = or_(Membership.id.in_(ids), Membership.reference.in_(references))
    return list(db.session.scalars(select(Membership).where(Membership.bank_id == bank.id, wanted)))


def exchanges_of_records(bank: Bank, references: Iterable[str]) -> list[Exchange]:
    """Return the bank's exchanges with these references."""
    return list(
        db.session.scalars(select(Exchange).where(Exchange.bank_id == bank.id, Exchange.reference.in_(references)))
    )


def gifts_of_records(bank: Bank, references: Iterable[str]) -> list[Gift]:
    """Return the bank's gifts with these references."""
    return list(db.session.scalars(select(Gift).where(Gift.bank_id == bank.id, Gift.reference.in_(references))))


def activities_of_records(bank: Bank, references: Iterable[str]) -> list[Activity]:
    """Return the bank's activities with these references."""
    return list(
        db.session.scalars(select(Activity).where(Activity.bank_id == bank.id, Activity.reference.in_(references)))
    )


def organisations_of_records(bank: Bank, references: Iterable[str]) -> list[Organisation]:
    """Return the bank's organisations with these references."""
    return list(
        db.session.scalars(
            select(Organisation).where(Organisation.bank_id == bank.id, Organisation.reference.in_(references))
        )
    )


def statements_of_records(bank: Bank, references: Iterable[str]) -> list[tuple[IssuedStatement, Account]]:
    """Return (issued statement, its account) for the bank's statements with these references."""
    rows = db.session.execute(
        select(IssuedStatement, Account)
        .join(Account, Account.id == IssuedStatement.account_id)
        .where(IssuedStatement.bank_id == bank.id, IssuedStatement.reference.in_(references))
    )
    return [(issued, account) for issued, account in rows]


def mail_of_records(bank: Bank, references: Iterable[str]) -> list[OutgoingMail]:
    """Return the bank's mail with these references, with whom it is to."""
    query = select(OutgoingMail).where(OutgoingMail.bank_id == bank.id, OutgoingMail.reference.in_(references))
    return list(db.session.scalars(query.options(joinedload(OutgoingMail.membership))))
