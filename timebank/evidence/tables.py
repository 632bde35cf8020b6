"""The tables of hours that are published together, cell by cell, with whoever gave and received what is in each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from timebank.evidence.catalogue import GROUPS, STAGES
from timebank.evidence.disclosure import Quantity, Shown, Sum, is_sensitive_magnitude
from timebank.evidence.exact import hours as in_hours
from timebank.evidence.given import VOICE, Confirmed, Hours, Minutes, U, X
from timebank.evidence.measures import matrix_column

MATRIX_COLUMNS = ("planning_community", "planning_professionals", "delivery_community", "delivery_professionals")
PAYMENTS = ("paid", "unpaid")

# What is a part of all hours, beside the tables: each with a rest that is never shown, but could be found out.
PARTS = ("mandated", "consultation", "late", "credit_earned")

# What cells are named that nobody is shown.
NEVER_SHOWN = ("rest/", "unknown", "class_surplus")

# What is hidden last for the sake of others: all hours, then what the hidden-resource share is made of.
IMPORTANCE = {"total": 4, "known": 3, f"by/{U}": 3, "payment/unpaid": 2, "known/unpaid": 2}


@dataclass
class Cell:
    """Minutes, and how many of them each giver gave and each receiver received."""

    minutes: Minutes = 0
    givers: dict[int, Minutes] = field(default_factory=lambda: defaultdict(int))
    receivers: dict[int, Minutes] = field(default_factory=lambda: defaultdict(int))

    def add(self, other: Cell) -> None:
        """Add what is in another cell."""
        self.minutes += other.minutes
        for side, more in ((self.givers, other.givers), (self.receivers, other.receivers)):
            for account, minutes in more.items():
                side[account] += minutes

    @classmethod
    def of(cls, some: Iterable[tuple[Hours, Minutes]], *, with_people: bool) -> Cell:
        """Return a cell of so many minutes of each of these hours."""
        cell = cls()
        for one, minutes in some:
            cell.minutes += minutes
            if with_people and minutes:
                cell.givers[one.giver] += minutes
                cell.receivers[one.receiver] += minutes
        return cell


# All that decides in which cells hours are.
_SORT = attrgetter(
    "giver_capacity", "receiver_capacity", "day", "service", "stage", "is_credit", "paid", "mandated", "consultation",
    "late", "confirmed", "giver_is_person", "receiver_is_person",
)  # fmt: skip


class HoursTables:
    """Hours added up in every cell of every table, an hour once in each table.

    Whose they are is needed only to protect small numbers; for whoever sees everything it can be left out.
    """

    def __init__(self, all_hours: Iterable[Hours], *, with_people: bool = True) -> None:
        # A service's own row is named apart from its cells, for a service may be called anything.
        self.cells: dict[str, Cell] = defaultdict(Cell)
        self.services: set[str] = set()
        self.months: set[str] = set()
        self.people: set[int] = set()
        sorts: dict[Any, list[Hours]] = defaultdict(list)
        for one in all_hours:
            sorts[_SORT(one)].append(one)
        for some in sorts.values():
            self._add(some, with_people=with_people)

    def _add(self, some: list[Hours], *, with_people: bool) -> None:
        first = some[0]
        if first.giver_is_person:
            self.people.update(one.giver for one in some)
        if first.receiver_is_person:
            self.people.update(one.receiver for one in some)
        given = Cell.of(((one, one.minutes) for one in some), with_people=with_people)
        received = Cell.of(((one, one.received_minutes) for one in some), with_people=with_people)
        surplus = Cell.of(((one, one.received_minutes - one.minutes) for one in some), with_people=with_people)
        for name in self._cells_of(first):
            self.cells[name].add(given)
        for name in self._received_cells_of(first):
            self.cells[name].add(received)
        self.cells["class_surplus"].add(surplus)

    def _cells_of(self, one: Hours) -> Iterator[str]:
        giver, receiver = one.giver_group, one.receiver_group
        payment = "paid" if one.paid else "unpaid"
        month = f"{one.day.year}-{one.day.month:02}"
        self.months.add(month)
        known = "known" if receiver != X else "unknown"
        yield from ("total", f"by/{giver}", f"to/{receiver}", f"flows/{giver}/{receiver}", f"month/{month}")
        yield from (f"payment/{giver}/{payment}", f"payment/{payment}")
        yield from (f"stage/{giver}/{one.stage}", f"stage/{one.stage}", f"trust/{one.confirmed}")
        if giver == U:
            yield from (f"{known}", f"{known}/{payment}")
            if one.stage in VOICE:
                yield "voice"
        yield from _part("mandated", does=one.mandated)
        yield from _part("consultation", does=one.consultation)
        yield from _part("late", does=one.late)
        yield from _part("credit_earned", does=one.is_credit and one.giver_is_person)
        column = matrix_column(one.stage, giver)
        if column is not None:
            self.services.add(one.service)
            name = "_".join(column)
            yield from (f"service/{one.service}/{name}", f"service_row/{one.service}", f"service_total/{name}")
            yield "service_total"

    @staticmethod
    def _received_cells_of(one: Hours) -> Iterator[str]:
        yield "person_hours"
        yield from _part("credit_spent", does=one.is_credit and one.receiver_is_person)
        yield from _part("credit_moved", does=one.is_credit)

    def minutes(self, name: str) -> Minutes:
        """Return the minutes in a cell."""
        return self.cells[name].minutes if name in self.cells else 0

    def quantities(self, threshold: int) -> Iterator[Quantity]:
        """Yield every cell, sensitive where too few gave or received what is in it."""
        for name in sorted({name for one in self.sums() for name in one}):
            cell = self.cells.get(name, Cell())
            yield Quantity(
                name,
                cell.minutes,
                is_wanted=not name.startswith(NEVER_SHOWN),
                importance=IMPORTANCE.get(name, 1 if name.startswith(("by/", "to/", "flows/")) else 0),
                is_sensitive=is_sensitive_magnitude(
                    cell.minutes,
                    cell.givers,
                    cell.receivers,
                    threshold=threshold,
                    are_people=self.people,
                ),
            )

    def sums(self) -> list[Sum]:
        """Return the sums that bind the cells: a total is 1, its parts are −1."""
        sums = [
            _sum("total", *(f"by/{group}" for group in GROUPS)),
            _sum("total", *(f"to/{group}" for group in GROUPS)),
            *(_sum(f"to/{to}", *(f"flows/{group}/{to}" for group in GROUPS)) for to in GROUPS),
            *(_sum(f"payment/{one}", *(f"payment/{group}/{one}" for group in GROUPS)) for one in PAYMENTS),
            *(_sum(f"stage/{stage}", *(f"stage/{group}/{stage}" for group in GROUPS)) for stage in STAGES),
            _sum("total", *(f"month/{month}" for month in sorted(self.months))),
            _sum("total", *(f"trust/{how}" for how in Confirmed)),
            *(_sum("total", part, f"rest/{part}") for part in PARTS),
            _sum("person_hours", "total", "class_surplus"),
            _sum("person_hours", "credit_spent", "rest/credit_spent"),
            _sum("person_hours", "credit_moved", "rest/credit_moved"),
            _sum(f"by/{U}", "known", "unknown"),
            _sum("known", "known/paid", "known/unpaid"),
            _sum("unknown", "unknown/paid", "unknown/unpaid"),
            _sum(f"payment/{U}/paid", "known/paid", "unknown/paid"),
            _sum(f"payment/{U}/unpaid", "known/unpaid", "unknown/unpaid"),
            _sum("unknown", f"flows/{U}/{X}"),
            _sum("voice", *(f"stage/{U}/{stage}" for stage in VOICE)),
        ]
        for group in GROUPS:
            sums.append(_sum(f"by/{group}", *(f"flows/{group}/{to}" for to in GROUPS)))
            sums.append(_sum(f"by/{group}", *(f"payment/{group}/{one}" for one in PAYMENTS)))
            sums.append(_sum(f"by/{group}", *(f"stage/{group}/{stage}" for stage in STAGES)))
        return sums + list(self._sums_of_services())

    def _sums_of_services(self) -> Iterator[Sum]:
        for service in sorted(self.services):
            yield _sum(f"service_row/{service}", *(f"service/{service}/{column}" for column in MATRIX_COLUMNS))
        yield _sum("service_total", *(f"service_total/{column}" for column in MATRIX_COLUMNS))
        yield _sum("service_total", *(f"service_row/{service}" for service in sorted(self.services)))
        for column in MATRIX_COLUMNS:
            yield _sum(f"service_total/{column}", *(f"service/{service}/{column}" for service in sorted(self.services)))
            stages = [
                f"stage/{group}/{stage}"
                for group in GROUPS
                for stage in STAGES
                if (where := matrix_column(stage, group)) is not None and "_".join(where) == column
            ]
            yield _sum(f"service_total/{column}", *stages)


def _part(name: str, *, does: bool) -> tuple[str]:
    return (name if does else f"rest/{name}",)


def _sum(total: str, *parts: str) -> Sum:
    return {total: 1} | dict.fromkeys(parts, -1)


def table_shown(shown: Shown, rows: Iterable[str], columns: Iterable[str], names: TableNames) -> dict[str, Any]:
    """Return a table of hours as it is shown, None for what is withheld."""
    rows, columns = list(rows), list(columns)
    return {
        "rows": rows,
        "columns": columns,
        "cells": [
            [in_hours(shown.get(names.cell.format(row=row, column=column))) for column in columns] for row in rows
        ],
        "row_totals": [in_hours(shown.get(names.row.format(row=row))) for row in rows],
        "column_totals": [in_hours(shown.get(names.column.format(column=column))) for column in columns],
        "total": in_hours(shown.get(names.total)),
    }


@dataclass(frozen=True)
class TableNames:
    """How the cells of a table, and its totals, are named."""

    cell: str
    row: str
    column: str
    total: str = "total"


FLOWS = TableNames("flows/{row}/{column}", "by/{row}", "to/{column}")
BY_PAYMENT = TableNames("payment/{row}/{column}", "by/{row}", "payment/{column}")
BY_STAGE = TableNames("stage/{row}/{column}", "by/{row}", "stage/{column}")
BY_SERVICE = TableNames("service/{row}/{column}", "service_row/{row}", "service_total/{column}", "service_total")
BY_MONTH = TableNames("month/{row}", "month/{row}", "total")
