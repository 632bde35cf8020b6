"""What the bank's rules settle by themselves, to the minute."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.exchanges.scene import Scene, build_scene, credit, party, steps, transfers
from tests.make import AT, give_hours, set_rules
from timebank.exchanges import service
from timebank.exchanges.models import Answer, AnsweredBy, Exchange, Status
from timebank.ledger.service import close_account

MINUTE = dt.timedelta(minutes=1)


def days(number: int) -> dt.timedelta:
    return dt.timedelta(days=number)


@pytest.fixture
def scene(app: object) -> Scene:
    return build_scene(confirms_itself_after_days=7, expires_after_days=None)


def settle(scene: Scene, at: dt.datetime) -> tuple[int, int]:
    return service.settle_by_rule(scene.bank, at=at)


def test_a_bank_that_waits_for_ever_settles_nothing(app: object) -> None:
    scene = build_scene(confirms_itself_after_days=None, expires_after_days=None)
    exchange = scene.logged()
    assert settle(scene, AT + days(3650)) == (0, 0)
    assert exchange.status == Status.LOGGED


def test_an_exchange_confirms_itself_after_the_bank_s_days_and_not_a_minute_earlier(scene: Scene) -> None:
    exchange = scene.logged()
    assert settle(scene, AT + days(7) - MINUTE) == (0, 0)
    assert exchange.status == Status.LOGGED
    assert settle(scene, AT + days(7)) == (1, 0)
    assert exchange.status == Status.CONFIRMED
    assert party(exchange, scene.ben).answered_how == AnsweredBy.RULE
    assert party(exchange, scene.ben).answered_by_id is None
    assert party(exchange, scene.ann).answered_how == AnsweredBy.PARTY
    assert steps(exchange) == ["logged", "confirmed by rule"]


def test_settling_twice_settles_once(scene: Scene) -> None:
    exchange = scene.logged()
    settle(scene, AT + days(8))
    assert settle(scene, AT + days(8)) == (0, 0)
    assert steps(exchange) == ["logged", "confirmed by rule"]


def test_what_confirmed_itself_is_approved_like_any_other(scene: Scene) -> None:
    exchange = scene.logged()
    settle(scene, AT + days(7))
    assert transfers() == []
    service.approve_exchange(scene.bank, exchange, approved_by=scene.cara, at=AT + days(8))
    assert (exchange.status, credit(scene.ann), credit(scene.ben)) == (Status.APPROVED, 60, -60)


def test_an_exchange_expires_after_the_bank_s_days_and_not_a_minute_earlier(scene: Scene) -> None:
    set_rules(scene.bank, confirms_itself_after_days=None, expires_after_days=30)
    exchange = scene.logged()
    assert settle(scene, AT + days(30) - MINUTE) == (0, 0)
    assert settle(scene, AT + days(30)) == (0, 1)
    assert exchange.status == Status.EXPIRED
    assert steps(exchange) == ["logged", "expired"]
    assert transfers() == []
    with pytest.raises(service.NoLongerOpen):
        service.confirm_exchange(scene.bank, exchange, confirmed_by=scene.ben, at=AT + days(31))


def test_what_confirms_itself_in_time_does_not_expire(scene: Scene) -> None:
    set_rules(scene.bank, confirms_itself_after_days=30, expires_after_days=30)
    exchange = scene.logged()
    assert settle(scene, AT + days(31)) == (1, 0)
    assert exchange.status == Status.CONFIRMED


def _queried(scene: Scene) -> Exchange:
    exchange = scene.logged()
    service.query_exchange(scene.bank, exchange, queried_by=scene.ben, message="When?", at=AT, as_coordinator=False)
    return exchange


def _declined(scene: Scene) -> Exchange:
    return service.decline_exchange(scene.bank, scene.logged(), declined_by=scene.cara, message="No", at=AT)


@pytest.mark.parametrize("make", [_queried, _declined, Scene.confirmed])
def test_only_what_is_waited_for_is_settled_by_rule(scene: Scene, make: object) -> None:
    set_rules(scene.bank, confirms_itself_after_days=7, expires_after_days=7)
    exchange = make(scene)
    before = exchange.status
    assert settle(scene, AT + days(365)) == (0, 0)
    assert exchange.status == before


def test_a_bank_s_rules_settle_nothing_of_another_bank(scene: Scene) -> None:
    other = build_scene(confirms_itself_after_days=None, expires_after_days=None)
    exchange = other.logged()
    assert settle(scene, AT + days(3650)) == (0, 0)
    assert exchange.status == Status.LOGGED


def test_without_approval_what_confirms_itself_is_posted(scene: Scene) -> None:
    set_rules(scene.bank, approval_needed=False)
    exchange = scene.logged()
    assert settle(scene, AT + days(7)) == (1, 0)
    assert exchange.status == Status.APPROVED
    assert credit(scene.ann) == 60


def test_one_that_the_ledger_refuses_does_not_hold_up_the_others(scene: Scene) -> None:
    give_hours(scene.bank, scene.eve, 60)
    set_rules(scene.bank, approval_needed=False, floor_minutes=0)
    too_much, fits = scene.logged(), scene.logged(receiver=scene.eve)
    assert settle(scene, AT + days(7)) == (1, 0)
    assert (too_much.status, fits.status) == (Status.LOGGED, Status.APPROVED)
    assert party(too_much, scene.ben).answer == Answer.WAITING
    assert steps(too_much) == ["logged"]
    assert (credit(scene.ann), credit(scene.ben), credit(scene.eve)) == (60, 0, 0)


def test_one_whose_account_is_closed_does_not_hold_up_the_others(scene: Scene) -> None:
    set_rules(scene.bank, approval_needed=False)
    closed, fits = scene.logged(), scene.logged(receiver=scene.eve)
    close_account(scene.ben.account, closed_at=AT)
    assert settle(scene, AT + days(7)) == (1, 0)
    assert (closed.status, fits.status) == (Status.LOGGED, Status.APPROVED)


def test_the_days_are_counted_from_when_it_was_logged_and_not_from_when_it_happened(scene: Scene) -> None:
    exchange = scene.logged(happened_on=AT.date() - days(60))
    assert settle(scene, AT + days(6)) == (0, 0)
    assert exchange.status == Status.LOGGED
