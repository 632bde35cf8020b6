"""The periods that evidence is read over: years, quarters, months, and the last twelve of these.

Outside readers get whole quarters that are over, and nothing else. No two of them overlap, so that nobody can take one
from another and find out what each of them hides.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask_babel import gettext as _

from timebank.evidence.audience import Audience
from timebank.ledger.months import Month
from timebank.web.setup import month as month_in_words

LAST_TWELVE_MONTHS = "last-12-months"


@dataclass(frozen=True)
class Period:
    """Whole months, from the first up to and with the last."""

    written: str
    first: Month
    last: Month

    @property
    def start(self) -> dt.date:
        """The first day."""
        return self.first.first_day

    @property
    def end(self) -> dt.date:
        """The day after the last."""
        return self.last.plus(1).first_day

    @property
    def months(self) -> int:
        """How many months it has."""
        return (self.last.year - self.first.year) * 12 + self.last.number - self.first.number + 1

    @property
    def called(self) -> str:
        """What people call it: 2026, July to September 2026, August 2026."""
        if self.written.isdecimal():
            return self.written
        if self.first == self.last:
            return month_in_words(self.first)
        return _("%(first)s to %(last)s", first=month_in_words(self.first), last=month_in_words(self.last))

    @property
    def short(self) -> str:
        """What stands below a picture, where there is little room: 07–09/25."""
        if self.months == 1:
            return f"{self.last.number:02d}/{self.last.year % 100:02d}"
        return f"{self.first.number:02d}/{self.first.year % 100:02d}–{self.last.number:02d}/{self.last.year % 100:02d}"

    def moved(self, months: int) -> Period:
        """Return the period of the same length so many months later, or earlier when negative."""
        first, last = self.first.plus(months), self.last.plus(months)
        return Period(f"{first}–{last}", first, last)

    @property
    def a_year_before(self) -> Period:
        """The same months of the year before."""
        return self.moved(-12)

    def is_over(self, today: dt.date) -> bool:
        """Return whether its last day is past."""
        return self.end <= today


def year(number: int) -> Period:
    """Return a calendar year."""
    return Period(str(number), Month(number, 1), Month(number, 12))


def quarter(number: int, which: int) -> Period:
    """Return the first to fourth quarter of a year."""
    return Period(f"{number}-Q{which}", Month(number, which * 3 - 2), Month(number, which * 3))


def choices(*, first: dt.date, today: dt.date, audience: Audience) -> list[Period]:
    """Return the periods that there are to choose from since the first day, the usual one first, then the newest."""
    last_full = Month.of(today).plus(-1)
    years = range(today.year, first.year - 1, -1)
    quarters = [quarter(number, which) for number in years for which in (4, 3, 2, 1)]
    if audience != Audience.COORDINATOR:
        return [one for one in quarters if one.is_over(today) and one.end > first]
    months = [Period(str(one), one, one) for one in (Month.of(today).plus(-back) for back in range(13))]
    every = [
        Period(LAST_TWELVE_MONTHS, last_full.plus(-11), last_full),
        *(year(number) for number in years),
        *(one for one in quarters if one.start <= today),
        *months,
    ]
    return [one for one in every if one.end > first]


def releasable(*, first: dt.date, today: dt.date) -> list[Period]:
    """Return the whole years and quarters that are over, the newest first, from the one that the first day is in."""
    years = range(today.year, first.year - 1, -1)
    every = [one for number in years for one in (year(number), *(quarter(number, which) for which in (4, 3, 2, 1)))]
    return [one for one in every if one.is_over(today) and one.end > first]


def parse(written: str) -> Period:
    """Return the year or the quarter that is written like 2026 or 2026-Q3. Raises ValueError for anything else."""
    number, _dash, which = written.partition("-Q")
    if len(number) != 4 or not number.isascii() or not number.isdecimal() or which not in ("", "1", "2", "3", "4"):
        raise ValueError(written)
    period = quarter(int(number), int(which)) if which else year(int(number))
    if period.written != written:
        raise ValueError(written)
    return period
