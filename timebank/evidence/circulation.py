"""Measures of how credit goes round.

The spend ratio is credit that people spent on help, over credit that they earned by helping: what the community account
gives out and opening balances are no part of either. A class spends more than is earned, and the rest goes to the
community account.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from timebank.evidence.given import Minutes

DAYS_IN_A_YEAR = 365

# Balances are shown in these bands, in hours: below −25, from −25 to −10, …, 25 and more.
BAND_ENDS_HOURS = (-25, -10, -1, 1, 10, 25)


@dataclass(frozen=True)
class Credit:
    """The credit that accounts hold, in minutes: before the period, how it moves in it, and when it ends."""

    opening: dict[int, int]
    moves: list[tuple[int, dt.date, int]]

    @property
    def closing(self) -> dict[int, int]:
        """What each account holds at the end."""
        held = dict(self.opening)
        for account_id, _day, minutes in self.moves:
            held[account_id] = held.get(account_id, 0) + minutes
        return held


def mean_held(
    opening: Mapping[int, int], moves: Iterable[tuple[int, dt.date, int]], *, start: dt.date, end: dt.date
) -> Fraction:
    """Return the mean over the days of [start, end) of Σ max(balance, 0), in minutes, each day as it ended.

    `opening` is {account: minutes} before the first day, and `moves` are (account, day, minutes) in it, of one account
    after the other or in any order.
    """
    days = (end - start).days
    total = sum(max(minutes, 0) for minutes in opening.values()) * days
    by_account: dict[int, dict[dt.date, int]] = defaultdict(lambda: defaultdict(int))
    for account, day, minutes in moves:
        by_account[account][day] += minutes
    for account, by_day in by_account.items():
        balance = opening.get(account, 0)
        for day in sorted(by_day):
            after = balance + by_day[day]
            # From this day to the last one it is held, or not, in place of what was there before.
            total += (max(after, 0) - max(balance, 0)) * (end - day).days
            balance = after
    return Fraction(total, days)


def velocity(moved_minutes: Minutes, mean_minutes: Fraction, *, days: int) -> Fraction | None:
    """Return how often an hour of credit that is held changes hands in a year: moved / mean held · 365 / days.

    None where nothing is held. Source: I. Fisher's velocity of circulation (1911), as the list of measures has it.
    """
    if not mean_minutes or not days:
        return None
    return Fraction(moved_minutes) / mean_minutes * DAYS_IN_A_YEAR / days


def bands_of_balances(balances: Iterable[int]) -> tuple[int, ...]:
    """Return how many balances, in minutes, there are in each band between BAND_ENDS_HOURS, the lower end in it."""
    counts = [0] * (len(BAND_ENDS_HOURS) + 1)
    for minutes in balances:
        counts[sum(minutes >= hours * 60 for hours in BAND_ENDS_HOURS)] += 1
    return tuple(counts)
