"""Kinds that a spreadsheet names in words."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from flask_babel import gettext

from timebank.banks.models import Stage
from timebank.exchanges.models import AnsweredBy
from timebank.imports.spreadsheet import CellUnfit, Row
from timebank.ledger.models import Book
from timebank.members.models import Capacity

Kind = TypeVar("Kind", bound=StrEnum)

_CAPACITIES = {
    **{capacity.value: capacity for capacity in Capacity},
    "user": Capacity.SERVICE_USER,
    "patient": Capacity.SERVICE_USER,
    "family": Capacity.CARER,
    "family_or_carer": Capacity.CARER,
    "neighbor": Capacity.NEIGHBOUR,
}
_STAGES = {
    **{stage.value: stage for stage in Stage},
    **{f"co_{stage.value}": stage for stage in Stage},
}
_BOOKS = {book.value: book for book in Book}
_CONFIRMED_BY = {"receiver": AnsweredBy.PARTY, "coordinator": AnsweredBy.COORDINATOR}


def capacity_in(row: Row, column: str) -> Capacity | None:
    """Return the capacity in the column, or None where it is empty. Raises CellUnfit."""
    return _kind(row, column, _CAPACITIES, [capacity.value.replace("_", " ") for capacity in Capacity])


def stage_in(row: Row, column: str) -> Stage | None:
    """Return the stage in the column, or None where it is empty. Raises CellUnfit."""
    return _kind(row, column, _STAGES, [stage.value for stage in Stage])


def book_in(row: Row, column: str) -> Book | None:
    """Return the book in the column, or None where it is empty. Raises CellUnfit."""
    return _kind(row, column, _BOOKS, list(_BOOKS))


def confirmed_by_in(row: Row, column: str) -> AnsweredBy | None:
    """Return who confirmed it, or None where the column is empty. Raises CellUnfit."""
    return _kind(row, column, _CONFIRMED_BY, list(_CONFIRMED_BY))


def _kind(row: Row, column: str, known: dict[str, Kind], names: list[str]) -> Kind | None:
    text = row.get(column).casefold().replace(" ", "_").replace("-", "_")
    if not text:
        return None
    if text not in known:
        raise CellUnfit(
            column,
            gettext(
                "“%(text)s” is not known. Write one of: %(names)s, or leave it empty",
                text=row.get(column)[:40],
                names=", ".join(names),
            ),
        )
    return known[text]
