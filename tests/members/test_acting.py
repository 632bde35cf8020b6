"""Somebody who does not sign in is acted for: as long as it was agreed, in hours alone, and always said to be so."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import make
from tests.web.reading import everything, look, path_of, send, token_of
from timebank import clock
from timebank.audit.models import Action, AuditRecord
from timebank.audit.service import Acting, Origin, origin
from timebank.banks.models import Bank
from timebank.exchanges import service as exchanges
from timebank.exchanges.dealing import BothSides
from timebank.exchanges.models import Exchange, Status
from timebank.extensions import db
from timebank.gifts import service as gifts
from timebank.members import looking_after, pausing, service
from timebank.members.models import Helper, Membership, Role
from timebank.oversight.pages import show_records


@dataclass
class Scene:
    """Dan acts for Ann, who has no address; Ben is somebody else, and Ruth and Cara are coordinators."""

    bank: Bank
    ann: Membership
    dan: Membership
    ben: Membership
    ruth: Membership
    cara: Membership
    helper: Helper


@pytest.fixture
def scene(app: Flask) -> Scene:
    bank = make.make_bank()
    ann, dan = make.make_member(bank, name="Ann Archer"), make.make_member(bank, name="Dan Dale")
    ruth, cara = make.make_coordinator(bank, name="Ruth Adeyemi"), make.make_coordinator(bank, name="Cara Cole")
    helper = let_act(ann, dan, by=ruth)
    return Scene(bank, ann, dan, make.make_member(bank, name="Ben Bell"), ruth, cara, helper)


def soon() -> dt.date:
    return clock.now().date() + dt.timedelta(days=30)


def let_act(helped: Membership, helper: Membership, *, by: Membership, until_on: dt.date | None = None) -> Helper:
    return looking_after.add_helper(
        helped,
        helper,
        until_on=until_on or soon(),
        may_act=True,
        on_their_word=True,
        added_by=by,
        at=clock.now(),
    )


@pytest.fixture
def as_dan(app: Flask, sign_in: Any, scene: Scene) -> FlaskClient:
    client = app.test_client()
    sign_in(client, scene.dan)
    return client


def act(client: FlaskClient, helper: Helper) -> None:
    answer = send(client, f"/helpers/{helper.reference}/act", {}, page="/me/helpers")
    assert (answer.status_code, path_of(answer)) == (302, "/")


def test_a_helper_confirms_in_the_other_s_place_and_everybody_reads_that_they_did(
    scene: Scene, as_dan: FlaskClient, app: Flask, sign_in: Any
) -> None:
    exchange = make.log_exchange(scene.bank, giver=scene.ben, receiver=scene.ann, at=clock.now())
    page = f"/hours/{exchange.reference}"
    assert as_dan.get(page).status_code == 404
    assert "Act for Ann Archer" in look(as_dan, "/").text
    act(as_dan, scene.helper)
    home = look(as_dan, "/")
    assert "You are acting for Ann Archer Go back to yourself" in home.root.text
    assert "Hello, Ann" in home.text
    assert "Signed in as Dan Dale" in home.root.text
    sent = {"answer": "confirmed", "message": "", "capacity": "not_stated", "thanks": "Bless you"}
    assert send(as_dan, f"{page}/answer", sent, page=page).status_code == 302
    db.session.expire_all()
    assert exchange.status == Status.CONFIRMED
    party = exchange.party_of([scene.ann.account_id])
    assert party is not None
    assert (party.answered_by_id, party.answered_through_id, party.thanks) == (scene.ann.id, scene.dan.id, "Bless you")
    assert "Dan D., for you" in look(as_dan, page).text
    ben = app.test_client()
    sign_in(ben, scene.ben)
    assert "Dan D., for Ann A." in look(ben, page).text
    assert "Ann A.: confirmed by a helper in their place" in look(ben, page).text
    [record] = db.session.scalars(select(AuditRecord).where(AuditRecord.action == Action.EXCHANGE_CONFIRMED))
    assert (record.membership_id, record.details) == (scene.dan.id, {"for": scene.ann.reference})
    with app.test_request_context():
        [shown] = show_records(scene.bank, [record])
    assert shown.sentence.startswith("Dan Dale for Ann Archer confirmed 1 hour from Ben Bell to Ann Archer")
    assert send(as_dan, "/acting/end", {}, page="/").status_code == 302
    assert "You are acting for" not in look(as_dan, "/").root.text
    assert as_dan.get(page).status_code == 404


def test_a_helper_does_nothing_but_hours_and_nothing_of_their_own_meanwhile(scene: Scene, as_dan: FlaskClient) -> None:
    scene.dan.role = Role.COORDINATOR
    own = make.log_exchange(scene.bank, giver=scene.ben, receiver=scene.dan, at=clock.now())
    act(as_dan, scene.helper)
    allowed = {"/": 200, "/hours": 200, "/hours/log": 200, "/statements": 302, "/directory": 200, "/concern": 200}
    refused = ("/me", "/me/everything", "/me/password", "/me/email", "/me/profile", "/me/helpers", "/me/statements")
    of_the_bank = ("/donate", "/approvals", "/people", "/months", "/hours/log-for-others", "/grant", "/organisations")
    assert {path: as_dan.get(path).status_code for path in allowed} == allowed
    before = everything()
    for path in refused + of_the_bank:
        answer = as_dan.get(path)
        assert (answer.status_code, "while you act for somebody else" in answer.text) == (403, True), path
    token = token_of(as_dan)
    for path in ("/me/password", "/donate", "/approvals", f"/helpers/{scene.helper.reference}/end"):
        assert as_dan.post(path, data={"csrf_token": token}).status_code == 403, path
    # Dan's own hours are not Ann's.
    assert as_dan.get(f"/hours/{own.reference}").status_code == 404
    assert everything() == before
    menu = [link.text for link in look(as_dan, "/").root.every("nav")[0].every("a")]
    assert menu == ["Home", "Log hours", "My hours", "Statement"]


def test_a_helper_of_a_coordinator_has_none_of_the_coordinator_s_powers(scene: Scene, as_dan: FlaskClient) -> None:
    scene.ann.role = Role.ADMINISTRATOR
    others = make.confirmed_exchange(scene.bank, giver=scene.ben, receiver=scene.cara)
    gift = gifts.grant_hours(
        scene.bank, granted_by=scene.ruth, to_account_id=scene.ben.account_id, minutes=5, reason="x", at=clock.now()
    )
    act(as_dan, scene.helper)
    ben = scene.ben.account.reference
    for path in (f"/statements/{ben}", f"/statements/{ben}/2026-03", f"/gifts/{gift.reference}"):
        assert as_dan.get(path).status_code == 404, path
    assert as_dan.get(f"/hours/{others.reference}").status_code == 404
    assert as_dan.get(f"/approvals/{others.reference}").status_code == 403
    found = as_dan.get("/people/search?q=Bell").json
    assert found == {"people": []}


def test_it_ends_at_once_and_what_is_sent_then_is_done_in_nobody_s_name(scene: Scene, as_dan: FlaskClient) -> None:
    exchange = make.log_exchange(scene.bank, giver=scene.ben, receiver=scene.ann, at=clock.now())
    page = f"/hours/{exchange.reference}"
    yesterday = clock.now().date() - dt.timedelta(days=1)

    def revoke() -> None:
        looking_after.end_helper(scene.helper, ended_by=scene.ann, at=clock.now())

    def pause() -> None:
        pausing.pause(scene.ann, reason="x", paused_by=scene.ruth, at=clock.now())

    def let_the_day_pass() -> None:
        scene.helper.until_on = yesterday

    def take_acting_away() -> None:
        scene.helper.may_act = False

    def take_the_row_away() -> None:
        db.session.delete(scene.helper)

    def leave() -> None:
        service.leave(scene.ann, recorded_by=scene.ruth, at=clock.now())

    for end in (let_the_day_pass, take_acting_away, pause, revoke, leave, take_the_row_away):
        scene.helper.until_on, scene.helper.may_act, scene.helper.ended_at = soon(), True, None
        scene.ann.paused_at = scene.ann.left_at = None
        act(as_dan, scene.helper)
        token = token_of(as_dan)
        assert as_dan.get(page).status_code == 200, end
        end()
        before = everything()
        data = {"csrf_token": token, "answer": "confirmed", "capacity": "not_stated", "key": "a" * 32}
        answer = as_dan.post(f"{page}/answer", data=data)
        assert (answer.status_code, "You can no longer act for this person" in answer.text) == (403, True), end
        # Nor by mistake in Dan's own name.
        assert [as_dan.get(path).status_code for path in ("/", page, "/hours/log")] == [403, 403, 403], end
        assert everything() == before
        assert as_dan.post("/acting/end", data={"csrf_token": token}).status_code == 302
        assert [as_dan.get(path).status_code for path in ("/", page)] == [200, 404], end


def test_a_form_from_before_is_not_taken_in_the_other_s_name(scene: Scene, as_dan: FlaskClient) -> None:
    token = token_of(as_dan)
    act(as_dan, scene.helper)
    before = everything()
    assert as_dan.post("/hours/log", data={"csrf_token": token, "step": "log"}).status_code == 400
    token = token_of(as_dan)
    assert send(as_dan, "/acting/end", {}, page="/").status_code == 302
    assert as_dan.post("/hours/log", data={"csrf_token": token, "step": "log"}).status_code == 400
    assert everything()["exchange"] == before["exchange"]


def through(helper: Membership, helped: Membership) -> None:
    """Do what follows as the helper for the helped one."""
    origin.set(Origin("application", acting=Acting(helper.id, helped.id, helped.reference)))


def as_oneself() -> None:
    origin.set(Origin("application"))


def test_nobody_confirms_both_sides_as_themselves_and_as_a_helper(scene: Scene) -> None:
    bank, ann, dan, ben = scene.bank, scene.ann, scene.dan, scene.ben
    let_act(ben, dan, by=scene.ruth)

    def logged_as_himself() -> tuple[Exchange, Membership, Membership | None]:
        return make.log_exchange(bank, giver=dan, receiver=ann, at=clock.now()), ann, dan

    def logged_for_her() -> tuple[Exchange, Membership, Membership | None]:
        through(dan, ann)
        return make.log_exchange(bank, giver=dan, receiver=ann, logged_by=ann, at=clock.now()), dan, None

    def logged_for_another() -> tuple[Exchange, Membership, Membership | None]:
        through(dan, ann)
        return make.log_exchange(bank, giver=ben, receiver=ann, logged_by=ann, at=clock.now()), ben, dan

    for log in (logged_as_himself, logged_for_her, logged_for_another):
        exchange, other, helper = log()
        as_oneself()
        if helper is not None:
            through(helper, other)
        with pytest.raises(BothSides):
            exchanges.confirm_exchange(bank, exchange, confirmed_by=other, at=clock.now())
        as_oneself()
        assert exchange.status == Status.LOGGED, log
        # A coordinator has to, who asks the person.
        exchanges.confirm_for_others(bank, exchange, confirmed_by=scene.cara, message="By telephone", at=clock.now())
        assert exchange.status == Status.CONFIRMED, log
    # Somebody else's help is confirmed as ever, and Ann herself confirms what Dan logged with her.
    exchange = make.log_exchange(bank, giver=dan, receiver=ann, at=clock.now())
    assert exchanges.confirm_exchange(bank, exchange, confirmed_by=ann, at=clock.now()).status == Status.CONFIRMED


def test_no_rule_of_the_bank_stands_in_for_the_other_side_of_a_helper(scene: Scene) -> None:
    make.set_rules(scene.bank, confirms_itself_after_days=1, approval_needed=False)
    early = clock.now() - dt.timedelta(days=5)
    dealing = make.log_exchange(scene.bank, giver=scene.dan, receiver=scene.ann, at=early)
    through(scene.dan, scene.ann)
    for_her = make.log_exchange(scene.bank, giver=scene.dan, receiver=scene.ann, logged_by=scene.ann, at=early)
    as_oneself()
    others = make.log_exchange(scene.bank, giver=scene.ben, receiver=scene.ann, at=early)
    assert exchanges.settle_by_rule(scene.bank, at=clock.now()) == (1, 0)
    assert [each.status for each in (dealing, for_her, others)] == [Status.LOGGED, Status.LOGGED, Status.APPROVED]
    make.set_rules(scene.bank, confirmation_needed=False, approval_needed=False)
    through(scene.dan, scene.ann)
    unasked = make.log_exchange(scene.bank, giver=scene.dan, receiver=scene.ann, logged_by=scene.ann, at=clock.now())
    as_oneself()
    assert unasked.status == Status.CONFIRMED


def test_whoever_acts_for_somebody_does_not_decide_on_their_hours(scene: Scene) -> None:
    let_act(scene.ann, scene.cara, by=scene.ruth)
    exchange = make.confirmed_exchange(scene.bank, giver=scene.ben, receiver=scene.ann, at=clock.now())
    with pytest.raises(exchanges.OwnExchange):
        exchanges.approve_exchange(scene.bank, exchange, approved_by=scene.cara, at=clock.now())
    exchanges.approve_exchange(scene.bank, exchange, approved_by=scene.ruth, at=clock.now())


def test_who_may_act_is_the_person_s_own_word_and_has_a_last_day(scene: Scene) -> None:
    ann, ben, ruth, today = scene.ann, scene.ben, scene.ruth, clock.now().date()

    def add(helper: Membership, by: Membership, until_on: dt.date | None, *, word: bool = True) -> Helper:
        return looking_after.add_helper(
            ann, helper, until_on=until_on, may_act=True, on_their_word=word, added_by=by, at=clock.now()
        )

    for broken, helper, by, until_on, word in (
        (looking_after.UntilNeeded, ben, ruth, None, True),
        (looking_after.UntilNeeded, ben, ruth, today + dt.timedelta(days=367), True),
        (looking_after.WordNeeded, ben, ruth, soon(), False),
        (looking_after.OwnAppointment, ruth, ruth, soon(), True),
        (looking_after.UntilInThePast, ben, ruth, today - dt.timedelta(days=2), True),
    ):
        with pytest.raises(broken):
            add(helper, by, until_on, word=word)
    own = add(ben, ann, soon(), word=False)
    assert (own.may_act, own.added_by_id) == (True, ann.id)


def test_the_person_lets_somebody_act_and_ends_it_on_their_own_page(scene: Scene, app: Flask, sign_in: Any) -> None:
    ben, client = scene.ben, app.test_client()
    sign_in(client, ben)
    day = soon()
    sent: dict[str, Any] = {"who": f"Dan D. ({scene.dan.number})", "may_act": "y"}
    answer = send(client, "/me/helpers", sent, page="/me/helpers")
    assert (answer.status_code, "acting for somebody always ends" in answer.text) == (422, True)
    sent |= {"until_on": [str(day.day), str(day.month), str(day.year)]}
    answer = send(client, "/me/helpers", sent, page="/me/helpers")
    assert answer.status_code == 302, answer.text
    [added] = db.session.scalars(select(Helper).where(Helper.helped_id == ben.id))
    assert (added.may_act, added.until_on, added.helper_id) == (True, day, scene.dan.id)
    assert "Dan Dale may act in your place" in look(client, "/me/helpers").text
    assert send(client, f"/helpers/{added.reference}/end", {}, page="/me/helpers").status_code == 302
    db.session.refresh(added)
    assert added.ended_at is not None


def test_nobody_begins_to_act_but_the_helper(scene: Scene, app: Flask, sign_in: Any) -> None:
    others = make.make_bank()
    for who in (scene.ben, scene.ruth, make.make_administrator(others)):
        client = app.test_client()
        sign_in(client, who)
        token = token_of(client)
        assert client.post(f"/helpers/{scene.helper.reference}/act", data={"csrf_token": token}).status_code == 404
    reading = looking_after.add_helper(scene.ben, scene.dan, until_on=None, added_by=scene.ben, at=clock.now())
    client = app.test_client()
    sign_in(client, scene.dan)
    token = token_of(client)
    assert client.post(f"/helpers/{reading.reference}/act", data={"csrf_token": token}).status_code == 403
