"""Figures of people: who takes part, how they come and go, and the web between them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from timebank.evidence import circulation, lapse, measures, network
from timebank.evidence.audience import Audience
from timebank.evidence.counted import Counted
from timebank.evidence.disclosure import SMALLEST_NETWORK, Quantity, Shown, Sum, System, is_sensitive_count, shown_of
from timebank.evidence.exact import number, rounded_to
from timebank.evidence.lapse import CurvePoint
from timebank.evidence.values import UNDEFINED, WITHHELD, Value, at_most_one, exactly
from timebank.evidence.words import NETWORK_TOO_SMALL, fewer_than

# {total: its parts}. What begins with "rest_" is never shown, and could be found out from the others.
_PARTS = {
    "active_members": (
        ("new_members", "returning_members", "reactivated_members"),
        ("two_way_people", "give_only_people", "receive_only_people"),
        ("people_in_several_capacities", "rest_capacities"),
        ("users_active", "rest_active"),
    ),
    "active_before": (("returning_members", "lapsed_members"),),
    "users_active": (("users_giving", "rest_giving"),),
    "receiver_to_giver_people": (("receiver_to_giver_converted", "rest_converted"),),
    "two_way_people": (tuple(f"band_{number}" for number in range(1, 6)),),
    "receive_only_people": (("band_0",),),
    "give_only_people": (("band_6",),),
}
_COUNTS = tuple(
    dict.fromkeys(
        name
        for total, groups in _PARTS.items()
        for name in (total, *(part for group in groups for part in group))
        if not name.startswith(("rest_", "band_"))
    )
)


def people_figures(counted: Counted, hours_shown: Shown, *, earlier: Sequence[Counted]) -> dict[str, Value]:
    """Return every figure of people, for whoever is shown that much of the hours and has the earlier figures.

    A count that differs by a few people from one that they have is not shown again.
    """
    audience = hours_shown.audience
    enough = hours_shown.get("total") is not None
    shown = _shown_counts(_counts(counted), [_counts(one) for one in earlier], audience)
    values = {name: _count(shown, name) for name in _COUNTS}
    values |= {name: _count(shown, name) for name in ("exchanges", "reversed_exchanges")}
    values["people_in_network"] = values["active_members"]
    values |= _shares(shown) | _conversion(counted, shown, audience) | _waiting(counted, audience)
    values |= _balance(counted, audience, enough=enough) | _bands(counted, shown, audience)
    return values | _web(counted, audience, enough=enough)


def _shown_counts(counts: dict[str, int], earlier: Sequence[dict[str, int]], audience: Audience) -> Shown:
    within = _shown_counts(counts, earlier, audience.within) if audience.within else None
    by_few = {
        name
        for before in earlier
        for name in counts
        if is_sensitive_count(abs(counts[name] - before[name]), audience.threshold)
    }
    quantities = {
        name: Quantity(
            name,
            count,
            is_count=True,
            is_wanted=not name.startswith("rest_"),
            is_sensitive=is_sensitive_count(count, audience.threshold),
        )
        for name, count in counts.items()
    }
    sums: list[Sum] = [{total: 1} | dict.fromkeys(parts, -1) for total, groups in _PARTS.items() for parts in groups]
    return shown_of(System(quantities, tuple(sums)), audience, also_hidden=by_few, within=within)


def _counts(counted: Counted) -> dict[str, int]:
    flow = counted.flow
    given = {person: given for person, (given, _) in counted.totals.items()}
    giving, active = measures.who_contributes(counted.capacities, given)
    both, only_give, only_receive = measures.directions(counted.totals.values())
    converted = sum(one.happened and one.days <= lapse.CONVERSION_DAYS for one in counted.receivers)
    several = measures.in_several_capacities(counted.capacities)
    bands = measures.give_receive_histogram(counted.totals.values())
    return {
        "active_members": flow.active,
        "new_members": flow.new,
        "returning_members": flow.returning,
        "reactivated_members": flow.reactivated,
        "lapsed_members": flow.lapsed,
        "active_before": flow.active_before,
        "users_active": active,
        "rest_active": flow.active - active,
        "users_giving": giving,
        "rest_giving": active - giving,
        "people_in_several_capacities": several,
        "rest_capacities": flow.active - several,
        "two_way_people": both,
        "give_only_people": only_give,
        "receive_only_people": only_receive,
        "receiver_to_giver_people": len(counted.receivers),
        "receiver_to_giver_converted": converted,
        "rest_converted": len(counted.receivers) - converted,
        "exchanges": counted.exchanges,
        "reversed_exchanges": counted.reversed_exchanges,
        **{f"band_{place}": count for place, count in enumerate(bands)},
    }


def _count(shown: Shown, name: str) -> Value:
    if name in shown.few:
        few = shown.audience.threshold
        return Value(f"<{few}", is_withheld=True, reason=fewer_than(few))
    count = shown.get(name)
    return WITHHELD if count is None else Value(count)


def _shares(shown: Shown) -> dict[str, Value]:
    def share(part: str, whole: str) -> Value:
        counts = shown.get(part), shown.get(whole)
        if counts[0] is None or counts[1] is None:
            return WITHHELD
        return Value(number(at_most_one(measures.share(counts[0], counts[1]))))

    return {
        "users_who_contribute": share("users_giving", "users_active"),
        "blurred_roles": share("people_in_several_capacities", "active_members"),
        **{
            f"{way}_share": share(f"{way}_people", "active_members") for way in ("two_way", "give_only", "receive_only")
        },
    }


def _conversion(counted: Counted, shown: Shown, audience: Audience) -> dict[str, Value]:
    """Return how many of those who began by receiving gave later, and the curve.

    Others than the coordinator get the curve in steps of many people, and none of it where the counts are withheld.
    """
    followed = counted.receivers
    if audience.threshold and any(
        shown.get(name) is None for name in ("receiver_to_giver_people", "receiver_to_giver_converted")
    ):
        return {"receiver_to_giver_conversion": WITHHELD, "receiver_to_giver_curve": WITHHELD}
    points = lapse.kaplan_meier(followed)
    # The public's steps are some of the board's: others between them would tell of a few.
    for reader in (audience.within, audience):
        if reader is not None and reader.threshold:
            points = _in_steps(points, followed, reader.threshold)
    share = lapse.conversion(followed)
    is_known = lapse.is_known_throughout(followed)
    return {
        "receiver_to_giver_conversion": exactly(share, audience) if is_known else UNDEFINED,
        "receiver_to_giver_curve": Value(
            [
                {
                    "days": point.days,
                    "share": exactly(point.share, audience).value,
                    "at_risk": int(rounded_to(audience.rounded_to, point.at_risk)),
                }
                for point in points
            ]
        )
        if followed
        else UNDEFINED,
    }


def _in_steps(points: list[CurvePoint], followed: list[lapse.Followed], threshold: int) -> list[CurvePoint]:
    """Return the points between which so many people gave for the first time, and after which so many are left."""
    kept, before = [], 0
    for point in points:
        gave = sum(one.happened and one.days <= point.days for one in followed)
        if gave - before >= threshold and point.at_risk - (gave - before) >= threshold:
            kept.append(point)
            before = gave
    return kept


def _waiting(counted: Counted, audience: Audience) -> dict[str, Value]:
    names = ("lower_quartile", "median", "upper_quartile")
    values = {f"days_to_match_{name}": UNDEFINED for name in names}
    days = lapse.days_to_first_exchange(counted.lives, start=counted.start, end=counted.end)
    found = lapse.quartiles(days)
    # Between two quartiles there has to be a whole threshold of people.
    if found and len(days) < 4 * audience.threshold:
        return values | {f"days_to_first_exchange_{name}": WITHHELD for name in names}
    for place, name in enumerate(names):
        exact = found[place] if found else None
        if exact is not None and audience.threshold:
            exact = rounded_to(audience.rounded_to, exact)
        values[f"days_to_first_exchange_{name}"] = exactly(exact)
    return values


def _balance(counted: Counted, audience: Audience, *, enough: bool) -> dict[str, Value]:
    """Return the measures of giving and receiving over all people, for which enough people have to be there."""
    totals = list(counted.totals.values())
    given = [given for given, _ in totals]
    both_sides = (sum(bool(one) for one in given), sum(bool(received) for _, received in totals))
    if totals and not (enough and min(both_sides) >= audience.threshold):
        names = ("scheme_mutuality", "gini_of_giving", "gini_of_giving_small_sample")
        return dict.fromkeys(names, WITHHELD)
    return {
        "scheme_mutuality": exactly(measures.scheme_mutuality(totals), audience),
        "gini_of_giving": exactly(measures.gini(given), audience),
        "gini_of_giving_small_sample": exactly(measures.gini_small_sample(given), audience),
    }


def _bands(counted: Counted, shown: Shown, audience: Audience) -> dict[str, Value]:
    ends = [number(end) for end in measures.BANDS]
    starts, stops = [ends[0], *ends[:-1], ends[-1]], [ends[0], *ends[1:], ends[-1]]
    bands = [_count(shown, f"band_{place}") for place in range(len(starts))]
    histogram: list[dict[str, Any]] = [
        {"from": start, "to": stop, "people": band.value}
        for start, stop, band in zip(starts, stops, bands, strict=True)
    ]
    closing = counted.credit.closing
    counts = circulation.bands_of_balances(closing.get(person, 0) for person in counted.people)
    accounts = _shown_bands(counts, audience)
    balances = [_count(accounts, str(place)) for place in range(len(counts))]
    hours = (None, *circulation.BAND_ENDS_HOURS, None)
    return {
        "give_receive_histogram": Value(histogram, is_withheld=any(band.is_withheld for band in bands)),
        "balances_in_bands": Value(
            [
                {"from_hours": low, "to_hours": high, "accounts": band.value}
                for low, high, band in zip(hours[:-1], hours[1:], balances, strict=True)
            ],
            is_withheld=any(band.is_withheld for band in balances),
        ),
    }


def _shown_bands(counts: Sequence[int], audience: Audience) -> Shown:
    within = _shown_bands(counts, audience.within) if audience.within else None
    quantities = {
        str(place): Quantity(
            str(place), count, is_count=True, is_sensitive=is_sensitive_count(count, audience.threshold)
        )
        for place, count in enumerate(counts)
    }
    # How many members there are is known to everybody who was ever told, so that one band follows from the others.
    quantities["all"] = Quantity("all", sum(counts), is_count=True)
    everybody: Sum = {"all": 1} | dict.fromkeys((str(place) for place in range(len(counts))), -1)
    return shown_of(System(quantities, (everybody,)), audience, within=within)


_WEB = (
    "links", "reciprocated_links", "density", "reciprocity", "rho", "weighted_reciprocity",
    "weighted_reciprocity_expected", "rho_w", "largest_component_share",
)  # fmt: skip


def _web(counted: Counted, audience: Audience, *, enough: bool) -> dict[str, Value]:
    people = counted.totals.keys()
    if audience.threshold and 0 < len(people) < SMALLEST_NETWORK:
        return dict.fromkeys(_WEB, Value(None, is_withheld=True, reason=str(NETWORK_TOO_SMALL)))
    if not enough:
        return dict.fromkeys(_WEB, WITHHELD)
    weights = network.weights_of(counted.hours)
    links, back = len(weights), network.returned(weights.keys())
    real, expected = network.weighted_reciprocity(weights), network.expected_reciprocity(weights)
    found: dict[str, int | Fraction | None] = {
        "density": network.density(len(people), links),
        "reciprocity": network.reciprocity(links, back),
        "rho": network.rho(len(people), links, back),
        "weighted_reciprocity": real,
        "weighted_reciprocity_expected": expected,
        "rho_w": network.rho_w(real, expected),
        "largest_component_share": network.largest_component_share(people, weights.keys()),
    }
    return {name: exactly(exact, audience) for name, exact in found.items()} | {
        "links": Value(int(rounded_to(audience.rounded_to, links))),
        "reciprocated_links": Value(int(rounded_to(audience.rounded_to, back))),
    }
