"""What the files of statements are called."""

from __future__ import annotations

import re

from timebank.ledger.months import Month

_UNSAFE = re.compile(r"[^A-Za-z0-9_]+")


def file_name(*, bank_code: str, number: str, month: Month, ending: str) -> str:
    """Return the name of a statement's file, such as statement-ELM-0042-2026-10.pdf.

    It says whose account it is by the number alone, because others see the names of files.
    """
    parts = [_UNSAFE.sub("-", part).strip("-") for part in (bank_code, number)]
    return "-".join(["statement", *(part for part in parts if part), str(month)]) + f".{ending}"
