"""Nobody decides on hours of their own where somebody else can, and a question holds until it is settled."""

from __future__ import annotations

from typing import Any

import pytest

from tests.exchanges.scene import Scene, build_scene, credit, steps
from tests.make import AT, confirmed_exchange, log_exchange, make_organisation, set_rules
from timebank.exchanges import service
from timebank.exchanges.models import Exchange, Status
from timebank.ledger.queries import community_account
from timebank.members import service as members
from timebank.members.models import Membership


@pytest.fixture
def scene(app: object) -> Scene:
    return build_scene()


def act(name: str, scene: Scene, exchange: Exchange, by: Membership) -> Exchange:
    function, who = {
        "approve": (service.approve_exchange, "approved_by"),
        "decline": (service.decline_exchange, "declined_by"),
        "reverse": (service.reverse_exchange, "reversed_by"),
        "confirm": (service.confirm_for_others, "confirmed_by"),
    }[name]
    return function(scene.bank, exchange, message="Because", at=AT, **{who: by})


def prepared(name: str, scene: Scene, **parties: Any) -> Exchange:
    """Return an exchange with which this can be done."""
    if name == "confirm":
        return log_exchange(scene.bank, **parties)
    exchange = confirmed_exchange(scene.bank, **parties)
    if name == "reverse":
        service.approve_exchange(scene.bank, exchange, approved_by=scene.dev, at=AT)
    return exchange


ACTS = ("approve", "decline", "reverse", "confirm")


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("side", ["giver", "receiver"])
def test_a_coordinator_does_not_decide_on_their_own_hours_and_another_one_does(
    scene: Scene, name: str, side: str
) -> None:
    other = "receiver" if side == "giver" else "giver"
    exchange = prepared(name, scene, **{side: scene.cara, other: scene.ann})
    before = exchange.status
    with pytest.raises(service.OwnExchange):
        act(name, scene, exchange, scene.cara)
    assert exchange.status == before
    assert act(name, scene, exchange, scene.dev).status != before


@pytest.mark.parametrize("name", ACTS)
def test_a_coordinator_does_not_decide_on_hours_of_an_organisation_that_they_answer_for(
    scene: Scene, name: str
) -> None:
    surgery = make_organisation(scene.bank, contact=scene.cara)
    exchange = prepared(name, scene, giver=surgery, receiver=scene.ann, logged_by=scene.ann)
    with pytest.raises(service.OwnExchange):
        act(name, scene, exchange, scene.cara)
    act(name, scene, exchange, scene.dev)


@pytest.mark.parametrize("name", ACTS)
def test_the_only_coordinator_decides_on_everything(scene: Scene, name: str) -> None:
    exchange = prepared(name, scene, giver=scene.cara, receiver=scene.ann)
    members.leave(scene.dev, recorded_by=scene.dev, at=AT)
    act(name, scene, exchange, scene.cara)


def test_without_approval_hours_that_nobody_else_can_answer_for_wait_for_a_coordinator(scene: Scene) -> None:
    """Or anybody could log hours for themselves."""
    set_rules(scene.bank, approval_needed=False)
    own = make_organisation(scene.bank, contact=scene.ann)
    nobodys = make_organisation(scene.bank)
    for receiver in (community_account(scene.bank.id), own, nobodys):
        exchange = log_exchange(scene.bank, giver=scene.ann, receiver=receiver, logged_by=scene.ann)
        assert exchange.status == Status.CONFIRMED
        assert credit(scene.ann) == 0
    service.approve_exchange(scene.bank, exchange, approved_by=scene.cara, at=AT)
    assert credit(scene.ann) == 60


def test_without_approval_hours_that_the_other_confirmed_are_posted(scene: Scene) -> None:
    set_rules(scene.bank, approval_needed=False)
    surgery = make_organisation(scene.bank, contact=scene.eve)
    assert scene.confirmed().status == Status.APPROVED
    assert confirmed_exchange(scene.bank, giver=scene.ann, receiver=surgery).status == Status.APPROVED
    assert credit(scene.ann) == 120


def test_without_approval_a_coordinator_cannot_confirm_their_own_hours_for_the_other(scene: Scene) -> None:
    set_rules(scene.bank, approval_needed=False)
    exchange = log_exchange(scene.bank, giver=scene.cara, receiver=scene.ann)
    service.deny_exchange(scene.bank, exchange, denied_by=scene.ann, message="", at=AT)
    with pytest.raises(service.OwnExchange):
        act("confirm", scene, exchange, scene.cara)
    assert credit(scene.cara) == 0


@pytest.mark.parametrize("approval_needed", [True, False])
def test_a_coordinator_s_question_holds_whatever_those_who_took_part_confirm(
    scene: Scene, approval_needed: bool
) -> None:
    set_rules(scene.bank, approval_needed=approval_needed)
    exchange = scene.logged()
    ask(scene, exchange)
    service.confirm_exchange(scene.bank, exchange, confirmed_by=scene.ben, at=AT)
    assert exchange.status == Status.QUERIED
    assert credit(scene.ann) == 0
    service.answer_query(scene.bank, exchange, answered_by=scene.ben, message="One hour", at=AT, as_coordinator=False)
    assert exchange.status == (Status.CONFIRMED if approval_needed else Status.APPROVED)


def test_a_coordinator_s_question_holds_beside_a_party_s_own(scene: Scene) -> None:
    exchange = scene.logged()
    service.query_exchange(scene.bank, exchange, queried_by=scene.ben, message="?", at=AT, as_coordinator=False)
    ask(scene, exchange)
    service.confirm_exchange(scene.bank, exchange, confirmed_by=scene.ben, at=AT)
    assert exchange.status == Status.QUERIED
    service.answer_query(scene.bank, exchange, answered_by=scene.ann, message="One hour", at=AT, as_coordinator=False)
    assert exchange.status == Status.CONFIRMED


def ask(scene: Scene, exchange: Exchange) -> None:
    service.query_exchange(scene.bank, exchange, queried_by=scene.cara, message="?", at=AT, as_coordinator=True)


def test_words_that_come_with_a_confirmation_or_an_approval_are_kept(scene: Scene) -> None:
    exchange = scene.logged()
    service.confirm_exchange(scene.bank, exchange, confirmed_by=scene.ben, message=" Lovely class ", at=AT)
    service.approve_exchange(scene.bank, exchange, approved_by=scene.cara, message="Thank you both", at=AT)
    said = [step.message for step in service.queries.steps_of(exchange)]
    assert steps(exchange) == ["logged", "confirmed", "approved"]
    assert said == ["", "Lovely class", "Thank you both"]


def test_words_that_are_too_long_change_nothing(scene: Scene) -> None:
    exchange = scene.logged()
    with pytest.raises(service.MessageTooLong):
        service.confirm_exchange(scene.bank, exchange, confirmed_by=scene.ben, message="x" * 1001, at=AT)
    assert exchange.status == Status.LOGGED
