"""What was released."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from timebank.banks.models import Bank
from timebank.evidence.models import EvidenceRelease
from timebank.extensions import db


def releases_of(bank: Bank) -> list[EvidenceRelease]:
    """Return every release of the bank, the first one first."""
    query = select(EvidenceRelease).where(EvidenceRelease.bank_id == bank.id)
    return list(db.session.scalars(query.order_by(EvidenceRelease.made_at, EvidenceRelease.id)))


def release_with(bank: Bank, reference: str) -> EvidenceRelease | None:
    """Return the bank's release with this reference."""
    return db.session.scalar(
        select(EvidenceRelease).where(EvidenceRelease.bank_id == bank.id, EvidenceRelease.reference == reference)
    )


def release_of_days(bank: Bank, *, start: dt.date, last_day: dt.date) -> EvidenceRelease | None:
    """Return the bank's release of exactly these days."""
    return db.session.scalar(
        select(EvidenceRelease).where(
            EvidenceRelease.bank_id == bank.id,
            EvidenceRelease.starts_on == start,
            EvidenceRelease.last_day == last_day,
        )
    )


def lock(bank: Bank) -> None:
    """Let whoever else releases something of the bank wait until this transaction ends."""
    db.session.execute(select(Bank.id).where(Bank.id == bank.id).with_for_update())
