"""A new password by mail: once, for a while, for nobody else, and without saying who has an address here."""

from __future__ import annotations

import datetime as dt
import re
import statistics
import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.make import AT, PASSWORD, let_sign_in, make_bank, make_member
from tests.web.reading import Page, assert_refused_beside, everything, look, path_of, send
from timebank import clock
from timebank.audit.models import Action, AuditRecord
from timebank.extensions import db
from timebank.mail.kinds import NotToBeSent
from timebank.mail.models import OutgoingMail
from timebank.mail.sending import names_from_settings, write
from timebank.members import service as members
from timebank.members.models import Membership
from timebank.sign_in import links, reset, reset_views
from timebank.sign_in.models import EmailedLink, Purpose

NEW_PASSWORD = "three blue chairs"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test wait for long."""
    monkeypatch.setattr(reset_views, "MILLISECONDS_UNTIL_THE_ANSWER", 20)


@pytest.fixture
def ann(app: Flask) -> Membership:
    member = make_member(make_bank(name="Elm Street"), name="Ann Adams", email="ann@example.org")
    let_sign_in(member)
    return member


def ask(client: FlaskClient, email: str) -> Any:
    return send(client, "/forgotten-password", {"email": email})


def mails() -> list[OutgoingMail]:
    db.session.commit()
    return list(db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def letter(mail: OutgoingMail) -> str:
    mail_id = mail.id
    db.session.commit()
    return write(mail_id, names=names_from_settings()).content.decode()


def link_in(mail: OutgoingMail) -> str:
    # Long lines of a letter are broken with an equals sign.
    found = re.search(r"http://127\.0\.0\.1:5000(/new-password/[\w-]+)", letter(mail).replace("=\r\n", ""))
    assert found
    return found[1]


def asked_link(client: FlaskClient, email: str = "ann@example.org") -> str:
    assert path_of(ask(client, email)) == "/sign-in"
    return link_in(mails()[-1])


def let_pass(monkeypatch: pytest.MonkeyPatch, **time_passed: int) -> None:
    later = clock.now() + dt.timedelta(**time_passed)
    monkeypatch.setattr("timebank.clock.now", lambda: later)


def test_whoever_forgot_their_password_is_mailed_a_link_and_chooses_another(
    ann: Membership, app: Flask, client: FlaskClient, sign_in: Any
) -> None:
    elsewhere = app.test_client()
    sign_in(elsewhere, ann)
    link = asked_link(client, " Ann@Example.org ")
    assert "on its way" in look(client, "/sign-in").text
    assert "To: Ann Adams <ann@example.org>" in letter(mails()[0])
    assert "ann@example.org" in look(client, link).text
    assert path_of(send(client, link, {"password": NEW_PASSWORD})) == "/sign-in"
    assert elsewhere.get("/me").status_code == 302
    assert send(client, "/sign-in", {"email": "ann@example.org", "password": PASSWORD}).status_code == 422
    assert path_of(send(client, "/sign-in", {"email": "ann@example.org", "password": NEW_PASSWORD})) == "/"
    records = db.session.scalars(select(AuditRecord).where(AuditRecord.reference == ann.reference)).all()
    assert [record.action for record in records][-4:] == [
        Action.SIGNED_IN,
        Action.PASSWORD_RESET_ASKED,
        Action.PASSWORD_SET,
        Action.SIGNED_IN,
    ]


def test_a_link_works_once_and_takes_all_others_with_it(ann: Membership, client: FlaskClient) -> None:
    first, second = asked_link(client), asked_link(client)
    assert first != second
    assert path_of(send(client, first, {"password": NEW_PASSWORD})) == "/sign-in"
    before = everything()
    token = look(client, "/sign-in").fields("/sign-in")["csrf_token"][0]
    for link in (first, second):
        for answer in (client.get(link), client.post(link, data={"password": "another one", "csrf_token": token})):
            assert answer.status_code == 409
            assert "This link was used already" in Page(answer).text
    assert everything() == before


def test_looking_at_a_link_does_not_use_it_up(ann: Membership, client: FlaskClient) -> None:
    """As programs do that look at every link in a mail before anybody reads it."""
    link = asked_link(client)
    before = everything()
    for _ in range(3):
        look(client, link)
    client.head(link)
    assert everything() == before
    assert path_of(send(client, link, {"password": NEW_PASSWORD})) == "/sign-in"


def test_a_password_that_is_unfit_is_said_beside_the_box_and_the_link_stays_good(
    ann: Membership, client: FlaskClient
) -> None:
    link = asked_link(client)
    assert_refused_beside(send(client, link, {"password": "7 signs"}), "password", "Use at least 8 characters")
    assert_refused_beside(send(client, link, {"password": "password1"}), "password", "Many people use this password")
    assert path_of(send(client, link, {"password": NEW_PASSWORD})) == "/sign-in"


def test_a_link_is_good_for_two_hours(ann: Membership, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    link = asked_link(client)
    with monkeypatch.context() as later:
        let_pass(later, minutes=121)
        assert client.get(link).status_code == 409
        with pytest.raises(NotToBeSent):
            letter(mails()[0])
    let_pass(monkeypatch, minutes=118)
    assert client.get(link).status_code == 200


def change_address(member: Membership) -> None:
    members.change_member(
        member, name=member.name, phone="", email="new@example.org", capacity=member.capacity, changed_by=member, at=AT
    )


def leave(member: Membership) -> None:
    members.leave(member, recorded_by=member, at=AT)


def join_another_bank_under_another_address(member: Membership) -> None:
    make_member(make_bank(), email="other@example.org").person = member.person


@pytest.mark.parametrize("act", [change_address, leave, join_another_bank_under_another_address])
def test_a_link_is_void_when_what_it_was_for_is_different(ann: Membership, client: FlaskClient, act: Any) -> None:
    link = asked_link(client)
    act(ann)
    assert client.get(link).status_code == 409
    with pytest.raises(NotToBeSent):
        letter(mails()[0])


@pytest.mark.parametrize("forged", ["x", "x" * 43, "%00", "%F0%9F%8C%BB", "x" * 3000])
def test_a_link_that_we_did_not_make_is_refused(ann: Membership, client: FlaskClient, forged: str) -> None:
    asked_link(client)
    assert client.get(f"/new-password/{forged}").status_code in (400, 409)


def test_nothing_that_is_kept_is_a_way_in(ann: Membership, client: FlaskClient) -> None:
    """Neither the digest nor the reference, which all who read the database know, opens anything."""
    secret = asked_link(client).rpartition("/")[2]
    assert len(secret) == 43
    assert secret not in repr(everything())
    (made,) = db.session.scalars(select(EmailedLink))
    kept = (made.secret_hash, made.reference)
    for known in kept:
        assert client.get(f"/new-password/{known}").status_code == 409


def test_the_same_mail_has_the_same_link_and_another_purpose_or_key_another(ann: Membership, app: Flask) -> None:
    secret = links.secret_of(Purpose.PASSWORD_RESET, "0123456789abcdef")
    assert secret == links.secret_of(Purpose.PASSWORD_RESET, "0123456789abcdef")
    assert secret != links.secret_of(Purpose.PASSWORD_RESET, "0123456789abcdee")
    app.secret_key = "another key of this installation"
    assert secret != links.secret_of(Purpose.PASSWORD_RESET, "0123456789abcdef")


def test_an_address_that_nobody_can_sign_in_with_gets_the_same_answer_and_no_mail(
    ann: Membership, client: FlaskClient
) -> None:
    make_member(ann.bank, email="offline@example.org")
    left = make_member(ann.bank, email="left@example.org")
    let_sign_in(left)
    leave(left)
    answers = []
    for email in (
        "ann@example.org",
        "nobody@example.org",
        "offline@example.org",
        "left@example.org",
        "no address",
        "%",
    ):
        answer = ask(client, email)
        answers.append((answer.status_code, answer.location, look(client, "/sign-in").text))
    assert len(set(answers)) == 1
    assert [mail.membership_id for mail in mails()] == [ann.id]
    records = db.session.scalars(select(AuditRecord).where(AuditRecord.action == Action.PASSWORD_RESET_ASKED)).all()
    assert [(record.bank_id, record.reference) for record in records] == [(ann.bank_id, ann.reference)] + [
        (None, "")
    ] * 5
    assert "example" not in repr([(record.details, record.came_from) for record in records])


def test_the_answer_takes_as_long_for_an_address_that_nobody_has(
    ann: Membership, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No answer comes before the moment that is the same for all, though the work is done long before."""
    monkeypatch.setattr(reset_views, "MILLISECONDS_UNTIL_THE_ANSWER", 150)
    token = look(client, "/forgotten-password").fields("/forgotten-password")["csrf_token"][0]

    def seconds(email: str) -> float:
        began = time.monotonic()
        assert client.post("/forgotten-password", data={"email": email, "csrf_token": token}).status_code == 302
        return time.monotonic() - began

    tries = [(email, seconds(email)) for _ in range(6) for email in ("ann@example.org", "nobody@example.org")]
    assert min(took for _email, took in tries) >= 0.15
    known, unknown = (
        statistics.median(took for tried, took in tries if tried == email)
        for email in ("ann@example.org", "nobody@example.org")
    )
    assert abs(known - unknown) < 0.15


