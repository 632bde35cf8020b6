"""A bank with two people who help each other and two coordinators, and what its ledger says about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from tests.make import (
    confirmed_exchange,
    log_exchange,
    make_activity,
    make_bank,
    make_coordinator,
    make_member,
)
from timebank.banks.models import Activity, Bank
from timebank.exchanges import queries
from timebank.exchanges.models import Exchange, Party
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.ledger.models import Book, Entry, Transfer
from timebank.members.models import Membership


@dataclass(frozen=True)
class Scene:
    """Ann helps Ben; Cara and Dev coordinate; Eve is somebody else of the same bank."""

    bank: Bank
    activity: Activity
    ann: Membership
    ben: Membership
    cara: Membership
    dev: Membership
    eve: Membership

    def logged(self, **details: Any) -> Exchange:
        """An hour that Ann gave Ben, logged by Ann."""
        return log_exchange(self.bank, **({"giver": self.ann, "receiver": self.ben} | details))

    def confirmed(self, **details: Any) -> Exchange:
        """An hour that Ann gave Ben, confirmed by both."""
        return confirmed_exchange(self.bank, **({"giver": self.ann, "receiver": self.ben} | details))


def build_scene(**rules: Any) -> Scene:
    """Make the bank and its people."""
    bank = make_bank(**rules)
    return Scene(
        bank=bank,
        activity=make_activity(bank, name="Gardening"),
        ann=make_member(bank, name="Ann Adams"),
        ben=make_member(bank, name="Ben Brown"),
        cara=make_coordinator(bank, name="Cara Cole"),
        dev=make_coordinator(bank, name="Dev Desai"),
        eve=make_member(bank, name="Eve Evans"),
    )


def transfers() -> list[Transfer]:
    """Every transfer of the ledger, oldest first."""
    return list(db.session.scalars(select(Transfer).order_by(Transfer.id)))


def credit(holder: Any) -> int:
    """Somebody's credit minutes."""
    return ledger.balance_of(getattr(holder, "account_id", holder.id), Book.CREDIT)


def recorded(holder: Any) -> int:
    """Somebody's recorded minutes."""
    return ledger.balance_of(getattr(holder, "account_id", holder.id), Book.RECORD)


def sum_of_entries() -> int:
    """What all entries add up to, which is nothing."""
    return int(db.session.scalars(select(func.coalesce(func.sum(Entry.minutes), 0))).one())


def steps(exchange: Exchange) -> list[str]:
    """What happened to the exchange."""
    return [step.step for step in queries.steps_of(exchange)]


def party(exchange: Exchange, holder: Any) -> Party:
    """The part that somebody had in the exchange."""
    found = exchange.party_of([getattr(holder, "account_id", holder.id)])
    assert found is not None
    return found
