"""The list of who was erased, in a file beside the backups: numbers and references, and no name."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row

from timebank.errors import RuleBroken
from timebank.privacy.models import Erasure

COLUMNS = ("bank", "membership", "reference", "gave_balance", "erased_at")


class NotAListOfErasures(RuleBroken):
    """What is read wrongly would erase the wrong person."""

    message = _l("Line %(line)s is none of a list of flask privacy erasures. Nothing was changed")


@dataclass(frozen=True)
class Erased:
    """One membership that was erased."""

    bank_code: str
    membership_id: int
    reference: str
    gave_balance: bool
    erased_at: dt.datetime


def erased_of(rows: Iterable[Row[str, Erasure]]) -> list[Erased]:
    """Return the erasures as they are listed."""
    return [
        Erased(code, erasure.membership_id, erasure.reference, erasure.gave_balance, erasure.erased_at)
        for code, erasure in rows
    ]


def text_of(rows: Iterable[Row[str, Erasure]]) -> str:
    """Return the erasures as the lines of a file."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in erased_of(rows):
        gave = "yes" if each.gave_balance else "no"
        writer.writerow([each.bank_code, each.membership_id, each.reference, gave, each.erased_at.isoformat()])
    return written.getvalue()


def read(text: str) -> list[Erased]:
    """Return the erasures in a file. Raises NotAListOfErasures."""
    reader = csv.reader(io.StringIO(text))
    if tuple(next(reader, ())) != COLUMNS:
        raise NotAListOfErasures(line=1)
    found = []
    for line in reader:
        try:
            code, membership_id, reference, gave, erased_at = line
            gave_balance = {"yes": True, "no": False}[gave]
            found.append(
                Erased(code, int(membership_id), reference, gave_balance, dt.datetime.fromisoformat(erased_at))
            )
        except (ValueError, KeyError):
            raise NotAListOfErasures(line=reader.line_num) from None
    return found
