"""Pages to donate and to grant hours, and to take a mistaken gift back."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.exchanges.scene import Scene, build_scene, credit, transfers
from tests.make import give_hours, make_bank, make_coordinator, make_member
from tests.web.reading import Page, assert_refused_beside, everything, look, path_of, send, token_of
from timebank.extensions import db
from timebank.gifts.models import Gift
from timebank.ledger.queries import community_account


@pytest.fixture
def scene(app: object) -> Scene:
    scene = build_scene()
    give_hours(scene.bank, scene.ann, 90)
    return scene


@pytest.fixture
def ann(scene: Scene, app: Flask, sign_in: Any) -> FlaskClient:
    client = app.test_client()
    sign_in(client, scene.ann)
    return client


@pytest.fixture
def cara(scene: Scene, app: Flask, sign_in: Any) -> FlaskClient:
    client = app.test_client()
    sign_in(client, scene.cara)
    return client


def give(client: FlaskClient, path: str, changes: dict[str, Any]) -> TestResponse:
    """Fill in the form, look at the page to check it, and give the hours."""
    checked = send(client, path, changes)
    if checked.status_code != 200:
        return checked
    page = Page(checked)
    assert page.heading == "Check your answers"
    return client.post(path, data=page.fields(path) | {"step": "give"})


def only_gift() -> Gift:
    return db.session.scalars(select(Gift)).one()


def test_a_member_donates_and_both_see_it(scene: Scene, ann: FlaskClient, app: Flask, sign_in: Any) -> None:
    answer = give(ann, "/donate", {"with_whom": "Ben Brown", "time": "1h", "reason": "<b>Get</b> well"})
    gift = only_gift()
    assert path_of(answer) == f"/gifts/{gift.reference}"
    assert (credit(scene.ann), credit(scene.ben)) == (30, 60)
    assert "You donated 1 hour to Ben B." in look(ann, f"/gifts/{gift.reference}").heading
    ben = app.test_client()
    sign_in(ben, scene.ben)
    page = look(ben, f"/gifts/{gift.reference}")
    assert "<b>Get</b> well" in page.text
    assert "Ann A." in page.heading
    assert "Adams" not in page.root.text


def test_what_cannot_be_donated_is_said_beside_the_box_and_nothing_is_lost(scene: Scene, ann: FlaskClient) -> None:
    stranger = make_member(make_bank(), name="Stella Strange", number="S-77")
    before = everything()
    for changes, field, words in (
        ({"time": "1:31"}, "time", "You can donate up to 1 hour 30 minutes"),
        ({"time": "0"}, "time", "more than 0 minutes"),
        ({"time": "1,5"}, "time", "full stop"),
        ({"time": ""}, "time", "Enter how long"),
        ({"time": None}, "time", "Enter how long"),
        ({"time": "-1"}, "time", "more than 0 minutes"),
        ({"with_whom": "Ann Adams"}, "with_whom", "Choose somebody other than yourself"),
        ({"with_whom": scene.ann.number}, "with_whom", "Choose somebody other than yourself"),
        ({"with_whom": ""}, "with_whom", "Enter the name or number"),
        ({"with_whom": "Nobody"}, "with_whom", "We could not find “Nobody”"),
        ({"with_whom": stranger.number}, "with_whom", "We could not find “S-77”"),
        ({"with_whom": "opening"}, "with_whom", "Choose a person, an organisation or the community account"),
        ({"with_whom": "%"}, "with_whom", "We could not find “%”"),
        ({"reason": "x" * 501}, "reason", "Use 500 characters or fewer. You have 501"),
    ):
        typed = {"with_whom": "Ben Brown", "time": "1", "reason": "Thanks"} | changes
        page = assert_refused_beside(send(ann, "/donate", typed), field, words)
        kept = page.fields("/donate")
        for name, value in typed.items():
            assert value is None or kept[name] == [value], changes
    assert everything() == before


def test_whoever_has_nothing_is_told_so_kindly_and_cannot_send_it_either(
    scene: Scene, app: Flask, sign_in: Any
) -> None:
    eve = app.test_client()
    sign_in(eve, scene.eve)
    page = look(eve, "/donate")
    assert "You have no hours to donate just now" in page.text
    assert not [form for form in page.root.every("form") if form.attributes.get("action") == "/donate"]
    before = everything()
    details = {"csrf_token": token_of(eve), "key": "k" * 32, "with_whom": "Ben Brown", "time": "1", "reason": ""}
    assert_refused_beside(eve.post("/donate", data=details), "time", "You have no hours to donate")
    assert everything() == before


def test_the_same_form_sent_twice_donates_once_and_with_other_details_not_at_all(
    scene: Scene, ann: FlaskClient
) -> None:
    fields: dict[str, Any] = look(ann, "/donate").fields("/donate")
    fields |= {"with_whom": "Ben Brown", "time": "30 min", "reason": "", "step": "give"}
    first, second = (ann.post("/donate", data=fields) for _ in range(2))
    assert path_of(first) == path_of(second)
    assert credit(scene.ann) == 60
    before = everything()
    for change in ({"time": "31 min"}, {"with_whom": "Eve Evans"}, {"reason": "More"}):
        other = ann.post("/donate", data=fields | change)
        assert other.status_code == 422
        assert "already used for something else" in Page(other).text
    for key in ("", "short", None):
        sent = {name: value for name, value in (fields | {"key": key}).items() if value is not None}
        assert "incomplete or out of date" in Page(ann.post("/donate", data=sent)).text
    assert everything() == before
    assert only_gift().minutes == 30


def test_a_donation_s_key_is_not_a_grant_s(scene: Scene, cara: FlaskClient) -> None:
    give_hours(scene.bank, scene.cara, 60)
    fields: dict[str, Any] = look(cara, "/donate").fields("/donate")
    fields |= {"with_whom": "Ben Brown", "time": "1", "reason": "Same", "step": "give"}
    cara.post("/donate", data=fields)
    assert "already used for something else" in Page(cara.post("/grant", data=fields)).text
    assert credit(scene.ben) == 60


def test_a_coordinator_grants_with_a_reason_that_is_needed(scene: Scene, cara: FlaskClient) -> None:
    before = everything()
    typed = {"with_whom": "Ben Brown", "time": "2", "reason": ""}
    assert_refused_beside(send(cara, "/grant", typed), "reason", "Enter the reason for this grant")
    assert_refused_beside(send(cara, "/grant", typed | {"reason": "\x00 "}), "reason", "Enter the reason")
    assert_refused_beside(
        send(cara, "/grant", typed | {"with_whom": "Community account", "reason": "x"}), "with_whom", "already belong"
    )
    assert everything() == before
    answer = give(cara, "/grant", typed | {"reason": "In hospital"})
    assert path_of(answer) == f"/gifts/{only_gift().reference}"
    assert (credit(scene.ben), credit(community_account(scene.bank.id))) == (120, -120)
    assert "In hospital" in look(cara, path_of(answer)).text


def test_a_gift_is_reversed_once_with_a_reason_that_both_read(
    scene: Scene, ann: FlaskClient, cara: FlaskClient, app: Flask, sign_in: Any
) -> None:
    give(ann, "/donate", {"with_whom": "Ben Brown", "time": "1", "reason": ""})
    path = f"/gifts/{only_gift().reference}"
    assert_refused_beside(send(cara, f"{path}/reverse", {"reason": " "}, page=path), "reason", "Enter the reason")
    fields = look(cara, path).fields(f"{path}/reverse") | {"reason": ["The wrong Ben"]}
    assert path_of(cara.post(f"{path}/reverse", data=fields)) == path
    again = cara.post(f"{path}/reverse", data=fields)
    assert again.status_code == 409
    assert "This has already been reversed. Nothing was changed" in Page(again).text
    assert (credit(scene.ann), credit(scene.ben)) == (90, 0)
    ben = app.test_client()
    sign_in(ben, scene.ben)
    for browser in (ann, ben):
        assert "The wrong Ben" in look(browser, path).text


def test_a_gift_exists_only_for_those_it_concerns(scene: Scene, ann: FlaskClient, app: Flask, sign_in: Any) -> None:
    give(ann, "/donate", {"with_whom": "Ben Brown", "time": "1", "reason": "Between us"})
    path, other_bank = f"/gifts/{only_gift().reference}", make_bank()
    for who, status in ((scene.eve, 404), (make_coordinator(other_bank), 404), (scene.dev, 200)):
        client = app.test_client()
        sign_in(client, who)
        answer = client.get(path)
        assert answer.status_code == status
        assert ("Between us" in answer.text) == (status == 200)
        if status == 404:
            token, before = token_of(client), everything()
            refused = client.post(f"{path}/reverse", data={"csrf_token": token, "reason": "Mine now"})
            assert refused.status_code in (403, 404)
            assert everything() == before
    assert len(transfers()) == 2


def test_nothing_moves_before_it_was_checked_and_what_was_typed_can_be_changed(scene: Scene, ann: FlaskClient) -> None:
    before = everything()
    page = Page(send(ann, "/donate", {"with_whom": "Ben Brown", "time": "1h", "reason": "Thanks"}))
    assert everything() == before
    for words in ("For whom Ben B.", "How many hours 1 hour", "Message Thanks", "You have left 30 minutes"):
        assert words in page.text
    again = Page(ann.post("/donate", data=page.fields("/donate") | {"step": "change"}))
    fields = again.fields("/donate")
    assert (fields["with_whom"], fields["time"], fields["reason"]) == (["Ben Brown"], ["1h"], ["Thanks"])
    assert everything() == before


def test_a_time_with_two_meanings_is_asked_about_before_anything_moves(scene: Scene, ann: FlaskClient) -> None:
    answer = send(ann, "/donate", {"with_whom": "Ben Brown", "time": "1.30"})
    assert_refused_beside(
        answer, "time", "Type 1:30 if you mean 1 hour 30 minutes, or 78 min if you mean 1 hour 18 minutes"
    )


def test_nobody_grants_to_themselves_where_another_coordinator_can(scene: Scene, cara: FlaskClient) -> None:
    before = everything()
    for step in ("check", "give"):
        typed = {"with_whom": scene.cara.number, "time": "1", "reason": "Me", "step": step}
        assert_refused_beside(send(cara, "/grant", typed), "with_whom", "another coordinator has to do it")
    assert everything() == before


def test_a_link_on_a_person_s_page_says_to_whom_hours_are_granted(scene: Scene, cara: FlaskClient) -> None:
    assert look(cara, f"/grant?to={scene.ben.number}").fields("/grant")["with_whom"] == [scene.ben.number]
