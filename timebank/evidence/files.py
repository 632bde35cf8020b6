"""The figures as files for other programs."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from typing import Any

from timebank.evidence.audience import Audience
from timebank.evidence.catalogue import CATALOGUE
from timebank.evidence.figures import Figure, Figures

MEDIA = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


def as_json(figures: Figures) -> str:
    """Return every figure with its unit, and why where there is none."""
    told: dict[str, Any] = {
        "bank": figures.bank_code,
        "from": figures.start.isoformat(),
        "to": figures.end.isoformat(),
        "audience": figures.audience.value,
        "figures": {name: figure.value for name, figure in figures.figures.items()},
        "units": {name: figure.unit for name, figure in figures.figures.items()},
        "reasons": {name: figure.reason for name, figure in figures.figures.items() if figure.reason},
        "withheld": sorted(figures.withheld),
    }
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def figures_from(text: str) -> Figures:
    """Return the figures that as_json() wrote down: as they were, whatever was added to the ledger meanwhile.

    Of what is in the catalogue only since then there is none.
    """
    told = json.loads(text)
    figures = {
        entry.name: Figure(
            entry.name, told["figures"].get(entry.name), told["reasons"].get(entry.name, ""), entry.unit, entry.inputs
        )
        for entry in CATALOGUE
    }
    start, end = (dt.date.fromisoformat(told[name]) for name in ("from", "to"))
    return Figures(told["bank"], start, end, Audience(told["audience"]), figures, frozenset(told["withheld"]))


def as_csv(figures: Figures) -> str:
    """Return a row for each figure; tables and curves are JSON in their cell."""
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(["name", "value", "unit", "reason"])
    for figure in figures.figures.values():
        rows.writerow([figure.name, in_one_cell(figure.value), figure.unit, figure.reason])
    return written.getvalue()


def in_one_cell(value: Any) -> str:
    """Return a value as it stands in one cell; nothing where there is none."""
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
