"""Recording that somebody has died: once, of a day that has been, and never of oneself."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from tests import make
from timebank.joining import dying


def test_a_death_is_recorded_once_of_a_day_that_has_been_and_not_of_oneself(app: Flask) -> None:
    bank = make.make_bank()
    ruth, jean = make.make_coordinator(bank), make.make_member(bank)
    day = make.TODAY
    with pytest.raises(dying.OwnDeath):
        dying.record_death(ruth, died_on=day, to_account_id=None, recorded_by=ruth, at=make.AT)
    tomorrow = day + dt.timedelta(days=1)
    with pytest.raises(dying.DayOfDeathInTheFuture):
        dying.record_death(jean, died_on=tomorrow, to_account_id=None, recorded_by=ruth, at=make.AT)
    dying.record_death(jean, died_on=day, to_account_id=None, recorded_by=ruth, at=make.AT)
    with pytest.raises(dying.DiedAlready):
        dying.record_death(jean, died_on=day, to_account_id=None, recorded_by=ruth, at=make.AT)
    assert not jean.takes_part
