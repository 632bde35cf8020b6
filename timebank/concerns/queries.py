"""What can be asked about concerns: always by one reader, who sees those that they may and no others."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from timebank.banks.models import Bank
from timebank.concerns.models import Concern, ConcernNote
from timebank.errors import NotFound
from timebank.extensions import db
from timebank.members.models import Membership, Role
from timebank.members.queries import TAKES_PART


def leads_of(bank: Bank) -> list[Membership]:
    """Return the bank's safeguarding leads who take part."""
    query = select(Membership).where(Membership.bank_id == bank.id, TAKES_PART, Membership.is_safeguarding_lead)
    return list(db.session.scalars(query.order_by(Membership.search_name)))


def readers_of(bank: Bank, *, concerned_id: int | None) -> list[Membership]:
    """Return who reads a concern about this member: the leads, or else the administrators, never the member."""
    return _readers(leads_of(bank), _administrators_of(bank), concerned_id)


def concerns_for(reader: Membership) -> list[Concern]:
    """Return the concerns that this member reads, those that are not settled first, the newest first."""
    leads, administrators = leads_of(reader.bank), _administrators_of(reader.bank)
    query = select(Concern).where(Concern.bank_id == reader.bank_id)
    query = query.order_by(Concern.settled_at.is_not(None), Concern.reported_at.desc(), Concern.id.desc())
    return [
        concern
        for concern in db.session.scalars(query)
        if reader in _readers(leads, administrators, concern.concerned_id)
    ]


def _administrators_of(bank: Bank) -> list[Membership]:
    query = select(Membership).where(Membership.bank_id == bank.id, TAKES_PART, Membership.role == Role.ADMINISTRATOR)
    return list(db.session.scalars(query.order_by(Membership.search_name)))


def _readers(leads: list[Membership], administrators: list[Membership], concerned_id: int | None) -> list[Membership]:
    others = [lead for lead in leads if lead.id != concerned_id]
    return others or [administrator for administrator in administrators if administrator.id != concerned_id]


def concern_for(reader: Membership, reference: str) -> Concern:
    """Return the concern of that reference. Raises NotFound where there is none, or where it is not for this reader."""
    concern = db.session.scalar(
        select(Concern)
        .where(Concern.bank_id == reader.bank_id, Concern.reference == reference)
        .options(joinedload(Concern.concerned), joinedload(Concern.reported_by))
    )
    if concern is None or reader not in readers_of(reader.bank, concerned_id=concern.concerned_id):
        raise NotFound()
    return concern


def notes_of(concern: Concern) -> Sequence[ConcernNote]:
    """Return what was written down about the concern, oldest first."""
    query = select(ConcernNote).where(ConcernNote.concern_id == concern.id).order_by(ConcernNote.id)
    return db.session.scalars(query.options(joinedload(ConcernNote.by))).all()
