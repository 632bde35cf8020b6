"""From receiving to giving: after how many days which share of those who began by receiving had given too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import svg
from flask_babel import gettext as _

from timebank.evidence import saying
from timebank.evidence.charts import Chart, Table
from timebank.evidence.drawing import INK, QUIET, SMALL, SOLID, WIDTH, Picture, near
from timebank.evidence.lapse import CONVERSION_DAYS

_LEFT, _RIGHT, _TOP, _TALL = 44, WIDTH - 40, 24, 170


def curve_chart(points: Sequence[dict[str, Any]] | None, *, hidden: str = "") -> Chart:
    """Return the Kaplan–Meier curve, with `points` as `receiver_to_giver_curve` in Figures."""
    title = _("From receiving to giving")
    points = points or []
    head = (_("Days after the first help received"), _("Share who had given"), _("People followed until then"))
    rows = tuple((point["days"], point["share"], point["at_risk"]) for point in points)
    sentence = (
        _(
            "Of those who use the service and began by receiving, %(share)s had given help within %(days)s days.",
            share=saying.percent(points[-1]["share"]),
            days=points[-1]["days"],
        )
        if points
        else _("There is no curve to show.")
    )
    picture = _drawn(points, alt=f"{title}. {sentence}") if points else ""
    return Chart("curve", title, sentence, Table(head, rows, shares=frozenset({1})), picture, hidden)


def _drawn(points: Sequence[dict[str, Any]], *, alt: str) -> str:
    picture = Picture("curve", height=_TOP + _TALL + 44)
    bottom = _TOP + _TALL
    for share in (0.5, 1.0):
        y = bottom - share * _TALL
        picture.line(_LEFT, y, _RIGHT, y)
        picture.text(_LEFT - 5, y + 4, saying.percent(share), anchor="end", size=SMALL, colour=QUIET)
    for days in range(0, CONVERSION_DAYS + 1, 60):
        x = _across(days)
        picture.line(x, bottom, x, bottom + 4, colour=INK)
        picture.text(x, bottom + 17, str(days), anchor="middle", size=SMALL)
    picture.text((_LEFT + _RIGHT) / 2, bottom + 34, _("days"), anchor="middle")
    steps: list[Any] = [svg.M(near(_across(0)), near(bottom))]
    for point in points:
        steps += [svg.H(near(_across(point["days"]))), svg.V(near(bottom - point["share"] * _TALL))]
    # As far as somebody was followed it stays as high as it last was.
    steps.append(svg.H(near(_across(CONVERSION_DAYS))))
    picture.add(svg.Path(d=steps, fill="none", stroke=SOLID, stroke_width=3))
    for point in points:
        picture.add(
            svg.Circle(
                cx=near(_across(point["days"])),
                cy=near(bottom - point["share"] * _TALL),
                r=2.5,
                fill=SOLID,
                data={"days": str(point["days"]), "share": str(point["share"])},
            )
        )
    last = points[-1]["share"]
    picture.text(_RIGHT + 4, bottom - last * _TALL + 4, saying.percent(last), bold=True)
    picture.line(_LEFT, bottom, _RIGHT, bottom, colour=INK)
    return picture.made(alt=alt)


def _across(days: float) -> float:
    return _LEFT + days / CONVERSION_DAYS * (_RIGHT - _LEFT)
