from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence.invented import SCHEME, random_hours, scheme
from timebank.evidence import network, rewiring


def figures(edges):
    people = {person for edge in edges for person in edge}
    back = network.returned(set(edges))
    size, links = len(people), len(edges)
    return (
        network.density(size, links),
        network.reciprocity(links, back),
        network.rho(size, links, back),
    )


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([(1, 2), (2, 3), (3, 2)], (Fraction(1, 2), Fraction(2, 3), Fraction(1, 3))),
        ([(1, 2), (2, 3), (3, 1)], (Fraction(1, 2), Fraction(0), Fraction(-1))),
        ([(one, to) for one in range(4) for to in range(4) if one != to], (Fraction(1), Fraction(1), None)),
        ([], (None, None, None)),
    ],
)
def test_density_reciprocity_and_rho_of_small_webs(edges, expected):
    assert figures(edges) == expected


def test_the_scheme_of_the_list_of_measures_has_its_figures():
    weights = network.weights_of(scheme(SCHEME))
    assert figures(list(weights)) == (Fraction(35, 100), Fraction(4, 7), Fraction(31, 91))
    assert [round(float(one), 6) for one in figures(list(weights))] == [0.35, 0.571429, 0.340659]
    assert network.weighted_reciprocity(weights) == Fraction(2, 5)
    # U1, P1, U2 and U3 reach each other; N1 gave nothing.
    people = {person for edge in weights for person in edge}
    assert network.largest_component_share(people, weights.keys()) == Fraction(4, 5)


def test_somebody_without_an_edge_is_a_component_of_one():
    assert network.largest_component_share({1, 2}, []) == Fraction(1, 2)
    assert network.largest_component_share(set(), []) is None


def test_organisations_and_oneself_are_no_part_of_it():
    hours = scheme("U1 P1 3, U2 U2 1")
    assert network.weights_of([replace(hours[0], receiver_is_person=False), hours[1]]) == {}


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 7), st.data())
def test_rho_is_pearsons_correlation_of_each_edge_with_its_reverse(size, data):
    pairs = [(one, to) for one in range(size) for to in range(size) if one != to]
    edges = data.draw(st.lists(st.sampled_from(pairs), unique=True))
    rho = network.rho(size, len(edges), network.returned(set(edges)))
    there = np.array([edge in edges for edge in pairs], dtype=float)
    reverse = np.array([edge[::-1] in edges for edge in pairs], dtype=float)
    if there.std() == 0:
        assert rho is None
    else:
        assert float(rho) == pytest.approx(np.corrcoef(there, reverse)[0, 1])


def totals(givers, receivers, lengths):
    gave, received = Counter(), Counter()
    for giver, receiver, length in zip(givers, receivers, lengths, strict=True):
        gave[giver] += length
        received[receiver] += length
    return gave, received


@pytest.mark.parametrize("seed", range(5))
def test_rewiring_keeps_what_each_gave_and_received_and_nobody_helps_themselves(seed):
    weights = network.weights_of(random_hours(random.Random(seed)))
    web = rewiring.Rewiring(weights, seed=seed)
    before = totals(web.givers, web.receivers, web.lengths)
    began = web.receivers.copy()
    for _time in range(20):
        web.sweep()
        assert totals(web.givers, web.receivers, web.lengths) == before
        assert (web.givers != web.receivers).all()
    assert (web.receivers != began).any()
    tally = rewiring._Tally(web)
    for _time in range(20):
        for parcel, receiver in web.change_some(30):
            tally.move(parcel, receiver)
        assert tally.back == web.returned()
        assert totals(web.givers, web.receivers, web.lengths) == before


def test_every_way_to_rewire_is_equally_likely():
    # Two and two who each give one hour to one of the others: in nine ways nobody helps themselves.
    weights = {(1, 2): 60, (2, 1): 60, (3, 4): 60, (4, 3): 60}
    web = rewiring.Rewiring(weights, seed=1)
    seen = Counter()
    for _time in range(9000):
        web.sweep()
        web.sweep()
        seen[tuple(web.receivers[np.argsort(web.givers)].tolist())] += 1
    assert len(seen) == 9
    assert max(abs(count - 1000) for count in seen.values()) < 200


def test_the_expected_reciprocity_is_that_of_all_ways_to_rewire():
    weights = {(1, 2): 60, (2, 1): 60, (3, 4): 60, (4, 3): 60}
    # In three of the nine ways all hours go both ways, in the other six none does.
    found = network.expected_reciprocity(weights, rewirings=4000)
    assert float(found) == pytest.approx(1 / 3, abs=0.04)
    real = network.weighted_reciprocity(weights)
    assert network.rho_w(real, Fraction(1, 3)) == 1
    assert network.rho_w(real, Fraction(1)) is network.rho_w(None, None) is None


@pytest.mark.parametrize("seed", range(3))
def test_both_ways_of_keeping_the_weights_find_the_same(seed, monkeypatch):
    weights = network.weights_of(random_hours(random.Random(seed)))
    in_a_square = network.expected_reciprocity(weights, rewirings=20)
    monkeypatch.setattr(rewiring, "MOST_IN_A_SQUARE", 0)
    assert network.expected_reciprocity(weights, rewirings=20) == in_a_square


def test_a_large_web_that_is_rewired_bit_by_bit_has_nearly_the_same_expectation(monkeypatch):
    weights = network.weights_of(random_hours(random.Random(7)))
    as_a_whole = network.expected_reciprocity(weights)
    monkeypatch.setattr(rewiring, "MOST_ANEW", 0)
    assert float(network.expected_reciprocity(weights)) == pytest.approx(float(as_a_whole), rel=0.02)


def test_the_same_web_has_the_same_expectation_whatever_people_are_called():
    weights = network.weights_of(scheme(SCHEME))
    renamed = {(7 - one if one < 7 else one + 5, to + 5 if to >= 7 else 7 - to): w for (one, to), w in weights.items()}
    assert network.expected_reciprocity(weights) == network.expected_reciprocity(renamed)
    assert network.expected_reciprocity({}) is None


def test_parts_of_a_classs_hour_are_rewired_too():
    weights = {(1, 2): Fraction(60, 7), (2, 3): Fraction(60, 7), (3, 1): 45, (1, 3): 45}
    assert 0 <= network.expected_reciprocity(weights, rewirings=50) <= 1
