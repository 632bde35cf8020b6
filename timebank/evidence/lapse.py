"""Measures of how long something takes, and of who comes, stays and goes."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

# Somebody who received help first and gave some within so many days went from receiving to giving.
CONVERSION_DAYS = 180


@dataclass(frozen=True, slots=True)
class Followed:
    """One person followed for so many days: until it happened, or until the end of what is known."""

    days: int
    happened: bool


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """After so many days, the share to whom it has happened, and how many were still followed just before."""

    days: int
    share: Fraction
    at_risk: int


def kaplan_meier(followed: Iterable[Followed], *, until_days: int = CONVERSION_DAYS) -> list[CurvePoint]:
    """Return the share to whom it has happened after each day on which it did, 1 − Π (1 − events / at risk).

    Where everybody is followed long enough it is the plain share. Somebody whose following ends on a day on which it
    happens to another is still at risk on that day. Source: E. Kaplan and P. Meier, Nonparametric estimation from
    incomplete observations, Journal of the American Statistical Association 53 (1958).
    """
    followed = list(followed)
    happened = Counter(one.days for one in followed if one.happened)
    left = Counter(one.days for one in followed)
    at_risk, remaining, points = len(followed), Fraction(1), []
    for days in sorted(left):
        if days > until_days:
            break
        if happened[days]:
            remaining *= 1 - Fraction(happened[days], at_risk)
            points.append(CurvePoint(days, 1 - remaining, at_risk))
        at_risk -= left[days]
    return points


def conversion(followed: Sequence[Followed], *, until_days: int = CONVERSION_DAYS) -> Fraction | None:
    """Return the share to whom it has happened within so many days, by kaplan_meier(); None for nobody."""
    if not followed:
        return None
    points = kaplan_meier(followed, until_days=until_days)
    return points[-1].share if points else Fraction(0)


def is_known_throughout(followed: Sequence[Followed], *, until_days: int = CONVERSION_DAYS) -> bool:
    """Return whether somebody is still followed at the end, or it has happened to all: else the end is not known."""
    return any(one.days >= until_days or one.happened for one in followed)


def quartiles(values: Iterable[int]) -> tuple[Fraction, Fraction, Fraction] | None:
    """Return the lower quartile, the median and the upper quartile, by straight lines between the ordered values.

    It is number 7 of R. Hyndman and Y. Fan, Sample quantiles in statistical packages, The American Statistician 50
    (1996), which spreadsheets use too. None of no values.
    """
    ordered = sorted(values)
    if not ordered:
        return None

    def quantile(part: Fraction) -> Fraction:
        place = part * (len(ordered) - 1)
        below = int(place)
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (place - below) * (ordered[above] - ordered[below])

    return quantile(Fraction(1, 4)), quantile(Fraction(1, 2)), quantile(Fraction(3, 4))


@dataclass(frozen=True, slots=True)
class Life:
    """When a person took part: first and last, before the period and in it. None is never."""

    first_gave_on: dt.date | None
    first_received_on: dt.date | None
    was_active_just_before: bool
    was_ever_active_before: bool
    is_active: bool
    # Whether the very first thing was receiving, and as somebody who uses the service.
    began_by_receiving_as_one_who_uses_it: bool = False
    joined_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class MembershipFlow:
    """People by whether they took part in the period, just before it, and ever before."""

    active: int
    new: int
    returning: int
    reactivated: int
    lapsed: int
    active_before: int


def membership_flow(lives: Iterable[Life]) -> MembershipFlow:
    """Return who is active, and of these new (never before), returning (just before too) and reactivated (long before).

    "Just before" is a period of the same length. Lapsed were active then and are not now. So active = new + returning +
    reactivated, and active = active before + new + reactivated − lapsed.
    """
    counts: Counter[str] = Counter()
    for life in lives:
        if life.was_active_just_before:
            counts["before"] += 1
            counts["returning" if life.is_active else "lapsed"] += 1
        elif life.is_active:
            counts["reactivated" if life.was_ever_active_before else "new"] += 1
    return MembershipFlow(
        active=counts["new"] + counts["returning"] + counts["reactivated"],
        new=counts["new"],
        returning=counts["returning"],
        reactivated=counts["reactivated"],
        lapsed=counts["lapsed"],
        active_before=counts["before"],
    )


def receivers_followed(lives: Iterable[Life], *, start: dt.date, end: dt.date) -> list[Followed]:
    """Return the users whose first exchange was receiving and lies in the period, followed until they gave.

    Nobody is followed beyond the period's last day, so that later days change nothing in an earlier report.
    """
    followed = []
    for life in lives:
        first = life.first_received_on
        if not life.began_by_receiving_as_one_who_uses_it or first is None or not start <= first < end:
            continue
        gave_on = life.first_gave_on
        if gave_on is not None and gave_on < end:
            followed.append(Followed((gave_on - first).days, happened=True))
        else:
            followed.append(Followed((end - dt.timedelta(days=1) - first).days, happened=False))
    return followed


def days_to_first_exchange(lives: Iterable[Life], *, start: dt.date, end: dt.date) -> list[int]:
    """Return the days from joining to the first exchange, of those whose first exchange lies in the period.

    Whoever is entered as having joined after their first exchange waited for no day.
    """
    waited = []
    for life in lives:
        days = [day for day in (life.first_gave_on, life.first_received_on) if day is not None]
        if life.joined_on is not None and days and start <= min(days) < end:
            waited.append(max((min(days) - life.joined_on).days, 0))
    return waited
