"""Every number that a bank may have is a name that every program takes, and no two are the same."""

from __future__ import annotations

import re

import pytest
from beancount.core import account as beancount
from hypothesis import example, given
from hypothesis import strategies as st

from tests.exports.scene import ODD_NUMBERS
from timebank.exports.names import account_name, readable, safe_value
from timebank.ledger.models import AccountKind

numbers = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def decoded(name: str) -> str:
    """The number that a name was made of, so that two numbers with one name would be found."""
    last = name.rpartition(":")[2]
    if not last.startswith("X-"):
        return last
    parts = last.removeprefix("X-").split("-")
    return "".join(chr(int(part, 16)) if place % 2 else part for place, part in enumerate(parts))


@given(numbers)
@example("")
@example("X-")
@example("X-41")
@example("-2d-")
def test_any_number_makes_a_name_that_is_legal_and_unique(number):
    name = account_name(AccountKind.MEMBER, number)
    assert beancount.is_valid(name)
    assert decoded(name) == number
    # What begins, ends or parts a name in hledger and ledger.
    assert not re.search(r"[\s;()\[\]=@{}\"']", name)


@pytest.mark.parametrize("number", ODD_NUMBERS)
def test_the_odd_numbers_of_the_other_tests_are_different_too(number):
    assert decoded(account_name(AccountKind.MEMBER, number)) == number


@pytest.mark.parametrize(
    ("kind", "number", "name"),
    [
        (AccountKind.MEMBER, "0042", "Assets:Member:0042"),
        (AccountKind.MEMBER, "A-B", "Assets:Member:A-B"),
        (AccountKind.ORGANISATION, "Surgery", "Assets:Organisation:Surgery"),
        (AccountKind.MEMBER, "ÉCOLE7", "Assets:Member:ÉCOLE7"),
        (AccountKind.COMMUNITY, "community", "Assets:Community:X-community"),
        (AccountKind.OPENING, "opening", "Equity:Opening:X-opening"),
        (AccountKind.MEMBER, "A/7", "Assets:Member:X-A-2f-7"),
        (AccountKind.MEMBER, "X-7", "Assets:Member:X-X-2d-7"),
        (AccountKind.MEMBER, "مريم", "Assets:Member:X-مريم"),
    ],
)
def test_a_plain_number_stays_and_the_others_can_be_read(kind, number, name):
    assert account_name(kind, number) == name


@given(numbers)
@example("\u2028")
@example("a\nb")
def test_a_number_in_a_comment_is_one_line_that_shows_all_of_it(number):
    shown = readable(number)
    assert shown.isprintable()
    assert len(shown.splitlines()) == 1


@given(numbers)
def test_a_reference_as_a_tags_value_has_nothing_that_could_end_it(text):
    assert re.fullmatch(r"[A-Za-z0-9:/._~%-]*", safe_value(text))
