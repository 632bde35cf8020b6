"""Much data at once, through the services' own doors but without going through every step of each exchange."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from tests import make
from timebank.banks.models import Activity, Bank, Stage
from timebank.exchanges import history, service
from timebank.exchanges.draft import ExchangeDraft, PartyDraft
from timebank.exchanges.history import PastExchange
from timebank.exchanges.models import Answer, AnsweredBy, Side, Status
from timebank.extensions import db
from timebank.ledger.models import Book
from timebank.members import service as members
from timebank.members.models import Capacity, Membership
from timebank.organisations.queries import holders_of

AT_ONCE = 500


def add_members(bank: Bank, count: int) -> list[Membership]:
    """Add so many members, numbered from 1000."""
    newcomers = [
        members.Newcomer(
            number=str(1000 + number),
            name=f"Member Number{number}",
            email="",
            phone="",
            capacity=Capacity.NOT_STATED,
            joined_on=bank.day_of(make.AT),
        )
        for number in range(count)
    ]
    return members.add_newcomers(bank, newcomers, at=make.AT)


def drafts(
    bank: Bank, pairs: Sequence[tuple[Membership, Membership]], activities: Sequence[Activity], *, first_day: dt.date
) -> list[ExchangeDraft]:
    """Return a draft for each (giver, receiver), a day after the other, and again from the first after a year."""
    holders = holders_of(bank, {member.account_id for pair in pairs for member in pair})
    return [
        ExchangeDraft(
            parties=(
                PartyDraft(holders[giver.account_id], Side.GIVER, Capacity.NEIGHBOUR),
                PartyDraft(holders[receiver.account_id], Side.RECEIVER, Capacity.NEIGHBOUR),
            ),
            activity=activities[number % len(activities)],
            happened_on=first_day + dt.timedelta(days=number % 365),
            minutes=5 + number % 90,
            stage=Stage.DELIVERY,
            book=Book.CREDIT,
        )
        for number, (giver, receiver) in enumerate(pairs)
    ]


def post_past(bank: Bank, past: Sequence[ExchangeDraft], *, name: str = "past") -> None:
    """Post the drafts as history."""
    for start in range(0, len(past), AT_ONCE):
        history.post_history(
            bank,
            [
                PastExchange(draft, f"{name} {number}", "digest", AnsweredBy.PARTY)
                for number, draft in enumerate(past[start : start + AT_ONCE], start)
            ],
            at=make.AT,
        )


def log_many(bank: Bank, many: Sequence[ExchangeDraft], *, status: Status, logged_by: Membership) -> None:
    """Log the drafts as what is confirmed by everybody, or as what the receiver has yet to confirm."""
    for draft in many:
        exchange = service.new_exchange(bank, draft, logged_by=logged_by, at=make.AT)
        exchange.status = status
        for party in exchange.parties:
            if party.side == Side.GIVER or status == Status.CONFIRMED:
                party.answer, party.answered_how = Answer.CONFIRMED, AnsweredBy.PARTY
        db.session.add(exchange)
    db.session.flush()
