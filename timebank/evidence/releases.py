"""What may be published after what was published before.

Whoever has the figures of two periods, one within the other, has those of the days between. So everything that the same
readers have is one system: the releases, and the spans of days between all their ends, of which every release is a sum.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from timebank.evidence.audience import Audience
from timebank.evidence.disclosure import Quantity, Shown, Sum, System, shown_of
from timebank.evidence.given import Hours
from timebank.evidence.tables import HoursTables


@dataclass(frozen=True, order=True)
class Period:
    """The days from `start` up to, and without, `end`."""

    start: dt.date
    end: dt.date

    def includes(self, other: Period) -> bool:
        """Return whether all days of the other are in this one."""
        return self.start <= other.start and other.end <= self.end


def spans_of(periods: Iterable[Period]) -> list[Period]:
    """Return the spans of days between all beginnings and ends, of which each period is a sum."""
    periods = list(periods)
    ends = sorted({day for period in periods for day in (period.start, period.end)})
    spans = [Period(start, end) for start, end in itertools.pairwise(ends)]
    return [span for span in spans if any(period.includes(span) for period in periods)]


def shown_in_turn(
    hours_in: Mapping[Period, Sequence[Hours]], releases: Sequence[Period], audience: Audience
) -> list[Shown]:
    """Return what is shown in each of the releases, published one after the other to the same readers.

    `hours_in` has the hours of each of spans_of(releases). The same period again is the same again.
    """
    published: list[Shown] = []
    within = shown_in_turn(hours_in, releases, audience.within) if audience.within else None
    for number, release in enumerate(releases):
        before = releases.index(release)
        if before < number:
            published.append(published[before])
        else:
            others = within[number] if within else None
            published.append(_next(hours_in, releases[: number + 1], published, audience, others))
    return published


def shown_alone(tables: HoursTables, audience: Audience) -> Shown:
    """Return what is shown of one release to readers who have no other."""
    within = shown_alone(tables, audience.within) if audience.within else None
    return shown_of(system_of(tables, audience), audience, within=within)


def system_of(tables: HoursTables, audience: Audience) -> System:
    """Return the tables of one release, which stand for themselves."""
    return System({one.name: one for one in tables.quantities(audience.threshold)}, tuple(tables.sums()))


def _tables(hours_in: Mapping[Period, Sequence[Hours]], release: Period) -> HoursTables:
    return HoursTables(one for span in sorted(hours_in) if release.includes(span) for one in hours_in[span])


def _next(
    hours_in: Mapping[Period, Sequence[Hours]],
    releases: Sequence[Period],
    published: Sequence[Shown],
    audience: Audience,
    within: Shown | None,
) -> Shown:
    if len(releases) == 1:
        return shown_alone(_tables(hours_in, releases[0]), audience)
    quantities: dict[str, Quantity] = {}
    sums: list[Sum] = []
    hidden: set[str] = set()
    for number, release in enumerate(releases):
        system = system_of(_tables(hours_in, release), audience)
        before = published[number] if number < len(published) else None
        for name, one in system.quantities.items():
            named = f"{number}|{name}"
            is_shown = before is not None and before.get(name) is not None
            quantities[named] = replace(one, name=named, is_fixed=is_shown)
            if before is not None and not is_shown:
                hidden.add(named)
        sums += [_named(str(number), one) for one in system.sums]
    for span in spans_of(releases):
        system = system_of(_tables(hours_in, span), audience)
        for name, one in system.quantities.items():
            named = f"{span.start}|{name}"
            quantities[named] = replace(one, name=named, is_wanted=False, is_difference=True)
        sums += [_named(str(span.start), one) for one in system.sums]
    sums += _spans_in_releases(quantities, releases)
    prefix = f"{len(releases) - 1}|"
    if within is not None:
        hidden |= {
            name for name in quantities if name.startswith(prefix) and within.get(name.removeprefix(prefix)) is None
        }
    shown = shown_of(System(quantities, tuple(sums)), audience, also_hidden=hidden)
    return Shown(
        audience, {name.removeprefix(prefix): value for name, value in shown.values.items() if name.startswith(prefix)}
    )


def _named(prefix: str, one: Sum) -> Sum:
    return {f"{prefix}|{name}": factor for name, factor in one.items()}


def _spans_in_releases(quantities: dict[str, Quantity], releases: Sequence[Period]) -> list[Sum]:
    """Return that each cell of a release is the sum of the same cell in its spans."""
    sums: list[Sum] = []
    spans = spans_of(releases)
    for number, release in enumerate(releases):
        prefix = f"{number}|"
        for named in [name for name in quantities if name.startswith(prefix)]:
            cell = named.removeprefix(prefix)
            parts = (f"{span.start}|{cell}" for span in spans if release.includes(span))
            sums.append({named: 1} | {part: -1 for part in parts if part in quantities})
    return sums
