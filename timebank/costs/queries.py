"""What can be asked about costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select

from timebank.banks.models import Bank
from timebank.costs.models import Cost
from timebank.errors import NotFound
from timebank.extensions import db


def costs_of(bank: Bank) -> Sequence[Cost]:
    """Return what is entered and not removed, the latest days first."""
    query = select(Cost).where(Cost.bank_id == bank.id, Cost.removed_at.is_(None))
    return db.session.scalars(query.order_by(Cost.last_day.desc(), Cost.id.desc())).all()


def costs_within(bank: Bank, *, start: dt.date, end: dt.date) -> Sequence[Cost]:
    """Return what is entered for days that all lie from `start` up to, and without, `end`; in the order of entering.

    What reaches beyond them is not there: nobody knows which part of it was spent when.
    """
    query = select(Cost).where(
        Cost.bank_id == bank.id, Cost.removed_at.is_(None), Cost.starts_on >= start, Cost.last_day < end
    )
    return db.session.scalars(query.order_by(Cost.id)).all()


def costs_with(bank: Bank, references: Sequence[str]) -> Sequence[Cost]:
    """Return the bank's costs with these references, removed or not; in the order of entering."""
    query = select(Cost).where(Cost.bank_id == bank.id, Cost.reference.in_(references))
    return db.session.scalars(query.order_by(Cost.id)).all()


def cost_with(bank: Bank, reference: str) -> Cost:
    """Return the bank's cost of that reference. Raises NotFound."""
    cost = db.session.scalar(select(Cost).where(Cost.bank_id == bank.id, Cost.reference == reference))
    if cost is None:
        raise NotFound()
    return cost
