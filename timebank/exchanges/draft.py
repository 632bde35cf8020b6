"""An exchange as somebody means to log it, and the rules it must keep."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import format_date
from flask_babel import lazy_gettext as _l

from timebank.banks.models import Activity, Bank, Stage
from timebank.banks.words import of_involvement
from timebank.errors import RuleBroken
from timebank.exchanges.models import LONGEST_NOTE, LONGEST_THANKS, LONGEST_WAIVER, Side
from timebank.exchanges.uncleared import Help, Uncleared, members_on, uncleared
from timebank.hours import NoTime, in_words
from timebank.ledger.models import AccountKind, Book
from timebank.ledger.service import AccountClosed, NotInThisBank
from timebank.members.models import Capacity, Membership
from timebank.organisations.queries import Holder

MOST_PARTIES = 100


class WithOneself(RuleBroken):
    """Help goes from one to another; both sides cannot be the same."""

    field = "with_whom"
    message = _l("An exchange is between two different people. Choose somebody else")


class TwiceInOne(RuleBroken):
    """Everybody takes part in an exchange once."""

    field = "with_whom"
    message = _l("The same person is there twice. Take one of them out")


class ManyToMany(RuleBroken):
    """With many on both sides nobody could say whose hour was given to whom."""

    field = "with_whom"
    message = _l("Either one person gives to several, or several give to one. Log the others separately")


class TooManyParties(RuleBroken):
    """A list this long is better logged in parts."""

    field = "with_whom"
    message = _l("Up to %(most)s people can be logged at once. Log the others separately")


class InTheFuture(RuleBroken):
    """Hours are logged when they have been given."""

    field = "happened_on"
    message = _l("The day must be today or in the past. It is %(today)s today")


class TooLongAgo(RuleBroken):
    """Each bank sets how far back members may log, because nobody remembers for ever."""

    field = "happened_on"
    message = _l("The day must be %(oldest)s or later. For anything before that, ask your coordinator")


class TooLong(RuleBroken):
    """Each bank sets how long one exchange may be, to catch slips of the finger."""

    field = "time"
    message = _l("One exchange can be up to %(longest)s. If you meant minutes, type for example 90 min")


class NoteTooLong(RuleBroken):
    """A note is a line or two for those who took part."""

    field = "note"
    message = _l("The note must be %(longest)s characters or fewer")


class ThanksTooLong(RuleBroken):
    """Thanks are printed on a statement, where there is little room."""

    field = "thanks"
    message = _l("Use %(longest)s characters or fewer")


class SomebodyPaused(RuleBroken):
    """Nothing new begins with somebody who is paused; why is nobody's business here."""

    message = _l("Hours cannot be logged with one of these people at the moment. Ask your coordinator")


class NotCleared(RuleBroken):
    """Some help is given only by whom the coordinator trusts with it. Members are not told who is not, or why."""

    field = "activity"
    message = _l(
        "This cannot be logged here for these people. If the help was given already, tell your coordinator, who can "
        "record it"
    )


class OwnClearanceMissing(RuleBroken):
    """Some help is given only by whom the coordinator trusts with it, and everybody may know it of themselves."""

    field = "activity"
    message = _l(
        "You are not cleared for this yet: %(what)s. Ask your coordinator. If you have given this help already, tell "
        "them, and they can record it"
    )


class WaiverNeeded(RuleBroken):
    """Help that was given is recorded, even where it should not have been given so; but somebody says why."""

    field = "waiver"
    message = _l("%(who)s. Choose another activity, or say why this is recorded all the same")


class WaiverTooLong(RuleBroken):
    """It is a line or two for whoever looks at it later."""

    field = "waiver"
    message = _l("Use %(longest)s characters or fewer")


class ActivityNotOffered(RuleBroken):
    """Activities that the bank no longer offers stay on old exchanges only."""

    field = "activity"
    message = _l("Choose what it was from the list")


@dataclass(frozen=True)
class PartyDraft:
    """Somebody who took part, on which side and in which capacity."""

    holder: Holder
    side: Side
    capacity: Capacity


@dataclass(frozen=True)
class ExchangeDraft:
    """Everything that is known about an exchange before it is logged. Minutes are those of each who took part."""

    parties: tuple[PartyDraft, ...]
    activity: Activity
    happened_on: dt.date
    minutes: int
    stage: Stage
    book: Book
    # None is as usual for the activity.
    service_area: str | None = None
    note: str = ""
    paid: bool = False
    mandated: bool = False
    consultation: bool = False
    # Why a coordinator records it though somebody is not cleared for it.
    waiver: str = ""

    def on(self, side: Side) -> list[PartyDraft]:
        """Those who took part on this side."""
        return [party for party in self.parties if party.side == side]


