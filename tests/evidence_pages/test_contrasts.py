"""The three invented banks tell three stories, and whoever reads their evidence sees which is which."""

from __future__ import annotations

import datetime as dt

from timebank.demonstration import contrasts
from timebank.evidence.audience import Audience
from timebank.evidence.figures import figures_of

NOW = dt.datetime(2026, 4, 10, 9, tzinfo=dt.UTC)


def test_a_traditional_service_a_one_way_scheme_and_a_co_produced_one_come_out_differently(app):
    told = {}
    for invented in contrasts.EVERY:
        bank = contrasts.build_contrast(invented, now=NOW, password_hash="x", tick=lambda _months: None, months=2)
        figures = figures_of(bank, start=dt.date(2026, 2, 1), end=dt.date(2026, 4, 1), audience=Audience.COORDINATOR)
        told[invented.code] = {name: figure.value for name, figure in figures.figures.items()}
        assert told[invented.code]["sum_of_balances"] == 0
        assert "invented" in bank.name
    traditional, one_way, together = told["LARCH"], told["HARBOUR"], told["MILL"]
    assert traditional["hidden_resource_share"] < 0.1
    assert one_way["hidden_resource_share"] < 0.1
    assert together["hidden_resource_share"] > 0.4
    # In the first it is professionals who give, in the second it is volunteers.
    assert traditional["leverage"] < 0.3
    assert one_way["leverage"] > 5
    assert one_way["scheme_mutuality"] < 0.2 < together["scheme_mutuality"]
    sides = {code: {row["planning"] for row in one["coproduction_matrix"]} for code, one in told.items()}
    assert "together" in sides["MILL"]
    assert sides["LARCH"] <= {"professionals", "not_recorded"}
    assert together["people_in_several_capacities"] > 0
