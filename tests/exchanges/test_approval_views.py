"""Coordinators' pages: the queue, one exchange, and what is decided about it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.exchanges.scene import Scene, build_scene, credit, steps, transfers
from tests.make import make_activity, make_bank, make_member, make_organisation, set_rules
from tests.web.reading import Page, assert_refused_beside, everything, look, path_of, token_of
from timebank.exchanges import queries, service
from timebank.exchanges.models import Exchange, Status
from timebank.extensions import db


@pytest.fixture
def scene(app: object) -> Scene:
    return build_scene()


@pytest.fixture
def cara(scene: Scene, app: Flask, sign_in: Any) -> FlaskClient:
    client = app.test_client()
    sign_in(client, scene.cara)
    return client


def decide(client: FlaskClient, exchange: Exchange, decision: str, message: str = "") -> Any:
    details = {"csrf_token": token_of(client), "decision": decision, "message": message}
    return client.post(f"/approvals/{exchange.reference}", data=details)


def approve_ticked(client: FlaskClient, *references: str) -> str:
    answer = client.post("/approvals", data={"csrf_token": token_of(client), "exchange": list(references)})
    assert path_of(answer) == "/approvals"
    return look(client, "/approvals").text


def test_the_queue_shows_what_waits_for_approval(scene: Scene, cara: FlaskClient) -> None:
    confirmed, logged = scene.confirmed(), scene.logged()
    page = look(cara, "/approvals")
    links = [link.attributes["href"] for link in page.main.every("a")]
    assert f"/approvals/{confirmed.reference}" in links
    assert f"/approvals/{logged.reference}" not in links
    assert "Ann Adams" in page.text


def test_approving_from_the_page_of_an_exchange_posts_it(scene: Scene, cara: FlaskClient) -> None:
    exchange = scene.confirmed()
    assert path_of(decide(cara, exchange, "approve")) == "/approvals"
    db.session.refresh(exchange)
    assert (exchange.status, exchange.decided_by_id, credit(scene.ann)) == (Status.APPROVED, scene.cara.id, 60)


def test_every_decision_but_approving_needs_words_beside_the_box(scene: Scene, cara: FlaskClient) -> None:
    exchange = scene.logged()
    before = everything()
    for decision in ("query", "answer", "confirm", "decline", "reverse"):
        assert_refused_beside(decide(cara, exchange, decision, " "), "message", "Enter")
        page = assert_refused_beside(decide(cara, exchange, decision, "x" * 1001), "message", "1,000")
        assert page.fields(f"/approvals/{exchange.reference}")["message"] == ["x" * 1001]
    assert everything() == before


def test_a_decision_that_does_not_exist_is_refused(scene: Scene, cara: FlaskClient) -> None:
    exchange = scene.confirmed()
    before = everything()
    for decision in ("", "delete", "\x00", "__class__"):
        assert decide(cara, exchange, decision, "Why not").status_code == 422
    assert everything() == before


def test_a_coordinator_s_question_and_answer_are_read_by_those_who_took_part(
    scene: Scene, cara: FlaskClient, app: Flask, sign_in: Any
) -> None:
    exchange = scene.confirmed()
    assert path_of(decide(cara, exchange, "query", "Which garden?")) == f"/approvals/{exchange.reference}"
    assert "Somebody has asked a question" in look(cara, decide(cara, exchange, "approve").location).text
    decide(cara, exchange, "answer", "The one in Elm Street")
    client = app.test_client()
    sign_in(client, scene.ben)
    text = look(client, f"/hours/{exchange.reference}").text
    assert "Which garden?" in text
    assert "The one in Elm Street" in text
    db.session.refresh(exchange)
    assert exchange.status == Status.CONFIRMED


@pytest.mark.parametrize("decision", ["query", "answer", "approve"])
def test_a_decision_that_is_sent_again_because_its_answer_got_lost_is_one(
    scene: Scene, cara: FlaskClient, decision: str
) -> None:
    exchange = scene.confirmed()
    path = f"/approvals/{exchange.reference}"
    form = look(cara, path).fields(path) | {"decision": decision, "message": "Which garden? 🌻"}
    first, before = path_of(cara.post(path, data=form)), everything()
    assert path_of(cara.post(path, data=form)) == first
    assert everything() == before
    assert [step.message for step in queries.steps_of(exchange)].count("Which garden? 🌻") == 1
    assert "You sent this before. It was done once" in look(cara, path).text


def test_two_questions_from_one_page_are_two(scene: Scene, cara: FlaskClient) -> None:
    exchange = scene.confirmed()
    path = f"/approvals/{exchange.reference}"
    form = look(cara, path).fields(path) | {"decision": "query"}
    for question in ("Which garden?", "Whose garden?"):
        cara.post(path, data=form | {"message": question})
    assert {"Which garden?", "Whose garden?"} <= {step.message for step in queries.steps_of(exchange)}


def test_a_coordinator_records_that_everybody_confirmed(scene: Scene, cara: FlaskClient) -> None:
    exchange = scene.logged()
    assert "Not everybody has confirmed this yet" in look(cara, decide(cara, exchange, "approve").location).text
    decide(cara, exchange, "confirm", "By telephone")
    db.session.refresh(exchange)
    assert exchange.status == Status.CONFIRMED
    decide(cara, exchange, "approve")
    assert len(transfers()) == 1


def test_declining_and_reversing_say_why_to_those_who_took_part(
    scene: Scene, cara: FlaskClient, app: Flask, sign_in: Any
) -> None:
    declined, mistaken = scene.confirmed(), scene.confirmed()
    decide(cara, declined, "decline", "A birthday present")
    decide(cara, mistaken, "approve")
    decide(cara, mistaken, "reverse", "The wrong Ben")
    for who in (scene.ann, scene.ben):
        client = app.test_client()
        sign_in(client, who)
        assert "A birthday present" in look(client, f"/hours/{declined.reference}").text
        assert "The wrong Ben" in look(client, f"/hours/{mistaken.reference}").text
    assert credit(scene.ann) == 0
    again = look(cara, decide(cara, mistaken, "reverse", "Again").location).text
    assert "This has already been reversed. Nothing was changed" in again
    assert len(transfers()) == 2


def test_one_s_own_hours_are_left_to_another_coordinator(scene: Scene, cara: FlaskClient) -> None:
    exchange = scene.confirmed(receiver=scene.cara)
    before = everything()
    page = look(cara, decide(cara, exchange, "approve").location)
    assert "another coordinator has to decide" in page.text
    assert everything() == before
    text = approve_ticked(cara, exchange.reference)
    assert "another coordinator has to decide" in text
    assert transfers() == []


def test_the_ticked_are_approved_and_those_that_cannot_be_do_not_hold_them_up(scene: Scene, cara: FlaskClient) -> None:
    fits, more = scene.confirmed(), scene.confirmed(minutes=30)
    logged, own = scene.logged(), scene.confirmed(receiver=scene.cara)
    references = [one.reference for one in (fits, logged, own, more)]
    text = approve_ticked(cara, *references, fits.reference, "nonsense")
    assert "2 exchanges approved" in text
    assert "Not everybody has confirmed this yet" in text
    assert "another coordinator has to decide" in text
    assert len(transfers()) == 2


def test_what_the_ledger_refuses_among_the_ticked_is_said(scene: Scene, cara: FlaskClient) -> None:
    set_rules(scene.bank, floor_minutes=-60)
    exchanges = [scene.confirmed(), scene.confirmed()]
    text = approve_ticked(cara, *(one.reference for one in exchanges))
    assert "1 exchange approved" in text
    assert "Gardening: There are not enough hours in the account for this" in text
    assert [credit(scene.ann), credit(scene.ben)] == [60, -60]


def test_nothing_ticked_approves_nothing_and_says_so(scene: Scene, cara: FlaskClient) -> None:
    scene.confirmed()
    assert "Tick the exchanges that you want to approve" in approve_ticked(cara)
    assert transfers() == []


def test_ticked_exchanges_of_another_bank_are_not_touched(scene: Scene, cara: FlaskClient) -> None:
    foreign = build_scene().confirmed()
    before = everything()
    approve_ticked(cara, foreign.reference)
    assert everything() == before


def test_an_odd_reference_among_the_ticked_is_no_error_of_ours(scene: Scene, cara: FlaskClient) -> None:
    before = everything()
    answer = cara.post("/approvals", data={"csrf_token": token_of(cara), "exchange": ["\x00", "🌻", "x" * 5000]})
    assert path_of(answer) == "/approvals"
    assert everything() == before


ASKED = [
    ("words=adams", 1),
    ("words=ANN+ben", 1),
    ("words=ann+eve", 0),
    ("words=%25", 0),
    ("words=_", 0),
    ("words=surgery", 1),
    ("words=nobody", 0),
    ("activity=nonsense", 2),
    ("status=nonsense", 2),
    ("status=logged", 0),
    ("status=all", 2),
]


def test_the_queue_is_narrowed_down_by_what_is_asked(scene: Scene, cara: FlaskClient) -> None:
    scene.confirmed()
    scene.confirmed(giver=scene.eve, receiver=make_organisation(scene.bank, name="Surgery"))
    for asked, expected in ASKED:
        links = {link.attributes["href"] for link in look(cara, f"/approvals?{asked}").main.every("a")}
        found = [href for href in links if href.startswith("/approvals/")]
        assert len(found) == expected, asked


def test_the_queue_is_narrowed_down_to_one_activity(scene: Scene, cara: FlaskClient) -> None:
    cooking = make_activity(scene.bank, name="Cooking")
    foreign = make_activity(make_bank(), name="Foreign")
    wanted, other = scene.confirmed(activity=cooking), scene.confirmed(activity=scene.activity)
    page = str(
        [link.attributes["href"] for link in look(cara, f"/approvals?activity={cooking.reference}").main.every("a")]
    )
    assert wanted.reference in page
    assert other.reference not in page
    every = look(cara, f"/approvals?activity={foreign.reference}").root.text
    assert "Foreign" not in every


def test_the_queue_costs_the_same_however_many_wait(scene: Scene, cara: FlaskClient, statements_counted: Any) -> None:
    counts = []
    for more in (2, 8):
        for _ in range(more):
            scene.confirmed(giver=make_member(scene.bank))
        look(cara, "/approvals")
        with statements_counted() as statements:
            look(cara, "/approvals")
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_the_page_of_an_exchange_shows_the_coordinator_names_numbers_and_telephone(
    scene: Scene, cara: FlaskClient
) -> None:
    offline = make_member(scene.bank, name="Olive Offline", phone="01234 567890")
    exchange = scene.logged(receiver=offline)
    text = look(cara, f"/approvals/{exchange.reference}").text
    for words in ("Olive Offline", offline.number, "Telephone 01234 567890", "Cannot sign in: ask by telephone"):
        assert words in text


def test_steps_are_kept_when_a_decision_is_refused(scene: Scene, cara: FlaskClient) -> None:
    exchange = scene.confirmed()
    service.decline_exchange(scene.bank, exchange, declined_by=scene.dev, message="No", at=exchange.logged_at)
    answer = decide(cara, exchange, "approve")
    assert "This was already declined by Dev Desai. Nothing was changed" in Page(cara.get(answer.location)).text
    assert steps(exchange) == ["logged", "confirmed", "declined"]
