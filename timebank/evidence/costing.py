"""What a bank costs, over the hours given and the active members of a period: of the whole bank, and of nobody in it.

The amounts are the bank's own. They are divided by the figures as the audience sees them, rounded and withheld, so that
nobody can work back from money to what is hidden. What others have published about time banks is not in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _

from timebank.costs import words
from timebank.costs.models import Cost, CostKind
from timebank.costs.money import in_money
from timebank.evidence.figures import Figure, Figures
from timebank.hours import MINUTES_IN_AN_HOUR


@dataclass(frozen=True)
class Ratio:
    """Money for each of something, in whole pence; or why there is none."""

    pence: int | None
    reason: str = ""

    @property
    def in_words(self) -> str:
        """The amount as people read it."""
        return _("Not shown") if self.pence is None else in_money(self.pence)


@dataclass(frozen=True)
class Costing:
    """The amounts of a period, their sums, and what an hour and an active member come to."""

    costs: Sequence[Cost]
    one_off: int
    running: int
    per_hour: Ratio
    per_member: Ratio

    @property
    def total(self) -> int:
        """All of it, in pence."""
        return self.one_off + self.running

    @property
    def sums(self) -> list[tuple[str, str, str]]:
        """Each sum and ratio: what it is called, the amount, and what has to be known about it."""
        return [
            (_("Running costs"), in_money(self.running), ""),
            (_("One-off costs"), in_money(self.one_off), ""),
            (_("All costs"), in_money(self.total), ""),
            (
                _("Money for each hour given"),
                self.per_hour.in_words,
                self.per_hour.reason or _("All costs, over all hours given. It is no price and no value of an hour."),
            ),
            (
                _("Money for each active member"),
                self.per_member.in_words,
                self.per_member.reason or _("All costs, over everybody who gave or received. It is said of nobody."),
            ),
        ]

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """Each amount: what it was for, how much, and when, of which kind and how it was worked out."""
        return [
            (
                cost.label,
                in_money(cost.pence),
                f"{words.of_kind(CostKind(cost.kind))}, {words.days_of(cost)}. {cost.assumption}",
            )
            for cost in self.costs
        ]


def costing_of(costs: Sequence[Cost], figures: Figures) -> Costing:
    """Return what the costs come to, over figures of the same days."""
    sums = {kind: sum(cost.pence for cost in costs if cost.kind == kind) for kind in CostKind}
    total = sum(sums.values())
    return Costing(
        costs=costs,
        one_off=sums[CostKind.ONE_OFF],
        running=sums[CostKind.RUNNING],
        per_hour=_ratio(total, figures, "hours_given"),
        per_member=_ratio(total, figures, "active_members"),
    )


def _ratio(pence: int, figures: Figures, name: str) -> Ratio:
    figure: Figure = figures[name]
    value: Any = figure.value
    if figures.is_withheld(name) or value is None or isinstance(value, str):
        return Ratio(None, figure.reason or _("Withheld, because what it would be divided by is withheld."))
    if value == 0:
        return Ratio(None, _("There is nothing to divide by: nobody gave or received any hours."))
    # Hours are minutes behind the point, so that an hour and twenty minutes is 80/60.
    exact = Fraction(round(value * MINUTES_IN_AN_HOUR), MINUTES_IN_AN_HOUR)
    return Ratio(round(Fraction(pence) / exact))
