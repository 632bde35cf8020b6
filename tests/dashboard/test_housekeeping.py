"""A bank without a daily job still keeps its own rules."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask

from tests.make import log_exchange, make_bank, make_coordinator, make_member, set_rules
from timebank import clock
from timebank.exchanges.models import Status
from timebank.extensions import db


@pytest.mark.parametrize(("who", "settles"), [("coordinator", True), ("member", False)])
def test_what_is_due_is_settled_when_a_coordinator_signs_in_and_not_for_anybody_else(
    app: Flask, sign_in: Any, who: str, settles: bool
) -> None:
    bank = make_bank()
    ann, ben = make_member(bank), make_member(bank)
    set_rules(bank, confirms_itself_after_days=14, expires_after_days=None)
    long_ago = clock.now() - dt.timedelta(days=15)
    due = log_exchange(bank, giver=ann, receiver=ben, at=long_ago)
    elsewhere = make_bank(confirms_itself_after_days=14)
    other = log_exchange(elsewhere, giver=make_member(elsewhere), receiver=make_member(elsewhere), at=long_ago)
    sign_in(app.test_client(), make_coordinator(bank) if who == "coordinator" else ann)
    db.session.expire_all()
    assert due.status == (Status.CONFIRMED if settles else Status.LOGGED)
    assert other.status == Status.LOGGED
