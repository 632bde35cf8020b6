"""The pictures of evidence, each with its table, its sentence in words and its CSV, all made of the same data.

Pure: the same data in the same language gives the same bytes. What is withheld is drawn nowhere: neither in the picture
nor in what is read out instead of it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

# A cell of a table: words, a number, or None for what is withheld.
Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """What a picture shows, as a table. `hours` are the numbers of the columns in which hours stand."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    hours: frozenset[int] = frozenset()
    shares: frozenset[int] = frozenset()
    foot: tuple[Cell, ...] = ()

    def as_csv(self) -> str:
        """Return it as CSV, with an empty cell for what is withheld; a cell is never taken for a formula."""
        written = io.StringIO()
        rows = csv.writer(written, lineterminator="\r\n")
        for row in (self.head, *self.rows, *([self.foot] if self.foot else [])):
            rows.writerow(["" if cell is None else _safe(cell) for cell in row])
        return written.getvalue()


def _safe(cell: Cell) -> Cell:
    if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) and cell[1:2] not in ("", " "):
        return f"'{cell}"
    return cell


@dataclass(frozen=True)
class Chart:
    """A picture of evidence and all that stands for it. `svg` is empty where there is nothing to draw."""

    name: str
    title: str
    sentence: str
    table: Table
    svg: str = ""
    # What is hidden and why, in words; "" where nothing is.
    hidden: str = ""
    notes: Sequence[str] = field(default_factory=tuple)


def share(part: Any, whole: Any) -> float | None:
    """Return the share of numbers that are shown, or None where one is not, or there is nothing to divide by."""
    if not isinstance(part, int | float) or not isinstance(whole, int | float) or not whole:
        return None
    return part / whole
