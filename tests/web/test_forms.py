"""Form fields read what people type, and keep it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from timebank import create_app
from timebank.web.forms import (
    AtMost,
    DayField,
    DurationField,
    Form,
    KeyedForm,
    Needed,
    TextField,
    TickField,
    WordsField,
    without_control_characters,
)


class Everything(KeyedForm):
    class Meta:
        csrf = False

    day = DayField("Day", validators=[Needed("Enter the day")])
    time = DurationField("Time")
    text = TextField("Text", validators=[AtMost(5)])
    words = WordsField("Words", validators=[AtMost(20)])
    tick = TickField("Tick")


@pytest.fixture(scope="module")
def plain_app() -> Flask:
    return create_app({"TESTING": True, "TIMEBANK_LOG_LEVEL": "ERROR"})


@pytest.fixture
def sent(plain_app: Flask) -> Callable[..., Form]:
    def fill(*pairs: tuple[str, str]) -> Form:
        with plain_app.test_request_context("/", method="POST", data=MultiDict(pairs)):
            form = Everything()
            form.validate()
            return form

    return fill


def day_of(sent: Callable[..., Form], *boxes: str) -> DayField:
    return sent(*(("day", box) for box in boxes)).day


@pytest.mark.parametrize(
    "boxes",
    [
        ("9", "11", "2025"),
        ("09", "11", "2025"),
        (" 9 ", "11", " 2025"),
        ("٩", "١١", "٢٠٢٥"),
        ("９", "１１", "２０２５"),
    ],
)
def test_a_day_is_read_from_three_boxes_in_any_numerals(sent: Callable[..., Form], boxes: tuple[str, ...]) -> None:
    field = day_of(sent, *boxes)
    assert (field.data, list(field.errors)) == (dt.date(2025, 11, 9), [])
    assert field.parts == boxes


@pytest.mark.parametrize(
    "boxes", [("9",), ("9", "11"), ("²", "11", "2025"), ("Ⅸ", "11", "2025"), ("½", "1", "2025"), ("1e1", "1", "2025")]
)
def test_a_day_with_too_few_boxes_or_odd_signs_is_asked_for_in_figures(
    sent: Callable[..., Form], boxes: tuple[str, ...]
) -> None:
    field = day_of(sent, *boxes)
    assert field.data is None
    assert field.errors == ["Enter the day as day, month and year, like 27 3 2026"]
    assert field.parts == (*boxes, "", "")[:3]


def test_a_fourth_box_is_ignored(sent: Callable[..., Form]) -> None:
    field = day_of(sent, "9", "11", "2025", "13")
    assert (field.data, list(field.errors)) == (dt.date(2025, 11, 9), [])


@pytest.mark.parametrize(
    "boxes",
    [
        ("9", "Nov", "2025"),
        ("9th", "november", "2025"),
        ("9TH", "NOVEMBER", "25"),
        ("9", "nov.", "25"),
        ("9", "Novem", "2025"),
    ],
)
def test_a_day_is_read_as_people_write_it(sent: Callable[..., Form], boxes: tuple[str, ...]) -> None:
    assert day_of(sent, *boxes).data == dt.date(2025, 11, 9)


@pytest.mark.parametrize("month", ["Ju", "J", "M", "Smarch", "Ma", "no"])
def test_a_beginning_of_several_months_is_none_of_them(sent: Callable[..., Form], month: str) -> None:
    assert day_of(sent, "9", month, "2025").data is None


def test_three_empty_boxes_are_no_day(sent: Callable[..., Form]) -> None:
    for boxes in ((), ("",), ("", "", ""), (" ", "\t", "")):
        field = day_of(sent, *boxes)
        assert (field.data, field.errors) == (None, ["Enter the day"])


@pytest.mark.parametrize(
    ("boxes", "words"),
    [
        (("0", "1", "2025"), "no such day"),
        (("32", "1", "2025"), "no such day"),
        (("31", "4", "2025"), "no such day"),
        (("29", "2", "2100"), "no such day"),
        (("1", "1", "0000"), "no such day"),
        (("1", "1", "0099"), "Check the year"),
        (("1", "1", "1969"), "Check the year"),
        (("9999", "9999", "9999"), "no such day"),
    ],
)
def test_a_day_that_is_not_in_the_calendar_is_refused(
    sent: Callable[..., Form], boxes: tuple[str, ...], words: str
) -> None:
    field = day_of(sent, *boxes)
    assert words in field.errors[0]
    assert field.parts == boxes


def test_a_very_long_box_is_not_sent_back_whole(sent: Callable[..., Form]) -> None:
    assert day_of(sent, "9" * 5000, "1", "2025").parts[0] == "9" * 20


def test_a_day_that_was_not_typed_is_shown_in_the_boxes(plain_app: Flask) -> None:
    with plain_app.test_request_context("/"):
        assert Everything(day=dt.date(2025, 11, 9)).day.parts == ("9", "11", "2025")


def test_text_loses_control_characters_and_surrounding_space(sent: Callable[..., Form]) -> None:
    form = sent(("text", " \x00a\x07b\x7f\u200dc \r"), ("words", "one\r\ntwo\x0b\x1b[0m\x00 "))
    assert form.text.data == "ab\u200dc"
    assert form.words.data == "one\ntwo[0m"
    assert without_control_characters(None) == ""


def test_text_may_have_so_many_characters_and_a_line_break_counts_once(sent: Callable[..., Form]) -> None:
    assert not sent(("text", "🌻" * 5), ("words", "\r\n".join("ab" for _ in range(7)))).text.errors
    assert not sent(("words", "\r\n".join("ab" for _ in range(7)))).words.errors
    assert sent(("text", "123456")).text.errors == ["Use 5 characters or fewer. You have 6"]


def test_a_time_is_read_and_what_was_typed_is_kept(sent: Callable[..., Form]) -> None:
    field = sent(("time", " 1½ ")).time
    assert (field.minutes, field.data) == (90, "1½")
    wrong = sent(("time", "1,5")).time
    assert (wrong.minutes, wrong.data) == (None, "1,5")
    assert "full stop" in wrong.errors[0]


def test_a_form_that_is_sent_keeps_its_key_and_gets_no_other(plain_app: Flask) -> None:
    with plain_app.test_request_context("/"):
        first, second = Everything().with_new_key(), Everything().with_new_key()
        assert first.key.data != second.key.data
        assert len(first.key.data) == 32
    with plain_app.test_request_context("/", method="POST", data={"key": "mine"}):
        assert Everything().with_new_key().key.data == "mine"
    with plain_app.test_request_context("/", method="POST", data={}):
        assert not Everything().with_new_key().key.data


def test_the_error_list_leads_to_the_first_box_of_each_field(sent: Callable[..., Form]) -> None:
    form = sent(("day", "x"), ("time", ""), ("text", "123456"))
    assert [error["href"] for error in form.error_list] == ["#day-day", "#time", "#text"]
