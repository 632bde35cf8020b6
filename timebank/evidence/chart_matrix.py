"""Who plans × who delivers: nine cells, a dot for each service where its hours put it, and its path up to now.

Source of the cells: T. Bovaird, Beyond Engagement and Participation, Public Administration Review 67 (2007).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import svg
from flask_babel import gettext as _

from timebank.evidence import saying
from timebank.evidence.charts import Chart, Table
from timebank.evidence.drawing import INK, LINE, PAPER, SMALL, SOLID, WIDTH, Picture, escaped_data, near
from timebank.evidence.measures import ALONE_ABOVE, ALONE_BELOW

_LEFT, _TOP, _CELL, _STRIP = 84, 40, 80, 40
_SIDES = ("professionals", "together", "community")

Service = dict[str, Any]


def matrix_chart(periods: Sequence[tuple[str, list[Service] | None]], *, hidden: str = "") -> Chart:
    """Return where each service stands, with `periods` (what it is called, services), the oldest first."""
    services = periods[-1][1] or []
    title = _("Who plans and who delivers")
    sentence = _sentence(services)
    head = (_("Service"), _("Period"), _("Planned by"), _("Users’ share"), _("Delivered by"), _("Users’ share"))
    rows = tuple(
        (
            service["service"] or _("No area"),
            called,
            saying.side(service["planning"]),
            service["planning_share"],
            saying.side(service["delivery"]),
            service["delivery_share"],
        )
        for called, found in reversed(periods)
        for service in found or []
    )
    picture = _drawn(periods, alt=f"{title}. {sentence}")
    return Chart("matrix", title, sentence, Table(head, rows, shares=frozenset({3, 5})), picture, hidden)


def _sentence(services: list[Service]) -> str:
    known = [one for one in services if one["planning"] is not None and one["delivery"] is not None]
    if not known:
        return _("No hours of planning or delivery can be shown.")
    together = [one for one in known if one["planning"] == one["delivery"] == "together"]
    unknown = [one for one in services if one["planning"] == "not_recorded"]
    parts = [
        _(
            "%(count)s of %(all)s services are planned and delivered together.",
            count=len(together),
            all=len(known),
        )
    ]
    if unknown:
        names = ", ".join(one["service"] or _("No area") for one in unknown)
        parts.append(_("For these nobody recorded hours of planning: %(names)s.", names=names))
    return " ".join(parts)


def _drawn(periods: Sequence[tuple[str, list[Service] | None]], *, alt: str) -> str:
    shown = [one for one in periods[-1][1] or [] if _place(one) is not None]
    if not shown:
        return ""
    bottom = _TOP + 3 * _CELL
    picture = Picture("matrix", height=bottom + _STRIP + 62 + 16 * len(shown))
    _cells(picture, bottom)
    taken: set[tuple[float, float]] = set()
    dots = []
    for number, service in enumerate(shown, 1):
        earlier = [
            at
            for _called, found in periods[:-1]
            for one in found or []
            if one["service"] == service["service"] and (at := _place(one)) is not None
        ]
        place = _free(_place(service), taken)
        _path(picture, [*earlier, place])
        dots.append((place, number, service))
        name = service["service"] or _("No area")
        picture.text(_LEFT, bottom + _STRIP + 62 + 16 * (number - 1), f"{number}  {name}", room=WIDTH - _LEFT)
    # The dots lie on top of all paths.
    for place, number, service in dots:
        _dot(picture, place, number, service)
    return picture.made(alt=alt)


def _cells(picture: Picture, bottom: float) -> None:
    for row in range(3):
        for column in range(3):
            fill = "#e3f0ec" if row == column == 1 else PAPER
            picture.box(_LEFT + column * _CELL, _TOP + row * _CELL, _CELL, _CELL, fill=fill, colour=LINE)
    picture.text(_LEFT + 1.5 * _CELL, _TOP + 1.5 * _CELL - 26, _("co-production"), anchor="middle", size=SMALL)
    for place, words in enumerate((_("Users alone"), _("Together"), _("Professionals"))):
        picture.text(_LEFT - 5, _TOP + (place + 0.5) * _CELL + 4, words, anchor="end", size=SMALL, room=_LEFT - 8)
    picture.text(4, _TOP - 16, _("Who plans"), bold=True)
    strip = bottom + 6
    picture.box(_LEFT, strip, 3 * _CELL, _STRIP - 6, fill="#f2f2f2", colour=LINE)
    picture.text(_LEFT - 5, strip + 14, _("Not"), anchor="end", size=SMALL)
    picture.text(_LEFT - 5, strip + 26, _("recorded"), anchor="end", size=SMALL, room=_LEFT - 8)
    for place, words in enumerate((_("Professionals"), _("Together"), _("Users alone"))):
        picture.text(_LEFT + (place + 0.5) * _CELL, bottom + _STRIP + 16, words, anchor="middle", size=SMALL)
    picture.text(_LEFT + 1.5 * _CELL, bottom + _STRIP + 34, _("Who delivers"), anchor="middle", bold=True)


def _along(share: float) -> float:
    """Return where a share stands on an axis of three equal cells, from 0 to 3."""
    low, high = float(ALONE_BELOW), float(ALONE_ABOVE)
    if share < low:
        return share / low
    if share > high:
        return 2 + (share - high) / (1 - high)
    return 1 + (share - low) / (high - low)


def _place(service: Service) -> tuple[float, float] | None:
    """Return where the dot of a service is; None where something of it is withheld, or nothing was delivered."""
    planning, delivery = service["planning"], service["delivery"]
    if planning is None or delivery is None or service["delivery_share"] is None:
        return None
    # A dot keeps clear of the edges.
    x = _LEFT + min(max(_along(service["delivery_share"]), 0.12), 2.88) * _CELL
    if service["planning_share"] is None:
        return x, _TOP + 3 * _CELL + 6 + (_STRIP - 6) / 2
    return x, _TOP + (3 - min(max(_along(service["planning_share"]), 0.12), 2.88)) * _CELL


# Where else in its cell a dot may be put, nearest first.
_BESIDE = ((0, 0), (16, 0), (-16, 0), (0, 16), (0, -16), (16, 16), (-16, -16), (32, 0), (-32, 0), (0, 32), (0, -32))


def _free(place: tuple[float, float] | None, taken: set[tuple[float, float]]) -> tuple[float, float]:
    """Return the place, or one beside it in the same cell where others' dots are in the way."""
    assert place is not None
    for right, down in _BESIDE:
        x, y = place[0] + right, place[1] + down
        is_free = all(abs(x - other) >= 15 or abs(y - below) >= 15 for other, below in taken)
        if is_free and _cell_of(x, y) == _cell_of(*place):
            break
    else:
        x, y = place
    taken.add((x, y))
    return x, y


def _cell_of(x: float, y: float) -> tuple[int, int]:
    """Return in which column and row a dot is; the strip below is a row of its own."""
    return int((x - _LEFT) // _CELL), int((y - _TOP) // _CELL)


def _path(picture: Picture, places: list[tuple[float, float]]) -> None:
    for (x1, y1), (x2, y2) in itertools.pairwise(places):
        picture.line(x1, y1, x2, y2, colour=SOLID, width=1.5)
    for x, y in places[:-1]:
        picture.add(svg.Circle(cx=near(x), cy=near(y), r=3, fill=PAPER, stroke=SOLID, stroke_width=1.5))


def _dot(picture: Picture, place: tuple[float, float], number: int, service: Service) -> None:
    x, y = place
    data = {
        "service": service["service"],
        "planning": str(service["planning_share"]),
        "delivery": str(service["delivery_share"]),
    }
    dot = svg.Circle(cx=near(x), cy=near(y), r=8, fill=SOLID, stroke=INK, stroke_width=1, data=escaped_data(data))
    picture.add(dot)
    picture.text(x, y + 4, str(number), anchor="middle", size=SMALL, colour=PAPER, bold=True)