def test_an_address_is_needed(client: FlaskClient) -> None:
    assert_refused_beside(ask(client, ""), "email", "Enter your email address")
    assert_refused_beside(ask(client, "x" * 300), "email", "Use 254 characters or fewer")


def test_each_of_two_people_with_one_address_in_two_banks_gets_a_mail_from_their_bank(
    ann: Membership, client: FlaskClient
) -> None:
    second = make_member(make_bank(name="Zebra Street"), email="ann@example.org")
    let_sign_in(second)
    ask(client, "ann@example.org")
    assert [mail.membership_id for mail in mails()] == [ann.id, second.id]
    assert "Zebra Street" in letter(mails()[1])
    assert path_of(send(client, link_in(mails()[1]), {"password": NEW_PASSWORD})) == "/sign-in"
    assert client.get(link_in(mails()[0])).status_code == 200


def test_one_who_belongs_to_two_banks_gets_one_mail_when_both_know_the_same_address(
    ann: Membership, client: FlaskClient
) -> None:
    second = make_member(make_bank(), email="ann@example.org")
    second.person = ann.person
    ask(client, "ann@example.org")
    assert len(mails()) == 1
    # A bank that writes an address of its own to somebody must not be let in to their other bank.
    second.email = "the-coordinator@example.org"
    ask(client, "the-coordinator@example.org")
    ask(client, "ann@example.org")
    assert len(mails()) == 1


