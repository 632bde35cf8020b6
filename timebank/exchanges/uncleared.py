"""Who took part in something that they are not cleared for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext

from timebank.banks.models import Activity, Involvement
from timebank.banks.words import of_involvement
from timebank.exchanges.models import Exchange, Side
from timebank.members import queries as members
from timebank.members.models import Clearance, Membership
from timebank.organisations.queries import Holder


@dataclass(frozen=True)
class Help:
    """Help as it matters here: what it was, on which day, and the members on each side."""

    activity: Activity
    day: dt.date
    givers: Sequence[Membership]
    receivers: Sequence[Membership]


@dataclass(frozen=True)
class Uncleared:
    """A member who took part, and what stands against it: limits, or what they are not cleared for."""

    member: Membership
    is_limited: bool
    missing: tuple[Involvement, ...]

    @property
    def text(self) -> str:
        """What it is, for coordinators."""
        if self.is_limited:
            return gettext("%(name)s is active with limits: only in groups and in public places", name=self.member.name)
        what = ", ".join(of_involvement(each) for each in self.missing)
        return gettext("%(name)s is not cleared for: %(what)s", name=self.member.name, what=what)


def uncleared(of: Sequence[Help]) -> list[list[Uncleared]]:
    """Return for each help who was not cleared for it. One question for all, and none where nothing is asked for."""
    asked = {giver.id for help_ in of if help_.activity.needs_clearance for giver in help_.givers}
    clearances = members.clearances_of(asked) if asked else {}
    return [[*_limited(help_), *_without(help_, clearances)] for help_ in of]


def _limited(help_: Help) -> Iterable[Uncleared]:
    if not help_.activity.is_among_others:
        for member in (*help_.givers, *help_.receivers):
            if member.limited_at is not None:
                yield Uncleared(member, is_limited=True, missing=())


def _without(help_: Help, clearances: Mapping[int, Sequence[Clearance]]) -> Iterable[Uncleared]:
    for giver in help_.givers:
        had = {each.involvement for each in clearances.get(giver.id, ()) if each.covers(help_.day)}
        missing = tuple(each for each in help_.activity.needs_clearance if each not in had)
        if missing:
            yield Uncleared(giver, is_limited=False, missing=missing)


def help_in(exchange: Exchange, holders: Mapping[int, Holder]) -> Help:
    """Return the help of an exchange between these holders, by their accounts' ids."""
    return Help(
        activity=exchange.activity,
        day=exchange.happened_on,
        givers=members_on(Side.GIVER, ((party.side, holders[party.account_id]) for party in exchange.parties)),
        receivers=members_on(Side.RECEIVER, ((party.side, holders[party.account_id]) for party in exchange.parties)),
    )


def needs_waiver(exchange: Exchange, found: Sequence[Uncleared]) -> bool:
    """Return whether a coordinator still has to say why it counts. What they say of themselves is not enough."""
    return bool(found) and exchange.waived_by_id in (None, *(each.member.id for each in found))


def members_on(side: Side, parties: Iterable[tuple[str, Holder]]) -> list[Membership]:
    """Return the members on one side. An organisation answers for its own people."""
    return [holder.member for on, holder in parties if on == side and holder.member is not None]
