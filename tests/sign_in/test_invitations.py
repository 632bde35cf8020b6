"""Links with which somebody sets a first password: once, for a few days, for nobody else."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.make import AT, PASSWORD, let_sign_in, make_administrator, make_bank, make_coordinator, make_member
from tests.web.reading import Page, assert_refused_beside, everything, look, path_of, send, token_of
from timebank.audit.models import Action, AuditRecord
from timebank.extensions import db
from timebank.members import service as members
from timebank.members.models import Membership
from timebank.sign_in import invitations

NEW_PASSWORD = "three blue chairs"


@pytest.fixture
def ben(app: Flask) -> Membership:
    return make_member(make_bank(), name="Ben Brown", email="ben@example.org")


@pytest.fixture
def cara(ben: Membership, client: FlaskClient, sign_in: Any) -> FlaskClient:
    sign_in(client, make_coordinator(ben.bank))
    return client


def make_link(cara: FlaskClient, member: Membership) -> str:
    """Make a link on the member's page, and return the path that it leads to."""
    page = send(cara, f"/people/{member.reference}/invite", {}, page=f"/people/{member.reference}")
    assert page.status_code == 200
    found = re.search(r"http://localhost(/first-password/[\w.-]+)", Page(page).text)
    assert found, Page(page).text
    return found[1]


def test_a_link_lets_somebody_choose_a_password_and_sign_in(ben: Membership, cara: FlaskClient, app: Flask) -> None:
    link = make_link(cara, ben)
    own = app.test_client()
    assert "ben@example.org" in look(own, link).text
    assert path_of(send(own, link, {"password": NEW_PASSWORD})) == "/sign-in"
    assert path_of(send(own, "/sign-in", {"email": "ben@example.org", "password": NEW_PASSWORD})) == "/"
    acts = db.session.scalars(select(AuditRecord.action).where(AuditRecord.reference == ben.reference)).all()
    assert acts[-3:] == [Action.MEMBER_INVITED, Action.PASSWORD_SET, Action.SIGNED_IN]


def test_a_link_works_once_and_so_does_each_of_two(ben: Membership, cara: FlaskClient, app: Flask) -> None:
    first, second = make_link(cara, ben), make_link(cara, ben)
    own = app.test_client()
    send(own, first, {"password": NEW_PASSWORD})
    before = everything()
    for link in (first, second):
        for answer in (
            own.get(link),
            own.post(link, data={"password": "another one", "csrf_token": token_of_form(own)}),
        ):
            assert answer.status_code == 409
            assert "This link was used already" in Page(answer).text
    assert everything() == before


def token_of_form(client: FlaskClient) -> str:
    return look(client, "/sign-in").fields("/sign-in")["csrf_token"][0]


def test_a_password_that_is_too_short_is_said_beside_the_box_and_the_link_stays_good(
    ben: Membership, cara: FlaskClient, app: Flask
) -> None:
    link, own = make_link(cara, ben), app.test_client()
    before = everything()
    assert_refused_beside(send(own, link, {"password": "7 signs"}), "password", "Use at least 8 characters")
    assert_refused_beside(send(own, link, {"password": ""}), "password", "Enter a new password")
    assert_refused_beside(send(own, link, {"password": "Password1"}), "password", "Many people use this password")
    assert everything() == before
    assert path_of(send(own, link, {"password": NEW_PASSWORD})) == "/sign-in"


