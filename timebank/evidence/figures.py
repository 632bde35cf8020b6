"""The figures of a bank over a period, as an audience may see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import get_locale

from timebank.banks.models import Bank
from timebank.evidence import queries, words
from timebank.evidence.audience import Audience
from timebank.evidence.catalogue import CATALOGUE
from timebank.evidence.counted import Counted
from timebank.evidence.given import Hours
from timebank.evidence.people import people_figures
from timebank.evidence.releases import Period, shown_alone, shown_in_turn, spans_of
from timebank.evidence.remembered import remembered
from timebank.evidence.shares import hours_figures
from timebank.evidence.tables import HoursTables
from timebank.evidence.values import Value
from timebank.extensions import db
from timebank.ledger.models import AccountKind


@dataclass(frozen=True)
class Figure:
    """One figure: its value, or why there is none."""

    name: str
    value: Any
    reason: str
    unit: str
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Figures:
    """Every figure of a bank over the days from `start` up to, and without, `end`."""

    bank_code: str
    start: dt.date
    end: dt.date
    audience: Audience
    figures: dict[str, Figure]
    withheld: frozenset[str] = frozenset()

    def __getitem__(self, name: str) -> Figure:
        return self.figures[name]

    def is_withheld(self, name: str) -> bool:
        """Return whether something of the figure is not shown because somebody could be found out."""
        return name in self.withheld


def figures_of(
    bank: Bank, *, start: dt.date, end: dt.date, audience: Audience, earlier: Sequence[Period] = ()
) -> Figures:
    """Return every figure of the catalogue for the period, with what the audience may not see withheld.

    `earlier` are the periods whose figures the same readers have, oldest release first: what would follow from these
    together with the new ones is withheld too. Every period must have a day in it.
    """
    releases = (*(earlier if audience.threshold else ()), Period(start, end))
    key = (bank.id, releases, audience, str(get_locale()), queries.state_of(bank))
    return remembered(db.engine, key, lambda: _figures_of(bank, releases, audience))


def _figures_of(bank: Bank, releases: Sequence[Period], audience: Audience) -> Figures:
    hours_in = {span: list(queries.hours_given(bank, start=span.start, end=span.end)) for span in spans_of(releases)}
    counted = [_counted(bank, one, hours_in) for one in releases]
    tables = HoursTables(counted[-1].hours, with_people=audience.threshold > 0)
    shown = shown_in_turn(hours_in, releases, audience)[-1] if len(releases) > 1 else shown_alone(tables, audience)
    values = hours_figures(counted[-1], tables, shown) | people_figures(counted[-1], shown, earlier=counted[:-1])
    figures = {}
    for entry in CATALOGUE:
        value = values[entry.name]
        figures[entry.name] = Figure(
            entry.name, value.value, value.reason or _reason(entry.name, value), entry.unit, entry.inputs
        )
    withheld = frozenset(name for name, value in values.items() if value.is_withheld)
    return Figures(bank.code, releases[-1].start, releases[-1].end, audience, figures, withheld)


def _reason(name: str, value: Value) -> str:
    if value.value is None:
        return str(words.WITHHELD) if value.is_withheld else words.undefined(name)
    return str(words.PARTLY_WITHHELD) if value.is_withheld else ""


def _counted(bank: Bank, period: Period, hours_in: Mapping[Period, Sequence[Hours]]) -> Counted:
    start, end = period.start, period.end
    kinds = queries.kinds_of_accounts(bank)
    approved, reversed_ = queries.count_exchanges(bank, start=start, end=end)
    return Counted(
        start=start,
        end=end,
        hours=[one for span in sorted(hours_in) if period.includes(span) for one in hours_in[span]],
        lives=queries.lives(bank, start=start, end=end),
        credit=queries.credit_held(bank, start=start, end=end),
        people=frozenset(account_id for account_id, kind in kinds.items() if kind == AccountKind.MEMBER),
        pots=frozenset(account_id for account_id, kind in kinds.items() if kind == AccountKind.COMMUNITY),
        exchanges=approved,
        reversed_exchanges=reversed_,
    )
