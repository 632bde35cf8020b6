"""A statement as text: whatever the names are, it fits and says the same as the data."""

from __future__ import annotations

import datetime as dt

import pytest

from timebank.ledger.models import Book, TransferKind
from timebank.ledger.months import Month
from timebank.statements.build import Line, Statement, build_book
from timebank.statements.text import as_json, as_text

DAY = dt.date(2026, 3, 10)


@pytest.fixture
def statement(app_without_data) -> Statement:
    lines = [
        Line(DAY, DAY, minutes, TransferKind.EXCHANGE, with_whom, what)
        for minutes, with_whom, what in (
            (60, "N" * 120, "W" * 120),
            (-60_000_000, "محمد حداد", "Cân yn y côr"),
        )
    ]
    parts = tuple(build_book(book, opening_minutes=-5, lines=lines if book == Book.CREDIT else []) for book in Book)
    return Statement(number="0001", name="Jean Morris", month=Month(2026, 3), books=parts)


def test_long_names_are_cut_so_that_the_columns_line_up(statement):
    lines = as_text(statement).splitlines()
    longest = next(line for line in lines if "NNN" in line)
    assert "N" * 24 + "  " + "W" * 30 + "  " in longest
    assert longest.endswith("1:00                   0:55")


def test_below_nothing_has_a_minus_sign_and_no_colour(statement):
    text = as_text(statement)
    assert "−1000000:00" not in text
    assert "−999999:05" in text
    assert "\x1b" not in text
    assert not any(line != line.rstrip() for line in text.splitlines())
    assert text.endswith("\n")


def test_data_has_names_in_full_and_only_whole_minutes(statement):
    data = as_json(statement, bank_code="ELMS")
    credit = data["books"]["credit"]
    assert credit["entries"][0]["with"] == "N" * 120
    assert credit["closing_minutes"] == -5 + 60 - 60_000_000
    numbers = [value for value in credit.values() if not isinstance(value, list)]
    assert all(type(value) is int for value in numbers)


def test_a_book_with_nothing_in_it_is_printed_all_the_same(statement):
    record = as_text(statement).partition("Recorded hours\n")[2]
    assert record.splitlines()[1].endswith("Opening balance                                            −0:05")
    assert data_of(statement, "record")["entries"] == []


def data_of(statement: Statement, book: str) -> dict:
    return as_json(statement, bank_code="ELMS")["books"][book]
