"""What a coordinator is told about an exchange before deciding, and what about it asks for a second look."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.exchanges.scene import Scene, build_scene
from tests.make import AT, TODAY, approved_exchange, confirmed_exchange, make_member
from timebank.exchanges import queries
from timebank.exchanges.models import Exchange
from timebank.exchanges.unusual import Case, cases_of

DAY = dt.timedelta(days=1)


@pytest.fixture
def scene(app: object) -> Scene:
    return build_scene()


def case_of(scene: Scene, exchange: Exchange) -> Case:
    [case] = cases_of(scene.bank, [exchange], today=TODAY)
    return case


def approved(scene: Scene, **details: Any) -> Exchange:
    return approved_exchange(scene.bank, **({"giver": scene.ann, "receiver": scene.ben, "any_day": True} | details))


def test_what_the_two_did_before_is_counted_both_ways_and_neither_itself_nor_what_came_later(scene: Scene) -> None:
    first = approved(scene, happened_on=TODAY - 200 * DAY)
    approved(scene, happened_on=TODAY - 20 * DAY, giver=scene.ben, receiver=scene.ann)
    third = approved(scene, happened_on=TODAY - 10 * DAY)
    approved(scene, happened_on=TODAY - 9 * DAY, receiver=scene.eve)
    assert case_of(scene, first).pair is None
    pair = case_of(scene, third).pair
    assert pair is not None
    assert (pair.approved, pair.lately, pair.last_on) == (2, 1, TODAY - 20 * DAY)


def test_of_two_on_one_day_the_one_logged_first_came_before(scene: Scene) -> None:
    first, second = approved(scene), approved(scene, minutes=30)
    assert case_of(scene, first).pair is None
    pair = case_of(scene, second).pair
    assert pair is not None
    assert pair.approved == 1


def test_what_was_not_approved_or_is_another_bank_s_is_not_counted(scene: Scene) -> None:
    confirmed_exchange(scene.bank, giver=scene.ann, receiver=scene.ben, happened_on=TODAY - DAY)
    assert case_of(scene, scene.confirmed()).pair is None


def test_with_several_there_is_no_pair(scene: Scene) -> None:
    approved(scene, receiver=[scene.ben, scene.eve], happened_on=TODAY - DAY)
    assert case_of(scene, scene.confirmed(receiver=[scene.ben, scene.eve])).pair is None
    # But help in a class is help between the two.
    pair = case_of(scene, scene.confirmed()).pair
    assert pair is not None
    assert pair.approved == 1


def test_a_pair_that_exchanges_often_asks_for_a_second_look(scene: Scene) -> None:
    for days in range(1, 7):
        approved(scene, happened_on=TODAY - days * DAY, minutes=10 + days)
    assert case_of(scene, scene.confirmed()).reasons == ["These two had 6 approved exchanges in the last 30 days"]


def test_the_one_that_it_looks_like_is_named(scene: Scene) -> None:
    one, two = scene.confirmed(), scene.confirmed()
    other = scene.confirmed(minutes=61)
    assert case_of(scene, one).twins == [two.reference]
    assert case_of(scene, two).twins == [one.reference]
    assert case_of(scene, other).twins == []
    assert case_of(scene, one).reasons == ["Looks like another one: same people, same day, same time"]


def is_logged(scene: Scene, **changes: Any) -> bool:
    asked = {
        "happened_on": TODAY,
        "minutes": 60,
        "giver_ids": [scene.ann.account_id],
        "receiver_ids": [scene.ben.account_id],
    }
    return queries.is_logged(scene.bank, **(asked | changes))


def test_whoever_logs_the_same_again_can_be_told(scene: Scene) -> None:
    assert not is_logged(scene)
    exchange = scene.logged()
    assert is_logged(scene)
    assert is_logged(scene, receiver_ids=[scene.eve.account_id, scene.ben.account_id])
    for change in (
        {"minutes": 61},
        {"happened_on": TODAY - DAY},
        {"giver_ids": [scene.ben.account_id], "receiver_ids": [scene.ann.account_id]},
        {"receiver_ids": [make_member(scene.bank).account_id]},
    ):
        assert not is_logged(scene, **change)
    from timebank.exchanges import service

    service.withdraw_exchange(scene.bank, exchange, withdrawn_by=scene.ann, at=AT)
    assert not is_logged(scene)
