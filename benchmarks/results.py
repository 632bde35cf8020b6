"""What was measured, what was hoped for, and whether it was reached."""

from __future__ import annotations

from dataclasses import dataclass, field

# Where the same thing, measured before and after, differs by more than this, the machine was busy with something else.
MOST_APART = 0.30

MET, MISS, NO_VERDICT, FIGURE = "met", "MISS", "no verdict", "figure"

# Something it needs is not here; or it was begun and could not be finished.
NOT_RUN, BROKEN = "not run", "BROKEN"


@dataclass(frozen=True)
class Sandwich:
    """Ours, between two measurements of what it is compared with; more of each is better."""

    before: float
    ours: float
    after: float

    @property
    def anchor(self) -> float:
        """What ours is compared with."""
        return (self.before + self.after) / 2

    @property
    def ratio(self) -> float:
        """Ours as part of the anchor."""
        return self.ours / self.anchor

    @property
    def is_steady(self) -> bool:
        """Whether the machine was the same before and after."""
        return abs(self.before - self.after) <= MOST_APART * min(self.before, self.after)


@dataclass(frozen=True)
class Goal:
    """A number that a ratio should be at least, or at most."""

    at_least: float | None = None
    at_most: float | None = None

    def is_met_by(self, ratio: float) -> bool:
        """Return whether the ratio is as good as was hoped for."""
        if self.at_least is not None:
            return ratio >= self.at_least
        return self.at_most is None or ratio <= self.at_most

    def __str__(self) -> str:
        if self.at_least is not None:
            return f"≥ {_short(self.at_least)}"
        return f"≤ {_short(self.at_most)}" if self.at_most is not None else ""


NO_GOAL = Goal()


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    verdict: str
    ours: str = ""
    beside: str = ""
    ratio: float | None = None
    goal: str = ""
    note: str = ""
    figures: dict[str, float] = field(default_factory=dict)


def verdict(ratio: float, goal: Goal, *, is_steady: bool = True) -> str:
    """Return the word for how a ratio stands to its goal."""
    if not is_steady:
        return NO_VERDICT
    if goal == NO_GOAL:
        return FIGURE
    return MET if goal.is_met_by(ratio) else MISS


def compared(what: str, measured: Sandwich, goal: Goal, *, beside: str, unit: str = "/s", note: str = "") -> Row:
    """Return the line for ours as part of its anchor."""
    return Row(
        what=what,
        verdict=verdict(measured.ratio, goal, is_steady=measured.is_steady),
        ours=f"{measured.ours:,.0f} {unit}".strip(),
        beside=f"{beside} {measured.before:,.0f} and {measured.after:,.0f} {unit}".strip(),
        ratio=measured.ratio,
        goal=str(goal),
        note=note,
        figures={"before": measured.before, "ours": measured.ours, "after": measured.after},
    )


def costs(what: str, measured: Sandwich, goal: Goal, *, beside: str, note: str = "") -> Row:
    """Return the line for how many times as long ours takes as its anchor."""
    return _timed(what, measured, 1 / measured.ratio, goal, beside=beside, note=note)


def faster(what: str, measured: Sandwich, goal: Goal, *, beside: str) -> Row:
    """Return the line for how many times as long the anchor takes as ours."""
    return _timed(what, measured, measured.ratio, goal, beside=beside, note="")


def _timed(what: str, measured: Sandwich, ratio: float, goal: Goal, *, beside: str, note: str) -> Row:
    return Row(
        what=what,
        verdict=verdict(ratio, goal, is_steady=measured.is_steady),
        ours=f"{1000 / measured.ours:,.2f} ms",
        beside=f"{beside} {1000 / measured.before:,.2f} and {1000 / measured.after:,.2f} ms",
        ratio=ratio,
        goal=str(goal),
        note=note,
        figures={"before": measured.before, "ours": measured.ours, "after": measured.after},
    )


def reached(what: str, figure: float, goal: Goal, *, unit: str, beside: str = "", note: str = "") -> Row:
    """Return the line for a figure that stands by itself."""
    return Row(
        what=what,
        verdict=verdict(figure, goal),
        ours=f"{_short(figure)} {unit}".strip(),
        beside=beside,
        goal=f"{goal} {unit}".strip() if goal != NO_GOAL else "",
        note=note,
        figures={"ours": figure},
    )


def not_run(what: str, why: str) -> Row:
    """Return the line for what could not be measured."""
    return Row(what=what, verdict=NOT_RUN, note=why)


def _short(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def as_markdown(rows: list[Row]) -> str:
    """Return the rows as a table that is also a document's."""
    lines = ["| what | ours | beside | ratio | goal | |", "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}" if row.ratio < 100 else f"{row.ratio:,.0f}"
        note = f" ({row.note})" if row.note else ""
        lines.append(f"| {row.what} | {row.ours} | {row.beside} | {ratio} | {row.goal} | {row.verdict}{note} |")
    return "\n".join(lines)
