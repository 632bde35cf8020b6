"""From entries to a statement: pure, so it is tested without any database."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timebank.ledger.models import Book, TransferKind
from timebank.ledger.months import Month
from timebank.statements.build import Line, Statement, build_book

DAY = dt.date(2026, 3, 10)


def line(minutes: int, kind: TransferKind = TransferKind.EXCHANGE, **details: object) -> Line:
    return Line(
        **{"effective_on": DAY, "happened_on": DAY, "with_whom": "Ana", "what": "Help"} | details,
        minutes=minutes,
        kind=kind,
    )


def credit(*lines: Line, opening: int = 0):
    return build_book(Book.CREDIT, opening_minutes=opening, lines=lines)


def test_without_entries_it_closes_as_it_opened():
    part = credit(opening=-75)
    assert (part.opening_minutes, part.closing_minutes, part.lines) == (-75, -75, ())
    assert (part.in_minutes, part.out_minutes, part.given_minutes, part.received_minutes) == (0, 0, 0, 0)


def test_each_line_has_the_balance_after_it():
    part = credit(line(60), line(-90), line(5), opening=30)
    assert [numbered.balance_minutes for numbered in part.lines] == [90, 0, 5]
    assert part.closing_minutes == 5


def test_what_comes_in_and_what_goes_out_are_added_up_apart():
    part = credit(line(60), line(-90), line(5))
    assert (part.in_minutes, part.out_minutes) == (65, 90)
    assert [(numbered.in_minutes, numbered.out_minutes) for numbered in part.lines] == [(60, 0), (0, 90), (5, 0)]


@pytest.mark.parametrize("kind", [TransferKind.EXCHANGE, TransferKind.HISTORY])
def test_help_given_is_what_came_in_and_help_received_what_went_out(kind):
    part = credit(line(60, kind), line(-90, kind))
    assert (part.given_minutes, part.received_minutes) == (60, 90)


@pytest.mark.parametrize("kind", [TransferKind.DONATION, TransferKind.GRANT, TransferKind.OPENING])
def test_gifts_and_opening_credit_move_hours_but_are_no_help(kind):
    part = credit(line(60, kind), line(-90, kind))
    assert (part.in_minutes, part.out_minutes, part.closing_minutes) == (60, 90, -30)
    assert (part.given_minutes, part.received_minutes) == (0, 0)


def test_what_is_left_of_a_class_for_the_community_is_no_help_that_it_gave():
    part = credit(line(60, is_help=False), line(-60, is_help=False), line(30))
    assert (part.given_minutes, part.received_minutes, part.closing_minutes) == (30, 0, 30)


def test_a_reversal_takes_off_what_it_reverses():
    part = credit(line(60), line(-90), line(-60, TransferKind.REVERSAL), line(90, TransferKind.REVERSAL))
    assert (part.given_minutes, part.received_minutes) == (0, 0)
    assert (part.in_minutes, part.out_minutes, part.closing_minutes) == (150, 150, 0)


def test_the_reversal_of_an_earlier_months_help_takes_off_this_months():
    assert credit(line(-60, TransferKind.REVERSAL)).given_minutes == -60
    assert credit(line(60, TransferKind.REVERSAL)).received_minutes == -60


def test_the_reversal_of_a_gift_is_no_help_either():
    part = credit(line(60, TransferKind.DONATION), line(-60, TransferKind.REVERSAL, is_help=False))
    assert (part.given_minutes, part.received_minutes, part.closing_minutes) == (0, 0, 0)


@pytest.mark.parametrize(
    ("happened_on", "is_late"),
    [("2026-03-01", False), ("2026-03-31", False), ("2026-02-28", True), ("2025-03-10", True)],
)
def test_a_line_is_late_when_it_happened_in_another_month(happened_on, is_late):
    (numbered,) = credit(line(60, happened_on=dt.date.fromisoformat(happened_on))).lines
    assert numbered.is_late is is_late


def test_a_statement_has_a_part_for_each_book():
    parts = tuple(
        build_book(book, opening_minutes=minutes, lines=[]) for book, minutes in zip(Book, (5, 7), strict=True)
    )
    statement = Statement(number="0001", name="Jean Morris", month=Month(2026, 3), books=parts)
    assert [statement.book(book).closing_minutes for book in (Book.CREDIT, Book.RECORD)] == [5, 7]


LINES = st.lists(
    st.builds(
        line,
        st.integers(-100_000, 100_000).filter(bool),
        st.sampled_from(list(TransferKind)),
        is_help=st.booleans(),
    ),
    max_size=30,
)


@given(opening=st.integers(-1_000_000, 1_000_000), lines=LINES)
def test_it_always_adds_up(opening, lines):
    part = credit(*lines, opening=opening)
    total = sum(each.minutes for each in lines)
    assert part.closing_minutes == opening + total == opening + part.in_minutes - part.out_minutes
    assert part.closing_minutes == (part.lines[-1].balance_minutes if lines else opening)
    assert part.in_minutes >= 0
    assert part.out_minutes >= 0
    assert [numbered.line for numbered in part.lines] == lines


@given(first=LINES, second=LINES)
def test_a_month_opens_with_what_the_one_before_closed_with(first, second):
    whole = credit(*first, *second)
    parts = [credit(*first)]
    parts.append(credit(*second, opening=parts[0].closing_minutes))
    assert parts[1].closing_minutes == whole.closing_minutes
    for total in ("in_minutes", "out_minutes", "given_minutes", "received_minutes"):
        assert sum(getattr(part, total) for part in parts) == getattr(whole, total)
