"""One reading of the evidence: which bank, which period, for whom, and the figures of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from timebank.banks.models import Bank
from timebank.evidence import behind_queries, queries
from timebank.evidence.audience import Audience
from timebank.evidence.chart_bars import activity_chart, balances_chart, histogram_chart, months_chart
from timebank.evidence.chart_curve import curve_chart
from timebank.evidence.chart_flows import flows_chart
from timebank.evidence.chart_matrix import matrix_chart
from timebank.evidence.chart_web import Person, drawn_people, web_chart
from timebank.evidence.charts import Chart
from timebank.evidence.figures import Figures, figures_of
from timebank.evidence.files import figures_from
from timebank.evidence.models import EvidenceRelease
from timebank.evidence.network import weights_of
from timebank.evidence.periods import Period, choices, parse
from timebank.evidence.remembered import remembered
from timebank.extensions import db
from timebank.organisations.queries import holders_of

PERIODS_BEFORE = 3


@dataclass
class Reading:
    """What one reader sees. Figures of other periods are asked for only where a page compares with them."""

    bank: Bank
    period: Period
    audience: Audience
    today: dt.date
    first_day: dt.date

    @cached_property
    def figures(self) -> Figures:
        """The figures of the period."""
        return self._of(self.period)

    @cached_property
    def a_year_before(self) -> Figures | None:
        """The figures of the same months of the year before; None where nothing of them is recorded."""
        before = self.period.a_year_before
        return self._of(before) if before.end > self.first_day else None

    @cached_property
    def up_to_now(self) -> list[tuple[Period, Figures]]:
        """The period and up to three of the same length before it, the oldest first."""
        before = [self.period.moved(-self.period.months * back) for back in range(PERIODS_BEFORE, 0, -1)]
        lived = [period for period in before if period.end > self.first_day]
        return [*((period, self._of(period)) for period in lived), (self.period, self.figures)]

    def _of(self, period: Period) -> Figures:
        return figures_of(self.bank, start=period.start, end=period.end, audience=self.audience)

    def may_see(self, chart: str) -> bool:
        """Return whether the audience may see this picture at all."""
        return self.audience == Audience.COORDINATOR or chart not in FOR_COORDINATORS

    def hidden(self, name: str) -> str:
        """Return why something of a figure is hidden, in words; "" where nothing is."""
        return self.figures[name].reason if self.figures.is_withheld(name) else ""


@dataclass
class Frozen(Reading):
    """A release, read as it was released, and compared with nothing but other releases."""

    release: EvidenceRelease
    others: list[EvidenceRelease]

    @cached_property
    def figures(self) -> Figures:
        """The figures that were released."""
        return figures_from(self.release.figures)

    @cached_property
    def a_year_before(self) -> Figures | None:
        """The figures of the same months of the year before, where these are released too."""
        before = self.period.a_year_before
        return self._released(before)

    @cached_property
    def up_to_now(self) -> list[tuple[Period, Figures]]:
        """The period, and of the same length just before it what is released."""
        before = [self.period.moved(-self.period.months * back) for back in range(PERIODS_BEFORE, 0, -1)]
        found = [(period, self._released(period)) for period in before]
        return [*((period, figures) for period, figures in found if figures), (self.period, self.figures)]

    def _released(self, period: Period) -> Figures | None:
        days = (period.start, period.last.last_day)
        # What was released later than this one was not known when it was read first, and must not change it.
        earlier = [one for one in self.others if one.id < self.release.id]
        return next((figures_from(one.figures) for one in earlier if (one.starts_on, one.last_day) == days), None)


def read_release(release: EvidenceRelease, others: list[EvidenceRelease], *, today: dt.date) -> Frozen:
    """Return the reading of a release, with all releases of the bank."""
    return Frozen(
        release.bank, parse(release.period), Audience.PUBLIC, today, release.starts_on, release=release, others=others
    )


def read(bank: Bank, *, written: str = "", audience: Audience, today: dt.date) -> tuple[Reading | None, list[Period]]:
    """Return the reading of the period that is written so, or else of the usual one, and all that there are.

    There is no reading where there is no period yet that this audience may read.
    """
    first_day = behind_queries.first_day(bank) or today
    every = choices(first=first_day, today=today, audience=audience)
    period = next((one for one in every if one.written == written), every[0] if every else None)
    if period is None:
        return None, every
    return Reading(bank, period, audience, today, first_day), every


def _flows(reading: Reading) -> Chart:
    return flows_chart(reading.figures["flows"].value, hidden=reading.hidden("flows"))


def _matrix(reading: Reading) -> Chart:
    periods = [(period.called, figures["coproduction_matrix"].value) for period, figures in reading.up_to_now]
    return matrix_chart(periods, hidden=reading.hidden("coproduction_matrix"))


def _histogram(reading: Reading) -> Chart:
    return histogram_chart(
        reading.figures["give_receive_histogram"].value, hidden=reading.hidden("give_receive_histogram")
    )


def _activity(reading: Reading) -> Chart:
    names = ("active", "new", "returning", "reactivated", "lapsed")
    periods = [
        (period.short, {name: figures[f"{name}_members"].value for name in names})
        for period, figures in reading.up_to_now
    ]
    hidden = next((why for name in names if (why := reading.hidden(f"{name}_members"))), "")
    return activity_chart(periods, hidden=hidden)


def _months(reading: Reading) -> Chart:
    return months_chart(reading.figures["hours_by_month"].value, hidden=reading.hidden("hours_by_month"))


def _balances(reading: Reading) -> Chart:
    return balances_chart(reading.figures["balances_in_bands"].value, hidden=reading.hidden("balances_in_bands"))


def _curve(reading: Reading) -> Chart:
    name = "receiver_to_giver_curve"
    return curve_chart(reading.figures[name].value, hidden=reading.hidden(name))


def _web(reading: Reading) -> Chart:
    bank, period = reading.bank, reading.period
    key = ("web", bank.id, period.start, period.end, queries.state_of(bank))
    start, end = period.start, period.end
    weights = remembered(db.engine, key, lambda: weights_of(queries.hours_given(bank, start=start, end=end)))
    holders = holders_of(bank, drawn_people(weights))
    people = {one: Person(who.number, who.name_for(None, in_full=True)) for one, who in holders.items()}
    return web_chart(weights, people)


# In these are people, by name.
FOR_COORDINATORS = frozenset({"web"})

CHARTS: dict[str, Callable[[Reading], Chart]] = {
    "flows": _flows,
    "matrix": _matrix,
    "histogram": _histogram,
    "activity": _activity,
    "months": _months,
    "curve": _curve,
    "balances": _balances,
    "web": _web,
}
