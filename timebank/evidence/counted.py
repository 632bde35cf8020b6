"""Everything that the ledger says about a period, before anybody is shown any of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from timebank.evidence import lapse, measures
from timebank.evidence.circulation import Credit
from timebank.evidence.given import Hours, Minutes
from timebank.evidence.lapse import Followed, Life, MembershipFlow


@dataclass(frozen=True)
class Counted:
    """The hours and the people of a period, and the credit that moved in it."""

    start: dt.date
    end: dt.date
    hours: list[Hours]
    lives: list[Life]
    credit: Credit
    people: frozenset[int]
    pots: frozenset[int]
    exchanges: int
    reversed_exchanges: int

    @cached_property
    def totals(self) -> dict[int, tuple[Minutes, int]]:
        """{person: minutes given, minutes received}."""
        return measures.totals_of_people(self.hours)

    @cached_property
    def capacities(self) -> dict[int, set[str]]:
        """{person: the capacities in which they took part}."""
        return measures.capacities_of_people(self.hours)

    @cached_property
    def flow(self) -> MembershipFlow:
        """Who is active, and who comes and goes."""
        return lapse.membership_flow(self.lives)

    @cached_property
    def receivers(self) -> list[Followed]:
        """Those who use the service and began by receiving, followed until they gave."""
        return lapse.receivers_followed(self.lives, start=self.start, end=self.end)
