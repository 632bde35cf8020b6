"""`flask exchanges settle`. Loading them is in tests/imports/test_exchanges.py."""

from __future__ import annotations

import datetime as dt

from tests import make
from timebank.exchanges.models import Status
from timebank.extensions import db

NOW = dt.datetime.now(dt.UTC)


def waiting(code: str, **rules):
    """A bank with an exchange that nobody has confirmed for twenty days."""
    bank = make.make_bank(code=code, **rules)
    giver, receiver = make.make_member(bank), make.make_member(bank)
    return make.log_exchange(bank, giver=giver, receiver=receiver, at=NOW - dt.timedelta(days=20))


def test_settles_what_each_banks_own_rules_say(cli):
    patient = waiting("PATIENT")
    strict = waiting("STRICT", expires_after_days=19)
    quick = waiting("QUICK", confirms_itself_after_days=7)
    result = cli.invoke(args=["exchanges", "settle"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "PATIENT: 0 confirmed by rule, 0 expired.\n"
        "QUICK: 1 confirmed by rule, 0 expired.\n"
        "STRICT: 0 confirmed by rule, 1 expired.\n"
    )
    db.session.expire_all()
    assert [one.status for one in (patient, strict, quick)] == [Status.LOGGED, Status.EXPIRED, Status.CONFIRMED]


def test_settles_one_bank_alone_and_again_without_effect(cli):
    other = waiting("OTHER", expires_after_days=19)
    waiting("STRICT", expires_after_days=19)
    first = cli.invoke(args=["exchanges", "settle", "--bank", "strict"])
    assert first.stdout == "STRICT: 0 confirmed by rule, 1 expired.\n"
    again = cli.invoke(args=["exchanges", "settle", "--bank", "strict"])
    assert again.stdout == "STRICT: 0 confirmed by rule, 0 expired.\n"
    db.session.expire_all()
    assert other.status == Status.LOGGED


def test_without_a_bank_there_is_nothing_to_settle(cli, app):
    result = cli.invoke(args=["exchanges", "settle"])
    assert (result.exit_code, result.output) == (0, "")