def test_a_link_is_void_after_a_week_and_when_the_address_was_changed(
    ben: Membership, cara: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = make_link(cara, ben)
    with monkeypatch.context() as later:
        later.setattr(
            "itsdangerous.timed.time.time", lambda: (dt.datetime.now(dt.UTC) + dt.timedelta(days=8)).timestamp()
        )
        assert app.test_client().get(link).status_code == 409
    assert app.test_client().get(link).status_code == 200
    members.change_member(
        ben, name=ben.name, phone="", email="b@example.org", capacity=ben.capacity, changed_by=ben, at=AT
    )
    assert app.test_client().get(link).status_code == 409


@pytest.mark.parametrize("forged", ["x", "x.y.z", "WzEsMSwiYSJd.aaaaaa.bbbbbb", "%00", "%F0%9F%8C%BB"])
def test_a_link_that_we_did_not_make_is_refused(ben: Membership, client: FlaskClient, forged: str) -> None:
    assert client.get(f"/first-password/{forged}").status_code in (400, 409)


def test_a_link_for_another_purpose_is_refused(ben: Membership, app: Flask, client: FlaskClient) -> None:
    from itsdangerous import URLSafeTimedSerializer

    other = URLSafeTimedSerializer(str(app.secret_key), salt="something else")
    signed = str(other.dumps([ben.id, ben.person.sign_in_version, ben.email]))
    assert client.get(f"/first-password/{signed}").status_code == 409


def test_whoever_forgot_their_password_gets_a_link_that_ends_the_sessions_with_the_old_one(
    ben: Membership, cara: FlaskClient, app: Flask, sign_in: Any
) -> None:
    own, elsewhere = app.test_client(), app.test_client()
    sign_in(elsewhere, ben)
    link = make_link(cara, ben)
    assert path_of(send(own, link, {"password": NEW_PASSWORD})) == "/sign-in"
    assert elsewhere.get("/me").status_code == 302
    refused = send(own, "/sign-in", {"email": "ben@example.org", "password": PASSWORD})
    assert refused.status_code == 422
    assert path_of(send(own, "/sign-in", {"email": "ben@example.org", "password": NEW_PASSWORD})) == "/"


def test_no_link_is_made_for_whoever_has_none_to_use_or_may_more_than_whoever_makes_it(
    ben: Membership, cara: FlaskClient
) -> None:
    offline, linked = make_member(ben.bank), make_member(ben.bank, email="both@example.org")
    make_member(make_bank(), email="both@example.org").person = linked.person
    left = make_member(ben.bank, email="left@example.org")
    members.leave(left, recorded_by=left, at=AT)
    other = make_coordinator(ben.bank, email="other@example.org")
    boss = make_administrator(ben.bank, email="boss@example.org")
    db.session.commit()
    before, token = everything(), token_of(cara)
    for member, refusal in (
        (offline, invitations.AddressNeeded),
        (linked, invitations.BelongsElsewhereToo),
        (left, invitations.NoLongerAMember),
        (other, invitations.NotYoursToInvite),
        (boss, invitations.NotYoursToInvite),
    ):
        answer = cara.post(f"/people/{member.reference}/invite", data={"csrf_token": token})
        assert answer.status_code == refusal.status
        assert str(refusal.message) in Page(answer).text
    assert everything() == before


def test_an_administrator_makes_a_link_for_a_coordinator(ben: Membership, client: FlaskClient, sign_in: Any) -> None:
    sign_in(client, make_administrator(ben.bank))
    assert make_link(client, make_coordinator(ben.bank, email="other@example.org"))


def test_a_link_is_void_once_the_person_belongs_to_another_bank_too_or_has_left(
    ben: Membership, cara: FlaskClient, app: Flask
) -> None:
    link, eve = make_link(cara, ben), make_member(ben.bank, email="eve@example.org")
    db.session.commit()
    other_link = make_link(cara, eve)
    make_member(make_bank(), email="ben@example.org").person = ben.person
    members.leave(eve, recorded_by=eve, at=AT)
    for each in (link, other_link):
        assert app.test_client().get(each).status_code == 409


def test_a_link_of_another_bank_does_not_let_anybody_in_here(ben: Membership, app: Flask, sign_in: Any) -> None:
    """Somebody registers Ben's address in a bank of their own, and sets a password there."""
    elsewhere = make_bank()
    theirs, browser = make_member(elsewhere, email="ben@example.org"), app.test_client()
    sign_in(browser, make_coordinator(elsewhere))
    link = make_link(browser, theirs)
    let_sign_in(ben)
    db.session.commit()
    send(app.test_client(), link, {"password": NEW_PASSWORD})
    stranger = app.test_client()
    assert path_of(send(stranger, "/sign-in", {"email": "ben@example.org", "password": NEW_PASSWORD})) == "/"
    assert elsewhere.name in look(stranger, "/").root.text
    assert stranger.get(f"/statements/{ben.account.reference}").status_code == 404
    assert len(look(stranger, "/choose-bank").root.every("input", name="membership")) == 1


def test_somebody_changes_their_own_password_and_their_other_sessions_end(
    ben: Membership, app: Flask, sign_in: Any
) -> None:
    here, there = app.test_client(), app.test_client()
    for browser in (here, there):
        sign_in(browser, ben)
    assert path_of(send(here, "/me/password", {"until_now": PASSWORD, "password": NEW_PASSWORD})) == "/me"
    assert "Your password is changed" in look(here, "/me").text
    assert there.get("/me").status_code == 302
    assert path_of(send(there, "/sign-in", {"email": "ben@example.org", "password": NEW_PASSWORD})) == "/"


def test_a_password_is_not_changed_without_the_one_until_now_or_to_one_that_is_too_short(
    ben: Membership, client: FlaskClient, sign_in: Any
) -> None:
    sign_in(client, ben)
    before = everything()
    for until_now, password, field, words in (
        ("wrong", NEW_PASSWORD, "until_now", "This is not your password"),
        ("", NEW_PASSWORD, "until_now", "Enter your current password"),
        (PASSWORD, "7 signs", "password", "Use at least 8 characters"),
        (PASSWORD, "", "password", "Enter a new password"),
    ):
        page = assert_refused_beside(
            send(client, "/me/password", {"until_now": until_now, "password": password}), field, words
        )
        assert NEW_PASSWORD not in repr(page.root)
    assert everything() == before
