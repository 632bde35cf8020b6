"""The web of exchanges, person by person: for coordinators, who know everybody anyway, and for nobody else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import svg
from flask_babel import gettext as _

from timebank.evidence.charts import Chart, Table
from timebank.evidence.drawing import INK, PAPER, QUIET, SMALL, SOLID, WIDTH, Picture, near
from timebank.evidence.exact import hours
from timebank.evidence.network import Weights

# More could not be told apart on a telephone.
MOST_PEOPLE = 30
_MIDDLE, _AROUND, _OUTSIDE = WIDTH / 2, 126, 11
_THINNEST, _THICKEST = 1.0, 6.0


@dataclass(frozen=True)
class Person:
    """Somebody in the picture: the number that stands in it, and the name that stands in the table."""

    number: str
    name: str


def web_chart(weights: Weights, people: Mapping[int, Person]) -> Chart:
    """Return who helped whom, with `weights` as {(giver, receiver): minutes} and the people by their accounts.

    Drawn are the people with the most hours given and received; the sentence says how many are not.
    """
    title = _("Who helps whom, person by person")
    around = drawn_people(weights)
    drawn = {pair: minutes for pair, minutes in weights.items() if pair[0] in around and pair[1] in around}
    pairs = sorted({(min(pair), max(pair)) for pair in drawn}, key=lambda pair: (-_both(drawn, pair), pair))
    sentence = _sentence(drawn, pairs, left_out=len({one for pair in weights for one in pair}) - len(around))
    head = (_("One"), _("The other"), _("The one gave"), _("The other gave"))
    rows = tuple(
        (
            _called(people[one]),
            _called(people[other]),
            hours(drawn.get((one, other), 0)),
            hours(drawn.get((other, one), 0)),
        )
        for one, other in pairs
    )
    picture = _drawn(drawn, pairs, [(one, people[one]) for one in around], alt=f"{title}. {sentence}")
    return Chart("web", title, sentence, Table(head, rows, hours=frozenset({2, 3})), picture)


def _called(person: Person) -> str:
    return f"{person.name} ({person.number})"


def _both(weights: Weights, pair: tuple[int, int]) -> float:
    return float(weights.get(pair, 0) + weights.get((pair[1], pair[0]), 0))


def _sentence(weights: Weights, pairs: Sequence[tuple[int, int]], *, left_out: int) -> str:
    if not pairs:
        return _("No hours went from one person to another.")
    both_ways = sum((other, one) in weights and (one, other) in weights for one, other in pairs)
    words = _(
        "%(people)s people, %(pairs)s pairs who helped each other or one the other; %(both)s of them both ways.",
        people=len({one for pair in pairs for one in pair}),
        pairs=len(pairs),
        both=both_ways,
    )
    if left_out > 0:
        words += " " + _("Another %(count)s people, with fewer hours, are not drawn.", count=left_out)
    return words


def drawn_people(weights: Weights) -> list[int]:
    """Return whom to draw, each beside somebody already there with whom they share the most hours."""
    shared: dict[int, dict[int, float]] = {}
    for (giver, receiver), minutes in weights.items():
        for one, other in ((giver, receiver), (receiver, giver)):
            shared.setdefault(one, {})[other] = shared.get(one, {}).get(other, 0.0) + float(minutes)
    most = sorted(shared, key=lambda one: (-sum(shared[one].values()), one))[:MOST_PEOPLE]
    around: list[int] = []
    while len(around) < len(most):
        left = [one for one in most if one not in around]
        last = shared[around[-1]] if around else {}
        around.append(max(left, key=lambda one: (last.get(one, 0.0), -most.index(one))))
    return around


def _drawn(
    weights: Weights, pairs: Sequence[tuple[int, int]], around: Sequence[tuple[int, Person]], *, alt: str
) -> str:
    if not pairs:
        return ""
    tall = 2 * (_AROUND + _OUTSIDE) + 24
    picture = Picture("web", height=tall + 40)
    places = {one: _place(number, len(around), _AROUND, tall / 2) for number, (one, _who) in enumerate(around)}
    thickest = _both(weights, pairs[0])
    for one, other in reversed(pairs):
        is_both = (one, other) in weights and (other, one) in weights
        wide = max(_THINNEST, _THICKEST * _both(weights, (one, other)) / thickest)
        picture.add(_link(places[one], places[other], tall / 2, wide=wide, is_both=is_both))
    for number, (one, who) in enumerate(around):
        x, y = places[one]
        picture.add(svg.Circle(cx=near(x), cy=near(y), r=4, fill=PAPER, stroke=INK, stroke_width=1.5))
        x, y = _place(number, len(around), _AROUND + _OUTSIDE, tall / 2)
        # Beside the circle the number stands outside it; above and below, in the middle of its place.
        anchor = "middle" if abs(x - _MIDDLE) < _AROUND / 2 else "start" if x > _MIDDLE else "end"
        picture.text(x, y + 3.5, who.number, anchor=anchor, size=SMALL, room=24)
    picture.line(12, tall + 12, 52, tall + 12, colour=SOLID, width=3)
    picture.text(58, tall + 16, _("both gave"), size=SMALL)
    picture.line(WIDTH / 2, tall + 12, WIDTH / 2 + 40, tall + 12, colour=QUIET, width=3, dashed=True)
    picture.text(WIDTH / 2 + 46, tall + 16, _("one gave to the other"), size=SMALL, room=WIDTH / 2 - 50)
    picture.text(
        12,
        tall + 34,
        _("The numbers are those of members. Thicker is more hours."),
        size=SMALL,
        colour=QUIET,
        room=WIDTH - 20,
    )
    return picture.made(alt=alt)


def _place(number: int, of: int, away: float, down: float) -> tuple[float, float]:
    turned = 2 * math.pi * number / of - math.pi / 2
    return _MIDDLE + away * math.cos(turned), down + away * math.sin(turned)


def _link(
    start: tuple[float, float], end: tuple[float, float], down: float, *, wide: float, is_both: bool
) -> svg.Element:
    # It bends towards the middle, so that links between neighbours do not lie on the circle.
    middle = ((start[0] + end[0]) / 4 + _MIDDLE / 2, (start[1] + end[1]) / 4 + down / 2)
    return svg.Path(
        d=[
            svg.M(near(start[0]), near(start[1])),
            svg.Q(near(middle[0]), near(middle[1]), near(end[0]), near(end[1])),
        ],
        fill="none",
        stroke=SOLID if is_both else QUIET,
        stroke_opacity=1 if is_both else 0.6,
        stroke_width=near(wide),
        stroke_dasharray=None if is_both else [4, 3],
    )
