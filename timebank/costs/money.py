"""Money: as people type it, and as it is written. It is whole pence everywhere else."""

from __future__ import annotations

import re
from decimal import Decimal

from babel.numbers import format_currency
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from timebank.costs.models import MOST_PENCE
from timebank.errors import RuleBroken

CURRENCY = "GBP"
PENCE_IN_A_POUND = 100
_TYPED = re.compile(r"£?\s*(?P<pounds>[0-9]{1,3}(?:,?[0-9]{3})*|[0-9]+)(?:\.(?P<pence>[0-9]{2}))?")


class NotAnAmount(RuleBroken):
    """Guessing what somebody meant by an amount is worse than asking."""

    field = "amount"
    message = _l("Enter an amount above 0 in pounds, like 1250 or 1,250.50")


def parse_pence(text: str) -> int:
    """Return the pence that are meant by what was typed: 1250, 1,250, £1,250.50. Raises NotAnAmount."""
    found = _TYPED.fullmatch(text.strip()) if text.isascii() or "£" in text else None
    if found is None:
        raise NotAnAmount()
    pence = int(found["pounds"].replace(",", "")[:20]) * PENCE_IN_A_POUND + int(found["pence"] or 0)
    if not 0 < pence <= MOST_PENCE:
        raise NotAnAmount()
    return pence


def in_money(pence: int) -> str:
    """Return an amount as people read it: £1,250.50."""
    return str(format_currency(Decimal(pence) / PENCE_IN_A_POUND, CURRENCY, locale=get_locale()))
