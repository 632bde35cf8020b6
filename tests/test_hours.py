"""What people type for a length of time, and what they read."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from timebank.hours import (
    LONGEST_TIME_MINUTES,
    CommaInTime,
    NotATime,
    NoTime,
    TooMuchTime,
    TwoMeanings,
    balance_in_words,
    in_figures,
    in_words,
    parse_minutes,
    parse_typed_minutes,
    round_minutes,
    typed,
)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("1", 60),
        ("1.5", 90),
        ("1.25", 75),
        (".5", 30),
        ("0.5", 30),
        ("1½", 90),
        ("½", 30),
        ("¼", 15),
        ("2¾", 165),
        ("1 ½", 90),
        ("⅓", 20),
        ("1⅔", 100),
        ("⅛", 8),
        ("1/2", 30),
        ("1⁄2", 30),
        ("1 1/2", 90),
        ("3/4", 45),
        ("1:30", 90),
        ("0:05", 5),
        ("12:00", 720),
        ("1:30 h", 90),
        ("1h 30m", 90),
        ("1h30", 90),
        ("1h30m", 90),
        ("1 h 30 min", 90),
        ("1 h", 60),
        ("1h", 60),
        ("1 hr", 60),
        ("2 hrs", 120),
        ("1.5 hours", 90),
        ("1 hour and 5 minutes", 65),
        ("2 HOURS", 120),
        ("90 min", 90),
        ("90m", 90),
        ("90 mins.", 90),
        ("90 minutes", 90),
        ("½ min", 1),
        ("1 awr 30 munud", 90),
        ("  1.5  ", 90),
        ("1.5\n", 90),
        ("\t1:30\u00a0", 90),
        ("٣", 180),
        ("１．５", 90),
        ("०.५", 30),
        ("1.33333", 80),
        ("0.0084", 1),
        ("9999", 599_940),
        ("10000", 600_000),
        ("600000 min", 600_000),
        ("007", 420),
    ],
)
def test_reads_what_people_write(text: str, minutes: int) -> None:
    assert parse_minutes(text) == minutes


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", NotATime),
        (" ", NotATime),
        ("abc", NotATime),
        ("one", NotATime),
        ("1:75", NotATime),
        ("1:60", NotATime),
        ("1:5", NotATime),
        ("1:030", NotATime),
        (":30", NotATime),
        ("1.5.2", NotATime),
        ("1.", NotATime),
        (".", NotATime),
        ("1 2", NotATime),
        ("1 h h", NotATime),
        ("30 min 1 h", NotATime),
        ("1h 1.5m", NotATime),
        ("+1", NotATime),
        ("1e3", NotATime),
        ("1e9", NotATime),
        ("0x10", NotATime),
        ("1_000", NotATime),
        ("NaN", NotATime),
        ("nan", NotATime),
        ("inf", NotATime),
        ("Infinity", NotATime),
        ("∞", NotATime),
        ("1/0", NotATime),
        ("1 1/0", NotATime),
        ("½½", NotATime),
        ("1/2/3", NotATime),
        ("1;30", NotATime),
        ("1h; DROP TABLE transfer", NotATime),
        ("£5", NotATime),
        ("١:٣x", NotATime),
        ("一", NotATime),
        ("\x00", NotATime),
        ("1" * 41, NotATime),
        ("1" * 1_000_000, NotATime),
        (" " * 1_000_000 + "1", NotATime),
        ("½" * 41, NotATime),
        ("1,5", CommaInTime),
        ("1,500", CommaInTime),
        ("1，5", CommaInTime),
        ("0", NoTime),
        ("0:00", NoTime),
        ("0 min", NoTime),
        ("0.0", NoTime),
        ("0.001", NoTime),
        ("0/5", NoTime),
        ("-1", NoTime),
        ("−1", NoTime),
        ("-1:30", NoTime),
        ("-0", NoTime),
        ("10001", TooMuchTime),
        ("10000.5", TooMuchTime),
        ("1000000000", TooMuchTime),
        ("9" * 40, TooMuchTime),
        ("9" * 36 + ":59", TooMuchTime),
        ("600001 min", TooMuchTime),
    ],
)
def test_refuses_what_is_no_length_of_time(text: str, why: type[NotATime]) -> None:
    with pytest.raises(NotATime) as refused:
        parse_minutes(text)
    assert type(refused.value) is why


def test_a_raised_two_is_not_two() -> None:
    """Otherwise "1²" would be read as twelve hours."""
    for text in ("²", "1²", "③"):
        with pytest.raises(NotATime):
            parse_minutes(text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        minutes = parse_minutes(text)
    except NotATime:
        return
    assert isinstance(minutes, int)
    assert 1 <= minutes <= LONGEST_TIME_MINUTES


@given(st.text(alphabet="0123456789.:/ ½¼hm-,", max_size=40))
def test_any_text_of_figures_is_read_or_refused(text: str) -> None:
    try:
        minutes = parse_minutes(text)
    except NotATime:
        return
    assert 1 <= minutes <= LONGEST_TIME_MINUTES


@given(st.integers(1, LONGEST_TIME_MINUTES))
def test_what_is_written_is_read_back(minutes: int) -> None:
    hours, rest = divmod(minutes, 60)
    for text in (typed(minutes), in_figures(minutes), f"{minutes} min", f"{hours}h {rest}m"):
        assert parse_minutes(text) == minutes


@given(st.integers(1, LONGEST_TIME_MINUTES), st.sampled_from([1, 5, 6, 10, 15, 30, 60]))
def test_rounding_goes_to_the_nearest_step_and_never_to_nothing(minutes: int, to: int) -> None:
    rounded = round_minutes(minutes, to=to)
    assert rounded % to == 0
    assert rounded >= to
    assert abs(rounded - minutes) * 2 <= to or rounded == to
    assert round_minutes(rounded, to=to) == rounded


@pytest.mark.parametrize(
    ("minutes", "to", "rounded"),
    [(7, 15, 15), (1, 15, 15), (22, 15, 15), (23, 15, 30), (5, 10, 10), (15, 10, 20), (25, 10, 30), (61, 1, 61)],
)
def test_halves_are_rounded_up(minutes: int, to: int, rounded: int) -> None:
    assert round_minutes(minutes, to=to) == rounded


@pytest.mark.parametrize(
    ("minutes", "figures"),
    [(0, "0:00"), (1, "0:01"), (60, "1:00"), (90, "1:30"), (-90, "−1:30"), (-1, "−0:01"), (600_000, "10000:00")],
)
def test_figures(minutes: int, figures: str) -> None:
    assert in_figures(minutes) == figures


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 minutes"),
        (1, "1 minute"),
        (2, "2 minutes"),
        (60, "1 hour"),
        (61, "1 hour 1 minute"),
        (90, "1 hour 30 minutes"),
        (120, "2 hours"),
        (-90, "1 hour 30 minutes"),
        (60_000, "1,000 hours"),
    ],
)
def test_words(app_without_data: Flask, minutes: int, words: str) -> None:
    assert in_words(minutes) == words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (90, "You have 1 hour 30 minutes to use"),
        (0, "Your hours are even: as much came in as you used"),
        (-60, "You have used 1 hour more than came in"),
    ],
)
def test_a_balance_is_told_without_a_sign(app_without_data: Flask, minutes: int, words: str) -> None:
    assert balance_in_words(minutes) == words


@pytest.mark.parametrize("refusal", [NotATime, CommaInTime, NoTime, TooMuchTime])
def test_every_refusal_says_what_to_do_beside_the_field(app_without_data: Flask, refusal: type[NotATime]) -> None:
    assert refusal().field == "time"
    assert len(refusal().text) > 20


@pytest.mark.parametrize("text", ["1.30", "0.45", "12.05", "1.10 h", "2.15 hours", "１.３０"])
def test_what_looks_like_a_clock_and_like_a_decimal_is_asked_about(app_without_data: Flask, text: str) -> None:
    with pytest.raises(TwoMeanings):
        parse_typed_minutes(text)
    # In a spreadsheet it is a decimal, for its columns are made by a program.
    assert parse_minutes(text) > 0


def test_both_meanings_are_said_in_a_way_that_can_be_typed(app_without_data: Flask) -> None:
    with pytest.raises(TwoMeanings) as asked:
        parse_typed_minutes("1.30")
    assert asked.value.text == "Type 1:30 if you mean 1 hour 30 minutes, or 78 min if you mean 1 hour 18 minutes"
    assert (parse_typed_minutes("1:30"), parse_typed_minutes("78 min")) == (90, 78)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("1.5", 90), ("1.25", 75), ("0.75", 45), ("1.50", 90), ("2.00", 120), ("1.3", 78), ("0.33", 20)],
)
def test_what_can_only_be_a_decimal_is_read_as_one(app_without_data: Flask, text: str, minutes: int) -> None:
    assert parse_typed_minutes(text) == minutes
