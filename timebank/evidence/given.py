"""Hours as the measures take them: who gave how many minutes to whom, and what else is known of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from timebank.evidence.catalogue import GROUPS

# An hour of a class is divided among those who learned, and sevenths of an hour are no whole minutes.
Minutes = int | Fraction

# Those who use the service, professionals, the neighbourhood (neighbours, family and carers, the community account),
# and those of whom it is not stated.
U, P, N, X = GROUPS

GROUP_OF = {"service_user": U, "professional": P, "neighbour": N, "carer": N, "not_stated": X}

PLANNING = ("commissioning", "design")
DELIVERY = "delivery"
VOICE = ("commissioning", "design", "assessment")


class Confirmed(StrEnum):
    """How it is known that hours were given: both said so, a coordinator said so for one of them, or neither."""

    BY_BOTH = "confirmed_by_both"
    BY_COORDINATOR = "entered_by_coordinator"
    BY_NEITHER = "confirmed_by_neither"


@dataclass(frozen=True, slots=True)
class Hours:
    """Minutes that one gave to another, of one sort, posted and not reversed; perhaps of several exchanges.

    `minutes` count once, at the giver: where several received in one exchange, it is this receiver's equal part of the
    giver's time. `received_minutes` is the time that the receiver was helped for. The two are never added. `day` may be
    the first of the month where days are not told apart.
    """

    giver: int
    receiver: int
    giver_capacity: str
    receiver_capacity: str
    minutes: Minutes
    received_minutes: int
    day: dt.date
    service: str = ""
    stage: str = DELIVERY
    is_credit: bool = True
    paid: bool = False
    mandated: bool = False
    consultation: bool = False
    late: bool = False
    confirmed: Confirmed = Confirmed.BY_BOTH
    giver_is_person: bool = True
    receiver_is_person: bool = True

    @property
    def giver_group(self) -> str:
        """The group in whose capacity it was given."""
        return GROUP_OF[self.giver_capacity]

    @property
    def receiver_group(self) -> str:
        """The group in whose capacity it was received."""
        return GROUP_OF[self.receiver_capacity]
