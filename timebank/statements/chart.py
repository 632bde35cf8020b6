"""The picture of twelve months given and received, drawn as SVG. Pure: the same months give the same picture.

It carries its own colours, so that a page, a letter and another program draw the same. Nobody has to tell them apart:
what was given is solid, what was received is striped, and both have words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from timebank.hours import MINUTES_IN_AN_HOUR, in_figures
from timebank.statements.build import HelpInMonth

# In tenths of what is a pixel on a phone, so that everything is a whole number.
WIDTH, HEIGHT = 3300, 1960
_LEFT, _RIGHT, _TOP, _BOTTOM = 360, 3260, 300, 1520
_INK, _LINE, _SOLID = "#1c2526", "#9aa3a4", "#12494d"
_STROKE, _SIZE = 10, 120
_SMALLEST_BAR = 15

# Steps between the lines of the scale, in minutes: each is easy to halve in one's head.
_STEPS = (15, 30, 60, 120, 180, 240, 300, 450, 600, 1200, 3000, 6000)


@dataclass(frozen=True)
class ChartWords:
    """What is written in the picture, and read out instead of it. `letters` stand below the months, one for each."""

    title: str
    description: str
    given: str
    received: str
    letters: tuple[str, ...]


def svg_of(months: Sequence[HelpInMonth], words: ChartWords, *, key: str = "months") -> str:
    """Return the picture. `key` keeps the names inside it apart where several are on one page.

    Less than nothing, where something of an earlier month was reversed, has no bar; its number is in the table.
    """
    top = _top_of(max((max(each.given_minutes, each.received_minutes) for each in months), default=0))
    step = (_RIGHT - _LEFT) // max(len(months), 1)
    striped = f"url(#{key}-stripes)"
    parts = [
        f'<svg class="ch-chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-labelledby="{key}-title {key}-desc">',
        f'<title id="{key}-title">{escape(words.title)}</title>',
        f'<desc id="{key}-desc">{escape(words.description)}</desc>',
        f'<defs><pattern id="{key}-stripes" width="50" height="50" patternUnits="userSpaceOnUse"'
        f' patternTransform="rotate(45)"><rect width="50" height="50" fill="#ffffff"/>'
        f'<rect width="20" height="50" fill="{_SOLID}"/></pattern></defs>',
        *_legend(words, striped),
        *_scale(top),
    ]
    for place, (each, letter) in enumerate(zip(months, words.letters, strict=True)):
        left = _LEFT + place * step
        parts += _bar(left + step * 12 // 100, step * 36 // 100, each.given_minutes, top, fill=_SOLID)
        parts += _bar(left + step * 54 // 100, step * 36 // 100, each.received_minutes, top, fill=striped)
        parts.append(_text(left + step // 2, _BOTTOM + 160, letter, anchor="middle"))
        if place == 0 or each.month.number == 1:
            parts.append(_text(left + 25, _BOTTOM + 340, str(each.month.year)))
            parts.append(_line(left, _BOTTOM, left, _BOTTOM + 360))
    parts.append(_line(_LEFT, _BOTTOM, _RIGHT, _BOTTOM, colour=_INK))
    return "".join([*parts, "</svg>"])


def _legend(words: ChartWords, striped: str) -> list[str]:
    middle = (_LEFT + _RIGHT) // 2
    return [
        _rect(_LEFT, 40, 120, 120, fill=_SOLID),
        _text(_LEFT + 170, 140, words.given),
        _rect(middle, 40, 120, 120, fill=striped),
        _text(middle + 170, 140, words.received),
    ]


def _scale(top: int) -> list[str]:
    parts = []
    for minutes in (top // 2, top):
        height = _height_of(minutes, top)
        parts.append(_line(_LEFT, _BOTTOM - height, _RIGHT, _BOTTOM - height))
        label = in_figures(minutes)
        # A long number is written smaller, so that it stays inside.
        size = min(_SIZE, _SIZE * 5 // len(label))
        parts.append(_text(_LEFT - 40, _BOTTOM - height + 40, label, anchor="end", size=size))
    return parts


def _top_of(highest: int) -> int:
    """Return where the scale ends: the first even number of steps that is not below what is shown."""
    for step in _STEPS:
        if highest <= 2 * step:
            return 2 * step
    whole = 200 * MINUTES_IN_AN_HOUR
    return -(-highest // whole) * whole


def _height_of(minutes: int, top: int) -> int:
    return max(minutes, 0) * (_BOTTOM - _TOP) // top


def _bar(left: int, width: int, minutes: int, top: int, *, fill: str) -> list[str]:
    if minutes <= 0:
        return []
    # Something is never drawn as nothing.
    height = max(_height_of(minutes, top), _SMALLEST_BAR)
    return [_rect(left, _BOTTOM - height, width, height, fill=fill)]


def _rect(left: int, top: int, width: int, height: int, *, fill: str) -> str:
    return (
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}"'
        f' fill="{fill}" stroke="{_SOLID}" stroke-width="{_STROKE}"/>'
    )


def _line(left: int, top: int, right: int, bottom: int, *, colour: str = _LINE) -> str:
    return f'<line x1="{left}" y1="{top}" x2="{right}" y2="{bottom}" stroke="{colour}" stroke-width="{_STROKE}"/>'


def _text(left: int, top: int, words: str, *, anchor: str = "start", size: int = _SIZE) -> str:
    return f'<text x="{left}" y="{top}" font-size="{size}" fill="{_INK}" text-anchor="{anchor}">{escape(words)}</text>'
