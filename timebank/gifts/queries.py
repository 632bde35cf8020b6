"""What can be asked about gifts."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import or_, select

from timebank.banks.models import Bank
from timebank.errors import NotFound
from timebank.extensions import db
from timebank.gifts.models import Gift


def gift_with_reference(bank: Bank, reference: str, *, for_update: bool = False) -> Gift:
    """Return the bank's gift of that reference. Raises NotFound."""
    query = select(Gift).where(Gift.bank_id == bank.id, Gift.reference == reference)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    gift = db.session.scalar(query)
    if gift is None:
        raise NotFound()
    return gift


def latest_gifts(bank: Bank, *, account_ids: Iterable[int], limit: int) -> list[Gift]:
    """Return the newest gifts from or to any of the accounts."""
    ids = list(account_ids)
    query = (
        select(Gift)
        .where(Gift.bank_id == bank.id, or_(Gift.from_account_id.in_(ids), Gift.to_account_id.in_(ids)))
        .order_by(Gift.id.desc())
    )
    return list(db.session.scalars(query.limit(limit)))
