"""What can be asked about enquiries and referees."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import selectinload

from timebank.banks.models import Bank
from timebank.errors import NotFound
from timebank.extensions import db
from timebank.joining.models import Enquiry, Referee
from timebank.mail.models import MailState, OutgoingMail
from timebank.members.models import Membership

CANNOT_BE_DELIVERED = (MailState.FAILED, MailState.BOUNCED, MailState.DROPPED)
_IS_OPEN = (Enquiry.ended_at.is_(None), Enquiry.membership_id.is_(None))


def enquiries_of(bank: Bank) -> list[Enquiry]:
    """Return the bank's enquiries that are not a membership yet, those still open first, the oldest of them first."""
    query = select(Enquiry).where(Enquiry.bank_id == bank.id, Enquiry.membership_id.is_(None))
    query = query.order_by(Enquiry.ended_at.is_not(None), Enquiry.enquired_at, Enquiry.id)
    return list(db.session.scalars(query.options(selectinload(Enquiry.referees))))


def count_open(bank: Bank) -> int:
    """Return how many people wait for the bank to take them in."""
    return db.session.scalars(select(func.count(Enquiry.id)).where(Enquiry.bank_id == bank.id, *_IS_OPEN)).one()


def enquiry_with_reference(bank: Bank, reference: str, *, for_update: bool = False) -> Enquiry:
    """Return the bank's enquiry of that reference, if asked with its row locked. Raises NotFound."""
    query = select(Enquiry).where(Enquiry.bank_id == bank.id, Enquiry.reference == reference)
    enquiry = db.session.scalar(query.with_for_update(of=Enquiry) if for_update else query)
    if enquiry is None:
        raise NotFound()
    return enquiry


def enquiry_of(member: Membership) -> Enquiry | None:
    """Return how the member came to the bank, if that was by an enquiry."""
    return db.session.scalar(select(Enquiry).where(Enquiry.membership_id == member.id))


def referee_with_reference(enquiry: Enquiry, reference: str) -> Referee:
    """Return the enquiry's referee of that reference. Raises NotFound."""
    query = select(Referee).where(Referee.enquiry_id == enquiry.id, Referee.reference == reference)
    referee = db.session.scalar(query)
    if referee is None:
        raise NotFound()
    return referee


def referee_of_mail(bank: Bank, about: str) -> Referee | None:
    """Return the referee that a mail of the bank is about: who it is, and which of their links."""
    reference, _, number = about.partition(":")
    query = select(Referee).where(Referee.bank_id == bank.id, Referee.reference == reference)
    referee = db.session.scalar(query)
    return referee if referee is not None and str(referee.links) == number else None


def referee_with_hash(secret_hash: str) -> Referee | None:
    """Return the referee whose link has a secret part with this digest, of whichever bank, with the row locked."""
    return db.session.scalar(select(Referee).where(Referee.secret_hash == secret_hash).with_for_update(of=Referee))


def came_to_nothing(bank: Bank, before: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    """Return what the bank's enquiries are that became no membership, and about which nothing was done since then."""
    return Enquiry.bank_id == bank.id, Enquiry.membership_id.is_(None), Enquiry.touched_at < before


def count_came_to_nothing(bank: Bank, before: dt.datetime) -> int:
    """Return how many such enquiries there are."""
    return db.session.scalars(select(func.count(Enquiry.id)).where(*came_to_nothing(bank, before))).one()


def ids_that_came_to_nothing(bank: Bank, before: dt.datetime) -> list[int]:
    """Return the ids of such enquiries."""
    return list(db.session.scalars(select(Enquiry.id).where(*came_to_nothing(bank, before))))


def undelivered(enquiry: Enquiry, kind: str) -> set[int]:
    """Return the ids of the referees whose last link could not be delivered."""
    abouts = {f"{referee.reference}:{referee.links}": referee.id for referee in enquiry.referees if referee.links}
    query = select(OutgoingMail.about).where(
        OutgoingMail.bank_id == enquiry.bank_id,
        OutgoingMail.kind == kind,
        OutgoingMail.about.in_(abouts),
        OutgoingMail.state.in_(CANNOT_BE_DELIVERED),
    )
    return {abouts[about] for about in db.session.scalars(query)}
