"""An exchange in the words that one viewer may read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext, ngettext

from timebank.banks import words as bank_words
from timebank.banks.models import Stage
from timebank.exchanges import queries, words
from timebank.exchanges.draft import ExchangeDraft
from timebank.exchanges.models import (
    Answer,
    AnsweredBy,
    Exchange,
    ExchangeStep,
    Side,
    Status,
    Step,
)
from timebank.hours import in_words
from timebank.ledger.models import Book
from timebank.members import queries as members
from timebank.members.models import Membership
from timebank.organisations.queries import Holder, holders_of
from timebank.web.setup import capitalised, moment

# Beyond this many, a number says more than a list of names.
MOST_NAMES = 3


@dataclass(frozen=True)
class ShownStep:
    """One thing that happened, for the timeline."""

    what: str
    who: str | None
    when: str
    when_iso: str
    message: str


@dataclass(frozen=True)
class Shown:
    """An exchange as a page shows it."""

    exchange: Exchange
    sentence: str
    givers: str
    receivers: str
    waiting_for: str
    confirms_itself_on: dt.date | None
    answers: list[str] = field(default_factory=list)
    steps: list[ShownStep] = field(default_factory=list)


@dataclass(frozen=True)
class ShownDraft:
    """A draft as the page to check it shows it."""

    sentence: str
    givers: str
    receivers: str
    stage: str
    book: str


def sentence(givers: str, receivers: str, minutes: int, *, by_you: bool, to_you: bool) -> str:
    """Return who gave how long to whom, as people say it."""
    hours = in_words(minutes)
    givers_first = capitalised(givers)
    if by_you:
        return gettext("You gave %(hours)s of help to %(receivers)s", hours=hours, receivers=receivers)
    if to_you:
        return gettext("%(givers)s gave you %(hours)s of help", hours=hours, givers=givers_first)
    return gettext(
        "%(givers)s gave %(hours)s of help to %(receivers)s", hours=hours, givers=givers, receivers=receivers
    )


def describe_draft(draft: ExchangeDraft, *, viewer: Membership, in_full: bool) -> ShownDraft:
    """Return the draft in words, for checking."""
    sides = {side: [party.holder for party in draft.on(side)] for side in Side}
    givers, receivers = (names(sides[side], viewer, in_full=in_full) for side in (Side.GIVER, Side.RECEIVER))
    return ShownDraft(
        sentence=sentence(
            givers,
            receivers,
            draft.minutes,
            by_you=_is_only(sides[Side.GIVER], viewer),
            to_you=_is_only(sides[Side.RECEIVER], viewer),
        ),
        givers=givers,
        receivers=receivers,
        stage=bank_words.of_stage(Stage(draft.stage)),
        book=bank_words.of_book(Book(draft.book)),
    )


def show_exchange(exchange: Exchange, *, viewer: Membership, in_full: bool) -> Shown:
    """Return one exchange with everything that happened to it."""
    steps = queries.steps_of(exchange)
    shown = show_exchanges([exchange], viewer=viewer, in_full=in_full)[0]
    people = members.members_with_ids(step.by_id for step in steps if step.by_id is not None)
    shown.steps.extend(_show_step(step, people, viewer, in_full=in_full) for step in steps)
    return shown


def show_exchanges(exchanges: Sequence[Exchange], *, viewer: Membership, in_full: bool) -> list[Shown]:
    """Return each exchange in words. It asks the database the same few questions however many there are."""
    bank = viewer.bank
    holders = holders_of(bank, {party.account_id for exchange in exchanges for party in exchange.parties})
    return [_show(exchange, holders, viewer, in_full=in_full) for exchange in exchanges]


def _show(exchange: Exchange, holders: dict[int, Holder], viewer: Membership, *, in_full: bool) -> Shown:
    giving = [holders[party.account_id] for party in exchange.givers]
    receiving = [holders[party.account_id] for party in exchange.receivers]
    givers, receivers = (names(side, viewer, in_full=in_full) for side in (giving, receiving))
    waiting = [holders[party.account_id] for party in exchange.parties if party.answer == Answer.WAITING]
    after = viewer.bank.confirms_itself_after_days
    return Shown(
        exchange=exchange,
        sentence=sentence(
            givers, receivers, exchange.minutes, by_you=_is_only(giving, viewer), to_you=_is_only(receiving, viewer)
        ),
        givers=givers,
        receivers=receivers,
        waiting_for=names(waiting, viewer, in_full=in_full),
        confirms_itself_on=(
            viewer.bank.day_of(exchange.logged_at + dt.timedelta(days=after))
            if after is not None and exchange.status == Status.LOGGED
            else None
        ),
        answers=[
            _answer(party.answer, party.answered_how, holders[party.account_id], viewer, in_full=in_full)
            for party in exchange.parties
        ],
    )


def _answer(answer: str, how: str | None, holder: Holder, viewer: Membership, *, in_full: bool) -> str:
    if holder.member is not None and holder.member.id == viewer.id:
        return _own_answer(answer, how)
    name = names([holder], viewer, in_full=in_full)
    if answer == Answer.QUERIED:
        return gettext("%(name)s asked a question", name=name)
    if answer == Answer.DENIED:
        return gettext("%(name)s said that it did not happen", name=name)
    if answer == Answer.WAITING:
        return gettext("%(name)s has not answered yet", name=name)
    if how == AnsweredBy.RULE:
        return gettext("%(name)s: confirmed by itself after the bank’s waiting time", name=name)
    if how == AnsweredBy.COORDINATOR:
        return gettext("%(name)s: confirmed by the coordinator", name=name)
    return gettext("%(name)s confirmed", name=name)


def _own_answer(answer: str, how: str | None) -> str:
    """Return the viewer's own answer; "you" takes other words than a name does."""
    if answer == Answer.QUERIED:
        return gettext("You asked a question")
    if answer == Answer.DENIED:
        return gettext("You said that it did not happen")
    if answer == Answer.WAITING:
        return gettext("You have not answered yet")
    if how == AnsweredBy.RULE:
        return gettext("For you it was confirmed by itself, after the bank’s waiting time")
    if how == AnsweredBy.COORDINATOR:
        return gettext("The coordinator confirmed it for you")
    return gettext("You confirmed")


def names(holders: Iterable[Holder], viewer: Membership, *, in_full: bool) -> str:
    """Return the names of a few, or how many there are."""
    every = [holder.name_for(viewer, in_full=in_full) for holder in holders]
    if len(every) > MOST_NAMES:
        return ngettext("%(num)s person", "%(num)s people", len(every))
    return ", ".join(every)


def _is_only(holders: list[Holder], viewer: Membership) -> bool:
    return len(holders) == 1 and holders[0].member is not None and holders[0].member.id == viewer.id


def _show_step(step: ExchangeStep, people: dict[int, Membership], viewer: Membership, *, in_full: bool) -> ShownStep:
    who = None
    if step.by_id is not None:
        person = people[step.by_id]
        who = gettext("You") if person.id == viewer.id else (person.name if in_full else person.short_name)
    return ShownStep(
        what=words.of_step(Step(step.step)),
        who=who,
        when=moment(step.at),
        when_iso=step.at.isoformat(),
        message=step.message,
    )
