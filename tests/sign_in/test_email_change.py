"""Another address to sign in with, once it has shown that it is theirs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.make import AT, PASSWORD, begin_session, let_sign_in, make_bank, make_member
from tests.sign_in.test_reset import let_pass, letter, mails
from tests.web.reading import Page, assert_refused_beside, everything, look, path_of, send, token_of
from timebank.audit.models import Action, AuditRecord
from timebank.extensions import db
from timebank.mail.kinds import NotToBeSent
from timebank.members import service as members
from timebank.members.models import Membership
from timebank.sign_in.email_change import NOTICE
from timebank.sign_in.models import Purpose

NEW = "ann.adams@example.org"


@pytest.fixture
def ann(app: Flask) -> Membership:
    member = make_member(make_bank(name="Elm Street"), name="Ann Adams", email="ann@example.org")
    let_sign_in(member)
    return member


def browser_of(app: Flask, member: Membership) -> FlaskClient:
    client, session_id = app.test_client(), begin_session(member)
    with client.session_transaction() as held:
        held["_user_id"] = session_id
    return client


def ask(client: FlaskClient, email: str = NEW, password: str = PASSWORD) -> Any:
    return send(client, "/me/email", {"email": email, "until_now": password})


def asked_link(client: FlaskClient, email: str = NEW) -> str:
    assert path_of(ask(client, email)) == "/me"
    mail = next(mail for mail in reversed(mails()) if mail.kind == Purpose.EMAIL_CHANGE)
    found = re.search(r"http://127\.0\.0\.1:5000(/me/email/[\w-]+)", letter(mail).replace("=\r\n", ""))
    assert found
    return found[1]


def address_of(member: Membership) -> str | None:
    db.session.commit()
    db.session.refresh(member)
    return member.email


def test_an_address_counts_once_whoever_has_it_has_followed_the_link(ann: Membership, app: Flask) -> None:
    here, there = browser_of(app, ann), browser_of(app, ann)
    link = asked_link(here, " Ann.Adams@Example.org ")
    assert address_of(ann) == "ann@example.org"
    to_new, to_old = (letter(mail) for mail in mails())
    assert f"To: Ann Adams <{NEW}>" in to_new
    assert "To: Ann Adams <ann@example.org>" in to_old
    assert link not in to_old
    assert NEW in to_old
    assert NEW in look(here, link).text
    assert address_of(ann) == "ann@example.org"
    assert path_of(send(here, link, {})) == "/me"
    assert address_of(ann) == NEW
    assert here.get("/me").status_code == 200
    assert there.get("/me").status_code == 302
    # The notice still goes to the address that was, though the member has another by now.
    assert "To: Ann Adams <ann@example.org>" in letter(next(mail for mail in mails() if mail.kind == NOTICE))
    fresh = app.test_client()
    assert send(fresh, "/sign-in", {"email": "ann@example.org", "password": PASSWORD}).status_code == 422
    assert path_of(send(fresh, "/sign-in", {"email": NEW, "password": PASSWORD})) == "/"
    actions = db.session.scalars(select(AuditRecord.action).where(AuditRecord.reference == ann.reference)).all()
    assert actions[-3:] == [Action.EMAIL_CHANGE_ASKED, Action.MEMBER_CHANGED, Action.SIGNED_IN]


def test_the_link_works_once_and_for_a_day(ann: Membership, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser_of(app, ann)
    first, second = asked_link(client), asked_link(client, "second@example.org")
    with monkeypatch.context() as later:
        app.config["TIMEBANK_SESSION_IDLE_MINUTES"], app.config["TIMEBANK_SESSION_HOURS"] = 10_000, 720
        let_pass(later, hours=25)
        assert client.get(first).status_code == 409
        with pytest.raises(NotToBeSent):
            letter(mails()[0])
    assert path_of(send(client, first, {})) == "/me"
    for link in (first, second):
        assert client.get(link).status_code == 409
        assert client.post(link, data={"csrf_token": token_of(client)}).status_code == 409
    assert address_of(ann) == NEW


def test_nobody_but_whoever_asked_can_follow_the_link(ann: Membership, app: Flask) -> None:
    """Whoever a mistyped address belongs to would otherwise take over."""
    link = asked_link(browser_of(app, ann))
    before = everything()
    nobody = app.test_client()
    assert path_of(nobody.get(link)) == "/sign-in"
    stranger = browser_of(app, make_member(ann.bank))
    before = everything()
    assert stranger.get(link).status_code == 404
    assert stranger.post(link, data={"csrf_token": token_of(stranger)}).status_code == 404
    assert everything() == before


def test_the_password_and_an_address_are_needed(ann: Membership, app: Flask) -> None:
    client = browser_of(app, ann)
    before = everything()
    for email, password, field, words in (
        (NEW, "wrong", "until_now", "This is not your password"),
        (NEW, "", "until_now", "Enter your password"),
        ("", PASSWORD, "email", "Enter the new email address"),
        ("no address", PASSWORD, "email", "Enter an email address like"),
        ("ANN@example.org", PASSWORD, "email", "Enter the new email address"),
        ("x" * 300, PASSWORD, "email", "Use 254 characters or fewer"),
    ):
        assert_refused_beside(ask(client, email, password), field, words)
    assert everything() == before


def test_that_somebody_else_has_an_address_is_not_told_and_it_is_not_mailed_a_link(ann: Membership, app: Flask) -> None:
    make_member(ann.bank, email="ben@example.org")
    client = browser_of(app, ann)
    told = [(ask(client, email).status_code, look(client, "/me").text) for email in (NEW, "ben@example.org")]
    assert len(set(told)) == 1
    assert [mail.kind for mail in mails()] == [Purpose.EMAIL_CHANGE, NOTICE, NOTICE]


def test_an_address_that_somebody_else_got_meanwhile_is_not_taken_from_them(ann: Membership, app: Flask) -> None:
    client = browser_of(app, ann)
    link = asked_link(client)
    make_member(ann.bank, email=NEW)
    assert client.get(link).status_code == 409
    assert address_of(ann) == "ann@example.org"


def test_it_is_changed_in_every_bank_that_knows_the_person_by_the_old_one(ann: Membership, app: Flask) -> None:
    second, third = (
        make_member(make_bank(), email="ann@example.org"),
        make_member(make_bank(), email="else@example.org"),
    )
    second.person = third.person = ann.person
    client = browser_of(app, ann)
    send(client, asked_link(client), {})
    assert [address_of(member) for member in (ann, second, third)] == [NEW, NEW, "else@example.org"]


def test_a_link_is_void_when_the_coordinator_changed_the_address_meanwhile(ann: Membership, app: Flask) -> None:
    link = asked_link(browser_of(app, ann))
    members.change_member(
        ann, name=ann.name, phone="", email="third@example.org", capacity=ann.capacity, changed_by=ann, at=AT
    )
    assert browser_of(app, ann).get(link).status_code == 409


def test_where_no_mail_is_sent_the_coordinator_changes_it(ann: Membership, app: Flask) -> None:
    client = browser_of(app, ann)
    app.config["TIMEBANK_MAIL_SERVER"] = None
    page = look(client, "/me/email")
    assert "ask your coordinator" in page.text
    client.post("/me/email", data={"email": NEW, "until_now": PASSWORD, "csrf_token": token_of(client)})
    assert mails() == []
    assert Page(client.get("/me")).heading == "My details"
