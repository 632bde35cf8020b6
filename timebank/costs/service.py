"""Enter what the bank costs, and remove what was entered wrongly."""

from __future__ import annotations

import datetime as dt

from flask_babel import lazy_gettext as _l

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.costs.models import LONGEST_ASSUMPTION, LONGEST_LABEL, MOST_PENCE, Cost, CostKind
from timebank.costs.money import NotAnAmount
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.members.models import Membership


class LabelNeeded(RuleBroken):
    """An amount without what it was for says nothing."""

    field = "label"
    message = _l("Enter what it was for, in up to %(longest)s characters")


class AssumptionNeeded(RuleBroken):
    """Every figure of money rests on assumptions; one that hides them cannot be trusted."""

    field = "assumption"
    message = _l("Enter how the amount was worked out, in up to %(longest)s characters")


class DaysTheWrongWayRound(RuleBroken):
    """Nothing ends before it begins."""

    field = "last_day"
    message = _l("The last day comes before the first. Check both")


def enter_cost(
    bank: Bank,
    *,
    label: str,
    pence: int,
    kind: CostKind,
    starts_on: dt.date,
    last_day: dt.date,
    assumption: str,
    entered_by: Membership,
    at: dt.datetime,
) -> Cost:
    """Keep what was spent from the first to the last of some days, and return it.

    Raises LabelNeeded, NotAnAmount, DaysTheWrongWayRound or AssumptionNeeded.
    """
    label, assumption = label.strip(), assumption.strip()
    if not 0 < len(label) <= LONGEST_LABEL:
        raise LabelNeeded(longest=LONGEST_LABEL)
    if not 0 < pence <= MOST_PENCE:
        raise NotAnAmount()
    if last_day < starts_on:
        raise DaysTheWrongWayRound()
    if not 0 < len(assumption) <= LONGEST_ASSUMPTION:
        raise AssumptionNeeded(longest=LONGEST_ASSUMPTION)
    cost = Cost(
        bank_id=bank.id,
        label=label,
        pence=pence,
        kind=kind,
        starts_on=starts_on,
        last_day=last_day,
        assumption=assumption,
        entered_by_id=entered_by.id,
        entered_at=at,
    )
    db.session.add(cost)
    db.session.flush()
    _record(Action.COST_ENTERED, cost, by=entered_by, at=at)
    return cost


def remove_cost(bank: Bank, cost: Cost, *, removed_by: Membership, at: dt.datetime) -> None:
    """Count a cost no longer. Releases made with it still have it. Twice is once."""
    banks.lock_bank(bank)
    db.session.refresh(cost)
    if cost.removed_at is None:
        cost.removed_at = at
        db.session.flush()
        _record(Action.COST_REMOVED, cost, by=removed_by, at=at)


def _record(action: Action, cost: Cost, *, by: Membership, at: dt.datetime) -> None:
    audit.record(
        action, bank_id=cost.bank_id, by=by.id, on_what="cost", reference=cost.reference, at=at, pence=cost.pence
    )
