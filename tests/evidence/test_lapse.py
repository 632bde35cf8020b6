from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence.invented import END, START
from timebank.evidence import circulation, lapse
from timebank.evidence.lapse import CurvePoint, Followed, Life

DAYS = st.lists(st.tuples(st.integers(0, 400), st.booleans()), max_size=25)


def test_kaplan_and_meiers_own_way_of_counting():
    followed = [Followed(days, happened) for days, happened in ((10, True), (20, False), (30, True), (40, False))]
    assert lapse.kaplan_meier(followed) == [CurvePoint(10, Fraction(1, 4), 4), CurvePoint(30, Fraction(5, 8), 2)]
    assert lapse.conversion(followed) == Fraction(5, 8)


def test_who_leaves_on_the_day_it_happens_to_another_was_still_there():
    assert lapse.conversion([Followed(10, True), Followed(10, False)]) == Fraction(1, 2)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.integers(0, 400), st.none()), min_size=1, max_size=25))
def test_where_everybody_is_followed_long_enough_it_is_the_plain_share(days):
    followed = [Followed(400, False) if day is None else Followed(day, True) for day in days]
    expected = Fraction(sum(day is not None and day <= 180 for day in days), len(days))
    assert lapse.conversion(followed) == expected


@settings(max_examples=60, deadline=None)
@given(DAYS)
def test_the_curve_only_rises(pairs):
    points = lapse.kaplan_meier(Followed(*pair) for pair in pairs)
    shares = [point.share for point in points]
    assert shares == sorted(shares)
    assert all(0 < share <= 1 for share in shares)
    assert all(point.days <= 180 for point in points)


def test_of_nobody_there_is_no_share():
    assert lapse.conversion([]) is None
    assert lapse.conversion([Followed(200, False)]) == 0
    assert not lapse.is_known_throughout([Followed(20, False)])


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], None), ([7], (7, 7, 7)), ([4, 1, 3, 2], (Fraction(7, 4), Fraction(5, 2), Fraction(13, 4)))],
)
def test_quartiles_lie_between_the_ordered_values(values, expected):
    assert lapse.quartiles(values) == expected


def life(first_gave=None, first_received=None, before=False, ever=False, active=False, **details) -> Life:
    return Life(first_gave, first_received, before, ever or before, active, **details)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans())))
def test_those_who_come_and_go_add_up(facts):
    flow = lapse.membership_flow([life(before=before, ever=ever, active=active) for before, ever, active in facts])
    assert flow.active == sum(active for _, _, active in facts)
    assert flow.active == flow.new + flow.returning + flow.reactivated
    assert flow.active == flow.active_before + flow.new + flow.reactivated - flow.lapsed


def day(number: int) -> dt.date:
    return START + dt.timedelta(days=number)


def test_receivers_are_followed_until_they_give_or_the_period_ends():
    began = {"began_by_receiving_as_one_who_uses_it": True}
    lives = [
        life(first_received=day(10), first_gave=day(40), **began),
        life(first_received=day(20), **began),
        life(first_received=day(30), first_gave=END, **began),
        life(first_received=day(-1), first_gave=day(3), **began),
        life(first_gave=day(1), first_received=day(5)),
    ]
    last = (END - START).days - 1
    assert lapse.receivers_followed(lives, start=START, end=END) == [
        Followed(30, True),
        Followed(last - 20, False),
        Followed(last - 30, False),
    ]


def test_days_to_a_first_exchange_are_counted_from_joining():
    lives = [
        life(first_gave=day(9), first_received=day(5), joined_on=day(-5)),
        life(first_gave=day(9), joined_on=day(20)),
        life(first_gave=day(-3), joined_on=day(-9)),
        life(joined_on=day(1)),
    ]
    assert lapse.days_to_first_exchange(lives, start=START, end=END) == [10, 0]


def test_mean_credit_held_weighs_each_day():
    end = day(10)
    # Account 1 holds two hours for five days and then none; account 2 is below nothing and holds one hour for two days.
    opening = {1: 120, 2: -60}
    moves = [(1, day(5), -200), (2, day(8), 100), (2, day(8), 20), (3, day(9), -5)]
    assert circulation.mean_held(opening, moves, start=START, end=end) == Fraction(5 * 120 + 2 * 60, 10)


def test_velocity_is_for_a_year():
    assert circulation.velocity(600, Fraction(300), days=73) == 10
    assert circulation.velocity(600, Fraction(0), days=73) is None


def test_balances_are_in_the_band_that_begins_with_them():
    hours = (-26, -25, -10, -1, 0, 1, 10, 25)
    assert circulation.bands_of_balances(one * 60 for one in hours) == (1, 1, 1, 2, 1, 1, 1)
