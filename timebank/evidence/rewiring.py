"""The null model of the web of exchanges, and its components: what takes numpy and scipy."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from timebank.evidence.given import Minutes

Weights = Mapping[tuple[int, int], Minutes]

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


def largest_component(people: Collection[int], edges: Collection[tuple[int, int]]) -> int:
    """Return how many people are in the largest strongly connected component."""
    place = {person: number for number, person in enumerate(sorted(people))}
    size = len(place)
    ends = np.array([(place[giver], place[receiver]) for giver, receiver in edges], dtype=np.int64).reshape(-1, 2)
    graph = coo_matrix((np.ones(len(ends), dtype=np.int8), (ends[:, 0], ends[:, 1])), shape=(size, size))
    _count, labels = connected_components(graph, directed=True, connection="strong")
    return int(np.bincount(labels).max())


def rewired_back(weights: Weights, *, rewirings: int, seed: int) -> tuple[int, int]:
    """Return the sum of what goes back over so many rewirings, and all that is given, in the same parts of a minute."""
    rewired = Rewiring(weights, seed=seed)
    for _time in range(SWEEPS_AT_FIRST):
        rewired.sweep()
    if len(rewired.lengths) > MOST_ANEW:
        return _back_bit_by_bit(rewired, rewirings), rewired.whole
    back = 0
    for _time in range(rewirings):
        for _sweep in range(SWEEPS_BETWEEN):
            rewired.sweep()
        back += rewired.returned()
    return back, rewired.whole


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
