"""What the database holds about one member, table by table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from timebank.audit.models import Action, AuditRecord
from timebank.banks.models import Bank
from timebank.costs.models import Cost
from timebank.exchanges.models import Exchange, ExchangeStep, Party, Side, Status
from timebank.extensions import db
from timebank.gifts.models import Gift
from timebank.joining.models import Enquiry, Referee
from timebank.ledger.models import Entry, Transfer
from timebank.mail.models import OutgoingMail
from timebank.mail.queries import ON_ITS_WAY
from timebank.members.models import Helper, Membership, Profile
from timebank.organisations.models import Organisation
from timebank.privacy.models import Erasure
from timebank.sign_in.models import Session
from timebank.statements.models import IssuedStatement, MonthClosing
from timebank.stories.models import Story
from timebank.submissions.models import Submission

# Every column with words that somebody wrote about something in a bank.
WRITTEN: tuple[InstrumentedAttribute[Any], ...] = (
    Exchange.note,
    ExchangeStep.message,
    Exchange.waiver,
    Party.thanks,
    Enquiry.message,
    Enquiry.notes,
    Referee.answer,
    Gift.reason,
    Gift.reversal_reason,
    IssuedStatement.reason,
    MonthClosing.message,
    OutgoingMail.problem,
    Profile.area,
    Profile.about,
    Profile.offers,
    Profile.search_words,
    Story.words,
    Cost.label,
    Cost.assumption,
)


def _took_part(member: Membership) -> Select[int]:
    return select(Party.exchange_id).where(Party.account_id == member.account_id)


def ids_given_by(member: Membership) -> Select[int]:
    """Return the query for the ids of the exchanges in which the member gave."""
    return select(Party.exchange_id).where(Party.account_id == member.account_id, Party.side == Side.GIVER)


def exchanges_of(member: Membership) -> list[Exchange]:
    """Return every exchange in which the member took part, oldest first."""
    query = select(Exchange).where(Exchange.id.in_(_took_part(member)))
    return list(db.session.scalars(query.order_by(Exchange.happened_on, Exchange.id)))


def steps_of(member: Membership) -> list[ExchangeStep]:
    """Return everything that happened to these exchanges, oldest first."""
    query = select(ExchangeStep).where(ExchangeStep.exchange_id.in_(_took_part(member)))
    return list(db.session.scalars(query.order_by(ExchangeStep.id)))


def steps_elsewhere(member: Membership) -> Sequence[Row[str, ExchangeStep]]:
    """Return (exchange's reference, step) of what the member did to exchanges between others."""
    query = (
        select(Exchange.reference, ExchangeStep)
        .join(Exchange, Exchange.id == ExchangeStep.exchange_id)
        .where(ExchangeStep.by_id == member.id, ExchangeStep.exchange_id.not_in(_took_part(member)))
    )
    return db.session.execute(query.order_by(ExchangeStep.id)).all()


def notes_elsewhere(member: Membership) -> list[Exchange]:
    """Return the exchanges between others that the member logged with a note."""
    query = select(Exchange).where(
        Exchange.logged_by_id == member.id, Exchange.note != "", Exchange.id.not_in(_took_part(member))
    )
    return list(db.session.scalars(query.order_by(Exchange.id)))


def thanks_elsewhere(member: Membership) -> Sequence[Row[str, Party]]:
    """Return (exchange's reference, party) of the thanks that the member gave in an organisation's name."""
    query = (
        select(Exchange.reference, Party)
        .join(Exchange, Exchange.id == Party.exchange_id)
        .where(Party.answered_by_id == member.id, Party.account_id != member.account_id, Party.thanks != "")
    )
    return db.session.execute(query.order_by(Party.id)).all()


def gifts_of(member: Membership) -> list[Gift]:
    """Return every gift from or to the member, oldest first."""
    account_id = member.account_id
    query = select(Gift).where(
        Gift.bank_id == member.bank_id, or_(Gift.from_account_id == account_id, Gift.to_account_id == account_id)
    )
    return list(db.session.scalars(query.order_by(Gift.id)))


def gifts_elsewhere(member: Membership) -> list[Gift]:
    """Return the gifts between others that the member made or took back for the bank."""
    account_id = member.account_id
    query = select(Gift).where(
        Gift.bank_id == member.bank_id,
        or_(Gift.given_by_id == member.id, Gift.reversed_by_id == member.id),
        Gift.from_account_id != account_id,
        Gift.to_account_id != account_id,
    )
    return list(db.session.scalars(query.order_by(Gift.id)))


def entries_of(member: Membership) -> Sequence[Row[Entry, Transfer]]:
    """Return (entry, transfer) of the member's account, book after book, in the order of posting."""
    query = (
        select(Entry, Transfer)
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .where(Entry.account_id == member.account_id)
        .order_by(Entry.book, Entry.number)
    )
    return db.session.execute(query).all()


def statements_of(member: Membership) -> list[IssuedStatement]:
    """Return every statement that was issued of the member's account, oldest first."""
    query = select(IssuedStatement).where(IssuedStatement.account_id == member.account_id)
    return list(db.session.scalars(query.order_by(IssuedStatement.last_day, IssuedStatement.number)))


def statements_elsewhere(member: Membership) -> list[IssuedStatement]:
    """Return the statements of others that the member issued again and said why."""
    query = select(IssuedStatement).where(
        IssuedStatement.bank_id == member.bank_id,
        IssuedStatement.issued_by_id == member.id,
        IssuedStatement.account_id != member.account_id,
        IssuedStatement.reason != "",
    )
    return list(db.session.scalars(query.order_by(IssuedStatement.id)))


def helpers_of(member: Membership) -> list[Helper]:
    """Return every helper of the member, and everybody whom the member helps, those that ended too."""
    query = select(Helper).where(or_(Helper.helped_id == member.id, Helper.helper_id == member.id))
    return list(db.session.scalars(query.order_by(Helper.id)))


def organisations_of(member: Membership) -> list[Organisation]:
    """Return the organisations that the member answers for."""
    query = select(Organisation).where(Organisation.contact_id == member.id)
    return list(db.session.scalars(query.order_by(Organisation.name)))


def mail_to(member: Membership) -> list[OutgoingMail]:
    """Return every piece of mail to the member, oldest first."""
    query = select(OutgoingMail).where(OutgoingMail.membership_id == member.id)
    return list(db.session.scalars(query.order_by(OutgoingMail.id)))


def sessions_of(member: Membership) -> list[Session]:
    """Return every session of the member's, oldest first."""
    return list(db.session.scalars(select(Session).where(Session.membership_id == member.id).order_by(Session.id)))


def audit_of(member: Membership) -> list[AuditRecord]:
    """Return the audit's records of what the member did, and of what was done to their membership, oldest first."""
    query = select(AuditRecord).where(
        AuditRecord.bank_id == member.bank_id,
        or_(AuditRecord.membership_id == member.id, AuditRecord.reference == member.reference),
    )
    return list(db.session.scalars(query.order_by(AuditRecord.id)))


def written_with(bank_id: int, column: InstrumentedAttribute[Any], needles: Iterable[str]) -> list[Any]:
    """Return the rows of the bank in which this column has any of the needles in it, in whatever case."""
    ways = [
        way
        for needle in needles
        for way in (
            column.contains(needle, autoescape=True),
            func.lower(column).contains(needle.lower(), autoescape=True),
        )
    ]
    if not ways:
        return []
    table = column.class_
    return list(db.session.scalars(select(table).where(table.bank_id == bank_id, or_(*ways))))


def parties_with(member: Membership) -> list[Party]:
    """Return every party of the exchanges in which the member took part."""
    return list(db.session.scalars(select(Party).where(Party.exchange_id.in_(_took_part(member)))))


def every_erasure() -> Sequence[Row[str, Erasure]]:
    """Return (bank's code, erasure) of all banks, in the order in which they were made."""
    query = select(Bank.code, Erasure).join(Bank, Bank.id == Erasure.bank_id).order_by(Erasure.id)
    return db.session.execute(query).all()


def membership_to_erase(bank_code: str, membership_id: int, reference: str) -> Membership | None:
    """Return the membership that is meant by an erasure, if it is there: number and reference must both be right."""
    query = (
        select(Membership)
        .join(Bank, Bank.id == Membership.bank_id)
        .where(Bank.code == bank_code, Membership.id == membership_id, Membership.reference == reference)
    )
    return db.session.scalar(query)


def count_rows(table: Any, *criteria: ColumnElement[bool]) -> int:
    """Return how many rows of a table are so."""
    return db.session.scalars(select(func.count()).select_from(table).where(*criteria)).one()


def came_to_nothing(bank: Bank, before: dt.datetime) -> Select[int]:
    """Return the query for the bank's exchanges that were declined, withdrawn or expired before then."""
    return select(Exchange.id).where(
        Exchange.bank_id == bank.id,
        Exchange.status.in_((Status.DECLINED, Status.WITHDRAWN, Status.EXPIRED)),
        func.coalesce(Exchange.decided_at, Exchange.logged_at) < before,
    )


def count_words(bank: Bank, before: dt.datetime) -> int:
    """Return how many notes, messages and thanks these exchanges have."""
    of_these = came_to_nothing(bank, before)
    return (
        count_rows(Exchange, Exchange.id.in_(of_these), Exchange.note != "")
        + count_rows(Exchange, Exchange.id.in_(of_these), Exchange.waiver != "")
        + count_rows(ExchangeStep, ExchangeStep.exchange_id.in_(of_these), ExchangeStep.message != "")
        + count_rows(Party, Party.exchange_id.in_(of_these), Party.thanks != "")
    )


def acts_from_somewhere(bank: Bank, before: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    """Return what the audit's records of the bank from before then are, that still say where the act came from."""
    return AuditRecord.bank_id == bank.id, AuditRecord.at < before, AuditRecord.came_from != ""


def refusals_from_somewhere(before: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    """Return what the audit's records of refused sign-ins from before then are, which are of no bank."""
    return (
        AuditRecord.bank_id.is_(None),
        AuditRecord.action == Action.SIGN_IN_REFUSED,
        AuditRecord.at < before,
        AuditRecord.came_from != "",
    )


def mail_that_went(bank: Bank, before: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    """Return what the bank's mail from before then is, that is not on its way any more."""
    return (
        OutgoingMail.bank_id == bank.id,
        OutgoingMail.created_at < before,
        OutgoingMail.state.not_in(ON_ITS_WAY),
    )


def forms_sent(bank: Bank, before: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    """Return what the marks of forms that were sent before then are."""
    return Submission.bank_id == bank.id, Submission.at < before


def members_who_left(bank: Bank, before: dt.datetime) -> list[Membership]:
    """Return who left the bank before then and is not erased."""
    query = select(Membership).where(
        Membership.bank_id == bank.id, Membership.left_at < before, Membership.erased_at.is_(None)
    )
    return list(db.session.scalars(query.order_by(Membership.id)))
