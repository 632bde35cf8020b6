"""Bars: hours by month, who came, stayed and went, how giving and receiving are balanced, what accounts hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from timebank.evidence import saying
from timebank.evidence.charts import Cell, Chart, Table
from timebank.evidence.drawing import INK, LINE, QUIET, SMALL, SOLID, WIDTH, Picture, top_of
from timebank.ledger.months import Month
from timebank.web.setup import month

_LEFT, _RIGHT, _TOP, _TALL = 44, WIDTH - 6, 34, 150

# What is above the line, from below, with the group whose pattern it borrows; what is below it is striped.
_ABOVE = (("returning", "users"), ("reactivated", "professionals"), ("new", "neighbourhood"))


def months_chart(table: dict[str, Any], *, hidden: str = "") -> Chart:
    """Return the hours given in each month, with `table` as `hours_by_month` in Figures."""
    title = _("Hours given in each month")
    months = [Month.parse(written) for written in table["rows"]]
    hours = list(table["row_totals"])
    seen = [(value, day) for value, day in zip(hours, months, strict=True) if value]
    sentence = _("No hours can be shown.")
    if seen:
        most, in_month = max(seen)
        sentence = _(
            "The most hours, %(hours)s, were given in %(month)s.", hours=saying.hours(most), month=month(in_month)
        )
    rows = tuple((month(day), value) for day, value in zip(months, hours, strict=True))
    marks = [
        (f"{day.number:02d}/{day.year % 100:02d}", value, written)
        for day, value, written in zip(months, hours, table["rows"], strict=True)
    ]
    return Chart(
        "months",
        title,
        sentence,
        Table((_("Month"), _("Hours")), rows, hours=frozenset({1}), foot=(_("All"), table["total"])),
        _columns("months", marks, alt=f"{title}. {sentence}", said=saying.hours),
        hidden,
    )


def histogram_chart(bands: Sequence[dict[str, Any]], *, hidden: str = "") -> Chart:
    """Return how many people only receive, do both, and only give, with `bands` as in Figures."""
    title = _("Giving and receiving, person by person")
    names = [_band(one["from"], one["to"]) for one in bands]
    rows = tuple((name, one["people"]) for name, one in zip(names, bands, strict=True))
    shown = [one for one in bands if isinstance(one["people"], int)]
    both = sum(one["people"] for one in shown if one["from"] != one["to"])
    sentence = (
        _("%(both)s of %(all)s people both gave and received.", both=both, all=sum(one["people"] for one in shown))
        if len(shown) == len(bands)
        else _("Some of the bars are not shown, because few people are in them.")
    )
    letters = [_("only receives"), "", "", _("even"), "", "", _("only gives")]
    marks = [(letter, one["people"], name) for letter, one, name in zip(letters, bands, names, strict=True)]
    picture = _columns("histogram", marks, alt=f"{title}. {sentence}", said=saying.number)
    return Chart("histogram", title, sentence, Table((_("Give–receive index"), _("People")), rows), picture, hidden)


def _band(low: float, high: float) -> str:
    if low == high:
        return _("only receives (−1)") if low < 0 else _("only gives (1)")
    return _("from %(low)s to %(high)s", low=_signed(low), high=_signed(high))


def _signed(number: float) -> str:
    return saying.number(number).replace("-", "−")


def balances_chart(bands: Sequence[dict[str, Any]], *, hidden: str = "") -> Chart:
    """Return how many members' accounts hold how much credit, with `bands` as in Figures."""
    title = _("Balances in bands")
    names = [_hours_band(one["from_hours"], one["to_hours"]) for one in bands]
    marks = [(name, one["accounts"], name) for name, one in zip(names, bands, strict=True)]
    shown = [one for one in bands if isinstance(one["accounts"], int) and one["accounts"]]
    sentence = _("No balances can be shown.")
    if shown:
        most = max(shown, key=lambda one: one["accounts"])
        band = _hours_band(most["from_hours"], most["to_hours"])
        sentence = _("Most accounts, %(count)s, hold this many hours: %(band)s.", count=most["accounts"], band=band)
    rows = tuple((name, one["accounts"]) for name, one in zip(names, bands, strict=True))
    picture = _columns("balances", marks, alt=f"{title}. {sentence}", said=saying.number)
    return Chart("balances", title, sentence, Table((_("Hours held"), _("Accounts")), rows), picture, hidden)


def _hours_band(low: float | None, high: float | None) -> str:
    if low is None:
        return _("below %(hours)s", hours=_signed(high or 0))
    return _("%(hours)s and more", hours=_signed(low)) if high is None else f"{_signed(low)} – {_signed(high)}"


