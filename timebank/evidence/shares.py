"""Figures of hours: tables, and shares and ratios of what is shown in them.

What outside readers see of a share is computed from the hours that they see, rounded as these are. So a share can tell
nothing that the tables do not, and all of it together is protected where the tables are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

from timebank.evidence import circulation, measures
from timebank.evidence.audience import Audience
from timebank.evidence.catalogue import GROUPS, LETTERS, STAGES
from timebank.evidence.counted import Counted
from timebank.evidence.disclosure import Shown, is_sensitive_magnitude
from timebank.evidence.exact import hours as in_hours
from timebank.evidence.exact import number, rounded_to
from timebank.evidence.given import Confirmed, Minutes, N, P, U, X
from timebank.evidence.measures import Flows
from timebank.evidence.tables import (
    BY_MONTH,
    BY_PAYMENT,
    BY_SERVICE,
    BY_STAGE,
    FLOWS,
    MATRIX_COLUMNS,
    PAYMENTS,
    HoursTables,
    TableNames,
    table_shown,
)
from timebank.evidence.values import UNDEFINED, WITHHELD, Value, at_most_one
from timebank.evidence.words import ONLY_INSIDE
from timebank.hours import MINUTES_IN_AN_HOUR

# The cell in which each figure of hours stands.
CELL_OF = {
    "hours_given": "total",
    "person_hours_received": "person_hours",
    "paid_hours": "payment/paid",
    "mandated_hours": "mandated",
    "consultation_hours": "consultation",
    "late_hours": "late",
    "voice_hours": "voice",
    "action_hours": f"stage/{U}/delivery",
    "credit_spent_hours": "credit_spent",
    "credit_earned_hours": "credit_earned",
    "credit_moved_hours": "credit_moved",
    **{f"hours_by_{group}": f"by/{group}" for group in GROUPS},
    **{f"hours_{LETTERS[one]}{LETTERS[to]}": f"flows/{one}/{to}" for one in GROUPS for to in GROUPS},
}


def hours_figures(counted: Counted, tables: HoursTables, shown: Shown) -> dict[str, Value]:
    """Return every figure of hours, as whoever is shown that much of the tables may see it."""
    values = {name: _hours(shown, cell) for name, cell in CELL_OF.items()}
    values |= _shares(shown) | _tables(tables, shown) | _circulation(counted, shown)
    values["coproduction_matrix"] = _matrix(tables, shown)
    return values


def _hours(shown: Shown, cell: str) -> Value:
    minutes = shown.get(cell)
    return WITHHELD if minutes is None else Value(in_hours(minutes))


def _of(shown: Shown, compute: Callable[..., Fraction | None], *cells: str) -> Value:
    """Return what is computed from the cells: withheld where one of them is hidden."""
    minutes = [shown.get(cell) for cell in cells]
    if any(one is None for one in minutes):
        return WITHHELD
    return Value(number(compute(*minutes)))


def _share(part: Minutes, whole: Minutes) -> Fraction | None:
    return at_most_one(measures.share(part, whole))


def _shares(shown: Shown) -> dict[str, Value]:
    def hidden(known: Minutes, whole: Minutes) -> Fraction | None:
        return at_most_one(measures.hidden_resource_share({(U, U): known, (X, X): whole - known}))

    def two(up: Minutes, pu: Minutes) -> Flows:
        return {(U, P): up, (P, U): pu}

    def dividend(un: Minutes, pn: Minutes, whole: Minutes) -> Fraction | None:
        return at_most_one(measures.neighbourhood_dividend({(U, N): un, (P, N): pn, (X, X): whole - un - pn}))

    up, pu = f"flows/{U}/{P}", f"flows/{P}/{U}"
    return {
        "hidden_resource_share": _of(shown, hidden, "known", "total"),
        "hidden_resource_share_without_paid": _of(shown, hidden, "known/unpaid", "payment/unpaid"),
        "user_professional_reciprocity": _of(shown, lambda *pair: measures.both_ways_share(two(*pair)), up, pu),
        "user_professional_ratio": _of(shown, lambda *pair: measures.plain_ratio(two(*pair)), up, pu),
        "leverage": _of(
            shown,
            lambda u, n, p: measures.leverage({(U, X): u, (N, X): n, (P, X): p}),
            f"by/{U}", f"by/{N}", f"by/{P}",
        ),
        "neighbourhood_dividend": _of(shown, dividend, f"flows/{U}/{N}", f"flows/{P}/{N}", "total"),
        "peer_share": _of(
            shown,
            lambda uu, u: at_most_one(measures.peer_share({(U, U): uu, (U, X): u - uu})),
            f"flows/{U}/{U}", f"by/{U}",
        ),
        "voice_and_action": _of(shown, measures.share, "voice", f"stage/{U}/delivery"),
        "not_stated_share": _of(shown, _share, f"by/{X}", "total"),
        "spend_ratio": _of(shown, measures.share, "credit_spent", "credit_earned"),
        **{how.value: _of(shown, _share, f"trust/{how}", "total") for how in Confirmed},
    }  # fmt: skip


def _tables(tables: HoursTables, shown: Shown) -> dict[str, Value]:
    months, services = sorted(tables.months), sorted(tables.services)
    wanted: dict[str, tuple[Iterable[str], Iterable[str], TableNames]] = {
        "flows": (GROUPS, GROUPS, FLOWS),
        "hours_by_payment": (GROUPS, PAYMENTS, BY_PAYMENT),
        "hours_by_stage": (GROUPS, STAGES, BY_STAGE),
        "hours_by_service": (services, MATRIX_COLUMNS, BY_SERVICE),
        "hours_by_month": (months, ("hours",), BY_MONTH),
    }
    values = {}
    for name, (rows, columns, names) in wanted.items():
        table = table_shown(shown, rows, columns, names)
        values[name] = Value(table, is_withheld=_has_gaps(table))
    return values


def _has_gaps(table: dict[str, Any]) -> bool:
    cells = [*table["row_totals"], *table["column_totals"], table["total"]]
    return any(cell is None for row in (*table["cells"], cells) for cell in row)


def _matrix(tables: HoursTables, shown: Shown) -> Value:
    """Return where each service stands: withheld where its row has a gap."""
    rows, gaps = [], False
    for service in sorted(tables.services):
        cells = {column: shown.get(f"service/{service}/{column}") for column in MATRIX_COLUMNS}
        row: dict[str, Any] = {"service": service, "planning_share": None, "delivery_share": None}
        for what in ("planning", "delivery"):
            community, professionals = cells[f"{what}_community"], cells[f"{what}_professionals"]
            if community is None or professionals is None:
                gaps, row[what] = True, None
                continue
            by_whom = {(what, "community"): community, (what, "professionals"): professionals}
            planning, delivery = measures.matrix_place(by_whom)
            part = planning if what == "planning" else delivery
            row[f"{what}_share"] = number(part)
            row[what] = measures.side_of(part) or "not_recorded"
        rows.append(row)
    return Value(rows, is_withheld=gaps) if rows else UNDEFINED


def _circulation(counted: Counted, shown: Shown) -> dict[str, Value]:
    audience = shown.audience
    credit = counted.credit
    mean = circulation.mean_held(credit.opening, credit.moves, start=counted.start, end=counted.end)
    if audience.threshold:
        mean = rounded_to(audience.rounded_to * MINUTES_IN_AN_HOUR, mean)
    moved = None if _would_show_holders(counted, audience) else shown.get("credit_moved")
    values = {
        "mean_credit_held_hours": WITHHELD,
        "velocity": WITHHELD,
        "pot_hours": Value(None, is_withheld=True, reason=str(ONLY_INSIDE)),
        "sum_of_balances": Value(in_hours(sum(credit.closing.values()))),
    }
    if moved is not None:
        days = (counted.end - counted.start).days
        values["mean_credit_held_hours"] = Value(in_hours(mean))
        values["velocity"] = Value(number(circulation.velocity(moved, mean, days=days)))
    if audience != Audience.PUBLIC:
        pots = sum(minutes for account, minutes in credit.closing.items() if account in counted.pots)
        values["pot_hours"] = Value(in_hours(pots))
    return values


def _would_show_holders(counted: Counted, audience: Audience) -> bool:
    """Return whether too few people hold credit, at the beginning or the end, for all of it together to be told."""
    for balances in (counted.credit.opening, counted.credit.closing):
        held = {account: minutes for account, minutes in balances.items() if minutes > 0}
        if is_sensitive_magnitude(
            sum(held.values()), held, held, threshold=audience.threshold, are_people=counted.people
        ):
            return True
    return False
