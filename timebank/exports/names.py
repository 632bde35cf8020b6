"""Names that hledger, ledger and Beancount all take, for accounts, units and moments."""

from __future__ import annotations

import datetime as dt
import json
import unicodedata
from urllib.parse import quote

from timebank.ledger.models import AccountKind, Book

# Minutes of one book are another thing than minutes of the other, and no program may add them up.
UNITS = {Book.CREDIT.value: "CREDIT", Book.RECORD.value: "RECORD"}

# Beancount knows five first names and no others; where minutes begin is equity, whoever holds them is an asset.
_PARENTS = {
    AccountKind.MEMBER.value: "Assets:Member",
    AccountKind.ORGANISATION.value: "Assets:Organisation",
    AccountKind.COMMUNITY.value: "Assets:Community",
    AccountKind.OPENING.value: "Equity:Opening",
}
_CODED = "X-"


def account_name(kind: str, number: str) -> str:
    """Return the account's name, such as Assets:Member:0042. No two numbers of a bank have the same name.

    Beancount is the strictest: letters, digits and hyphens, a capital letter or a digit first. A number that is made so
    stays as it is. Another gets X- in front and, for each other sign, its code point between hyphens: A/7 is X-A-2f-7.
    """
    return f"{_PARENTS[kind]}:{number if _is_plain(number) else _coded(number)}"


def _is_plain(number: str) -> bool:
    if not number or number.startswith(_CODED):
        return False
    return unicodedata.category(number[0]) in ("Lu", "Nd") and all(_stays(sign) or sign == "-" for sign in number)


def _coded(number: str) -> str:
    return _CODED + "".join(sign if _stays(sign) else f"-{ord(sign):x}-" for sign in number)


def _stays(sign: str) -> bool:
    category = unicodedata.category(sign)
    return category.startswith("L") or category == "Nd"


def readable(number: str) -> str:
    """Return the number in quotes, on one line and with nothing in it that a screen would not show."""
    return json.dumps(number, ensure_ascii=not number.isprintable())


def safe_value(text: str) -> str:
    """Return a reference as a tag's value: a sign that could end the value or the line is written as %2C."""
    return quote(text, safe=":/._-")


def moment(at: dt.datetime) -> str:
    """Return a moment in UTC, such as 2026-03-10T12:00:00Z."""
    return at.isoformat().replace("+00:00", "Z")
