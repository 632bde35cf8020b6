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

WIDTH, HEIGHT = 330, 196
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 326, 30, 152
_INK, _LINE, _SOLID = "#1c2526", "#9aa3a4", "#12494d"
_SIZE = 12

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
    step = (_RIGHT - _LEFT) / max(len(months), 1)
    parts = [
        f'<svg class="ch-chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-labelledby="{key}-title {key}-desc">',
        f'<title id="{key}-title">{escape(words.title)}</title>',
        f'<desc id="{key}-desc">{escape(words.description)}</desc>',
        f'<defs><pattern id="{key}-stripes" width="5" height="5" patternUnits="userSpaceOnUse"'
        f' patternTransform="rotate(45)"><rect width="5" height="5" fill="#ffffff"/>'
        f'<rect width="2" height="5" fill="{_SOLID}"/></pattern></defs>',
        *_legend(words, key),
        *_scale(top),
    ]
    for place, (each, letter) in enumerate(zip(months, words.letters, strict=True)):
        left = _LEFT + place * step
        parts += _bar(left + step * 0.12, step * 0.36, each.given_minutes, top, fill=_SOLID)
        parts += _bar(left + step * 0.54, step * 0.36, each.received_minutes, top, fill=f"url(#{key}-stripes)")
        parts.append(_text(left + step / 2, _BOTTOM + 16, letter, anchor="middle"))
        if place == 0 or each.month.number == 1:
            parts.append(_text(left + 1, _BOTTOM + 34, str(each.month.year)))
            parts.append(_line(left, _BOTTOM, left, _BOTTOM + 36))
    parts.append(_line(_LEFT, _BOTTOM, _RIGHT, _BOTTOM, colour=_INK))
    return "".join([*parts, "</svg>"])


def _legend(words: ChartWords, key: str) -> list[str]:
    middle = (_LEFT + _RIGHT) / 2
    return [
        _rect(_LEFT, 4, 12, 12, fill=_SOLID),
        _text(_LEFT + 17, 14, words.given),
        _rect(middle, 4, 12, 12, fill=f"url(#{key}-stripes)"),
        _text(middle + 17, 14, words.received),
    ]


def _scale(top: int) -> list[str]:
    parts = []
    for minutes in (top // 2, top):
        height = _height_of(minutes, top)
        parts.append(_line(_LEFT, _BOTTOM - height, _RIGHT, _BOTTOM - height))
        parts.append(_text(_LEFT - 4, _BOTTOM - height + 4, in_figures(minutes), anchor="end"))
    return parts


def _top_of(highest: int) -> int:
    """Return where the scale ends: the first even number of steps that is not below what is shown."""
    for step in _STEPS:
        if highest <= 2 * step:
            return 2 * step
    whole = 200 * MINUTES_IN_AN_HOUR
    return -(-highest // whole) * whole


def _height_of(minutes: int, top: int) -> float:
    return max(minutes, 0) * (_BOTTOM - _TOP) / top


def _bar(left: float, width: float, minutes: int, top: int, *, fill: str) -> list[str]:
    height = _height_of(minutes, top)
    # Something is never drawn as nothing.
    return [_rect(left, _BOTTOM - max(height, 1.5), width, max(height, 1.5), fill=fill)] if minutes > 0 else []


def _rect(left: float, top: float, width: float, height: float, *, fill: str) -> str:
    return (
        f'<rect x="{_short(left)}" y="{_short(top)}" width="{_short(width)}" height="{_short(height)}"'
        f' fill="{fill}" stroke="{_SOLID}" stroke-width="1"/>'
    )


def _line(left: float, top: float, right: float, bottom: float, *, colour: str = _LINE) -> str:
    return (
        f'<line x1="{_short(left)}" y1="{_short(top)}" x2="{_short(right)}" y2="{_short(bottom)}"'
        f' stroke="{colour}" stroke-width="1"/>'
    )


def _text(left: float, top: float, words: str, *, anchor: str = "start") -> str:
    return (
        f'<text x="{_short(left)}" y="{_short(top)}" font-size="{_SIZE}" fill="{_INK}"'
        f' text-anchor="{anchor}">{escape(words)}</text>'
    )


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
