"""The flow of hours between those who use the service, professionals and the neighbourhood."""

from __future__ import annotations

from typing import Any

import svg
from flask_babel import gettext as _

from timebank.evidence import saying
from timebank.evidence.charts import Chart, Table, share
from timebank.evidence.drawing import COLOURS, INK, PAPER, SMALL, WIDTH, Picture, near

_BAR, _GAP, _TOP, _TALL = 12, 34, 44, 260
_LEFT, _RIGHT = 92, WIDTH - 92 - _BAR


def flows_chart(flows: dict[str, Any], *, hidden: str = "") -> Chart:
    """Return the hours from each group to each, with `flows` as in Figures: giver by receiver, None where withheld."""
    title = _("Who gave hours to whom")
    sentence = _sentence(flows)
    picture = _drawn(flows, alt=f"{title}. {sentence}")
    if hidden:
        hidden = f"{hidden} {_('What is not shown is not drawn either.')}"
    return Chart("flows", title, sentence, _table(flows), picture, hidden)


def _table(flows: dict[str, Any]) -> Table:
    head = (_("Given by"), *(_("to: %(group)s", group=saying.group(to)) for to in flows["columns"]), _("All"))
    rows = tuple(
        (saying.group(giver), *cells, total)
        for giver, cells, total in zip(flows["rows"], flows["cells"], flows["row_totals"], strict=True)
    )
    foot = (_("All"), *flows["column_totals"], flows["total"])
    return Table(head, rows, hours=frozenset(range(1, len(head))), foot=foot)


def _sentence(flows: dict[str, Any]) -> str:
    parts = []
    for giver, total in zip(flows["rows"], flows["row_totals"], strict=True):
        part = share(total, flows["total"])
        if part:
            parts.append(
                _(
                    "%(group)s gave %(hours)s hours (%(share)s).",
                    group=saying.group(giver),
                    hours=saying.hours(total),
                    share=saying.percent(part),
                )
            )
    return " ".join(parts) or _("No hours can be shown.")


def _drawn(flows: dict[str, Any], *, alt: str) -> str:
    links = [
        (giver, to, hours)
        for giver, cells in zip(flows["rows"], flows["cells"], strict=True)
        for to, hours in zip(flows["columns"], cells, strict=True)
        if hours
    ]
    if not links:
        return ""
    gave = _known(flows["rows"], flows["row_totals"], [(giver, hours) for giver, _to, hours in links])
    received = _known(flows["columns"], flows["column_totals"], [(to, hours) for _giver, to, hours in links])
    # What is withheld leaves its bar empty: the others stay as thick as they are beside all hours.
    whole = max(sum(gave.values()), sum(received.values()), flows["total"] or 0)
    givers, receivers = list(gave), list(received)
    picture = Picture("flows", height=_TOP + _TALL + _GAP * (max(len(givers), len(receivers)) - 1) + 24)
    picture.text(_LEFT + _BAR, 18, _("Gave"), anchor="end", bold=True)
    picture.text(_RIGHT, 18, _("Received"), bold=True)
    picture.text(WIDTH / 2, 18, _("hours"), anchor="middle", size=SMALL)
    sides = (_places(gave, whole), _places(received, whole))
    _links(picture, links, whole, sides)
    totals = (
        dict(zip(flows["rows"], flows["row_totals"], strict=True)),
        dict(zip(flows["columns"], flows["column_totals"], strict=True)),
    )
    for place, (groups, x, at, anchor) in enumerate(
        ((givers, _LEFT, _LEFT - 6, "end"), (receivers, _RIGHT, _RIGHT + _BAR + 6, "start"))
    ):
        for group in groups:
            top, tall = sides[place][group]
            picture.box(x, top, _BAR, max(tall, 1), fill=picture.fill_of(group))
            middle = top + tall / 2
            picture.text(at, middle, saying.group(group), anchor=anchor, room=_LEFT - 8)
            if totals[place][group] is not None:
                picture.text(at, middle + 14, saying.hours(totals[place][group]), anchor=anchor, bold=True)
    return picture.made(alt=alt)


def _known(groups: list[str], totals: list[Any], links: list[tuple[str, float]]) -> dict[str, float]:
    """Return the hours of each group of one side that has any: its total, or where that is withheld what is shown."""
    known = {}
    for group, total in zip(groups, totals, strict=True):
        hours = total if total is not None else sum(hours for of, hours in links if of == group)
        if hours:
            known[group] = hours
    return known


def _places(hours: dict[str, float], whole: float) -> dict[str, tuple[float, float]]:
    """Return {group: (top, height)} of the bars on one side."""
    places, top = {}, float(_TOP)
    for group in hours:
        tall = hours[group] / whole * _TALL
        places[group] = (top, tall)
        # Two lines of words stand beside each bar, however thin it is.
        top += max(tall, 4) + _GAP
    return places


def _links(
    picture: Picture,
    links: list[tuple[str, str, float]],
    whole: float,
    sides: tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float]]],
) -> None:
    used: dict[tuple[int, str], float] = {}
    labels = []
    for giver, to, hours in links:
        tall = hours / whole * _TALL
        left = sides[0][giver][0] + used.get((0, giver), 0)
        right = sides[1][to][0] + used.get((1, to), 0)
        used[0, giver] = used.get((0, giver), 0) + tall
        used[1, to] = used.get((1, to), 0) + tall
        picture.add(_ribbon(picture, giver, to, hours, (left, right, tall)))
        if tall >= SMALL + 2:
            labels.append((left + tall / 2, saying.hours(hours)))
    for y, words in labels:
        # The words stand on paper of their own, to be read on any pattern.
        wide = len(words) * SMALL * 0.6 + 4
        picture.box(_LEFT + _BAR + 6, y - 7, wide, 13, fill=PAPER, colour=PAPER)
        picture.text(_LEFT + _BAR + 8, y + 3.5, words, size=SMALL)


def _ribbon(picture: Picture, giver: str, to: str, hours: float, place: tuple[float, float, float]) -> svg.Element:
    left, right, tall = place
    tall = max(tall, 0.5)
    x1, x2, middle = _LEFT + _BAR, _RIGHT, near(WIDTH / 2)
    return svg.Path(
        d=[
            svg.M(x1, near(left)),
            svg.C(middle, near(left), middle, near(right), x2, near(right)),
            svg.L(x2, near(right + tall)),
            svg.C(middle, near(right + tall), middle, near(left + tall), x1, near(left + tall)),
            svg.Z(),
        ],
        fill=picture.fill_of(giver),
        fill_opacity=0.55,
        stroke=COLOURS.get(giver, INK),
        stroke_width=0.8,
        data={"from": giver, "to": to, "hours": str(hours)},
    )