def test_where_no_mail_is_sent_nobody_is_told_to_wait_for_one(ann: Membership, app: Flask, client: FlaskClient) -> None:
    assert "I have forgotten my password" in look(client, "/sign-in").text
    token = look(client, "/sign-in").fields("/sign-in")["csrf_token"][0]
    app.config["TIMEBANK_MAIL_SERVER"] = None
    assert "I have forgotten my password" not in look(client, "/sign-in").text
    page = look(client, "/forgotten-password")
    assert "Ask the coordinator" in page.text
    assert page.main.every("form") == []
    client.post("/forgotten-password", data={"email": "ann@example.org", "csrf_token": token})
    assert mails() == []


def test_links_from_long_ago_are_dropped_when_another_is_made(
    ann: Membership, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_link(client)
    let_pass(monkeypatch, days=31)
    asked_link(client)
    assert len(db.session.scalars(select(EmailedLink)).all()) == 1


def test_only_the_first_of_two_who_follow_a_link_at_once_sets_a_password(ann: Membership, app: Flask) -> None:
    reset.ask_for_reset("ann@example.org", at=clock.now())
    secret = link_in(mails()[0]).rpartition("/")[2]
    db.session.rollback()
    first = reset.asked_with(secret, at=clock.now())
    reset.reset_password(first, NEW_PASSWORD, at=clock.now())
    with pytest.raises(reset.ResetLinkNoLongerGood):
        reset.asked_with(secret, at=clock.now())
