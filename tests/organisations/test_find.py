"""Whoever is meant by what somebody typed: one account, or a question back, and never somebody else."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.make import AT, make_bank, make_member, make_organisation
from timebank.banks.models import Bank
from timebank.ledger.queries import community_account
from timebank.members import service as members
from timebank.members.models import Membership
from timebank.organisations.find import (
    MOST_CHOICES,
    NobodyFound,
    NobodyNamed,
    SeveralFound,
    choices,
    community_label,
    find_account,
    label_of,
)


@pytest.fixture
def bank(app: Flask) -> Bank:
    return make_bank()


def find(bank: Bank, typed: str, *, in_full: bool = False) -> int:
    return find_account(bank, typed, in_full=in_full)


def labels(bank: Bank, typed: str, *, in_full: bool = False) -> list[str]:
    return [choice.label for choice in choices(bank, typed, in_full=in_full)]


@pytest.mark.parametrize("in_full", [False, True])
def test_every_label_that_is_offered_is_read_back_as_the_same_account(bank: Bank, in_full: bool) -> None:
    for name in ("Jean Morris", "Jean Mbeki", "Jean (Jo) Mills", "محمد حداد", "Siân Bevan", "Zoë 🌻", "O'Neill"):
        make_member(bank, name=name)
    make_organisation(bank, name="Jean’s Kitchen (0002)")
    for typed in ("jean", "محمد", "siân", "🌻", "O'N", "kitchen", "comm"):
        offered = choices(bank, typed, in_full=in_full)
        assert offered, typed
        for choice in offered:
            assert find(bank, choice.label, in_full=in_full) == choice.account_id, choice.label


def test_a_number_a_name_in_full_or_in_short_and_an_organisation_are_found(bank: Bank) -> None:
    jean, surgery = make_member(bank, name="Jean Morris", number="0042"), make_organisation(bank, name="Elm Surgery")
    for typed in (
        "0042",
        "Jean Morris",
        "jean  morris",
        "Jean M.",
        "jean m.",
        "JEAN",
        "42",
        " Jean M. (0042) ",
    ):
        assert find(bank, typed) == jean.account_id, typed
    assert find(bank, "morris jean", in_full=True) == jean.account_id
    for typed in ("Elm Surgery", "elm surgery", "surgery", surgery.account.number):
        assert find(bank, typed) == surgery.account_id, typed
    for typed in (community_label(), "community account", "community"):
        assert find(bank, typed) == community_account(bank.id).id, typed


def test_a_name_that_is_exactly_one_s_wins_over_longer_ones(bank: Bank) -> None:
    ann, _annie = make_member(bank, name="Ann"), make_member(bank, name="Annie")
    assert find(bank, "ann") == ann.account_id


def test_a_name_of_several_is_asked_back_with_numbers(bank: Bank) -> None:
    for name in ("Jean Morris", "Jean Mbeki"):
        make_member(bank, name=name)
    with pytest.raises(SeveralFound) as several:
        find(bank, "Jean M.")
    assert (
        several.value.text == "More than one matches “Jean M.”. Type the number as well: Jean M. (0001), Jean M. (0002)"
    )


@pytest.mark.parametrize("typed", ["Nobody", "%", "_", "%%", "\\", "' OR 1=1 --", "x" * 500, "(0099)", "Jean (0099)"])
def test_what_matches_nobody_says_so(bank: Bank, typed: str) -> None:
    make_member(bank, name="Jean Morris")
    with pytest.raises(NobodyFound):
        find(bank, typed)
    assert choices(bank, typed, in_full=False) == []


@pytest.mark.parametrize("typed", ["", "  ", "\t\n"])
def test_nothing_typed_is_nobody_named(bank: Bank, typed: str) -> None:
    make_member(bank)
    with pytest.raises(NobodyNamed):
        find(bank, typed)
    assert choices(bank, typed, in_full=False) == []


def test_somebody_of_another_bank_is_nobody_here(bank: Bank) -> None:
    other = make_bank()
    stranger = make_member(other, name="Stella Strange", number="S-77")
    house = make_organisation(other, name="Strange House")
    for typed in ("Stella", "S-77", "Stella S. (S-77)", "Strange House", label_of(stranger, in_full=True), house.name):
        with pytest.raises(NobodyFound):
            find(bank, typed, in_full=True)
        assert choices(bank, typed, in_full=True) == []


def test_whoever_left_is_not_offered_but_their_number_is_still_theirs(bank: Bank) -> None:
    gone: Membership = make_member(bank, name="Gone Away", number="0050")
    members.leave(gone, recorded_by=gone, at=AT)
    assert labels(bank, "gone") == labels(bank, "0050") == []
    with pytest.raises(NobodyFound):
        find(bank, "Gone Away")
    # So that the form can say that this account is closed, rather than that nobody has the number.
    assert find(bank, "0050") == gone.account_id


def test_a_few_are_offered_even_where_many_match(bank: Bank) -> None:
    for number in range(MOST_CHOICES + 5):
        make_member(bank, name=f"Jean Number{number}")
    assert len(labels(bank, "jean")) == MOST_CHOICES


def test_members_do_not_see_each_other_s_last_names(bank: Bank) -> None:
    make_member(bank, name="Jean Morris", number="0042")
    assert labels(bank, "jean") == ["Jean M. (0042)"]
    assert labels(bank, "jean", in_full=True) == ["Jean Morris (0042)"]


def test_accounts_of_the_bank_s_own_book_keeping_are_not_offered(bank: Bank) -> None:
    assert labels(bank, "opening") == []


def test_a_number_wins_over_an_organisation_that_is_called_so(bank: Bank) -> None:
    jean: Any = make_member(bank, name="Jean Morris", number="42")
    make_organisation(bank, name="42")
    assert find(bank, "42") == jean.account_id


def test_members_cannot_find_out_the_rest_of_a_name_by_trying_letters(bank: Bank) -> None:
    jean = make_member(bank, name="Jean Morris", number="0042")
    for typed in ("mor", "orri", "jean mo", "morris"):
        assert labels(bank, typed) == []
        with pytest.raises(NobodyFound):
            find(bank, typed)
        assert labels(bank, typed, in_full=True) == ["Jean Morris (0042)"]
    # Whoever knows the whole name may use it.
    assert find(bank, "jean morris") == jean.account_id


def test_a_label_with_somebody_else_s_number_is_nobody_s(bank: Bank) -> None:
    make_member(bank, name="Jean Morris", number="0042")
    for typed in ("Ruth Adeyemi (0042)", "Ruth (0042)", "(0042)", "J. (0042)"):
        with pytest.raises(NobodyFound):
            find(bank, typed)


def test_a_number_without_the_noughts_in_front_is_found_unless_it_is_two_people_s(bank: Bank) -> None:
    jean = make_member(bank, name="Jean Morris", number="0042")
    assert find(bank, "42") == find(bank, "00042") == jean.account_id
    make_member(bank, name="Ben Brown", number="042")
    with pytest.raises(NobodyFound):
        find(bank, "42")


def test_whoever_begins_with_what_was_typed_comes_before_others(bank: Bank) -> None:
    for name in ("Brian Hall", "Megan Oak", "Ann Stone", "Tom Anders"):
        make_member(bank, name=name)
    assert [label[:3] for label in labels(bank, "an", in_full=True)] == ["Ann", "Tom", "Bri", "Meg"]
