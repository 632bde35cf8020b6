"""The figures of a bank over a period, as an audience may see them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from timebank.banks.models import Bank
from timebank.evidence.audience import Audience


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


def figures_of(bank: Bank, *, start: dt.date, end: dt.date, audience: Audience) -> Figures:
    """Return every figure of the catalogue for the period, with what the audience may not see withheld."""
    return Figures(bank.code, start, end, audience, {})
