"""What is no cost of a bank is refused, with the reason beside its field."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask

from tests import make
from timebank.costs import service
from timebank.costs.models import CostKind

FIRST, LAST = dt.date(2026, 1, 1), dt.date(2026, 3, 31)


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"label": "  "}, service.LabelNeeded),
        ({"pence": 0}, service.NotAnAmount),
        ({"last_day": FIRST - dt.timedelta(days=1)}, service.DaysTheWrongWayRound),
        ({"assumption": ""}, service.AssumptionNeeded),
    ],
)
def test_a_cost_needs_a_name_an_amount_days_and_what_was_assumed(
    app: Flask, wrong: dict[str, Any], refusal: type[Exception]
) -> None:
    bank = make.make_bank()
    ada = make.make_administrator(bank)
    cost = {
        "label": "Rent",
        "pence": 1200_00,
        "kind": next(iter(CostKind)),
        "starts_on": FIRST,
        "last_day": LAST,
        "assumption": "Half of the room",
    }
    with pytest.raises(refusal):
        service.enter_cost(bank, **(cost | wrong), entered_by=ada, at=make.AT)
    assert service.enter_cost(bank, **cost, entered_by=ada, at=make.AT).pence == 1200_00
