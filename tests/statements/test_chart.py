"""The picture of twelve months: well made, to scale, and never of one colour alone."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from timebank.ledger.months import Month
from timebank.statements.build import HelpInMonth
from timebank.statements.chart import HEIGHT, WIDTH, ChartWords, svg_of

NAME = "{http://www.w3.org/2000/svg}"
WORDS = ChartWords("Help", "Much & little <b>", "Gave", "Received", tuple("NDJFMAMJJASO"))


def months(*pairs: tuple[int, int]) -> list[HelpInMonth]:
    pairs = (*pairs, *[(0, 0)] * (12 - len(pairs)))
    return [HelpInMonth(Month(2025, 11).plus(number), *pair) for number, pair in enumerate(pairs)]


def drawn(*pairs: tuple[int, int], words: ChartWords = WORDS) -> ElementTree.Element:
    # Our own text, just made.
    return ElementTree.fromstring(svg_of(months(*pairs), words))


def bars(picture: ElementTree.Element) -> tuple[list[int], list[int]]:
    """The heights of the solid and the striped bars, without the two squares that say which is which."""
    found: tuple[list[int], list[int]] = ([], [])
    for rect in picture.findall(f"{NAME}rect"):
        if rect.get("y") != "40":
            found["url" in rect.get("fill", "")].append(int(rect.get("height", "")))
    return found


def test_bars_are_to_scale_and_there_is_none_for_nothing():
    given, received = bars(drawn((60, 30), (0, 120), (-45, 0)))
    assert len(given) == 1
    assert len(received) == 2
    assert given[0] == pytest.approx(2 * received[0], abs=2)
    assert received[1] == pytest.approx(4 * received[0], abs=4)


def test_what_was_given_and_received_differs_in_pattern_and_has_words():
    picture = drawn((60, 30))
    fills = {rect.get("fill") for rect in picture.findall(f"{NAME}rect")}
    assert fills == {"#12494d", "url(#months-stripes)"}
    assert picture.find(f"{NAME}defs/{NAME}pattern[@id='months-stripes']") is not None
    assert {"Gave", "Received"} <= {text.text for text in picture.findall(f"{NAME}text")}


def test_it_is_one_picture_with_a_name_and_a_description():
    picture = drawn((60, 30))
    assert picture.get("role") == "img"
    named = [picture.find(f"*[@id='{name}']") for name in picture.get("aria-labelledby", "").split()]
    assert [each.text for each in named if each is not None] == ["Help", "Much & little <b>"]


@pytest.mark.parametrize("highest", [1, 14, 15, 59, 60, 61, 599, 6_000, 12_001, 700_000, 100_000_000])
def test_everything_is_inside_whatever_the_size(highest):
    picture = drawn((highest, 1), (0, highest))
    for rect in picture.findall(f"{NAME}rect"):
        left, top, width, height = (int(rect.get(name, "")) for name in ("x", "y", "width", "height"))
        assert 0 <= left <= left + width <= WIDTH
        assert 0 <= top <= top + height <= HEIGHT
    # Something is never drawn as nothing.
    assert min(bars(picture)[1]) >= 15
    scale = [text.text for text in picture.findall(f"{NAME}text") if ":" in (text.text or "")]
    assert len(scale) == 2
    hours, minutes = scale[1].split(":")
    assert int(hours) * 60 + int(minutes) >= highest


def test_the_year_stands_where_it_begins():
    years = [text.text for text in drawn().findall(f"{NAME}text") if re.fullmatch(r"\d{4}", text.text or "")]
    assert years == ["2025", "2026"]


def test_the_same_months_give_the_same_picture_and_nothing_that_a_policy_for_pages_refuses():
    text = svg_of(months((60, 30)), WORDS)
    assert text == svg_of(months((60, 30)), WORDS)
    assert "style=" not in text
    assert "<script" not in svg_of(months(), ChartWords("<script>", "<script>", "<script>", '"', tuple("<" * 12)))
