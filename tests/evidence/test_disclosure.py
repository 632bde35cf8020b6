from __future__ import annotations

import pytest

from timebank.evidence.audience import Audience
from timebank.evidence.disclosure import (
    Quantity,
    System,
    is_sensitive_count,
    is_sensitive_magnitude,
    passes_p_percent,
    shown_of,
)


@pytest.mark.parametrize(
    ("whole", "parts", "passes"),
    [
        (100_000, [50_000, 49_000, 1_000], False),
        (110_000, [52_000, 50_000, 8_000], True),
        (60, [60], False),
        (0, [], True),
    ],
)
def test_whoever_gave_the_second_most_cannot_tell_what_the_first_gave(whole, parts, passes):
    assert passes_p_percent(whole, parts) is passes


def test_outside_readers_never_see_fewer_than_five():
    assert [audience.threshold for audience in Audience] == [0, 5, 10]
    assert min(audience.threshold for audience in Audience if audience != Audience.COORDINATOR) >= 5


@pytest.mark.parametrize(("count", "is_sensitive"), [(0, False), (1, True), (4, True), (5, False)])
def test_a_count_of_a_few_is_sensitive_and_none_is_not(count, is_sensitive):
    assert is_sensitive_count(count, 5) is is_sensitive


def many(count: int, minutes: int = 60) -> dict[int, int]:
    return dict.fromkeys(range(count), minutes)


@pytest.mark.parametrize(
    ("givers", "receivers", "is_sensitive"),
    [
        (many(5), many(5), False),
        (many(4, 75), many(5), True),
        (many(5), many(4, 75), True),
        # A sole professional gives to many, and gives nearly all of it.
        ({1: 300}, many(5), True),
        ({1: 280, 2: 5, 3: 5, 4: 5, 5: 5}, many(5), True),
        (many(5), {1: 280, 2: 5, 3: 5, 4: 5, 5: 5}, True),
    ],
)
def test_hours_need_enough_givers_and_receivers_and_nobody_who_stands_out(givers, receivers, is_sensitive):
    assert sum(givers.values()) == sum(receivers.values()) == 300
    assert is_sensitive_magnitude(300, givers, receivers, threshold=5) is is_sensitive
    assert not is_sensitive_magnitude(300, givers, receivers, threshold=0)


def test_organisations_are_not_counted_as_people():
    assert is_sensitive_magnitude(300, many(5), many(5), threshold=5, are_people={0, 1, 2, 3})


def test_nothing_at_all_is_shown_as_nothing():
    assert not is_sensitive_magnitude(0, {}, {}, threshold=10)


def system(total: int, *parts: int, sensitive=(), is_count=False) -> System:
    """One total "t" and its parts "0", "1", …"""
    quantities = {str(place): part for place, part in enumerate(parts)} | {"t": total}
    assert total == sum(parts)
    return System(
        {
            name: Quantity(name, value, is_count=is_count, is_sensitive=name in sensitive)
            for name, value in quantities.items()
        },
        ({"t": 1} | {str(place): -1 for place in range(len(parts))},),
    )


def test_the_coordinator_sees_everything():
    assert shown_of(system(100, 90, 10, sensitive={"1"}), Audience.COORDINATOR).values == {"t": 100, "0": 90, "1": 10}


def test_one_hidden_part_hides_the_smallest_other_that_protects_it():
    shown = shown_of(system(6000, 3000, 2000, 500, 500, sensitive={"3"}), Audience.BOARD)
    assert shown.values == {"t": 6000, "0": 3000, "1": 2000}


def test_a_second_part_that_is_too_small_to_hide_behind_is_not_enough():
    # Of 1000 and 20 together everybody would know that the first is at most 1020: within ten per cent.
    shown = shown_of(system(6000, 3000, 1980, 1000, 20, sensitive={"2"}), Audience.BOARD)
    assert shown.values == {"t": 6000, "0": 3000}


def test_where_all_parts_but_one_are_nothing_the_total_is_hidden_with_it():
    shown = shown_of(system(300, 300, 0, 0, sensitive={"0", "t"}), Audience.BOARD)
    assert "t" not in shown.values
    assert "0" not in shown.values


def test_a_few_are_shown_as_fewer_and_another_count_is_hidden_with_them():
    shown = shown_of(system(40, 20, 17, 3, sensitive={"2"}, is_count=True), Audience.BOARD)
    assert shown.few == {"2"}
    assert shown.values == {"t": 40, "0": 20}


def test_where_even_fewer_than_five_would_tell_it_is_not_said():
    # Four times fewer than five that are at least one, and fewer than five in all, would be one each.
    shown = shown_of(system(4, 1, 1, 1, 1, sensitive={"t", "0", "1", "2", "3"}, is_count=True), Audience.BOARD)
    assert shown.values == {}
    assert shown.few < {"t", "0", "1", "2", "3"}


def test_the_public_sees_hours_and_people_in_fives():
    assert shown_of(system(3000 + 749, 3000, 749), Audience.PUBLIC).values == {"t": 3600, "0": 3000, "1": 600}
    assert shown_of(system(33, 21, 12, is_count=True), Audience.PUBLIC).values == {"t": 35, "0": 20, "1": 10}


def test_what_was_published_is_not_hidden_again():
    parts = system(6000, 3000, 2000, 500, 500, sensitive={"3"})
    fixed = {
        name: Quantity(name, one.value, is_fixed=name == "2", is_sensitive=one.is_sensitive)
        for name, one in parts.quantities.items()
    }
    assert shown_of(System(fixed, parts.sums), Audience.BOARD).values == {"t": 6000, "0": 3000, "2": 500}
