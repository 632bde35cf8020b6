"""What can be asked about banks."""

from __future__ import annotations

from sqlalchemy import func, select

from timebank.banks.models import Activity, Bank
from timebank.errors import NotFound
from timebank.extensions import db


def bank_with_code(code: str) -> Bank | None:
    """Return the bank of that code, in whatever case it was typed."""
    return db.session.scalar(select(Bank).where(Bank.code == code.strip().upper()))


def every_bank() -> list[Bank]:
    """Return all banks in order of code."""
    return list(db.session.scalars(select(Bank).order_by(Bank.code)))


def lock_bank(bank: Bank) -> None:
    """Wait until nobody else has locked the bank, and lock it until the transaction ends. Hours still move."""
    db.session.execute(select(Bank.id).where(Bank.id == bank.id).with_for_update(key_share=True))


def only_help_contact() -> str:
    """Return whom to ask where there is a single bank, for pages that are seen before signing in; else nothing."""
    bank = only_bank()
    return bank.help_contact if bank is not None else ""


def only_bank() -> Bank | None:
    """Return the bank where there is a single one."""
    found = db.session.scalars(select(Bank).limit(2)).all()
    return found[0] if len(found) == 1 else None


def activities_of(bank: Bank, *, only_offered: bool = False) -> list[Activity]:
    """Return the bank's activities in order of name."""
    query = select(Activity).where(Activity.bank_id == bank.id).order_by(func.lower(Activity.name))
    return list(db.session.scalars(query.where(Activity.offered) if only_offered else query))


def activity_with_reference(bank: Bank, reference: str) -> Activity:
    """Return the bank's activity of that reference. Raises NotFound."""
    query = select(Activity).where(Activity.bank_id == bank.id, Activity.reference == reference)
    activity = db.session.scalar(query)
    if activity is None:
        raise NotFound()
    return activity


def activity_named(bank: Bank, name: str) -> Activity | None:
    """Return the bank's activity of that name, in whatever case it was typed."""
    query = select(Activity).where(Activity.bank_id == bank.id, func.lower(Activity.name) == name.lower())
    return db.session.scalars(query).first()