def broken_rules(
    draft: ExchangeDraft,
    bank: Bank,
    *,
    today: dt.date,
    is_history: bool = False,
    day_limit: bool = True,
    own: Membership | None = None,
) -> Iterator[RuleBroken]:
    """Yield every rule that the draft breaks. History may be of any past day; so may what a coordinator enters.

    `own` is the member who logs it themselves, and may be told what they are not cleared for.
    """
    yield from _broken_by_parties(draft)
    if not is_history and any(party.holder.is_paused for party in draft.parties):
        yield SomebodyPaused()
    yield from _broken_by_day(draft, bank, today, day_limit=day_limit and not is_history)
    if draft.minutes < 1:
        yield NoTime()
    elif draft.minutes > bank.longest_exchange_minutes:
        yield TooLong(longest=in_words(bank.longest_exchange_minutes))
    if len(draft.note) > LONGEST_NOTE:
        yield NoteTooLong(longest=f"{LONGEST_NOTE:,}")
    if draft.activity.bank_id != bank.id or not (draft.activity.offered or is_history):
        yield ActivityNotOffered()
    elif not is_history:
        yield from _broken_by_clearance(draft, own=own, by_coordinator=not day_limit)


def checked_waiver(waiver: str) -> str:
    """Return why something counts that somebody was not cleared for. Raises WaiverTooLong."""
    waiver = waiver.strip()
    if len(waiver) > LONGEST_WAIVER:
        raise WaiverTooLong(longest=LONGEST_WAIVER)
    return waiver


def uncleared_in(draft: ExchangeDraft) -> list[Uncleared]:
    """Return who is not cleared for what the draft says that they did."""
    parties = [(party.side, party.holder) for party in draft.parties]
    of = Help(
        activity=draft.activity,
        day=draft.happened_on,
        givers=members_on(Side.GIVER, parties),
        receivers=members_on(Side.RECEIVER, parties),
    )
    return uncleared([of])[0]


def _broken_by_clearance(draft: ExchangeDraft, *, own: Membership | None, by_coordinator: bool) -> Iterator[RuleBroken]:
    found = uncleared_in(draft)
    if len(draft.waiver) > LONGEST_WAIVER:
        yield WaiverTooLong(longest=LONGEST_WAIVER)
    elif found and by_coordinator and not draft.waiver.strip():
        yield WaiverNeeded(who="; ".join(each.text for each in found))
    elif found and not by_coordinator:
        mine = [each for each in found if own is not None and each.member.id == own.id and each.missing]
        if len(mine) == len(found):
            yield OwnClearanceMissing(what=", ".join(of_involvement(each) for each in mine[0].missing))
        else:
            yield NotCleared()


def checked_thanks(thanks: str) -> str:
    """Return what somebody says to whoever helped, without surrounding space. Raises ThanksTooLong."""
    thanks = thanks.strip()
    if len(thanks) > LONGEST_THANKS:
        raise ThanksTooLong(longest=LONGEST_THANKS)
    return thanks


def _broken_by_parties(draft: ExchangeDraft) -> Iterator[RuleBroken]:
    givers = [party.holder.account_id for party in draft.on(Side.GIVER)]
    receivers = [party.holder.account_id for party in draft.on(Side.RECEIVER)]
    if not givers or not receivers or set(givers) & set(receivers):
        yield WithOneself()
    elif len(set(givers)) < len(givers) or len(set(receivers)) < len(receivers):
        yield TwiceInOne()
    elif len(givers) > 1 and len(receivers) > 1:
        yield ManyToMany()
    elif len(draft.parties) > MOST_PARTIES:
        yield TooManyParties(most=MOST_PARTIES)
    if any(party.holder.is_closed for party in draft.parties):
        yield AccountClosed()
    if any(party.holder.kind == AccountKind.OPENING for party in draft.parties):
        yield NotInThisBank()


def _broken_by_day(draft: ExchangeDraft, bank: Bank, today: dt.date, *, day_limit: bool) -> Iterator[RuleBroken]:
    if draft.happened_on > today:
        yield InTheFuture(today=_written(today))
    elif day_limit and draft.happened_on < today - dt.timedelta(days=bank.oldest_day_days):
        yield TooLongAgo(oldest=_written(today - dt.timedelta(days=bank.oldest_day_days)))


def _written(day: dt.date) -> str:
    return str(format_date(day, "d MMMM yyyy"))
