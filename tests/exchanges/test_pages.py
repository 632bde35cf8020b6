"""An exchange in words: who gave what to whom, and what it does to everybody's hours."""

from __future__ import annotations

from typing import Any

import pytest

from tests.exchanges.scene import Scene, build_scene
from tests.make import draft_exchange, log_exchange, make_member, make_organisation
from timebank.exchanges.pages import describe_draft, show_exchange
from timebank.ledger.models import Book
from timebank.ledger.queries import community_account
from timebank.members.models import Capacity, Membership
from timebank.organisations.names import Viewer


@pytest.fixture
def scene(app: object) -> Scene:
    return build_scene()


def sentence(scene: Scene, viewer: Membership, *, in_full: bool = False, **parties: Any) -> str:
    exchange = log_exchange(scene.bank, logged_by=scene.cara, **parties)
    return show_exchange(exchange, viewer=viewer, in_full=in_full).sentence


def effects(scene: Scene, viewer: Membership, *, in_full: bool = False, **details: Any) -> list[str]:
    draft = draft_exchange(scene.bank, **details)
    pot = community_account(scene.bank.id).id
    return describe_draft(draft, viewer=Viewer(viewer, in_full), community_account_id=pot).effects


def test_everybody_reads_it_from_where_they_stand(scene: Scene) -> None:
    parties = {"giver": scene.ann, "receiver": scene.ben}
    assert sentence(scene, scene.ann, **parties) == "You gave 1 hour of help to Ben B."
    assert sentence(scene, scene.ben, **parties) == "Ann A. gave you 1 hour of help"
    assert sentence(scene, scene.cara, in_full=True, **parties) == "Ann Adams gave 1 hour of help to Ben Brown"


def test_of_several_each_is_named_and_oneself_last(scene: Scene) -> None:
    class_ = {"giver": scene.eve, "receiver": [scene.ann, scene.ben, scene.dev]}
    assert sentence(scene, scene.ann, **class_) == "Eve E. gave 1 hour of help to Ben B., Dev D. and you"
    assert sentence(scene, scene.eve, **class_) == "You gave 1 hour of help to Ann A., Ben B. and Dev D."
    party = {"giver": [scene.ann, scene.ben], "receiver": scene.eve}
    assert sentence(scene, scene.ann, **party) == "Ben B. and you each gave 1 hour of help to Eve E."
    assert sentence(scene, scene.eve, **party) == "Ann A. and Ben B. each gave you 1 hour of help"


def test_of_many_the_number_is_said(scene: Scene) -> None:
    many = [make_member(scene.bank) for _ in range(4)]
    assert sentence(scene, scene.ann, giver=scene.ann, receiver=many) == "You gave 1 hour of help to 4 people"
    with_me = sentence(scene, scene.ben, giver=scene.ann, receiver=[*many, scene.ben])
    assert with_me == "Ann A. gave 1 hour of help to you and 4 other people"


def test_what_it_will_do_to_everybody_s_hours_is_said_before_it_is_logged(scene: Scene) -> None:
    pair = {"giver": scene.ann, "receiver": scene.ben, "minutes": 90}
    assert effects(scene, scene.ann, **pair) == ["You earn 1 hour 30 minutes.", "Ben B. uses 1 hour 30 minutes."]
    assert effects(scene, scene.ben, **pair) == ["Ann A. earns 1 hour 30 minutes.", "You use 1 hour 30 minutes."]


def test_in_a_class_the_rest_goes_to_the_community_account(scene: Scene) -> None:
    class_ = {"giver": scene.eve, "receiver": [scene.ann, scene.ben, scene.dev]}
    assert effects(scene, scene.eve, **class_) == [
        "You earn 1 hour.",
        "Ann A., Ben B. and Dev D. each use 1 hour.",
        "The rest, 2 hours, goes to the community account.",
    ]


def test_at_a_working_party_the_receiver_uses_it_all(scene: Scene) -> None:
    pot = community_account(scene.bank.id)
    assert effects(scene, scene.ann, giver=[scene.ann, scene.ben], receiver=pot) == [
        "Ben B. and you each earn 1 hour.",
        "The community account uses 2 hours.",
    ]


def test_where_the_community_learned_too_nothing_is_left_out(scene: Scene) -> None:
    pot = community_account(scene.bank.id)
    assert effects(scene, scene.eve, giver=scene.eve, receiver=[scene.ann, pot, scene.ben]) == [
        "The community account and you each earn 1 hour.",
        "Ann A. and Ben B. each use 1 hour.",
    ]


def test_recorded_hours_change_nobody_s_credit(scene: Scene) -> None:
    assert effects(scene, scene.ann, giver=scene.ann, receiver=scene.ben, book=Book.RECORD) == []


def test_a_capacity_is_shown_to_whoever_it_is_of_and_to_coordinators(scene: Scene) -> None:
    scene.ann.capacity, scene.ben.capacity = Capacity.CARER, Capacity.SERVICE_USER
    draft = draft_exchange(scene.bank, giver=scene.ann, receiver=[scene.ben, make_organisation(scene.bank)])
    for viewer, in_full, lines in (
        (scene.ann, False, ["You: Family or carer"]),
        (scene.ben, False, ["You: Service user or patient"]),
        (scene.eve, False, []),
        (scene.cara, True, ["Ann Adams: Family or carer", "Ben Brown: Service user or patient"]),
    ):
        shown = describe_draft(draft, viewer=Viewer(viewer, in_full), community_account_id=0)
        assert shown.capacities == lines
