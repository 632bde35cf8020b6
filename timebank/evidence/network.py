"""The web of exchanges between people: who helped whom, and how much of it goes back.

Nodes are the people active in the period. An edge goes from i to j where i gave j any minutes; organisations and the
community account are no nodes. With N nodes and L edges, of which L↔ have their reverse: density a = L/(N(N−1)) and
reciprocity r = L↔/L. Indirect reciprocity is the point of a time bank, so that a low r is no failure and never stands
alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction

from timebank.evidence.given import Hours, Minutes

Weights = Mapping[tuple[int, int], Minutes]

REWIRINGS = 1000
SEED = 2009


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
    # Loading scipy takes as long as starting everything else, and most pages and commands never need it.
    from timebank.evidence.rewiring import largest_component

    return Fraction(largest_component(people, edges), len(people))


def expected_reciprocity(weights: Weights, *, rewirings: int = REWIRINGS, seed: int = SEED) -> Fraction | None:
    """Return the mean of r_w over so many rewirings that keep each person's minutes given and received.

    The null model: everybody gives and receives what they did, but to and from whoever it happens to be. Minutes are
    cut into parcels, and parcels of one length change receivers at random; nobody comes to help themselves. The same
    weights and seed give the same mean, whatever people are called. None without edges.
    """
    if not weights:
        return None
    from timebank.evidence.rewiring import rewired_back

    back, whole = rewired_back(weights, rewirings=rewirings, seed=seed)
    return Fraction(back, rewirings * whole)
