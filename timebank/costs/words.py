"""What people read about costs."""

from __future__ import annotations

from flask_babel import gettext

from timebank.costs.models import Cost, CostKind
from timebank.web.setup import day


def of_kind(kind: CostKind) -> str:
    """Return whether it comes again, in words."""
    return {CostKind.ONE_OFF: gettext("One-off"), CostKind.RUNNING: gettext("Running")}[kind]


def days_of(cost: Cost) -> str:
    """Return for which days it is."""
    return gettext("%(first)s to %(last)s", first=day(cost.starts_on), last=day(cost.last_day))
