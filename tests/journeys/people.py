"""Who takes part in a journey."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tests import make
from timebank import clock
from timebank.banks.models import Bank
from timebank.exchanges import queries as exchange_queries
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.ledger.models import Book
from timebank.members.models import Membership, Role
from timebank.organisations.find import label_of


@dataclass(frozen=True)
class Somebody:
    """A member as they see themselves, and as the others see them."""

    id: int
    account_id: int
    name: str
    short_name: str
    number: str
    email: str
    label: str


@dataclass(frozen=True)
class Neighbours:
    """A bank of a few people, in which nothing has happened yet."""

    bank_id: int
    today: dt.date
    activity: str
    jean: Somebody
    dilys: Somebody
    amina: Somebody
    tom: Somebody
    other_jean: Somebody
    ruth: Somebody
    owen: Somebody

    def bank(self) -> Bank:
        return db.session.get_one(Bank, self.bank_id)

    def member(self, somebody: Somebody) -> Membership:
        return db.session.get_one(Membership, somebody.id)

    def balance(self, somebody: Somebody) -> int:
        """Return the minutes of credit that somebody has in the ledger."""
        return ledger.balance_of(somebody.account_id, Book.CREDIT)

    def community_balance(self) -> int:
        return ledger.balance_of(ledger.community_account(self.bank_id).id, Book.CREDIT)

    def exchanges_of(self, somebody: Somebody) -> int:
        """Return how many exchanges somebody took part in."""
        return exchange_queries.count_exchanges_of(self.bank(), [somebody.account_id])

    def confirmed_exchange(self, *, minutes: int = 60) -> str:
        """Return the reference of help from Jean to Dilys that both of them have confirmed."""
        exchange = make.confirmed_exchange(
            self.bank(),
            at=clock.now(),
            giver=self.member(self.jean),
            receiver=self.member(self.dilys),
            minutes=minutes,
        )
        db.session.commit()
        return exchange.reference

    def transfers_of(self, reference: str) -> int:
        """Return how many transfers the exchange was posted as."""
        return len(ledger.transfers_linked_by(self.bank_id, reference))


def make_neighbours() -> Neighbours:
    """Make the bank, in an application's context."""
    now = clock.now()
    bank = make.make_bank(at=now)
    make.make_activity(bank, name="Shopping", at=now)
    make.make_activity(bank, name="Gardening", at=now)

    def join(name: str, role: Role = Role.MEMBER) -> Somebody:
        member = make.make_member(bank, name=name, role=role, at=now)
        email = make.let_sign_in(member)
        label = label_of(member, in_full=False)
        return Somebody(member.id, member.account_id, member.name, member.short_name, member.number, email, label)

    neighbours = Neighbours(
        bank_id=bank.id,
        today=bank.day_of(now),
        activity="Gardening",
        jean=join("Jean Mbeki"),
        dilys=join("Dilys Ŵyn-Jones"),
        amina=join("Amina Khan"),
        tom=join("Tom Bevan"),
        other_jean=join("Jean Pritchard"),
        ruth=join("Ruth Adeyemi", Role.COORDINATOR),
        owen=join("Owen Griffiths", Role.COORDINATOR),
    )
    db.session.commit()
    return neighbours
