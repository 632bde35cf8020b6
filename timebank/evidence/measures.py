"""The measures of co-production: what users give, to whom, and whether it goes both ways.

Pure functions of minutes. Each returns a Fraction, or None where there is nothing to divide by. `flows` is H: minutes
given in one capacity to another, H[a, b] with a and b one of U (people who use the service), P (professionals), N (the
neighbourhood) and X (not stated), which add up to ΣH. Unless it says otherwise, a measure is defined in this project's
own list of measures, after D. Boyle and M. Harris, The Challenge of Co-production (nef/NESTA, 2009).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction

from timebank.evidence.given import DELIVERY, PLANNING, Hours, Minutes, N, P, U

Flows = Mapping[tuple[str, str], Minutes]

# Below the first, professionals alone; above the second, users and community alone; between them, together.
ALONE_BELOW, ALONE_ABOVE = Fraction(1, 10), Fraction(9, 10)


def share(part: Minutes, whole: Minutes) -> Fraction | None:
    """Return part / whole; None for a whole of 0."""
    return Fraction(part) / whole if whole else None


def flows_of(hours: Iterable[Hours]) -> dict[tuple[str, str], Minutes]:
    """Return H[a, b], the minutes given in capacity a to capacity b. An hour counts once, at its giver."""
    flows: dict[tuple[str, str], Minutes] = defaultdict(int)
    for one in hours:
        flows[one.giver_group, one.receiver_group] += one.minutes
    return dict(flows)


def given_by(flows: Flows, *groups: str) -> Minutes:
    """Return Σ H[a, ·] over the groups a, in minutes; of all groups where none is named."""
    return sum(minutes for (giver, _), minutes in flows.items() if not groups or giver in groups)


def hidden_resource_share(flows: Flows) -> Fraction | None:
    """Return the hidden-resource share, (H_UU + H_UP + H_UN) / ΣH.

    Hours to somebody whose capacity is not stated are in ΣH and not in the share, which therefore is never too high.
    """
    to_known = sum(flows.get((U, to), 0) for to in (U, P, N))
    return share(to_known, given_by(flows))


def both_ways_share(flows: Flows) -> Fraction | None:
    """Return user–professional reciprocity, 2·min(H_UP, H_PU) / (H_UP + H_PU)."""
    up, pu = flows.get((U, P), 0), flows.get((P, U), 0)
    return share(2 * min(up, pu), up + pu)


def plain_ratio(flows: Flows) -> Fraction | None:
    """Return the user–professional ratio, H_UP / H_PU."""
    return share(flows.get((U, P), 0), flows.get((P, U), 0))


def leverage(flows: Flows) -> Fraction | None:
    """Return leverage, (H_U· + H_N·) / H_P·: community hours for each professional hour."""
    return share(given_by(flows, U, N), given_by(flows, P))


def neighbourhood_dividend(flows: Flows) -> Fraction | None:
    """Return the neighbourhood dividend, (H_UN + H_PN) / ΣH."""
    return share(flows.get((U, N), 0) + flows.get((P, N), 0), given_by(flows))


def peer_share(flows: Flows) -> Fraction | None:
    """Return the peer share, H_UU / H_U·."""
    return share(flows.get((U, U), 0), given_by(flows, U))


def capacities_of_people(hours: Iterable[Hours]) -> dict[int, set[str]]:
    """Return {person: capacities in which they gave or received}, a capacity that is not stated left out."""
    found: dict[int, set[str]] = defaultdict(set)
    for one in hours:
        if one.giver_is_person:
            found[one.giver].add(one.giver_capacity)
        if one.receiver_is_person:
            found[one.receiver].add(one.receiver_capacity)
    return {person: capacities - {"not_stated"} for person, capacities in found.items()}


def in_several_capacities(capacities: Mapping[int, Collection[str]]) -> int:
    """Return how many people were active in two or more capacities; over active people, it is blurred roles."""
    return sum(len(of_one) > 1 for of_one in capacities.values())


def totals_of_people(hours: Iterable[Hours]) -> dict[int, tuple[Minutes, int]]:
    """Return {person: (G, R)}: minutes given, and minutes for which they were helped."""
    given: dict[int, Minutes] = defaultdict(int)
    received: dict[int, int] = defaultdict(int)
    for one in hours:
        if one.giver_is_person:
            given[one.giver] += one.minutes
        if one.receiver_is_person:
            received[one.receiver] += one.received_minutes
    return {person: (given.get(person, 0), received.get(person, 0)) for person in sorted({*given, *received})}


def who_contributes(capacities: Mapping[int, Collection[str]], given: Mapping[int, Minutes]) -> tuple[int, int]:
    """Return (users with minutes given > 0, users who gave or received); their quotient is users who contribute.

    A user is a person who gave or received in that capacity in the period, whatever else they also were.
    """
    active = [person for person, of_one in capacities.items() if "service_user" in of_one]
    return sum(given.get(person, 0) > 0 for person in active), len(active)


def give_receive_index(given: Minutes, received: Minutes) -> Fraction | None:
    """Return b = (G − R)/(G + R), from −1 (receives only) to 1 (gives only); None where both are 0."""
    return share(given - received, given + received)


def mutuality(given: Minutes, received: Minutes) -> Fraction | None:
    """Return m = 2·min(G, R)/(G + R), which is 1 − |b|."""
    return share(2 * min(given, received), given + received)


def scheme_mutuality(totals: Iterable[tuple[Minutes, Minutes]]) -> Fraction | None:
    """Return Σ 2·min(G, R) / Σ(G + R) over the people."""
    totals = list(totals)
    return share(sum(2 * min(pair) for pair in totals), sum(sum(pair) for pair in totals))


def directions(totals: Iterable[tuple[Minutes, Minutes]]) -> tuple[int, int, int]:
    """Return how many people give and receive, give only, and receive only; they add up to the active people."""
    totals = [(given, received) for given, received in totals if given or received]
    both = sum(bool(given and received) for given, received in totals)
    only_give = sum(not received for _, received in totals)
    return both, only_give, len(totals) - both - only_give


# Between those who only receive and those who only give, b stands in one of these bands, in fifths.
BANDS = tuple(Fraction(fifth, 5) for fifth in (-5, -3, -1, 1, 3, 5))


def give_receive_histogram(totals: Iterable[tuple[Minutes, Minutes]]) -> tuple[int, ...]:
    """Return how many people there are with b = −1, in the five bands of BANDS between, and with b = 1.

    A band is from its lower end up to, and without, its upper end.
    """
    counts = [0] * 7
    for given, received in totals:
        index = give_receive_index(given, received)
        if index is None:
            continue
        if abs(index) == 1:
            counts[0 if index < 0 else 6] += 1
        else:
            counts[1 + sum(index >= end for end in BANDS[1:-1])] += 1
    return tuple(counts)


def gini(values: Sequence[Minutes]) -> Fraction | None:
    """Return the Gini coefficient, 2Σ k·x_(k)/(nΣx) − (n + 1)/n, with x_(k) the k-th smallest of n.

    Of what people give, never of balances: their mean is 0. None where nobody gave anything. Source: the usual form
    for ordered data, for example C. Damgaard and J. Weiner, Describing inequality in plant size or fecundity, 2000.
    """
    if not values or not sum(values):
        return None
    count = len(values)
    ranked = sum(rank * value for rank, value in enumerate(sorted(values), start=1))
    return Fraction(2 * ranked) / (count * sum(values)) - Fraction(count + 1, count)


def gini_small_sample(values: Sequence[Minutes]) -> Fraction | None:
    """Return the Gini coefficient times n/(n − 1), which reaches 1 where one of n gives everything."""
    coefficient = gini(values)
    if coefficient is None or len(values) < 2:
        return None
    return coefficient * Fraction(len(values), len(values) - 1)


def side_of(part: Fraction | None) -> str | None:
    """Return who did it, given users' and community's share of the hours; None where none are recorded."""
    if part is None:
        return None
    if part < ALONE_BELOW:
        return "professionals"
    return "community" if part > ALONE_ABOVE else "together"


def matrix_place(by_whom: Mapping[tuple[str, str], Minutes]) -> tuple[Fraction | None, Fraction | None]:
    """Return (p, d): users' and community's share of planning hours, and of delivery hours, against professionals.

    `by_whom` is {("planning" or "delivery", "community" or "professionals"): minutes} of one service. Planning is
    commissioning and design. None is "not recorded", never "professionals alone". Source of the nine cells: T. Bovaird,
    Beyond engagement and participation, Public Administration Review 67 (2007).
    """
    planning, delivery = (
        share(
            by_whom.get((what, "community"), 0),
            by_whom.get((what, "community"), 0) + by_whom.get((what, "professionals"), 0),
        )
        for what in ("planning", "delivery")
    )
    return planning, delivery


def matrix_column(stage: str, group: str) -> tuple[str, str] | None:
    """Return where hours of a stage by a group stand in a service's row of the co-production matrix, if they do."""
    what = "planning" if stage in PLANNING else "delivery" if stage == DELIVERY else None
    who = "professionals" if group == P else "community" if group in (U, N) else None
    return (what, who) if what and who else None
