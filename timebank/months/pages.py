"""Which month a page is about."""

from __future__ import annotations

from flask import abort

from timebank.ledger.months import Month
from timebank.members.permissions import current_membership
from timebank.statements import readers


def written(written_month: str) -> Month:
    """Return the month that stands in an address; what is no month has no page."""
    try:
        return Month.parse(written_month)
    except ValueError:
        abort(404)


def issued(written_month: str) -> Month:
    """Return the month that stands in an address, if its statements were issued; else there is no such page."""
    month = written(written_month)
    if not readers.count_statements(current_membership().bank, month):
        abort(404)
    return month
