"""Signing in and out, and every way in that is closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.make import AT, PASSWORD, QUICK_HASHER, let_sign_in, make_bank, make_coordinator, make_member
from tests.sign_in.test_second_factor import has_set_up
from tests.sign_in.test_session import HOSTILE
from tests.web.reading import Page, assert_refused_beside, look, path_of, send, token_of
from timebank import create_app
from timebank.audit.models import Action, AuditRecord
from timebank.extensions import db, limiter
from timebank.mail.models import OutgoingMail
from timebank.members import service as members
from timebank.members.models import Membership, Role
from timebank.sign_in import passwords, reset_views, service
from timebank.sign_in.passwords import hash_is_dated

SignIn = Callable[[FlaskClient, Membership], TestResponse]


@pytest.fixture
def ann(app: Flask) -> Membership:
    member = make_member(make_bank(), name="Ann Adams", email="ann@example.org")
    let_sign_in(member)
    return member


def try_to_sign_in(client: FlaskClient, email: str, password: str = PASSWORD, **more: str) -> TestResponse:
    return send(client, "/sign-in", {"email": email, "password": password} | more)


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/hours").status_code == 200


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("session")
    return found.value if found else ""


def without_secrets(answer: TestResponse) -> str:
    """The page without what differs from one request to the next."""
    page = Page(answer)
    for element in page.root.every():
        for name in ("value", "nonce"):
            if element.attributes.get("name") == "csrf_token" or name == "nonce":
                element.attributes.pop(name, None)
    return repr(page.root)


def test_the_right_address_and_password_let_somebody_in(ann: Membership, client: FlaskClient) -> None:
    assert path_of(try_to_sign_in(client, "ann@example.org")) == "/"
    assert is_signed_in(client)
    record = db.session.scalars(select(AuditRecord).where(AuditRecord.action == Action.SIGNED_IN)).one()
    assert (record.membership_id, record.bank_id) == (ann.id, ann.bank_id)


@pytest.mark.parametrize("email", [" Ann@Example.ORG ", "ANN@EXAMPLE.ORG", "ann@example.org\x00"])
def test_an_address_is_the_same_in_any_case(ann: Membership, client: FlaskClient, email: str) -> None:
    assert try_to_sign_in(client, email).status_code == 302


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(ann: Membership, client: FlaskClient) -> None:
    offline = make_member(ann.bank, email="offline@example.org")
    left = make_member(ann.bank, email="left@example.org")
    let_sign_in(left)
    members.leave(left, recorded_by=ann, at=AT)
    pages = []
    for email, password in (
        ("ann@example.org", "a wrong password"),
        ("nobody@example.org", PASSWORD),
        (offline.email, PASSWORD),
        ("left@example.org", PASSWORD),
    ):
        answer = try_to_sign_in(client, email, password)
        assert answer.status_code == 422
        assert_refused_beside(answer, "email", "The email address or the password is not right")
        pages.append(without_secrets(answer).replace(email, "EMAIL"))
        assert not is_signed_in(client)
    assert len(set(pages)) == 1


@pytest.mark.parametrize(
    "wrong", ["", "an hour for an hou", "an hour for an hour ", "An hour for an hour", "x" * 20_000]
)
def test_no_other_password_lets_anybody_in(ann: Membership, client: FlaskClient, wrong: str) -> None:
    answer = try_to_sign_in(client, "ann@example.org", wrong)
    assert answer.status_code == 422
    if wrong:
        assert wrong not in answer.text.replace("An hour for an hour", "", 0) or len(wrong) < 20
        assert f'value="{wrong}"' not in answer.text
    assert not is_signed_in(client)


@pytest.mark.parametrize("email", ["", "' OR 1=1 --", "%", "ann@example.or_", "x" * 5000, "🌻@example.org"])
def test_no_other_address_lets_anybody_in(ann: Membership, client: FlaskClient, email: str) -> None:
    assert try_to_sign_in(client, email).status_code == 422
    assert not is_signed_in(client)


def test_a_refusal_is_written_down_without_the_address(ann: Membership, client: FlaskClient) -> None:
    try_to_sign_in(client, "ann@example.org", "a wrong password")
    record = db.session.scalars(select(AuditRecord).where(AuditRecord.action == Action.SIGN_IN_REFUSED)).one()
    assert (record.membership_id, record.bank_id, record.reference) == (None, None, "")
    assert "example" not in repr(record.details)


def test_a_form_without_its_token_signs_nobody_in(ann: Membership, client: FlaskClient) -> None:
    answer = try_to_sign_in(client, "ann@example.org", csrf_token="nonsense")
    assert answer.status_code == 400
    assert not is_signed_in(client)


def test_whoever_wanted_to_look_is_led_back_after_signing_in(ann: Membership, client: FlaskClient) -> None:
    asked = client.get("/hours?page=2")
    assert asked.status_code == 302
    answer = send(client, "/sign-in", {"email": "ann@example.org", "password": PASSWORD}, page=asked.location)
    assert answer.location == "/hours?page=2"


def test_nobody_is_led_anywhere_but_to_our_own_pages(ann: Membership, client: FlaskClient) -> None:
    for target in (*HOSTILE[:12], "javascript:alert(1)", "/\r\nSet-Cookie: a=b"):
        answer = try_to_sign_in(client, "ann@example.org", next=target)
        assert (answer.status_code, answer.location) == (302, "/"), target
        client.post("/sign-out", data={"csrf_token": token_of(client)})
        assert not is_signed_in(client)


def test_whoever_sends_a_form_without_being_signed_in_is_told_that_nothing_was_sent(client: FlaskClient) -> None:
    token = look(client, "/sign-in").fields("/sign-in")["csrf_token"]
    answer = client.post("/hours/log", data={"csrf_token": token})
    assert path_of(answer) == "/sign-in"
    assert "nothing was sent" in look(client, "/sign-in").text


def test_the_cookie_changes_at_sign_in_and_one_from_before_is_worth_nothing(
    app: Flask, ann: Membership, client: FlaskClient
) -> None:
    look(client, "/sign-in")
    before = cookie(client)
    try_to_sign_in(client, "ann@example.org")
    assert before
    assert cookie(client) != before
    attacker = app.test_client()
    attacker.set_cookie("session", before)
    assert not is_signed_in(attacker)


def test_a_token_from_before_signing_in_is_worth_nothing_afterwards(ann: Membership, client: FlaskClient) -> None:
    token = look(client, "/sign-in").fields("/sign-in")["csrf_token"]
    try_to_sign_in(client, "ann@example.org")
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 400
    assert is_signed_in(client)


def test_signing_out_ends_this_session_alone_and_the_old_cookie_is_dead(
    app: Flask, ann: Membership, client: FlaskClient, sign_in: SignIn
) -> None:
    elsewhere = app.test_client()
    sign_in(client, ann)
    sign_in(elsewhere, ann)
    old = cookie(client)
    answer = client.post("/sign-out", data={"csrf_token": token_of(client)})
    assert path_of(answer) == "/sign-in"
    assert "storage" in answer.headers["Clear-Site-Data"]
    assert not is_signed_in(client)
    assert is_signed_in(elsewhere)
    thief = app.test_client()
    thief.set_cookie("session", old)
    assert not is_signed_in(thief)


def test_signing_out_needs_the_token(ann: Membership, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, ann)
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").status_code == 400
    assert is_signed_in(client)


def test_a_new_password_ends_every_session(ann: Membership, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, ann)
    service.set_password(ann.person, "another password", at=AT)
    assert not is_signed_in(client)
    assert try_to_sign_in(client, "ann@example.org").status_code == 422
    assert try_to_sign_in(client, "ann@example.org", "another password").status_code == 302


def test_a_new_address_ends_every_session(ann: Membership, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, ann)
    members.change_member(
        ann, name=ann.name, phone="", email="new@example.org", capacity=ann.capacity, changed_by=ann, at=AT
    )
    assert not is_signed_in(client)


def test_leaving_ends_every_session_and_coming_back_lets_in_again(
    ann: Membership, client: FlaskClient, sign_in: SignIn
) -> None:
    sign_in(client, ann)
    members.leave(ann, recorded_by=ann, at=AT)
    assert not is_signed_in(client)
    assert try_to_sign_in(client, "ann@example.org").status_code == 422
    members.come_back(ann, recorded_by=ann, at=AT)
    assert try_to_sign_in(client, "ann@example.org").status_code == 302


def test_a_new_role_ends_every_session_and_holds_in_the_next(
    ann: Membership, client: FlaskClient, sign_in: SignIn
) -> None:
    for role, answered in ((Role.MEMBER, 403), (Role.COORDINATOR, 200), (Role.MEMBER, 403)):
        members.change_role(ann, role, changed_by=None, at=AT)
        assert not is_signed_in(client)
        sign_in(client, ann)
        assert client.get("/approvals").status_code == answered


def test_a_cookie_that_was_tampered_with_is_worth_nothing(
    app: Flask, ann: Membership, client: FlaskClient, sign_in: SignIn
) -> None:
    sign_in(client, ann)
    payload, rest = cookie(client).split(".", 1)
    for forged in ("", "nonsense", payload, f"{payload}x.{rest}", f"{payload}.{rest[:-2]}", f".{payload}.{rest}"):
        attacker = app.test_client()
        attacker.set_cookie("session", forged)
        assert not is_signed_in(attacker)


def test_the_cookie_is_for_our_own_pages_only(ann: Membership, client: FlaskClient) -> None:
    header = try_to_sign_in(client, "ann@example.org").headers["Set-Cookie"]
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert "Path=/" in header
    assert "Domain" not in header


@pytest.fixture
def in_production(app: Flask, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Flask:
    for name, value in {
        "TIMEBANK_ENVIRONMENT": "production",
        "TIMEBANK_TRUSTED_HOSTS": "bank.example.org",
        "TIMEBANK_DATABASE_URL": database_url,
    }.items():
        monkeypatch.setenv(name, value)
    return create_app({"RATELIMIT_ENABLED": False, "TIMEBANK_LOG_LEVEL": "ERROR"})


def test_in_production_the_cookie_is_secure_and_belongs_to_the_host(ann: Membership, in_production: Flask) -> None:
    db.session.commit()
    client = in_production.test_client()
    base = {"base_url": "https://bank.example.org"}
    page = client.get("/sign-in", **base)
    header = page.headers["Set-Cookie"]
    assert header.startswith("__Host-session=")
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert flag in header
    assert "Domain" not in header
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert client.get("/sign-in", base_url="https://evil.example").status_code == 400
    with in_production.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def limited(app: Flask, database_url: str) -> Iterator[FlaskClient]:
    """A browser of an application that counts attempts."""
    limited = create_app(
        {
            "TESTING": True,
            "SQLALCHEMY_DATABASE_URI": database_url,
            "TIMEBANK_LOG_LEVEL": "ERROR",
            "RATELIMIT_ENABLED": True,
        }
    )
    limiter.reset()
    yield limited.test_client()
    limiter.reset()
    limiter.enabled = False
    with limited.app_context():
        db.session.remove()
        db.engine.dispose()


def test_too_many_attempts_for_one_account_are_asked_to_wait(ann: Membership, limited: FlaskClient) -> None:
    db.session.commit()
    token = Page(limited.get("/sign-in")).fields("/sign-in")["csrf_token"]

    def attempt(email: str) -> TestResponse:
        return limited.post("/sign-in", data={"email": email, "password": "wrong password", "csrf_token": token})

    ways = ("ann@example.org", " ANN@example.org", "ann\x01@example.org", "\x7fann@exam\x00ple.org")
    answers = [attempt(ways[number % len(ways)]) for number in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert Page(answers[-1]).heading == "Please wait a moment"
    assert attempt("other@example.org").status_code == 422
    assert limited.get("/sign-in").status_code == 200


def test_too_many_attempts_from_one_address_are_asked_to_wait(ann: Membership, limited: FlaskClient) -> None:
    db.session.commit()
    token = Page(limited.get("/sign-in")).fields("/sign-in")["csrf_token"]
    statuses = [
        limited.post("/sign-in", data={"email": f"{number}@example.org", "csrf_token": token}).status_code
        for number in range(31)
    ]
    assert statuses == [422] * 30 + [429]


def test_somebody_of_two_banks_chooses_and_changes_between_them(ann: Membership, client: FlaskClient) -> None:
    second = make_coordinator(make_bank(name="Zebra Street"), name="Ann Adams", email="ann@example.org")
    let_sign_in(second)
    assert path_of(try_to_sign_in(client, "ann@example.org")) == "/choose-bank"
    assert client.get("/approvals").status_code == 403
    assert path_of(send(client, "/choose-bank", {"membership": str(second.id)})) == "/"
    assert client.get("/approvals").status_code == 200
    assert "Zebra Street" in client.get("/").text
    send(client, "/choose-bank", {"membership": str(ann.id)})
    assert client.get("/approvals").status_code == 403


def test_the_same_address_with_another_password_is_somebody_else(ann: Membership, client: FlaskClient) -> None:
    second = make_coordinator(make_bank(name="Zebra Street"), email="ann@example.org")
    service.set_password(second.person, "another password", at=AT)
    assert path_of(try_to_sign_in(client, "ann@example.org")) == "/"
    assert "Zebra Street" not in client.get("/").text
    assert send(client, "/choose-bank", {"membership": str(second.id)}).status_code == 422
    assert second.person_id != ann.person_id


def test_the_same_address_and_password_in_two_banks_are_one_sign_in_from_then_on(
    ann: Membership, client: FlaskClient
) -> None:
    second = make_member(make_bank(), email="ann@example.org")
    let_sign_in(second)
    try_to_sign_in(client, "ann@example.org")
    db.session.expire_all()
    assert second.person_id == ann.person_id
    assert path_of(try_to_sign_in(client.application.test_client(), "ann@example.org")) == "/choose-bank"


def test_nobody_chooses_somebody_else_s_membership_or_one_that_ended(ann: Membership, client: FlaskClient) -> None:
    stranger = make_coordinator(ann.bank)
    ended = make_coordinator(make_bank(), email="ann@example.org")
    ended.person = ann.person
    members.leave(ended, recorded_by=ended, at=AT)
    assert path_of(try_to_sign_in(client, "ann@example.org")) == "/"
    for chosen in (str(stranger.id), str(ended.id), "", "0", "-1", "x", "9" * 40):
        answer = send(client, "/choose-bank", {"membership": chosen})
        assert answer.status_code == 422, chosen
        assert client.get("/approvals").status_code == 403


def test_whoever_is_signed_in_is_not_asked_again(ann: Membership, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, ann)
    assert path_of(client.get("/sign-in?next=//evil.example")) == "/"


def test_a_hash_made_with_weaker_settings_is_made_anew_at_sign_in(
    ann: Membership, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher())
    ann.person.password_hash = QUICK_HASHER.hash(PASSWORD)
    assert hash_is_dated(ann.person.password_hash)
    try_to_sign_in(client, "ann@example.org")
    db.session.refresh(ann.person)
    assert not hash_is_dated(ann.person.password_hash)
    assert is_signed_in(client)


def test_too_many_links_for_one_account_are_not_mailed(ann: Membership, limited: FlaskClient) -> None:
    db.session.commit()
    token = Page(limited.get("/sign-in")).fields("/sign-in")["csrf_token"]

    def ask(email: str) -> int:
        return limited.post("/forgotten-password", data={"email": email, "csrf_token": token}).status_code

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reset_views, "MILLISECONDS_UNTIL_THE_ANSWER", 1)
        for email in ("ann@example.org", "nobody@example.org"):
            assert [ask(email) for _ in range(6)] == [302] * 5 + [429]
    assert limited.get("/sign-in").status_code == 200
    assert db.session.query(OutgoingMail).count() == 5


def test_too_many_codes_for_one_account_are_asked_to_wait(ann: Membership, limited: FlaskClient) -> None:
    has_set_up(ann)
    token = Page(limited.get("/sign-in")).fields("/sign-in")["csrf_token"]
    limited.post("/sign-in", data={"email": "ann@example.org", "password": PASSWORD, "csrf_token": token})
    token = Page(limited.get("/second-step")).fields("/second-step")["csrf_token"]
    statuses = [
        limited.post("/second-step", data={"code": "000000", "csrf_token": token}).status_code for _ in range(6)
    ]
    assert statuses == [422] * 5 + [429]


def test_too_many_enquiries_from_one_address_are_asked_to_wait(app: Flask, limited: FlaskClient) -> None:
    make_bank(code="DOOR", takes_enquiries=True)
    db.session.commit()
    form = Page(limited.get("/join/DOOR")).fields("/join/DOOR")
    statuses = [limited.post("/join/DOOR", data=form | {"name": "x"}).status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]
