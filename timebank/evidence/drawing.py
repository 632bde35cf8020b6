"""What every picture of evidence is drawn with: its size, its colours and patterns, its letters.

A picture carries its own colours as attributes, so that a page, a document and another program draw the same without
any style sheet. No two things differ by colour alone: each has a pattern and words of its own. Sizes are those of a
telephone, 340 points wide, and everything is rounded to tenths, so that the same data gives the same bytes everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import svg

WIDTH = 340
INK, QUIET, LINE, PAPER = "#1c2526", "#4d5a5c", "#9aa3a4", "#ffffff"
SIZE, SMALL = 12, 10

# Colours of M. Okabe and K. Ito, Color Universal Design (2008), which people see apart however they see colours.
COLOURS = {"users": "#0072b2", "professionals": "#d55e00", "neighbourhood": "#009e73", "not_stated": "#6b6b6b"}
SOLID = "#12494d"


class Picture:
    """A picture in the making: what is drawn first lies below."""

    def __init__(self, name: str, *, height: float) -> None:
        self.name, self.height = name, height
        self.parts: list[svg.Element] = []

    def add(self, *parts: svg.Element) -> None:
        """Draw these on top of what is there."""
        self.parts.extend(parts)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        anchor: str = "start",
        size: float = SIZE,
        colour: str = INK,
        bold: bool = False,
        room: float = 0,
    ) -> None:
        """Write words; with `room`, as small as they must be to fit into so many points."""
        # A letter is about half as wide as it is high.
        needed = len(words) * size * 0.58
        if room and needed > room:
            size = max(size * room / needed, 7)
        self.add(
            svg.Text(
                x=near(x),
                y=near(y),
                text=escaped(words),
                font_size=near(size),
                fill=colour,
                text_anchor=anchor,  # type: ignore[arg-type]
                font_weight="bold" if bold else None,
            )
        )

    def line(
        self, x1: float, y1: float, x2: float, y2: float, *, colour: str = LINE, width: float = 1, dashed: bool = False
    ) -> None:
        """Draw a straight line."""
        self.add(
            svg.Line(
                x1=near(x1),
                y1=near(y1),
                x2=near(x2),
                y2=near(y2),
                stroke=colour,
                stroke_width=width,
                stroke_dasharray=[3, 3] if dashed else None,
            )
        )

    def box(
        self, x: float, y: float, width: float, height: float, *, fill: str, colour: str = INK, **data: str
    ) -> None:
        """Draw a box; `data` says, for programs and tests, what stands behind it."""
        self.add(
            svg.Rect(
                x=near(x),
                y=near(y),
                width=near(width),
                height=near(height),
                fill=fill,
                stroke=colour,
                stroke_width=1,
                data=escaped_data(data),
            )
        )

    def fill_of(self, group: str) -> str:
        """Return the fill by which a group is known in this picture."""
        return COLOURS[group] if group == "users" else f"url(#{self.name}-{group})"

    def striped(self) -> str:
        """Return the fill of what is not solid."""
        return f"url(#{self.name}-stripes)"

    def made(self, *, alt: str) -> str:
        """Return the picture as SVG; `alt` is what is read out instead of it."""
        return str(
            svg.SVG(
                xmlns="http://www.w3.org/2000/svg",
                viewBox=svg.ViewBoxSpec(0, 0, WIDTH, near(self.height)),
                class_=["ch-chart"],
                extra={
                    "role": "img",
                    "aria-label": escaped(alt),
                    "font-family": "Atkinson Hyperlegible Next, Noto Sans, sans-serif",
                },
                elements=[
                    svg.Defs(elements=self._patterns()),
                    svg.Rect(x=0, y=0, width=WIDTH, height=near(self.height), fill=PAPER),
                    *self.parts,
                ],
            )
        )

    def _patterns(self) -> list[svg.Element]:
        def stripes(name: str, colour: str, turned: int) -> svg.Element:
            return svg.Pattern(
                id=f"{self.name}-{name}",
                width=6,
                height=6,
                patternUnits="userSpaceOnUse",
                patternTransform=[svg.Rotate(turned)],
                elements=[
                    svg.Rect(x=0, y=0, width=6, height=6, fill=PAPER),
                    svg.Rect(x=0, y=0, width=3, height=6, fill=colour),
                ],
            )

        dots = svg.Pattern(
            id=f"{self.name}-neighbourhood",
            width=6,
            height=6,
            patternUnits="userSpaceOnUse",
            elements=[
                svg.Rect(x=0, y=0, width=6, height=6, fill=PAPER),
                svg.Circle(cx=3, cy=3, r=2.2, fill=COLOURS["neighbourhood"]),
            ],
        )
        return [
            stripes("professionals", COLOURS["professionals"], 45),
            dots,
            stripes("not_stated", COLOURS["not_stated"], 90),
            stripes("stripes", SOLID, 45),
        ]


def escaped(words: str) -> str:
    """Return words as they may stand in SVG, whoever typed them: the library writes down what it is given."""
    return escape("".join(sign for sign in words if sign.isprintable()))


def escaped_data(data: Mapping[str, str]) -> dict[str, str] | None:
    """Return what a mark says of itself to programs, as it may stand in SVG."""
    return {name: escaped(value) for name, value in data.items()} or None


def near(number: float) -> float | int:
    """Return the number to a tenth, as a whole one where it is one."""
    rounded = round(float(number), 1)
    return int(rounded) if rounded == int(rounded) else rounded


def top_of(highest: float, steps: Sequence[float] = (1, 2, 5)) -> float:
    """Return where a scale ends: the first even number of easy steps that is not below what is shown."""
    scale = 1.0
    while True:
        for step in steps:
            if highest <= 2 * step * scale:
                return 2 * step * scale
        scale *= 10
