"""Members' pages: their hours, what they can do about them, and what they never see."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.exchanges.scene import Scene, build_scene, party, steps, transfers
from tests.make import AT, confirmed_exchange, make_bank, make_coordinator, make_member, make_organisation, set_rules
from tests.web.reading import Page, assert_refused_beside, everything, look, path_of, send, token_of
from timebank.exchanges import queries, service
from timebank.exchanges.models import Answer, Exchange, Status
from timebank.extensions import db
from timebank.members.models import Capacity, Membership, Role


@pytest.fixture
def scene(app: object) -> Scene:
    return build_scene()


class Visitor:
    """Somebody signed in, at the page of one exchange."""

    def __init__(self, client: FlaskClient, exchange: Exchange) -> None:
        self.client, self.path = client, f"/hours/{exchange.reference}"

    def answer(self, answer: str, message: str = "", **changes: Any) -> Any:
        return send(
            self.client,
            f"{self.path}/answer",
            {"answer": answer, "message": message, "capacity": "not_stated"} | changes,
            page=self.path,
        )

    def post(self, end: str, **details: str) -> Any:
        return self.client.post(f"{self.path}/{end}", data={"csrf_token": token_of(self.client)} | details)

    def page(self, status: int = 200) -> Page:
        return look(self.client, self.path, status)


@pytest.fixture
def visit(app: Flask, sign_in: Any) -> Any:
    def as_somebody(who: Membership, exchange: Exchange) -> Visitor:
        client = app.test_client()
        sign_in(client, who)
        return Visitor(client, exchange)

    return as_somebody


def test_the_other_person_confirms_on_the_page_of_the_exchange(scene: Scene, visit: Any) -> None:
    exchange = scene.logged()
    ben = visit(scene.ben, exchange)
    assert "Ann A. gave you 1 hour of help" in ben.page().heading
    answer = ben.answer("confirmed", capacity="carer")
    assert path_of(answer) == ben.path
    assert "You confirmed these hours" in ben.page().text
    db.session.refresh(exchange)
    assert (exchange.status, party(exchange, scene.ben).capacity) == (Status.CONFIRMED, Capacity.CARER)


def test_whoever_received_says_thank_you_and_whoever_gave_reads_it(scene: Scene, visit: Any) -> None:
    exchange = scene.logged()
    ben, ann = visit(scene.ben, exchange), visit(scene.ann, exchange)
    before = everything()
    page = assert_refused_beside(ben.answer("confirmed", thanks="x" * 501), "thanks", "500 characters or fewer")
    assert page.fields(f"{ben.path}/answer")["thanks"] == ["x" * 501]
    assert everything() == before
    ben.answer("confirmed", thanks="  You made <b>my</b> week 🌹\r\nBen ")
    assert party(exchange, scene.ben).thanks == "You made <b>my</b> week 🌹\nBen"
    assert "Thank you from Ben B.: You made <b>my</b> week 🌹 Ben" in ann.page().text
    assert "You said thank you: You made <b>my</b> week 🌹 Ben" in ben.page().text


def test_nobody_thanks_themselves_and_a_question_keeps_no_thanks(scene: Scene, visit: Any) -> None:
    exchange = scene.logged(logged_by=scene.ben)
    ann = visit(scene.ann, exchange)
    assert not ann.page().root.every("textarea", name="thanks")
    ann.answer("confirmed", thanks="I was wonderful")
    assert party(exchange, scene.ann).thanks == ""
    other = scene.logged()
    ben = visit(scene.ben, other)
    ben.answer("queried", "Which day?", thanks="Lovely")
    assert [each.thanks for each in other.parties] == ["", ""]


def test_a_question_needs_words_beside_the_box_and_keeps_what_was_chosen(scene: Scene, visit: Any) -> None:
    exchange = scene.logged()
    ben = visit(scene.ben, exchange)
    before = everything()
    page = assert_refused_beside(ben.answer("queried", " "), "message", "Enter")
    assert page.fields(f"{ben.path}/answer")["answer"] == ["queried"]
    too_long = assert_refused_beside(ben.answer("queried", "x" * 1001), "message", "1,000 characters or fewer")
    assert too_long.fields(f"{ben.path}/answer")["message"] == ["x" * 1001]
    assert_refused_beside(ben.answer("", "What?"), "answer", "Choose whether this is right")
    assert everything() == before
    assert ben.answer("queried", "Was it <b>two</b>?").status_code == 302
    assert "Was it <b>two</b>?" in visit(scene.ann, exchange).page().text


def test_a_question_is_answered_by_whoever_logged_it_and_settled_by_whoever_asked(scene: Scene, visit: Any) -> None:
    exchange = scene.logged()
    ben, ann = visit(scene.ben, exchange), visit(scene.ann, exchange)
    ben.answer("queried", "Which day?")
    assert ann.post("reply", message="").status_code == 422
    page = Page(ann.post("reply", message=""))
    assert page.summary == [("#reply-message", "Enter your answer")]
    assert "reply-message" in page.ids
    assert ann.post("reply", message="Tuesday").status_code == 302
    assert "Tuesday" in ben.page().text
    ben.answer("confirmed")
    db.session.refresh(exchange)
    assert exchange.status == Status.CONFIRMED


def test_saying_that_it_did_not_happen_leaves_it_to_the_coordinator(scene: Scene, visit: Any) -> None:
    exchange = scene.logged()
    ben = visit(scene.ben, exchange)
    assert ben.answer("denied").status_code == 302
    db.session.refresh(exchange)
    assert (exchange.status, party(exchange, scene.ben).answer) == (Status.QUERIED, Answer.DENIED)


@pytest.mark.parametrize(("end", "fields"), [("answer", {"answer": "queried"}), ("reply", {})])
def test_words_that_are_sent_again_because_the_answer_got_lost_stand_there_once(
    scene: Scene, app: Flask, sign_in: Any, end: str, fields: dict[str, str]
) -> None:
    exchange = scene.logged()
    if end == "reply":
        service.query_exchange(
            scene.bank, exchange, queried_by=scene.cara, message="Whose garden?", at=AT, as_coordinator=True
        )
    client = app.test_client()
    sign_in(client, scene.ben)
    path = f"/hours/{exchange.reference}"
    form = look(client, path).fields(f"{path}/{end}") | {"message": "Which garden? 🌻"} | fields
    for _time in range(2):
        assert path_of(client.post(f"{path}/{end}", data=form)) == path
    assert [step.message for step in queries.steps_of(exchange)].count("Which garden? 🌻") == 1


def test_only_whoever_logged_it_can_withdraw_it(scene: Scene, visit: Any) -> None:
    exchange = scene.logged()
    ben, ann = visit(scene.ben, exchange), visit(scene.ann, exchange)
    before = everything()
    refused = ben.post("withdraw")
    assert refused.status_code == 409
    assert "Only the person who logged this can withdraw it" in Page(refused).text
    assert everything() == before
    assert "Withdraw these hours" not in ben.page().text
    assert path_of(ann.post("withdraw")) == ann.path
    db.session.refresh(exchange)
    assert exchange.status == Status.WITHDRAWN
    again = ben.client.post(f"{ben.path}/answer", data={"csrf_token": token_of(ben.client), "answer": "confirmed"})
    assert again.status_code in (409, 422)


def test_what_is_settled_shows_no_way_to_answer_and_takes_none(scene: Scene, visit: Any) -> None:
    exchange = scene.confirmed()
    service.decline_exchange(scene.bank, exchange, declined_by=scene.cara, message="It was a present", at=AT)
    ben = visit(scene.ben, exchange)
    text = ben.page().text
    assert "It was a present" in text
    assert "Is this right?" not in text
    assert "Withdraw these hours" not in text
    before = everything()
    for end, details in (
        ("answer", {"answer": "queried", "message": "Why?", "capacity": "carer"}),
        ("reply", {"message": "Because"}),
    ):
        answer = ben.post(end, **details)
        assert answer.status_code == 409
        assert "already settled" in Page(answer).text
    assert everything() == before


def test_a_reversal_and_its_reason_are_on_the_pages_of_both(scene: Scene, visit: Any) -> None:
    exchange = scene.confirmed()
    service.approve_exchange(scene.bank, exchange, approved_by=scene.cara, at=AT)
    service.reverse_exchange(scene.bank, exchange, reversed_by=scene.dev, message="It was logged twice", at=AT)
    for who in (scene.ann, scene.ben):
        visitor = visit(who, exchange)
        text = visitor.page().text
        assert "Reversed in the ledger" in text
        assert "It was logged twice" in text
        assert "Dev D." in text
        assert "Reversed" in look(visitor.client, "/hours").text


def test_members_see_first_names_and_initials_and_never_another_s_capacity(scene: Scene, visit: Any) -> None:
    ben = make_member(scene.bank, name="Benedict Brownlow", capacity=Capacity.SERVICE_USER, phone="01234 567890")
    exchange = confirmed_exchange(scene.bank, giver=scene.ann, receiver=ben)
    ann = visit(scene.ann, exchange)
    for path in (ann.path, "/hours", "/", f"{ann.path}/logged"):
        text = look(ann.client, path).root.text
        assert "Brownlow" not in text
        assert "01234" not in text
    summary = ann.page().text
    assert "Benedict B." in summary
    assert "Service user" not in summary


def test_a_member_s_own_capacity_is_shown_to_themselves(scene: Scene, visit: Any) -> None:
    nia = make_member(scene.bank, name="Nia Nurse", capacity=Capacity.PROFESSIONAL)
    exchange = confirmed_exchange(scene.bank, giver=nia, receiver=scene.ben)
    assert "Professional (other members do not see this)" in visit(nia, exchange).page().text


def test_others_hours_do_not_exist_on_members_pages_for_anybody_else(scene: Scene, app: Flask, sign_in: Any) -> None:
    exchange, other_bank = scene.logged(), make_bank()
    for who in [make_member(bank, role=role) for bank in (scene.bank, other_bank) for role in Role]:
        client = app.test_client()
        sign_in(client, who)
        token = token_of(client)
        before = everything()
        for method, end in (
            ("GET", ""),
            ("GET", "/logged"),
            ("POST", "/answer"),
            ("POST", "/reply"),
            ("POST", "/withdraw"),
        ):
            details = {"csrf_token": token, "answer": "confirmed", "message": "Hello", "capacity": "carer"}
            answer = client.open(f"/hours/{exchange.reference}{end}", method=method, data=details)
            assert answer.status_code == (404 if who.has_hours else 403), (method, end)
            assert "Ann A" not in answer.text
        assert everything() == before


def test_an_organisation_s_contact_answers_for_it_on_their_own_pages(scene: Scene, visit: Any) -> None:
    surgery = make_organisation(scene.bank, name="Surgery", contact=scene.eve)
    exchange = scene.logged(receiver=surgery)
    eve = visit(scene.eve, exchange)
    assert "Surgery has not answered yet" in eve.page().text
    eve.answer("confirmed")
    db.session.refresh(exchange)
    assert exchange.status == Status.CONFIRMED
    assert "Gardening" in look(eve.client, "/hours").text


def test_the_coordinator_who_logged_for_others_sees_it_and_cannot_confirm_it(scene: Scene, visit: Any) -> None:
    exchange = scene.logged(logged_by=scene.cara)
    cara = visit(scene.cara, exchange)
    assert "Is this right?" not in cara.page().text
    before = everything()
    assert cara.post("answer", answer="confirmed", capacity="carer").status_code == 404
    assert everything() == before


def test_confirming_twice_over_the_page_confirms_once(scene: Scene, visit: Any) -> None:
    exchange = scene.logged()
    ben = visit(scene.ben, exchange)
    for _ in range(2):
        answer = ben.post("answer", answer="confirmed", capacity="neighbour")
        assert answer.status_code == 302
    assert steps(exchange) == ["logged", "confirmed"]


def test_confirming_what_the_ledger_refuses_says_why_and_changes_nothing(scene: Scene, visit: Any) -> None:
    set_rules(scene.bank, approval_needed=False, floor_minutes=0)
    exchange = scene.logged()
    ben = visit(scene.ben, exchange)
    before = everything()
    answer = ben.post("answer", answer="confirmed", capacity="neighbour")
    assert answer.status_code == 409
    assert "There are not enough hours in the account for this" in Page(answer).text
    assert everything() == before
    assert transfers() == []


def test_what_waits_for_somebody_is_on_their_first_page_and_goes_when_answered(scene: Scene, visit: Any) -> None:
    exchange = scene.logged()
    ben = visit(scene.ben, exchange)
    assert ben.path in str([link.attributes["href"] for link in look(ben.client, "/").main.every("a")])
    ben.answer("confirmed")
    assert ben.path not in str([link.attributes["href"] for link in look(ben.client, "/").main.every("a")])


def test_the_side_may_be_chosen_in_the_address_and_nothing_else(scene: Scene, client: Any, sign_in: Any) -> None:
    sign_in(client, scene.ann)
    assert look(client, "/hours/log?side=receiver").fields("/hours/log")["side"] == ["receiver"]
    assert "side" not in look(client, "/hours/log?side=%22%3E%3Cscript%3E").fields("/hours/log")


def test_a_coordinator_of_another_bank_sees_nothing_of_the_queue(scene: Scene, client: Any, sign_in: Any) -> None:
    scene.confirmed()
    sign_in(client, make_coordinator(make_bank(), name="Otto Other"))
    text = look(client, "/approvals?status=all").text
    assert "Ann" not in text
    assert "Everything (0)" in text
