"""Small numbers: what of a set of figures may be shown, so that nobody can be found out from it.

All that is published at once is one system: quantities, and the sums that bind them, such as a row and its total. What
somebody could find out is then a question of linear programming: how low and how high can each hidden quantity be,
given everything that is shown? Sources: A. Hundepool and others, Statistical Disclosure Control (2012), for the p % rule and
complementary suppression; M. Fischetti and J.-J. Salazar-González (2000) for the bounds. docs/adr has the reasons.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from timebank.evidence.audience import Audience
from timebank.evidence.exact import rounded_to
from timebank.evidence.given import Minutes
from timebank.hours import MINUTES_IN_AN_HOUR

PERCENT = 10
SMALLEST_NETWORK = 20

# A bound that is nearer than this to where it has to be is there: the solver works with parts of numbers.
_NEAR = Fraction(1, 10_000)

# A sum that binds quantities: Σ factor · quantity = 0.
Sum = Mapping[str, int]


@dataclass(frozen=True)
class Quantity:
    """Something that is published or could be found out: a count of people, or minutes.

    What is not `wanted` is never shown; it is there because it follows from what is, such as what is left of a total.
    """

    name: str
    value: Minutes
    is_count: bool = False
    is_wanted: bool = True
    is_sensitive: bool = False


@dataclass(frozen=True)
class System:
    """Everything that is published together, and the sums that bind it."""

    quantities: dict[str, Quantity]
    sums: tuple[Sum, ...]


@dataclass(frozen=True)
class Shown:
    """What an audience is shown of a system."""

    audience: Audience
    # {name: minutes or people}, rounded as the audience's are; what is hidden is not there.
    values: dict[str, Minutes] = field(default_factory=dict)
    # Counts of a few people, which are shown as fewer than the threshold.
    few: frozenset[str] = frozenset()

    def get(self, name: str) -> Minutes | None:
        """Return what is shown of it, or None."""
        return self.values.get(name)


def is_sensitive_count(count: int, threshold: int) -> bool:
    """Return whether so few people are there that they could be known: 1 to threshold − 1 (rule 1)."""
    return 0 < count < threshold


def passes_p_percent(whole: Minutes, parts: Iterable[Minutes], *, percent: int = PERCENT) -> bool:
    """Return whether whoever gave the second most cannot tell what the first gave to within so many per cent (rule 2).

    X − x1 − x2 ≥ p/100 · x1, with x1 and x2 the largest two parts of the whole X.
    """
    first, second = _largest_two(parts)
    return 100 * (whole - first - second) >= percent * first


def _largest_two(parts: Iterable[Minutes]) -> tuple[Minutes, Minutes]:
    first: Minutes = 0
    second: Minutes = 0
    for part in parts:
        if part > first:
            first, second = part, first
        elif part > second:
            second = part
    return first, second


def is_sensitive_magnitude(
    whole: Minutes,
    givers: Mapping[int, Minutes],
    receivers: Mapping[int, Minutes],
    *,
    threshold: int,
    are_people: frozenset[int] | set[int] | None = None,
) -> bool:
    """Return whether minutes may not be shown: too few people behind them, on either side, or one who stands out.

    Each side is {account: minutes}. Organisations and the community account are nobody who could be found out, so they
    are not counted as people; what they gave counts for standing out. Nothing at all may be shown as nothing.
    """
    if not whole or not threshold:
        return False
    for side in (givers, receivers):
        people = len(side) if are_people is None else len(side.keys() & are_people)
        if people < threshold or not passes_p_percent(whole, side.values()):
            return True
    return False


def shown_of(system: System, audience: Audience, *, also_hidden: Iterable[str] = ()) -> Shown:
    """Return what the audience may see: sensitive quantities hidden, and as many others as it takes to protect them."""
    if not audience.threshold:
        return Shown(audience, {name: one.value for name, one in system.quantities.items() if one.is_wanted})
    hiding = _Hiding(system, audience, also_hidden)
    hiding.complement()
    while (name := hiding.found_out()) is not None:
        hiding.hide_beside(name)
        hiding.complement()
    few = frozenset(name for name in hiding.hidden if hiding.is_few(name))
    values = {name: rounded(one, audience) for name, one in system.quantities.items() if name not in hiding.hidden}
    return Shown(audience, values, few)


def rounded(quantity: Quantity, audience: Audience) -> Minutes:
    """Return the value as the audience is shown it."""
    step = step_of(quantity, audience)
    return int(rounded_to(step, quantity.value)) if step else quantity.value


def step_of(quantity: Quantity, audience: Audience) -> int:
    """Return to how many people, or minutes, it is rounded for the audience; 0 for not at all."""
    if audience.rounded_to == 1:
        return 0
    return audience.rounded_to * (1 if quantity.is_count else MINUTES_IN_AN_HOUR)


class _Hiding:
    """Which quantities are hidden, while more and more of them are."""

    def __init__(self, system: System, audience: Audience, also_hidden: Iterable[str]) -> None:
        self.quantities, self.sums, self.audience = system.quantities, system.sums, audience
        self.hidden = {name for name, one in self.quantities.items() if one.is_sensitive or not one.is_wanted} | {
            name for name in also_hidden if name in self.quantities
        }
        self.sums_with: dict[str, list[Sum]] = {name: [] for name in self.quantities}
        for one in self.sums:
            for name in one:
                self.sums_with[name].append(one)
        # Few people of whom not even that is said.
        self.silent: set[str] = set()
        # What is hidden more can only be told less well, so whatever was safe once stays safe.
        self._low = {name: one.value for name, one in self.quantities.items()}
        self._high = dict(self._low)

    def is_few(self, name: str) -> bool:
        """Return whether it is shown that it is fewer than the threshold."""
        one = self.quantities[name]
        is_small = is_sensitive_count(int(one.value), self.audience.threshold)
        return one.is_count and one.is_wanted and is_small and name not in self.silent

    def to_protect(self) -> list[str]:
        """What must not be found out: whatever is hidden but for what is nothing, and what nobody would mind."""
        return [
            name
            for name, one in self.quantities.items()
            if name in self.hidden and one.value and (one.is_sensitive or one.is_wanted)
        ]

    def complement(self) -> None:
        """Hide a second quantity wherever one alone is hidden in a sum, again and again (rule 3)."""
        protect = set(self.to_protect())
        waiting = list(self.sums)
        while waiting:
            one = waiting.pop()
            hidden = [name for name in one if name in self.hidden]
            if len(hidden) != 1 or hidden[0] not in protect:
                continue
            second = self._next_to_hide([one])
            if second is not None:
                self.hidden.add(second)
                if self.quantities[second].value:
                    protect.add(second)
                waiting += self.sums_with[second]

    def _next_to_hide(self, sums: Sequence[Sum]) -> str | None:
        """Return the smallest part that is shown, a total only where no part is left, and nothing but as the last."""
        shown = {(name, factor) for one in sums for name, factor in one.items() if name not in self.hidden}

        def order(part: tuple[str, int]) -> tuple[bool, bool, Minutes, str]:
            name, factor = part
            value = self.quantities[name].value
            return not value, factor > 0, value, name

        return min(shown, key=order)[0] if shown else None

    def hide_beside(self, name: str) -> None:
        """Hide one more quantity, so that this one can be told less well."""
        more = self._next_to_hide(self.sums_with[name])
        if more is None:
            more = self._next_to_hide([dict.fromkeys(self.quantities, 1)])
        if more is not None:
            self.hidden.add(more)
            return
        few = [other for one in self.sums_with[name] for other in one if self.is_few(other)]
        self.silent.add(max(few, key=lambda other: (self.quantities[other].value, other)))

    def bounds(self) -> list[tuple[Minutes, Minutes | None]]:
        """How low and how high each quantity can be, for all that is said of it alone."""
        return [self._bounds_of(one) for one in self.quantities.values()]

    def _bounds_of(self, one: Quantity) -> tuple[Minutes, Minutes | None]:
        if one.name in self.hidden:
            return (1, self.audience.threshold - 1) if self.is_few(one.name) else (0, None)
        step = step_of(one, self.audience)
        shown = rounded(one, self.audience)
        return max(shown - Fraction(step, 2), Fraction(0)), shown + Fraction(step, 2)

    @staticmethod
    def has_to_reach(one: Quantity) -> tuple[Minutes, Minutes]:
        """How low, and how high, a hidden quantity must be able to be."""
        apart = Fraction(PERCENT * one.value) / 100
        if one.is_count:
            apart = max(apart, Fraction(1))
        return one.value - apart, one.value + apart

    def found_out(self) -> str | None:
        """Return a hidden quantity that everything shown pins down too closely, or None (rule 3, linear bounds)."""
        unsafe = [name for name in self.to_protect() if not self._is_safe(name)]
        if not unsafe:
            return None
        solver = Bounds(list(self.quantities), self.sums, self.bounds())
        for name in unsafe:
            for direction in (1, -1):
                if not self._is_safe(name):
                    for place, value in enumerate(solver.extreme(name, direction)):
                        other = solver.names[place]
                        self._low[other], self._high[other] = (
                            min(self._low[other], value),
                            max(self._high[other], value),
                        )
            if not self._is_safe(name):
                return name
        return None

    def _is_safe(self, name: str) -> bool:
        one = self.quantities[name]
        if self.is_few(name):
            # Where fewer than the threshold is said of it, more than one number must be left.
            return self._high[name] - self._low[name] >= 1 - _NEAR
        low, high = self.has_to_reach(one)
        near = _NEAR * max(one.value, 1)
        return self._low[name] <= low + near and self._high[name] >= high - near


class Bounds:
    """How low and how high quantities can be that are bound by sums, each within bounds of its own."""

    # Where nothing bounds a quantity from above, so many times all that is known bounds it, for the solver.
    FAR = 4

    def __init__(
        self, names: Sequence[str], sums: Sequence[Sum], bounds: Sequence[tuple[Minutes, Minutes | None]]
    ) -> None:
        self.names = list(names)
        self._place = {name: place for place, name in enumerate(self.names)}
        far = self.FAR * (sum(high for _, high in bounds if high is not None) + 1_000_000)
        self._bounds = np.array([(low, far if high is None else high) for low, high in bounds], dtype=np.float64)
        entries = [(row, self._place[name], factor) for row, one in enumerate(sums) for name, factor in one.items()]
        rows, columns, factors = zip(*entries, strict=True) if entries else ((), (), ())
        self._sums: Any = coo_matrix((factors, (rows, columns)), shape=(len(sums), len(self.names))).tocsr()
        self._nothing = np.zeros(len(sums))

    def extreme(self, name: str, direction: int) -> list[Fraction]:
        """Return values of all quantities at which this one is lowest (direction 1) or highest (−1)."""
        objective = np.zeros(len(self.names))
        objective[self._place[name]] = direction
        solved = linprog(objective, A_eq=self._sums, b_eq=self._nothing, bounds=self._bounds, method="highs")
        assert solved.status == 0, solved.message
        return [Fraction(value) for value in solved.x.tolist()]
