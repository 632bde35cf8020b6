"""The web of exchanges between people: who helped whom, and how much of it goes back.

Nodes are the people active in the period. An edge goes from i to j where i gave j any minutes; organisations and the
community account are no nodes. With N nodes and L edges, of which L↔ have their reverse: density a = L/(N(N−1)) and
reciprocity r = L↔/L. Indirect reciprocity is the point of a time bank, so that a low r is no failure and never stands
alone.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from timebank.evidence.given import Hours, Minutes

Weights = Mapping[tuple[int, int], Minutes]

REWIRINGS = 1000
SEED = 2009

# Each edge's minutes are cut into parcels of these lengths, the longest first, and a rest of its own.
PARCEL_MINUTES = (60, 30, 15, 5, 1)
# A part of a class's hour may be no whole number of minutes. It is counted in so many parts of a minute at most.
FINEST_PARTS = 10_000
# In each sweep about half of the parcels of one length change places with another of that length.
SWEEPS_AT_FIRST = 20
SWEEPS_BETWEEN = 2
# A web of more parcels is not rewired as a whole each time, but so many of its parcels are.
MOST_ANEW = 5_000
PARCELS_A_TIME = 400
# With more people than this the weights are kept without their noughts.
MOST_IN_A_SQUARE = 200


def weights_of(hours: Iterable[Hours]) -> dict[tuple[int, int], Minutes]:
    """Return {(giver, receiver): minutes given} between people, nobody with themselves."""
    weights: dict[tuple[int, int], Minutes] = defaultdict(int)
    for one in hours:
        if one.giver_is_person and one.receiver_is_person and one.giver != one.receiver:
            weights[one.giver, one.receiver] += one.minutes
    return dict(weights)


def returned(edges: Collection[tuple[int, int]]) -> int:
    """Return L↔, the number of edges whose reverse is there too."""
    return sum((receiver, giver) in edges for giver, receiver in edges)


def density(people: int, links: int) -> Fraction | None:
    """Return a = L/(N(N − 1)); None for fewer than two people."""
    return Fraction(links, people * (people - 1)) if people > 1 else None


def reciprocity(links: int, returned_links: int) -> Fraction | None:
    """Return r = L↔/L; None without edges."""
    return Fraction(returned_links, links) if links else None


def rho(people: int, links: int, returned_links: int) -> Fraction | None:
    """Return ρ = (r − a)/(1 − a), which is Pearson's correlation of a_ij and a_ji over i ≠ j.

    None where L = 0 or a = 1. Source: D. Garlaschelli and M. Loffredo, Patterns of link reciprocity in directed
    networks, Physical Review Letters 93 (2004).
    """
    a, r = density(people, links), reciprocity(links, returned_links)
    if a is None or r is None or a == 1:
        return None
    return (r - a) / (1 - a)


def weighted_reciprocity(weights: Weights) -> Fraction | None:
    """Return r_w = Σ min(w_ij, w_ji) / Σ w_ij over i ≠ j; None without edges.

    Source: T. Squartini, F. Picciolo, F. Ruzzenenti and D. Garlaschelli, Reciprocity of weighted networks, Scientific
    Reports 3 (2013).
    """
    whole = sum(weights.values())
    if not whole:
        return None
    back = sum(min(minutes, weights.get((receiver, giver), 0)) for (giver, receiver), minutes in weights.items())
    return Fraction(back) / whole


def rho_w(real: Fraction | None, expected: Fraction | None) -> Fraction | None:
    """Return ρ_w = (r_w − mean)/(1 − mean), with the mean of r_w over the null model; None where that is 1."""
    if real is None or expected is None or expected == 1:
        return None
    return (real - expected) / (1 - expected)


def largest_component_share(people: Collection[int], edges: Collection[tuple[int, int]]) -> Fraction | None:
    """Return the share of people in the largest strongly connected component; None for nobody.

    In it, help finds a way from everybody to everybody else. Somebody alone is a component of one.
    """
    if not people:
        return None
    place = {person: number for number, person in enumerate(sorted(people))}
    size = len(place)
    ends = np.array([(place[giver], place[receiver]) for giver, receiver in edges], dtype=np.int64).reshape(-1, 2)
    graph = coo_matrix((np.ones(len(ends), dtype=np.int8), (ends[:, 0], ends[:, 1])), shape=(size, size))
    _count, labels = connected_components(graph, directed=True, connection="strong")
    return Fraction(int(np.bincount(labels).max()), size)


def expected_reciprocity(weights: Weights, *, rewirings: int = REWIRINGS, seed: int = SEED) -> Fraction | None:
    """Return the mean of r_w over so many rewirings that keep each person's minutes given and received.

    The null model: everybody gives and receives what they did, but to and from whoever it happens to be. Minutes are
    cut into parcels, and parcels of one length change receivers at random; nobody comes to help themselves. The same
    weights and seed give the same mean, whatever people are called. None without edges.
    """
    if not weights:
        return None
    rewired = Rewiring(weights, seed=seed)
    for _time in range(SWEEPS_AT_FIRST):
        rewired.sweep()
    if len(rewired.lengths) > MOST_ANEW:
        back = _back_bit_by_bit(rewired, rewirings)
    else:
        back = 0
        for _time in range(rewirings):
            for _sweep in range(SWEEPS_BETWEEN):
                rewired.sweep()
            back += rewired.returned()
    return Fraction(back, rewirings * rewired.whole)


def _back_bit_by_bit(rewired: Rewiring, rewirings: int) -> int:
    """Return the sum of what goes back over so many rewirings, each of which changes some of the one before.

    The first is as random as any, so all are. That neighbours are alike matters little: the larger a web is, the less
    one rewiring of it differs from another.
    """
    tally = _Tally(rewired)
    back = 0
    for _time in range(rewirings):
        for moved, receiver in rewired.change_some(PARCELS_A_TIME):
            tally.move(moved, receiver)
        back += tally.back
    return back


class _Tally:
    """Σ min(w_ij, w_ji) over i ≠ j, kept while parcels change receivers one by one."""

    def __init__(self, rewired: Rewiring) -> None:
        self.givers, self.lengths = rewired.givers.tolist(), rewired.lengths.tolist()
        self.receivers = rewired.receivers.tolist()
        self.weights: dict[tuple[int, int], int] = defaultdict(int)
        for giver, receiver, length in zip(self.givers, self.receivers, self.lengths, strict=True):
            self.weights[giver, receiver] += length
        self.back = rewired.returned()

    def move(self, parcel: int, receiver: int) -> None:
        """Let a parcel go to this receiver from now on."""
        giver, length = self.givers[parcel], self.lengths[parcel]
        self._add(giver, self.receivers[parcel], -length)
        self._add(giver, receiver, length)
        self.receivers[parcel] = receiver

    def _add(self, giver: int, receiver: int, length: int) -> None:
        there, other = self.weights[giver, receiver], self.weights.get((receiver, giver), 0)
        # Both ways count, so what is returned changes by twice the smaller of the two.
        self.back += 2 * (min(there + length, other) - min(there, other))
        self.weights[giver, receiver] = there + length


class Rewiring:
    """A web of exchanges that is rewired again and again, each person's totals kept.

    In a sweep, parcels of one length are paired at random, and each pair changes receivers half of the time, unless
    somebody would then help themselves. Which pairs and when does not depend on how the parcels lie, so that in the
    long run every arrangement that sweeps can reach is as likely as every other.
    """

    def __init__(self, weights: Weights, *, seed: int) -> None:
        parts = min(math.lcm(*(Fraction(minutes).denominator for minutes in weights.values())), FINEST_PARTS)
        place = _places(weights)
        cut = sorted(
            (length, place[giver], place[receiver])
            for (giver, receiver), minutes in weights.items()
            for length in _parcels(round(minutes * parts), parts)
        )
        parcels = np.array(cut, dtype=np.int64).reshape(-1, 3)
        self.lengths, self.givers, self.receivers = (np.ascontiguousarray(parcels[:, column]) for column in range(3))
        self.whole = int(self.lengths.sum())
        self.people = len(place)
        begins = np.flatnonzero(np.diff(self.lengths, prepend=-1))
        self._runs = list(zip(begins.tolist(), [*begins[1:].tolist(), len(self.lengths)], strict=True))
        self._chance = np.random.default_rng(seed)

    def sweep(self) -> None:
        """Let about half of the parcels change receivers."""
        for first, last in self._runs:
            self._change(first + self._chance.permutation(last - first))

    def change_some(self, count: int) -> list[tuple[int, int]]:
        """Let up to so many parcels change receivers. Returns (parcel, receiver) of those that did."""
        changed: list[tuple[int, int]] = []
        for first, last in self._runs:
            # As many of each length as its part of all parcels.
            some = max(round(Fraction(count * (last - first), len(self.lengths))), 2)
            moved = self._change(first + self._chance.choice(last - first, min(some, last - first), replace=False))
            changed += zip(moved.tolist(), self.receivers[moved].tolist(), strict=True)
        return changed

    def _change(self, order: Any) -> Any:
        half = len(order) // 2
        one, other = order[:half], order[half : 2 * half]
        to_one, to_other = self.receivers[one], self.receivers[other]
        does = self._chance.random(half) * 2 < 1
        does &= (self.givers[one] != to_other) & (self.givers[other] != to_one)
        self.receivers[one[does]], self.receivers[other[does]] = to_other[does], to_one[does]
        return np.concatenate((one[does], other[does]))

    def returned(self) -> int:
        """Return Σ min(w_ij, w_ji) over i ≠ j as the parcels lie now, in parts of a minute."""
        if self.people <= MOST_IN_A_SQUARE:
            keys = self.givers * self.people + self.receivers
            square = np.bincount(keys, weights=self.lengths, minlength=self.people**2)
            square = square.reshape(self.people, self.people)
            return int(np.minimum(square, square.T).sum())
        sparse = coo_matrix((self.lengths, (self.givers, self.receivers)), shape=(self.people, self.people)).tocsr()
        return int(sparse.minimum(sparse.T.tocsr()).sum())


def _parcels(length: int, parts: int) -> list[int]:
    cut = []
    for minutes in PARCEL_MINUTES:
        whole, length = divmod(length, minutes * parts)
        cut += [minutes * parts] * whole
    return cut + [length] * bool(length)


def _places(weights: Weights) -> dict[int, int]:
    """Return {person: number}, by what they give and receive and not by who they are."""
    told: dict[int, list[tuple[int, Minutes]]] = defaultdict(list)
    for (giver, receiver), minutes in weights.items():
        told[giver].append((0, minutes))
        told[receiver].append((1, minutes))
    return {person: number for number, person in enumerate(sorted(told, key=lambda one: (sorted(told[one]), one)))}