def _columns(name: str, marks: Sequence[tuple[str, Any, str]], *, alt: str, said: Any) -> str:
    """Draw a column for each (letter below it, number, what it is), with its number above it."""
    numbers = [value for _letter, value, _what in marks if isinstance(value, int | float)]
    if not any(numbers):
        return ""
    top, step = top_of(max(numbers)), (_RIGHT - _LEFT) / len(marks)
    picture = Picture(name, height=_TOP + _TALL + 44)
    _scale(picture, top, said, _TOP, _TALL)
    bottom = _TOP + _TALL
    # Where there are many, every other letter stands lower, so that there is room.
    lower = 14 if len(marks) > 4 else 0
    for place, (letter, value, what) in enumerate(marks):
        middle = _LEFT + (place + 0.5) * step
        picture.text(middle, bottom + 16 + lower * (place % 2), letter, anchor="middle", size=SMALL, room=2 * step - 4)
        # A number that is withheld has no column, and looks like no other: there is nothing.
        if isinstance(value, int | float) and value > 0:
            tall = max(value / top * _TALL, 1.5)
            picture.box(middle - step * 0.35, bottom - tall, step * 0.7, tall, fill=SOLID, what=what, value=str(value))
            picture.text(middle, bottom - tall - 4, said(value), anchor="middle", size=SMALL, room=step)
    picture.line(_LEFT, bottom, _RIGHT, bottom, colour=INK)
    return picture.made(alt=alt)


def _scale(picture: Picture, top: float, said: Any, above: float, tall: float) -> None:
    for value in (top / 2, top):
        y = above + tall - value / top * tall
        picture.line(_LEFT, y, _RIGHT, y)
        picture.text(_LEFT - 5, y + 4, said(value), anchor="end", size=SMALL, colour=QUIET, room=_LEFT - 7)


def activity_chart(periods: Sequence[tuple[str, dict[str, Any]]], *, hidden: str = "") -> Chart:
    """Return who came, stayed and went in each period, the oldest first, each with "active", "new" … as in Figures."""
    title = _("Who came, who stayed, who left")
    names = {"new": _("New"), "returning": _("Stayed"), "reactivated": _("Came back"), "lapsed": _("Left off")}
    head = (_("Period"), _("Active"), *names.values())
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (called, counts["active"], *(counts[what] for what in names)) for called, counts in periods
    )
    latest = periods[-1][1]
    if all(isinstance(count, int) for count in latest.values()):
        sentence = _(
            "%(active)s people took part: %(new)s for the first time, %(returning)s as in the period before, and"
            " %(reactivated)s came back. %(lapsed)s who took part before did not now.",
            active=latest["active"],
            new=latest["new"],
            returning=latest["returning"],
            reactivated=latest["reactivated"],
            lapsed=latest["lapsed"],
        )
    else:
        sentence = _(
            "People who took part: %(active)s. Of who came and went, some numbers are not shown, because so few people"
            " are behind them.",
            active=saying.number(latest["active"]),
        )
    picture = _stacks(periods, names, alt=f"{title}. {sentence}")
    return Chart("activity", title, sentence, Table(head, rows), picture, hidden)


def _stacks(periods: Sequence[tuple[str, dict[str, Any]]], names: dict[str, str], *, alt: str) -> str:
    def count(value: Any) -> int:
        return value if isinstance(value, int) else 0

    most = max(sum(count(counts[what]) for what, _ in _ABOVE) for _called, counts in periods)
    fewest = max(count(counts["lapsed"]) for _called, counts in periods)
    if not most and not fewest:
        return ""
    top, step = top_of(max(most, fewest)), (_RIGHT - _LEFT) / len(periods)
    below = fewest / top * _TALL + 6
    picture = Picture("activity", height=_TOP + _TALL + below + 96)
    bottom = _TOP + _TALL
    _scale(picture, top, saying.number, _TOP, _TALL)
    for place, (called, counts) in enumerate(periods):
        left, wide, base = _LEFT + (place + 0.2) * step, step * 0.6, float(bottom)
        for what, group in _ABOVE:
            tall = count(counts[what]) / top * _TALL
            if tall:
                base -= tall
                picture.box(left, base, wide, tall, fill=picture.fill_of(group), what=what, value=str(counts[what]))
        if count(counts["lapsed"]):
            tall = counts["lapsed"] / top * _TALL
            picture.box(left, bottom, wide, tall, fill=picture.striped(), what="lapsed", value=str(counts["lapsed"]))
        picture.text(left + wide / 2, bottom + below + 14, called, anchor="middle", size=SMALL, room=step - 2)
    picture.line(_LEFT, bottom, _RIGHT, bottom, colour=INK, width=1.5)
    fills = [
        *((picture.fill_of(group), names[what]) for what, group in reversed(_ABOVE)),
        (picture.striped(), names["lapsed"]),
    ]
    for number, (fill, words) in enumerate(fills):
        x, y = _LEFT + (number % 2) * 150, bottom + below + 34 + (number // 2) * 20
        picture.box(x, y, 14, 14, fill=fill, colour=LINE)
        picture.text(x + 20, y + 11, words)
    return picture.made(alt=alt)
