from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence.invented import SCHEME, random_hours, scheme
from timebank.evidence import measures
from timebank.evidence.given import N, P, U, X

NOBODY = {}
MINUTES = st.integers(0, 10_000)
TOTALS = st.lists(st.tuples(MINUTES, MINUTES), max_size=30)


def test_the_scheme_of_the_list_of_measures_has_its_figures():
    flows = measures.flows_of(scheme(SCHEME))
    assert flows == {(U, P): 180, (P, U): 480, (U, U): 300, (U, N): 240}
    assert measures.given_by(flows) == 20 * 60
    assert measures.hidden_resource_share(flows) == Fraction(60, 100)
    assert round(measures.both_ways_share(flows), 4) == Fraction(5455, 10_000)
    assert measures.plain_ratio(flows) == Fraction(3, 8)
    assert measures.leverage(flows) == Fraction(3, 2)
    assert measures.neighbourhood_dividend(flows) == Fraction(1, 5)
    assert measures.peer_share(flows) == Fraction(5, 12)


@pytest.mark.parametrize(
    "measure",
    [
        measures.hidden_resource_share,
        measures.both_ways_share,
        measures.plain_ratio,
        measures.leverage,
        measures.neighbourhood_dividend,
        measures.peer_share,
    ],
)
def test_of_nothing_no_measure_is_defined(measure):
    assert measure(NOBODY) is None


def test_hours_to_somebody_whose_capacity_is_not_stated_are_in_the_whole_alone():
    flows = measures.flows_of(scheme("U1 U2 1, U1 X1 3"))
    assert measures.hidden_resource_share(flows) == Fraction(1, 4)


def test_an_hour_of_a_class_counts_once_at_its_giver():
    hours = [
        replace(one, minutes=Fraction(60, 5), received_minutes=60)
        for one in scheme("P1 U1 1, P1 U2 1, P1 U3 1, P1 U4 1, P1 U5 1")
    ]
    assert measures.given_by(measures.flows_of(hours)) == 60
    totals = measures.totals_of_people(hours)
    assert sum(given for given, _ in totals.values()) == 60
    assert sum(received for _, received in totals.values()) == 300


def test_users_who_contribute_gave_in_whatever_capacity():
    hours = [*scheme("P1 U1 2, P1 U2 2"), replace(scheme("N9 N1 1")[0], giver=scheme("U1 P1 1")[0].giver)]
    capacities = measures.capacities_of_people(hours)
    given_minutes = {person: pair[0] for person, pair in measures.totals_of_people(hours).items()}
    assert measures.who_contributes(capacities, given_minutes) == (1, 2)
    assert measures.in_several_capacities(capacities) == 1


def test_a_capacity_that_is_not_stated_is_none():
    capacities = measures.capacities_of_people(
        [*scheme("X1 U1 1"), replace(scheme("U1 X2 1")[0], giver_capacity="not_stated")]
    )
    assert measures.in_several_capacities(capacities) == 0


@pytest.mark.parametrize(
    ("values", "plain", "small"),
    [
        ([1, 1, 1, 1], Fraction(0), Fraction(0)),
        ([0, 0, 0, 1], Fraction(3, 4), Fraction(1)),
        ([1, 2, 3, 4], Fraction(1, 4), Fraction(1, 3)),
        ([5], Fraction(0), None),
        ([0, 0], None, None),
        ([], None, None),
    ],
)
def test_the_gini_of_giving(values, plain, small):
    assert (measures.gini(values), measures.gini_small_sample(values)) == (plain, small)


@settings(max_examples=60, deadline=None)
@given(st.lists(MINUTES, min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_gini_is_half_the_mean_difference_over_the_mean_and_knows_no_order(values, chance):
    found = measures.gini(values)
    chance.shuffle(values)
    assert found == measures.gini(values)
    if found is not None:
        differences = sum(abs(one - other) for one in values for other in values)
        assert found == Fraction(differences, 2 * len(values) * sum(values))


@settings(max_examples=60, deadline=None)
@given(MINUTES, MINUTES)
def test_mutuality_is_one_less_the_size_of_the_index(gave, received):
    index, mutual = measures.give_receive_index(gave, received), measures.mutuality(gave, received)
    if gave == received == 0:
        assert index is mutual is None
    else:
        assert mutual == 1 - abs(index)


@settings(max_examples=60, deadline=None)
@given(TOTALS)
def test_everybody_is_in_one_direction_and_in_one_band(totals):
    active = [pair for pair in totals if any(pair)]
    both, only_give, only_receive = measures.directions(totals)
    bands = measures.give_receive_histogram(totals)
    assert both + only_give + only_receive == len(active) == sum(bands)
    assert (bands[0], bands[6], sum(bands[1:6])) == (only_receive, only_give, both)


@settings(max_examples=60, deadline=None)
@given(TOTALS)
def test_scheme_mutuality_is_the_mean_of_peoples_own_weighed_by_their_hours(totals):
    active = [pair for pair in totals if any(pair)]
    found = measures.scheme_mutuality(totals)
    if not active:
        assert found is None
    else:
        weighed = sum(measures.mutuality(*pair) * sum(pair) for pair in active)
        assert found == weighed / sum(sum(pair) for pair in active)


def test_bands_begin_with_their_lower_end():
    # b is −3/5, −1/5, 0, 1/5 and 3/5.
    assert measures.give_receive_histogram([(1, 4), (2, 3), (1, 1), (3, 2), (4, 1)]) == (0, 0, 1, 2, 1, 1, 0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_shares_add_up_and_are_the_same_whatever_people_are_called(seed):
    hours = random_hours(random.Random(seed))
    flows = measures.flows_of(hours)
    assert measures.given_by(flows, U) + measures.given_by(flows, P, N, X) == measures.given_by(flows)
    assert measures.given_by(flows) == sum(one.minutes for one in hours)
    people = sorted({one.giver for one in hours} | {one.receiver for one in hours})
    shuffled = people[:]
    random.Random(seed).shuffle(shuffled)
    renamed = dict(zip(people, shuffled, strict=True))
    others = [replace(one, giver=renamed[one.giver], receiver=renamed[one.receiver]) for one in hours]
    assert measures.flows_of(others) == flows
    mine, theirs = (measures.totals_of_people(some) for some in (hours, others))
    assert sorted(mine.values()) == sorted(theirs.values())
    assert measures.scheme_mutuality(mine.values()) == measures.scheme_mutuality(theirs.values())


@pytest.mark.parametrize(
    ("by_whom", "place"),
    [
        ({}, (None, None)),
        ({("delivery", "professionals"): 60}, (None, Fraction(0))),
        ({("planning", "community"): 60, ("planning", "professionals"): 60}, (Fraction(1, 2), None)),
    ],
)
def test_no_planning_hours_are_not_recorded_and_never_professionals_alone(by_whom, place):
    assert measures.matrix_place(by_whom) == place


@pytest.mark.parametrize(
    ("part", "side"),
    [
        (None, None),
        (Fraction(99, 1000), "professionals"),
        (Fraction(1, 10), "together"),
        (Fraction(9, 10), "together"),
        (Fraction(901, 1000), "community"),
    ],
)
def test_who_does_it_alone_is_below_a_tenth_and_above_nine_tenths(part, side):
    assert measures.side_of(part) == side


def test_planning_is_commissioning_and_design_and_assessment_is_neither():
    assert (
        measures.matrix_column("design", U) == measures.matrix_column("commissioning", N) == ("planning", "community")
    )
    assert measures.matrix_column("delivery", P) == ("delivery", "professionals")
    assert measures.matrix_column("assessment", P) is measures.matrix_column("delivery", X) is None
