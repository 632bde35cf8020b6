"""A second step after the password: a code from an app, once, or a recovery code, once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.make import (
    AT,
    PASSWORD,
    begin_session,
    let_sign_in,
    make_administrator,
    make_bank,
    make_coordinator,
    make_member,
)
from tests.web.reading import Page, assert_refused_beside, everything, look, path_of, send
from timebank import clock
from timebank.audit.models import Action, AuditRecord
from timebank.extensions import db
from timebank.members import service as members
from timebank.members.models import Membership
from timebank.sign_in import second_factor
from timebank.sign_in.models import RecoveryCode, SecondFactor

# RFC 6238, appendix B, for SHA-1: the moment, and the last six of its eight digits.
OF_THE_STANDARD = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (20000000000, "353130"),
]


@pytest.fixture
def ann(app: Flask) -> Membership:
    member = make_member(make_bank(), name="Ann Adams", email="ann@example.org")
    let_sign_in(member)
    return member


def has_set_up(member: Membership) -> list[str]:
    """Let the member have an app, and return the recovery codes. The code of just now is still to be used."""
    candidate, an_hour_ago = second_factor.new_candidate(member), clock.now() - dt.timedelta(hours=1)
    seed = second_factor.seed_in(candidate, member=member)
    codes = second_factor.set_up(member, candidate, code=code_at(seed, an_hour_ago), at=an_hour_ago)
    db.session.commit()
    return codes


def code_at(seed: str, at: dt.datetime) -> str:
    return str(pyotp.TOTP(second_factor.secret_of(seed)).at(at))


def code_of(member: Membership, *, steps: int = 0) -> str:
    factor = db.session.get_one(SecondFactor, member.person_id)
    return code_at(factor.seed, clock.now() + steps * dt.timedelta(seconds=30))


def with_password(client: FlaskClient, email: str = "ann@example.org") -> TestResponse:
    return send(client, "/sign-in", {"email": email, "password": PASSWORD})


def enter(client: FlaskClient, code: str) -> TestResponse:
    return send(client, "/second-step", {"code": code})


def codes_on(answer: TestResponse) -> list[str]:
    return [item.text for item in Page(answer).main.every("li", _class="ch-seal")]


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/hours").status_code == 200


def require(app: Flask) -> None:
    app.config["TIMEBANK_SECOND_FACTOR"] = second_factor.REQUIRED


def browser_of(app: Flask, member: Membership) -> FlaskClient:
    client, session_id = app.test_client(), begin_session(member)
    with client.session_transaction() as held:
        held["_user_id"] = session_id
    return client


@pytest.mark.parametrize(("seconds", "code"), OF_THE_STANDARD)
def test_codes_are_those_of_the_standard(
    app_without_data: Flask, monkeypatch: pytest.MonkeyPatch, seconds: int, code: str
) -> None:
    import base64

    secret = base64.b32encode(b"12345678901234567890").decode()
    monkeypatch.setattr(second_factor, "secret_of", lambda _seed: secret)
    at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    assert second_factor._step_of(code, seed="", at=at) == seconds // 30
    assert second_factor._step_of(code, seed="", at=at + dt.timedelta(minutes=2)) is None


def test_the_password_alone_lets_nobody_in_who_has_set_it_up(ann: Membership, client: FlaskClient) -> None:
    has_set_up(ann)
    assert path_of(with_password(client)) == "/second-step"
    assert not is_signed_in(client)
    assert path_of(enter(client, code_of(ann))) == "/"
    assert is_signed_in(client)


def test_whoever_wanted_to_look_is_led_there_after_the_second_step(ann: Membership, client: FlaskClient) -> None:
    has_set_up(ann)
    send(client, "/sign-in", {"email": "ann@example.org", "password": PASSWORD, "next": "/hours?page=2"})
    assert enter(client, code_of(ann)).location == "/hours?page=2"


def test_a_code_is_taken_once_and_so_is_none_from_before_it(ann: Membership, app: Flask) -> None:
    has_set_up(ann)
    code, before = code_of(ann), code_of(ann, steps=-1)
    first, second = app.test_client(), app.test_client()
    with_password(first)
    with_password(second)
    assert path_of(enter(first, code)) == "/"
    for used in (code, before):
        assert_refused_beside(enter(second, used), "code", "This code is not right, or was used already")
    assert not is_signed_in(second)
    assert path_of(enter(second, code_of(ann, steps=1))) == "/"


@pytest.mark.parametrize("wrong", ["000000", "", "12345", "1234567", "abcdef", "' OR 1=1", "🌻" * 6, "x" * 41])
def test_no_other_code_lets_anybody_in(ann: Membership, client: FlaskClient, wrong: str) -> None:
    has_set_up(ann)
    with_password(client)
    assert enter(client, wrong).status_code == 422
    assert not is_signed_in(client)


def test_a_code_from_long_before_or_after_is_refused(ann: Membership, client: FlaskClient) -> None:
    has_set_up(ann)
    with_password(client)
    for steps in (-4, 4, 120):
        assert enter(client, code_of(ann, steps=steps)).status_code == 422
    actions = db.session.scalars(select(AuditRecord.action).where(AuditRecord.membership_id == ann.id)).all()
    assert actions.count(Action.SECOND_FACTOR_REFUSED) == 3


def test_each_recovery_code_lets_in_once(ann: Membership, client: FlaskClient) -> None:
    codes = has_set_up(ann)
    assert len(set(codes)) == 10
    with_password(client)
    assert path_of(enter(client, codes[3].upper().replace(" ", "-"))) == "/"
    again = client.application.test_client()
    with_password(again)
    assert enter(again, codes[3]).status_code == 422
    assert path_of(enter(again, codes[4])) == "/"
    assert "8 recovery codes left" in look(again, "/me/second-factor").text


def test_a_code_of_somebody_else_is_worth_nothing(ann: Membership, client: FlaskClient) -> None:
    other = make_member(ann.bank)
    codes = has_set_up(other)
    has_set_up(ann)
    with_password(client)
    for code in (codes[0], code_of(other)):
        assert enter(client, code).status_code == 422


def test_what_is_kept_makes_no_code(ann: Membership, app: Flask) -> None:
    codes = has_set_up(ann)
    factor = db.session.get_one(SecondFactor, ann.person_id)
    secret = second_factor.secret_of(factor.seed)
    kept = repr(everything())
    assert secret not in kept
    assert not any(code.replace(" ", "") in kept or code in kept for code in codes)
    app.secret_key = "the key of another installation"
    assert second_factor.secret_of(factor.seed) != secret


def test_the_second_step_alone_lets_nobody_in(ann: Membership, client: FlaskClient) -> None:
    has_set_up(ann)
    before = everything()
    for path in ("/second-step", "/second-step/set-up"):
        assert path_of(client.get(path)) == "/sign-in"
    token = look(client, "/sign-in").fields("/sign-in")["csrf_token"][0]
    answer = client.post("/second-step", data={"code": code_of(ann), "csrf_token": token})
    assert path_of(answer) == "/sign-in"
    assert everything() == before
    assert not is_signed_in(client)


@pytest.mark.parametrize("what", ["time", "password", "left"])
def test_halfway_is_good_for_a_while_and_with_the_password_that_was_given(
    ann: Membership, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    has_set_up(ann)
    with_password(client)
    if what == "time":
        later = clock.now() + dt.timedelta(minutes=21)
        monkeypatch.setattr("timebank.clock.now", lambda: later)
    elif what == "password":
        ann.person.sign_in_version += 1
    else:
        members.leave(ann, recorded_by=ann, at=AT)
    assert path_of(client.get("/second-step")) == "/sign-in"


def test_a_member_sets_it_up_from_their_details_and_other_sessions_end(
    ann: Membership, app: Flask, client: FlaskClient
) -> None:
    here, there = browser_of(app, ann), browser_of(app, ann)
    assert "It is off" in look(here, "/me/second-factor").text
    refused = send(here, "/me/second-factor", {"until_now": "wrong"})
    assert_refused_beside(refused, "until_now", "This is not your password")
    shown = send(here, "/me/second-factor", {"until_now": PASSWORD})
    assert shown.status_code == 200
    assert 'src="data:image/png;base64,' in shown.text
    page = Page(shown)
    fields = page.fields("/me/second-factor/confirm")
    secret = page.root.every("strong", _class="ch-seal")[0].text.replace(" ", "")
    wrong = here.post("/me/second-factor/confirm", data=fields | {"code": "000000"})
    again = assert_refused_beside(wrong, "code", "This code is not right")
    assert again.root.every("strong", _class="ch-seal")[0].text.replace(" ", "") == secret
    assert is_signed_in(there)
    code = pyotp.TOTP(secret).at(clock.now())
    done = here.post("/me/second-factor/confirm", data=fields | {"code": code})
    codes = codes_on(done)
    assert len(codes) == 10
    assert is_signed_in(here)
    assert not is_signed_in(there)
    assert "It is on" in look(here, "/me/second-factor").text
    # What was entered to set it up signs nobody in as well.
    with_password(client)
    assert enter(client, code).status_code == 422
    assert path_of(enter(client, codes[0])) == "/"


def test_a_picture_for_somebody_else_or_from_before_sets_nothing_up(ann: Membership, app: Flask) -> None:
    other, browser = make_member(ann.bank), browser_of(app, ann)
    for candidate in (second_factor.new_candidate(other), "", "nonsense"):
        fields = Page(send(browser, "/me/second-factor", {"until_now": PASSWORD})).fields("/me/second-factor/confirm")
        answer = browser.post("/me/second-factor/confirm", data=fields | {"candidate": candidate, "code": "123456"})
        assert answer.status_code in (409, 422)
    assert db.session.get(SecondFactor, ann.person_id) is None


def test_new_recovery_codes_and_switching_it_off_ask_for_the_password(ann: Membership, app: Flask) -> None:
    codes = has_set_up(ann)
    browser = browser_of(app, ann)
    for path in ("/me/second-factor/codes", "/me/second-factor/end"):
        fields = look(browser, "/me/second-factor").fields("/me/second-factor")
        refused = browser.post(path, data=fields | {"until_now": "wrong"})
        assert_refused_beside(refused, "until_now", "This is not your password")
    renewed = browser.post("/me/second-factor/codes", data=fields | {"until_now": PASSWORD})
    new = codes_on(renewed)
    assert len(new) == 10
    assert not set(new) & set(codes)
    stranger = app.test_client()
    with_password(stranger)
    assert enter(stranger, codes[0]).status_code == 422
    assert path_of(browser.post("/me/second-factor/end", data=fields | {"until_now": PASSWORD})) == "/me/second-factor"
    assert is_signed_in(browser)
    assert path_of(with_password(app.test_client())) == "/"
    assert db.session.scalars(select(RecoveryCode)).all() == []


@pytest.mark.parametrize("make", [make_coordinator, make_administrator])
def test_where_it_is_required_a_role_is_let_in_only_with_it(app: Flask, client: FlaskClient, make: Any) -> None:
    member = make(make_bank(), email="ruth@example.org")
    let_sign_in(member)
    without = browser_of(app, member)
    assert without.get("/approvals").status_code == 200
    require(app)
    assert without.get("/approvals").status_code == 302
    with_password(client, "ruth@example.org")
    assert path_of(client.get("/second-step")) == "/second-step/set-up"
    assert client.get("/approvals").status_code == 302
    page = look(client, "/second-step/set-up")
    secret = page.root.every("strong", _class="ch-seal")[0].text.replace(" ", "")
    fields = page.fields("/second-step/set-up") | {"code": pyotp.TOTP(secret).at(clock.now())}
    done = client.post("/second-step/set-up", data=fields)
    assert done.status_code == 200
    assert Page(done).heading == "Your recovery codes"
    assert client.get("/approvals").status_code == 200
    # It can be moved to another phone, and not be switched off.
    own = look(client, "/me/second-factor")
    assert "Switch it off" not in own.text
    refused = client.post("/me/second-factor/end", data=own.fields("/me/second-factor") | {"until_now": PASSWORD})
    assert_refused_beside(refused, "until_now", "Your role needs a second step")
    # Whoever knows the password alone cannot set up an app of their own.
    thief = app.test_client()
    with_password(thief, "ruth@example.org")
    assert path_of(thief.get("/second-step/set-up")) == "/second-step"


def test_where_it_is_required_a_member_signs_in_as_before(ann: Membership, app: Flask, client: FlaskClient) -> None:
    require(app)
    assert path_of(with_password(client)) == "/"


def test_somebody_who_is_a_coordinator_in_another_bank_needs_it_there(
    ann: Membership, app: Flask, client: FlaskClient
) -> None:
    require(app)
    second = make_coordinator(make_bank(name="Zebra Street"), email="ann@example.org")
    second.person = ann.person
    assert path_of(with_password(client)) == "/choose-bank"
    assert path_of(send(client, "/choose-bank", {"membership": str(second.id)})) == "/second-step"
    assert client.get("/approvals").status_code == 302


def test_one_sign_in_made_of_two_is_asked_for_the_second_step_that_either_had(
    ann: Membership, client: FlaskClient
) -> None:
    second = make_member(make_bank(), email="ann@example.org")
    let_sign_in(second)
    has_set_up(second)
    code = code_of(second)
    assert path_of(with_password(client)) == "/second-step"
    db.session.expire_all()
    assert second.person_id == ann.person_id
    assert path_of(enter(client, code)) == "/choose-bank"


def test_whoever_lost_it_is_helped_from_the_command_line(ann: Membership, app: Flask, cli: Any) -> None:
    has_set_up(ann)
    browser = browser_of(app, ann)
    result = cli.invoke(args=["members", "end-second-factor", "ann@example.org"])
    assert result.exit_code == 0, result.output
    assert not is_signed_in(browser)
    assert path_of(with_password(app.test_client())) == "/"
    missing = cli.invoke(args=["members", "end-second-factor", "who@example.org"])
    assert missing.stderr == "Error: Nobody has the address who@example.org.\n"
