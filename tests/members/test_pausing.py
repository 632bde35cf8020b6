"""A person can be paused at once: they are out everywhere, and nothing new begins with them, until somebody ends it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import make
from tests.make import AT, PASSWORD
from tests.web.reading import assert_refused_beside, everything, look, path_of, send, token_of
from timebank.audit.models import Action, AuditRecord
from timebank.banks.models import Bank
from timebank.exchanges import draft as drafts
from timebank.exchanges import service as exchanges
from timebank.extensions import db
from timebank.gifts import service as gifts
from timebank.mail.kinds import NotToBeSent
from timebank.mail.sending import names_from_settings, write
from timebank.mail.service import queue_mail
from timebank.members import looking_after, pausing, queries, service
from timebank.members.models import Membership, Role
from timebank.members.permissions import ALLOWED, may
from timebank.organisations import find
from timebank.sign_in import invitations
from timebank.sign_in.service import SignInRefused, check_sign_in

WHY = "A neighbour's <b>worry</b>"


@pytest.fixture
def bank(app: Flask) -> Bank:
    return make.make_bank()


@pytest.fixture
def ben(bank: Bank) -> Membership:
    return make.make_member(bank, name="Ben Hale", email="ben@example.org")


@pytest.fixture
def ann(bank: Bank) -> Membership:
    return make.make_member(bank, name="Ann Jones")


@pytest.fixture
def ruth(bank: Bank) -> Membership:
    return make.make_coordinator(bank, name="Ruth Adeyemi")


def pause(member: Membership, by: Membership, reason: str = WHY) -> None:
    pausing.pause(member, reason=reason, paused_by=by, at=AT)


def acts() -> list[tuple[str, str]]:
    query = select(AuditRecord).where(AuditRecord.action.in_([Action.MEMBER_PAUSED, Action.MEMBER_PAUSE_ENDED]))
    return [(record.action, record.reference) for record in db.session.scalars(query.order_by(AuditRecord.id))]


def test_a_coordinator_pauses_and_ends_it_and_sees_why(
    bank: Bank, client: FlaskClient, ben: Membership, ruth: Membership, sign_in: Any
) -> None:
    sign_in(client, ruth)
    path = f"/people/{ben.reference}/pause"
    here = f"/people/{ben.reference}"
    assert_refused_beside(send(client, path, {"reason": " "}), "reason", "Enter why")
    assert_refused_beside(send(client, path, {"reason": "x" * 501}), "reason", "500")
    assert acts() == []
    assert path_of(send(client, path, {"reason": WHY})) == here
    page = look(client, here)
    assert "by Ruth Adeyemi" in page.text
    assert WHY in page.text
    assert "Paused" in look(client, "/people").text
    ended = client.post(f"{here}/end-pause", data={"csrf_token": token_of(client)})
    assert path_of(ended) == here
    assert WHY not in look(client, here).text
    db.session.refresh(ben)
    assert (ben.paused_at, ben.paused_by_id, ben.paused_reason) == (None, None, "")
    assert acts() == [(Action.MEMBER_PAUSED, ben.reference), (Action.MEMBER_PAUSE_ENDED, ben.reference)]


def test_whoever_is_paused_is_out_at_once_and_old_sessions_stay_dead(
    app: Flask, bank: Bank, ben: Membership, ruth: Membership, sign_in: Any
) -> None:
    client = app.test_client()
    sign_in(client, ben)
    assert client.get("/hours").status_code == 200
    pause(ben, ruth)
    assert client.get("/hours").status_code == 302
    with pytest.raises(SignInRefused):
        check_sign_in(email="ben@example.org", password=PASSWORD, at=AT)
    assert not [permission for permission in ALLOWED[next(iter(ALLOWED))] if may(ben, permission)]
    pausing.end_pause(ben, ended_by=ruth, at=AT)
    assert client.get("/hours").status_code == 302
    sign_in(app.test_client(), ben)


def test_a_page_for_somebody_who_is_paused_says_the_same_as_for_a_stranger(
    client: FlaskClient, ben: Membership, ruth: Membership
) -> None:
    make.let_sign_in(ben)
    pause(ben, ruth)
    answers = [
        send(client, "/sign-in", {"email": email, "password": PASSWORD})
        for email in ("ben@example.org", "nobody@example.org")
    ]
    assert [answer.status_code for answer in answers] == [422, 422]
    texts = [answer.text.replace("ben@example.org", "").replace("nobody@example.org", "") for answer in answers]
    assert len({text.partition("<main")[2].partition("csrf_token")[0] for text in texts}) == 1


def test_nobody_finds_them_by_name_or_number(bank: Bank, ben: Membership, ruth: Membership) -> None:
    label = f"Ben Hale ({ben.number})"
    assert find.find_account(bank, label, in_full=True) == ben.account_id
    pause(ben, ruth)
    for typed in ("Ben", "Ben Hale", ben.number, label, f"Ben H. ({ben.number})"):
        assert find.choices(bank, typed, in_full=True) == []
        assert find.choices(bank, typed, in_full=False) == []
        with pytest.raises(find.NobodyFound):
            find.find_account(bank, typed, in_full=False)
    with pytest.raises(find.CannotBeChosen) as refused:
        find.find_account(bank, ben.number, in_full=True)
    assert "Ben Hale is paused" in refused.value.text


def test_nothing_new_begins_with_them(bank: Bank, ben: Membership, ann: Membership, ruth: Membership) -> None:
    make.give_hours(bank, ann, 60)
    begun = make.log_exchange(bank, giver=ann, receiver=ben)
    pause(ben, ruth)
    with pytest.raises(drafts.SomebodyPaused):
        make.log_exchange(bank, giver=ben, receiver=ann, logged_by=ann)
    with pytest.raises(drafts.SomebodyPaused):
        make.log_exchange(bank, giver=ann, receiver=ben, logged_by=ruth)
    with pytest.raises(gifts.ReceiverPaused):
        gifts.donate_hours(bank, giver=ann, to_account_id=ben.account_id, minutes=15, reason="", at=AT)
    with pytest.raises(gifts.ReceiverPaused):
        gifts.grant_hours(bank, granted_by=ruth, to_account_id=ben.account_id, minutes=15, reason="x", at=AT)
    with pytest.raises(looking_after.HelperIsNoMember):
        looking_after.add_helper(ann, ben, until_on=None, added_by=ruth, at=AT)
    with pytest.raises(invitations.IsPaused):
        invitations.invite(ben, made_by=ruth)
    # What was logged before can still be settled by others.
    exchanges.decline_exchange(bank, begun, declined_by=ruth, message="x", at=AT)


def test_they_read_nobody_s_statements_and_answer_for_no_organisation(
    bank: Bank, ben: Membership, ann: Membership, ruth: Membership
) -> None:
    looking_after.add_helper(ann, ben, until_on=None, added_by=ruth, at=AT)
    surgery = make.make_organisation(bank, contact=ben)
    pause(ben, ruth)
    assert queries.looked_after_by(ben, today=make.TODAY) == []
    assert surgery.answering is None
    pausing.end_pause(ben, ended_by=ruth, at=AT)
    assert [helper.helped for helper in queries.looked_after_by(ben, today=make.TODAY)] == [ann]
    assert surgery.answering == ben


def test_a_link_that_was_handed_over_before_is_void(
    app: Flask, client: FlaskClient, ben: Membership, ruth: Membership
) -> None:
    signed = invitations.invite(ben, made_by=ruth)
    pause(ben, ruth)
    assert client.get(f"/first-password/{signed}").status_code != 200
    pausing.end_pause(ben, ended_by=ruth, at=AT)
    assert client.get(f"/first-password/{signed}").status_code != 200


def test_they_get_no_mail(app: Flask, bank: Bank, ben: Membership, ruth: Membership) -> None:
    mail = queue_mail(bank, ben, kind="reminder", about="2026-03", key="one", at=AT)
    assert mail is not None
    pause(ben, ruth)
    db.session.commit()
    with pytest.raises(NotToBeSent, match="paused"):
        write(mail.id, names=names_from_settings())


def test_nobody_pauses_themselves_or_more_than_they_may(
    app: Flask, bank: Bank, ben: Membership, ruth: Membership, sign_in: Any
) -> None:
    ada, cara = make.make_administrator(bank), make.make_coordinator(bank)
    before = everything()
    for member, by, rule in (
        (ruth, ruth, pausing.PausingOneself),
        (cara, ruth, service.NotYoursToChange),
        (ada, ruth, service.NotYoursToChange),
        (ada, ada, pausing.PausingOneself),
    ):
        with pytest.raises(rule):
            pause(member, by)
        with pytest.raises(rule):
            pausing.end_pause(member, ended_by=by, at=AT)
    assert everything() == before
    client = app.test_client()
    sign_in(client, ruth)
    data = {"csrf_token": token_of(client), "reason": "x"}
    assert client.post(f"/people/{ada.reference}/pause", data=data).status_code == 403
    pause(cara, ada)
    other = make.make_administrator(bank)
    pause(other, ada)
    assert queries.count_with_roles(bank, [Role.ADMINISTRATOR]) == 1


def test_the_last_administrator_stays(bank: Bank, ben: Membership) -> None:
    ada, eva = make.make_administrator(bank), make.make_administrator(bank)
    pause(eva, ada)
    with pytest.raises(service.LastAdministrator):
        service.leave(ada, recorded_by=ada, at=AT)


def test_pausing_and_ending_twice_is_once(bank: Bank, ben: Membership, ruth: Membership) -> None:
    pause(ben, ruth)
    pause(ben, ruth, reason="Another")
    assert ben.paused_reason == WHY
    pausing.end_pause(ben, ended_by=ruth, at=AT)
    pausing.end_pause(ben, ended_by=ruth, at=AT)
    assert len(acts()) == 2


def test_somebody_who_left_cannot_be_paused(bank: Bank, ben: Membership, ruth: Membership) -> None:
    service.leave(ben, recorded_by=ruth, at=AT)
    with pytest.raises(pausing.NoLongerThere):
        pause(ben, ruth)
