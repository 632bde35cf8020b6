"""Small numbers: what of a set of figures may be shown, so that nobody can be found out from it.

All that is published at once is one system: quantities, and the sums that bind them, such as a row and its total. What
somebody could find out is then a question of linear programming: how low and how high can each hidden quantity be,
given everything that is shown? Sources: A. Hundepool and others, Statistical Disclosure Control (2012), for the p %
rule and complementary suppression; M. Fischetti and J.-J. Salazar-González (2000) for the bounds.
docs/adr/0013-small-numbers.md has the reasons.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from timebank.evidence.audience import Audience
from timebank.evidence.exact import number, rounded_to
from timebank.evidence.given import Minutes
from timebank.hours import MINUTES_IN_AN_HOUR

PERCENT = 10
SMALLEST_NETWORK = 20

# A bound that lacks so small a part of the way to where it has to be is there.
_NEAR = Fraction(1, 10_000)
_TIMES_NARROWED = 3


# A sum that binds quantities: Σ factor · quantity = 0.
Sum = Mapping[str, int]


@dataclass(frozen=True)
class Quantity:
    """Something that is published or could be found out: a count of people, or minutes.

    What is not wanted is never shown; it is there because it follows from what is, such as what is left of a total.
    What is fixed was published before and cannot be hidden any more. A difference lies between two publications. The
    more
    important something is, the later it is hidden for the sake of others.
    """

    name: str
    value: Minutes
    is_count: bool = False
    is_wanted: bool = True
    is_sensitive: bool = False
    is_fixed: bool = False
    is_difference: bool = False
    importance: int = 0


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


def shown_of(
    system: System, audience: Audience, *, also_hidden: Iterable[str] = (), within: Shown | None = None
) -> Shown:
    """Return what the audience may see: sensitive quantities hidden, and as many others as it takes to protect them.

    What is shown to `within`, who read this too, bounds what is shown here: two sets of gaps would fill each other.
    """
    if not audience.threshold:
        return Shown(audience, {name: one.value for name, one in system.quantities.items() if one.is_wanted})
    hiding = _Hiding(system, audience, also_hidden)
    if within is not None:
        unseen = {name for name in system.quantities if within.get(name) is None}
        hiding.hidden |= unseen
        hiding.silent |= unseen - within.few
    hiding.complement()
    while hiding.hid_one_more():
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
        self.hidden = {
            name
            for name, one in self.quantities.items()
            if (one.is_sensitive or not one.is_wanted) and not one.is_fixed
        } | {name for name in also_hidden if name in self.quantities}
        self.sums_with: dict[str, list[Sum]] = {name: [] for name in self.quantities}
        for one in self.sums:
            for name in one:
                self.sums_with[name].append(one)
        # Few people of whom not even that is said.
        self.silent: set[str] = set()
        self.half_known: set[str] = set()
        self.known: set[str] = set()
        # What is hidden more can only be told less well, so whatever was safe once stays safe.
        self._has_to_reach = {name: self._reach(one) for name, one in self.quantities.items()}
        self._low: dict[str, Any] = {name: number(one.value) for name, one in self.quantities.items()}
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
            if name in self.hidden and name not in self.known and one.value and (one.is_sensitive or one.is_wanted)
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
        """Return the least important quantity that is shown: the smallest part, or a total where no part is left."""
        shown = {
            (name, factor)
            for one in sums
            for name, factor in one.items()
            if name not in self.hidden and not self.quantities[name].is_fixed
        }

        def order(part: tuple[str, int]) -> tuple[int, bool, bool, Minutes, str]:
            name, factor = part
            one = self.quantities[name]
            return one.importance, not one.value, factor > 0, one.value, name

        return min(shown, key=order)[0] if shown else None

    def _hide_one_of(self, binding: Sequence[str], name: str) -> None:
        """Hide the least important of what gives this one away; where it cannot be hidden, say less in another way."""
        more = self._next_to_hide([dict.fromkeys(binding, -1)])
        if more is not None:
            self.hidden.add(more)
            return
        beside = [other for one in self.sums_with[name] for other in one if self.is_few(other)]
        few = beside or [other for other in self.quantities if self.is_few(other)]
        if not few:
            # What was published before cannot be taken back. It may give one side away, and then the other stays open;
            # or all of it, such as the hours of a month of which the same was told already.
            (self.known if name in self.half_known else self.half_known).add(name)
            return
        self.silent.add(max(few, key=lambda other: (self.quantities[other].value, other)))

    def bounds(self) -> dict[str, tuple[Minutes, Minutes | None]]:
        """How low and how high each quantity can be, for all that is said of it alone."""
        return {name: self._bounds_of(one) for name, one in self.quantities.items()}

    def _bounds_of(self, one: Quantity) -> tuple[Minutes, Minutes | None]:
        if one.name in self.hidden:
            return (1, self.audience.threshold - 1) if self.is_few(one.name) else (0, None)
        step = step_of(one, self.audience)
        shown = rounded(one, self.audience)
        return max(shown - Fraction(step, 2), Fraction(0)), shown + Fraction(step, 2)

    @staticmethod
    def _reach(one: Quantity) -> tuple[Any, Any]:
        """How low, and how high, a hidden quantity must be able to be."""
        apart = Fraction(PERCENT * one.value) / 100
        if one.is_count:
            apart = max(apart, Fraction(1))
        # The solver works with parts of numbers.
        apart *= 1 - _NEAR
        return number(one.value - apart), number(one.value + apart)

    def hid_one_more(self) -> bool:
        """Hide one more quantity if everything shown pins down a hidden one too closely (rule 3, linear bounds).

        Adding and subtracting what is shown finds most of those at once; of what that leaves open, and of what to hide
        beside them, the solver says the last word.
        """
        unsafe = [name for name in self.to_protect() if not self._is_safe(name, self._low[name], self._high[name])]
        if not unsafe:
            return False
        bounds = {name: (number(low), number(high)) for name, (low, high) in self.bounds().items()}
        low, high = narrowed(self.sums, bounds)
        unsafe.sort(key=lambda name: self._is_safe(name, low[name], high[name]))
        # Loading scipy takes as long as starting everything else, and most pages and commands never need it.
        from timebank.evidence.linear import Bounds

        solver = Bounds(self.sums, bounds)
        for name in unsafe:
            binding: list[str] = []
            for direction in (1, -1):
                if not self._is_safe(name, self._low[name], self._high[name]):
                    values, bound_by = solver.extreme(name, direction)
                    self._learn(solver.names, values)
                    if not self._reaches(name, direction):
                        binding += bound_by
            if not self._is_safe(name, self._low[name], self._high[name]):
                self._hide_one_of(binding, name)
                return True
        return False

    def _reaches(self, name: str, direction: int) -> bool:
        low, high = self._has_to_reach[name]
        return self._low[name] <= low if direction > 0 else self._high[name] >= high

    def _learn(self, names: Sequence[str], values: Sequence[Any]) -> None:
        """Widen what is known to be possible by values that all quantities can have at once."""
        for name, value in zip(names, values, strict=True):
            if value < self._low[name]:
                self._low[name] = value
            elif value > self._high[name]:
                self._high[name] = value

    def _is_safe(self, name: str, lowest: Any, highest: Any) -> bool:
        """Return whether a quantity that can be so low and so high is told too little of to be found out."""
        one = self.quantities[name]
        if self.is_few(name):
            # Where fewer than the threshold is said of it, more than one number must be left.
            return highest - lowest >= 1 - _NEAR
        low, high = self._has_to_reach[name]
        is_low, is_high = lowest <= low, highest >= high
        # What nobody would mind is hidden for the sake of others, and must not be known on both sides. Nor must what
        # lies between two publications, which is known to be no more than the second of them, whatever is done.
        is_mild = not one.is_sensitive or one.is_difference or name in self.half_known
        return is_low or is_high if is_mild else is_low and is_high


def narrowed(sums: Sequence[Sum], bounds: Mapping[str, tuple[Any, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return ({name: lowest}, {name: highest}) by adding and subtracting in one sum after the other, a few times over.

    The true bounds are within these: they come from taking several sums together.
    """
    low: dict[str, Any] = {name: own[0] for name, own in bounds.items()}
    high: dict[str, Any] = {name: math.inf if own[1] is None else own[1] for name, own in bounds.items()}
    for _time in range(_TIMES_NARROWED):
        for one in sums:
            # All terms together are nothing, so each is between what the others leave of that.
            ends = {
                name: (low[name], high[name]) if factor > 0 else (-high[name], -low[name])
                for name, factor in one.items()
            }
            least, most = _Total(low for low, _ in ends.values()), _Total(high for _, high in ends.values())
            for name, factor in one.items():
                term_low, term_high = -most.without(ends[name][1]), -least.without(ends[name][0])
                own = (term_low, term_high) if factor > 0 else (-term_high, -term_low)
                low[name], high[name] = max(low[name], own[0]), min(high[name], own[1])
    return low, high


class _Total:
    """A sum of which some parts may be endless, from which one part can be taken away again."""

    def __init__(self, parts: Iterable[Any]) -> None:
        self.known: Any = 0
        self.endless: list[Any] = []
        for part in parts:
            if abs(part) == math.inf:
                self.endless.append(part)
            else:
                self.known += part

    def without(self, part: Any) -> Any:
        if abs(part) == math.inf:
            return self.endless[0] if len(self.endless) > 1 else self.known
        return self.endless[0] if self.endless else self.known - part
