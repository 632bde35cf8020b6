"""An exchange in the words that one viewer may read."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from flask_babel import gettext

from timebank.banks import words as bank_words
from timebank.banks.models import Bank, Stage
from timebank.exchanges import queries, words
from timebank.exchanges.draft import ExchangeDraft
from timebank.exchanges.models import (
    Answer,
    AnsweredBy,
    Exchange,
    ExchangeStep,
    Party,
    Side,
    Status,
    Step,
)
from timebank.exchanges.transfers import moves_between
from timebank.hours import in_words
from timebank.ledger.models import Book
from timebank.members import queries as members
from timebank.members import words as member_words
from timebank.members.models import Capacity, Membership
from timebank.organisations.names import Viewer
from timebank.organisations.queries import Holder, holders_of
from timebank.web.setup import capitalised, moment


@dataclass(frozen=True)
class ShownStep:
    """One thing that happened, for the timeline."""

    what: str
    who: str | None
    when: str
    when_iso: str
    message: str
    step: Step = Step.LOGGED

    @property
    def is_denial(self) -> bool:
        """Whether somebody said that it did not happen."""
        return self.step == Step.DENIED


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
    thanks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ShownDraft:
    """A draft as the page to check it shows it."""

    sentence: str
    givers: str
    receivers: str
    stage: str
    book: str
    effects: list[str]
    capacities: list[str]


def sentence(givers: Sequence[Holder], receivers: Sequence[Holder], minutes: int, viewer: Viewer) -> str:
    """Return who gave how long to whom, as people say it; where several gave, that each of them did."""
    hours, from_whom, to_whom = in_words(minutes), capitalised(viewer.names(givers)), viewer.names(receivers)
    several, to_me = len(givers) > 1, viewer.is_only(receivers)
    if several and to_me:
        return gettext("%(givers)s each gave you %(hours)s of help", givers=from_whom, hours=hours)
    if to_me:
        return gettext("%(givers)s gave you %(hours)s of help", givers=from_whom, hours=hours)
    if several:
        return gettext(
            "%(givers)s each gave %(hours)s of help to %(receivers)s", givers=from_whom, hours=hours, receivers=to_whom
        )
    return gettext(
        "%(givers)s gave %(hours)s of help to %(receivers)s", givers=from_whom, hours=hours, receivers=to_whom
    )


def describe_draft(draft: ExchangeDraft, *, viewer: Viewer, community_account_id: int) -> ShownDraft:
    """Return the draft in words, for checking."""
    givers, receivers = ([party.holder for party in draft.on(side)] for side in (Side.GIVER, Side.RECEIVER))
    return ShownDraft(
        sentence=sentence(givers, receivers, draft.minutes, viewer),
        givers=viewer.names(givers),
        receivers=viewer.names(receivers),
        stage=bank_words.of_stage(Stage(draft.stage)),
        book=bank_words.of_book(Book(draft.book)),
        effects=_effects(draft, viewer, community_account_id) if draft.book == Book.CREDIT else [],
        capacities=_capacities(draft, viewer),
    )


def _effects(draft: ExchangeDraft, viewer: Viewer, community_account_id: int) -> list[str]:
    """Return who will have earned and who will have used how much when this is approved, one sentence for each size."""
    holders = {party.holder.account_id: party.holder for party in draft.parties}
    change: dict[int, int] = defaultdict(int)
    for from_account_id, to_account_id in moves_between(
        [party.holder.account_id for party in draft.on(Side.GIVER)],
        [party.holder.account_id for party in draft.on(Side.RECEIVER)],
        community_account_id,
    ):
        change[from_account_id] -= draft.minutes
        change[to_account_id] += draft.minutes
    rest = change.pop(community_account_id, 0) if community_account_id not in holders else 0
    of_size: dict[int, list[Holder]] = defaultdict(list)
    for account_id, minutes in change.items():
        of_size[minutes].append(holders[account_id])
    said = [_effect(of_size[minutes], minutes, viewer) for minutes in sorted(of_size, reverse=True) if minutes]
    if rest:
        said.append(gettext("The rest, %(hours)s, goes to the community account.", hours=in_words(rest)))
    return said


def _effect(holders: list[Holder], minutes: int, viewer: Viewer) -> str:
    hours, names = in_words(minutes), capitalised(viewer.names(holders))
    if viewer.is_only(holders):
        return (
            gettext("You earn %(hours)s.", hours=hours) if minutes > 0 else gettext("You use %(hours)s.", hours=hours)
        )
    if len(holders) > 1:
        return (
            gettext("%(names)s each earn %(hours)s.", names=names, hours=hours)
            if minutes > 0
            else gettext("%(names)s each use %(hours)s.", names=names, hours=hours)
        )
    return (
        gettext("%(name)s earns %(hours)s.", name=names, hours=hours)
        if minutes > 0
        else gettext("%(name)s uses %(hours)s.", name=names, hours=hours)
    )


def _capacities(draft: ExchangeDraft, viewer: Viewer) -> list[str]:
    """Return in which capacity each acted whose capacity the viewer may see: their own, or for a coordinator all."""
    return [
        gettext(
            "%(name)s: %(capacity)s",
            name=capitalised(viewer.name(party.holder)),
            capacity=member_words.of_capacity(Capacity(party.capacity)),
        )
        for party in draft.parties
        if party.holder.member is not None and (viewer.in_full or viewer.is_me(party.holder))
    ]


def show_exchange(exchange: Exchange, *, viewer: Membership, in_full: bool) -> Shown:
    """Return one exchange with everything that happened to it."""
    steps = queries.steps_of(exchange)
    shown = show_exchanges([exchange], viewer=viewer, in_full=in_full)[0]
    people = members.members_with_ids(id_ for step in steps for id_ in (step.by_id, step.through_id) if id_ is not None)
    shown.steps.extend(_show_step(step, people, viewer, in_full=in_full) for step in steps)
    return shown


def open_question(shown: Shown) -> ShownStep | None:
    """Return the last question about an exchange, or who said that it did not happen."""
    asked = (step for step in reversed(shown.steps) if step.step in (Step.QUERIED, Step.DENIED))
    return next(asked, None)


def names_answered_for(parties: Sequence[Party], member: Membership) -> str:
    """Return the names of the organisations among these that the member answers for."""
    holders = holders_of(member.bank, [party.account_id for party in parties])
    return Viewer(member, in_full=False).names([holder for holder in holders.values() if holder.organisation])


def show_exchanges(exchanges: Sequence[Exchange], *, viewer: Membership, in_full: bool) -> list[Shown]:
    """Return each exchange in words. It asks the database the same few questions however many there are."""
    bank = viewer.bank
    holders = holders_of(bank, {party.account_id for exchange in exchanges for party in exchange.parties})
    return [_show(exchange, holders, Viewer(viewer, in_full), bank) for exchange in exchanges]


def _show(exchange: Exchange, holders: dict[int, Holder], viewer: Viewer, bank: Bank) -> Shown:
    giving = [holders[party.account_id] for party in exchange.givers]
    receiving = [holders[party.account_id] for party in exchange.receivers]
    waiting = [holders[party.account_id] for party in exchange.parties if party.answer == Answer.WAITING]
    after = bank.confirms_itself_after_days
    return Shown(
        exchange=exchange,
        sentence=sentence(giving, receiving, exchange.minutes, viewer),
        givers=viewer.names(giving),
        receivers=viewer.names(receiving),
        waiting_for=viewer.names(waiting),
        confirms_itself_on=(
            bank.day_of(exchange.logged_at + dt.timedelta(days=after))
            if after is not None and exchange.status == Status.LOGGED
            else None
        ),
        answers=[_answer(party, holders[party.account_id], viewer) for party in exchange.parties],
        thanks=[_thanks(party, holders[party.account_id], viewer) for party in exchange.receivers if party.thanks],
    )


def _answer(party: Party, holder: Holder, viewer: Viewer) -> str:
    answer, how = party.answer, party.answered_how
    if viewer.is_me(holder):
        return _own_answer(party)
    name = viewer.name(holder)
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
    if party.answered_through_id is not None:
        return gettext("%(name)s: confirmed by a helper in their place", name=name)
    return gettext("%(name)s confirmed", name=name)


def _thanks(party: Party, holder: Holder, viewer: Viewer) -> str:
    if viewer.is_me(holder):
        return gettext("You said thank you: %(words)s", words=party.thanks)
    return gettext("Thank you from %(name)s: %(words)s", name=viewer.name(holder), words=party.thanks)


def _own_answer(party: Party) -> str:
    """Return the viewer's own answer; "you" takes other words than a name does."""
    answer, how = party.answer, party.answered_how
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
    if party.answered_through_id is not None:
        return gettext("A helper confirmed it for you")
    return gettext("You confirmed")


def _through(helper: Membership, helped: Membership, viewer: Membership, *, in_full: bool) -> str:
    """Return who acted for whom, as the viewer may read it."""
    names = {person: person.name if in_full else person.short_name for person in (helper, helped)}
    if helper.id == viewer.id:
        return gettext("You, for %(helped)s", helped=names[helped])
    if helped.id == viewer.id:
        return gettext("%(helper)s, for you", helper=names[helper])
    return gettext("%(helper)s, for %(helped)s", helper=names[helper], helped=names[helped])


def _show_step(step: ExchangeStep, people: dict[int, Membership], viewer: Membership, *, in_full: bool) -> ShownStep:
    who = None
    if step.by_id is not None:
        person = people[step.by_id]
        who = gettext("You") if person.id == viewer.id else (person.name if in_full else person.short_name)
        if step.through_id is not None:
            who = _through(people[step.through_id], person, viewer, in_full=in_full)
    return ShownStep(
        what=words.of_step(Step(step.step)),
        who=who,
        when=moment(step.at),
        when_iso=step.at.isoformat(),
        message=step.message,
        step=Step(step.step),
    )
