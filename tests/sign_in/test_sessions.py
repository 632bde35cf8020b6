"""Sessions live on the server: each can be ended, and none comes back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

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
from tests.web.reading import everything, look, path_of, send, token_of
from timebank import clock
from timebank.audit.models import Action, AuditRecord
from timebank.extensions import db
from timebank.members import pausing
from timebank.members import service as members
from timebank.members.models import Membership, Role
from timebank.privacy import erasing
from timebank.sign_in import service
from timebank.sign_in.models import Session

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def ann(app: Flask) -> Membership:
    return make_member(make_bank(), name="Ann Adams", email="ann@example.org")


def browser_of(app: Flask, member: Membership) -> FlaskClient:
    """Return a browser with the cookie that the form would have given it: checking a password is slow."""
    client, session_id = app.test_client(), begin_session(member)
    let_sign_in(member)
    with client.session_transaction() as held:
        held["_user_id"] = session_id
    return client


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/hours").status_code == 200


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("session")
    return found.value if found else ""


def with_cookie(app: Flask, value: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("session", value)
    return client


def sessions() -> list[Session]:
    db.session.commit()
    return list(db.session.scalars(select(Session).order_by(Session.id)))


def sign_out(client: FlaskClient, _member: Membership) -> None:
    client.post("/sign-out", data={"csrf_token": token_of(client)})


def change_password(client: FlaskClient, _member: Membership) -> None:
    assert path_of(send(client, "/me/password", {"until_now": PASSWORD, "password": "three blue chairs"})) == "/me"


def set_by_link_or_command(_client: FlaskClient, member: Membership) -> None:
    service.set_password(member.person, "three blue chairs", at=AT)


def change_role(_client: FlaskClient, member: Membership) -> None:
    members.change_role(member, Role.COORDINATOR, changed_by=None, at=AT)


def change_address(_client: FlaskClient, member: Membership) -> None:
    members.change_member(
        member, name=member.name, phone="", email="new@example.org", capacity=member.capacity, changed_by=member, at=AT
    )


def leave(_client: FlaskClient, member: Membership) -> None:
    members.leave(member, recorded_by=member, at=AT)


def leave_and_return(client: FlaskClient, member: Membership) -> None:
    leave(client, member)
    members.come_back(member, recorded_by=member, at=AT)


def pause(_client: FlaskClient, member: Membership) -> None:
    pausing.pause(member, reason="x", paused_by=make_administrator(member.bank), at=AT)


def pause_and_go_on(client: FlaskClient, member: Membership) -> None:
    pause(client, member)
    pausing.end_pause(member, ended_by=make_administrator(member.bank), at=AT)


def erase(_client: FlaskClient, member: Membership) -> None:
    erasing.erase(member, gives_balance=True, erased_by=make_administrator(member.bank), at=AT)


def restore_a_backup(_client: FlaskClient, _member: Membership) -> None:
    service.end_everything()


def end_others(client: FlaskClient) -> None:
    client.post("/me/sessions/end-others", data={"csrf_token": token_of(client)})


ENDS_ALL = [
    *(change_password, set_by_link_or_command, change_role, change_address, leave, leave_and_return),
    *(pause, pause_and_go_on, erase, restore_a_backup),
]


@pytest.mark.parametrize("act", ENDS_ALL, ids=lambda act: act.__name__)
def test_no_cookie_from_before_is_alive_after(ann: Membership, app: Flask, act: Callable[..., None]) -> None:
    """On this device and two others, and the one that was ended before stays so."""
    browsers = [browser_of(app, ann) for _ in range(4)]
    old = [cookie(browser) for browser in browsers]
    sign_out(browsers[3], ann)
    assert [is_signed_in(with_cookie(app, value)) for value in old] == [True, True, True, False]
    act(browsers[0], ann)
    assert [value for value in old if is_signed_in(with_cookie(app, value))] == []


def test_a_session_has_an_id_by_lot_of_which_only_a_digest_is_kept(
    ann: Membership, client: FlaskClient, sign_in: Any
) -> None:
    sign_in(client, ann)
    with client.session_transaction() as held:
        session_id = held["_user_id"]
    (begun,) = sessions()
    assert len(session_id) >= 43
    assert begun.id_hash == service.hash_of_id(session_id)
    assert session_id not in repr(everything())


@pytest.mark.parametrize("forged", ["", "1:1", "0", "x" * 43, "x" * 5000, "\0", "🌻"])
def test_an_id_that_was_not_given_out_is_worth_nothing(ann: Membership, client: FlaskClient, forged: str) -> None:
    begin_session(ann)
    with client.session_transaction() as held:
        held["_user_id"] = forged
    assert not is_signed_in(client)


def test_the_digest_that_is_kept_is_no_id(ann: Membership, client: FlaskClient) -> None:
    begin_session(ann)
    with client.session_transaction() as held:
        held["_user_id"] = sessions()[0].id_hash
    assert not is_signed_in(client)


def test_changing_to_another_bank_and_a_new_password_give_another_id(
    ann: Membership, app: Flask, client: FlaskClient, sign_in: Any
) -> None:
    second = make_member(make_bank(), email="ann@example.org")
    second.person = ann.person
    sign_in(client, ann)
    first = cookie(client)
    send(client, "/choose-bank", {"membership": str(second.id)})
    assert is_signed_in(client)
    assert not is_signed_in(with_cookie(app, first))
    before = cookie(client)
    change_password(client, second)
    assert is_signed_in(client)
    assert not is_signed_in(with_cookie(app, before))


def age(minutes_unused: int, minutes_old: int) -> None:
    (begun,) = sessions()
    now = clock.now()
    begun.last_seen_at = now - dt.timedelta(minutes=minutes_unused)
    begun.begun_at = now - dt.timedelta(minutes=minutes_old)
    db.session.commit()


@pytest.mark.parametrize(
    ("unused", "old", "is_open"), [(119, 200, True), (121, 200, False), (1, 1439, True), (1, 1441, False)]
)
def test_a_session_ends_when_it_is_left_alone_and_when_it_is_old(
    ann: Membership, app: Flask, unused: int, old: int, is_open: bool
) -> None:
    client = browser_of(app, ann)
    age(unused, old)
    assert is_signed_in(client) is is_open
    assert is_signed_in(client) is is_open


def test_the_limits_are_settings(ann: Membership, app: Flask) -> None:
    client = browser_of(app, ann)
    age(20, 70)
    app.config["TIMEBANK_SESSION_IDLE_MINUTES"] = 15
    assert not is_signed_in(client)
    app.config |= {"TIMEBANK_SESSION_IDLE_MINUTES": 30, "TIMEBANK_SESSION_HOURS": 1}
    assert not is_signed_in(client)
    app.config["TIMEBANK_SESSION_HOURS"] = 2
    assert is_signed_in(client)


def test_that_somebody_is_there_is_written_down_once_a_minute_and_costs_a_page_no_question(
    ann: Membership, app: Flask, statements_counted: Any
) -> None:
    client = browser_of(app, ann)
    with statements_counted() as within_the_minute:
        assert is_signed_in(client)
    assert [statement for statement in within_the_minute if statement.startswith("UPDATE")] == []
    age(5, 60)
    with statements_counted() as statements:
        assert is_signed_in(client)
    assert len([statement for statement in statements if statement.startswith("UPDATE session")]) == 1
    assert len(statements) == len(within_the_minute) + 1
    (begun,) = sessions()
    assert clock.now() - begun.last_seen_at < dt.timedelta(minutes=1)
    assert clock.now() - begun.begun_at > dt.timedelta(minutes=59)


def test_a_page_is_there_when_that_cannot_be_written_down(
    ann: Membership, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser_of(app, ann)
    age(5, 60)

    def fails(*_args: Any, **_named: Any) -> None:
        raise OperationalError("UPDATE session", None, Exception("database is locked"))

    with monkeypatch.context() as broken:
        broken.setattr(service, "note_last_seen", fails)
        assert is_signed_in(client)
    (begun,) = sessions()
    assert clock.now() - begun.last_seen_at > dt.timedelta(minutes=4)


def test_sessions_that_must_have_ended_are_dropped_when_another_begins(
    ann: Membership, client: FlaskClient, sign_in: Any
) -> None:
    sign_in(client, ann)
    age(2000, 2000)
    other = make_member(ann.bank)
    begin_session(other)
    sign_in(client, ann)
    assert sorted(begun.membership_id for begun in sessions()) == [ann.id, other.id]


def test_one_sees_where_one_is_signed_in_and_ends_one_or_all_others(ann: Membership, app: Flask, sign_in: Any) -> None:
    here, there, elsewhere = browser_of(app, ann), app.test_client(), browser_of(app, ann)
    there.environ_base["HTTP_USER_AGENT"] = FIREFOX
    sign_in(there, ann)
    stranger = browser_of(app, make_member(ann.bank))
    page = look(here, "/me/sessions")
    assert "This device: Firefox on Linux" in page.text
    assert page.text.count("Last used") == 3
    assert "Firefox on Windows" in page.text
    of_firefox = next(begun for begun in sessions() if begun.system == "Windows")
    ended = send(here, f"/me/sessions/{of_firefox.reference}/end", {}, page="/me/sessions")
    assert path_of(ended) == "/me/sessions"
    assert [is_signed_in(browser) for browser in (here, there, elsewhere, stranger)] == [True, False, True, True]
    sign_in(there, ann)
    end_others(here)
    assert [is_signed_in(browser) for browser in (here, there, elsewhere, stranger)] == [True, False, False, True]
    assert "nowhere else" in look(here, "/me/sessions").text
    records = select(AuditRecord.details).where(AuditRecord.action == Action.SESSIONS_ENDED).order_by(AuditRecord.id)
    assert [details["count"] for details in db.session.scalars(records)] == [1, 2]


def test_nobody_ends_somebody_else_s_session(ann: Membership, app: Flask) -> None:
    client = browser_of(app, ann)
    (begun,) = sessions()
    for stranger in (make_member(ann.bank), make_administrator(ann.bank), make_coordinator(make_bank())):
        browser = browser_of(app, stranger)
        answer = browser.post(f"/me/sessions/{begun.reference}/end", data={"csrf_token": token_of(browser)})
        assert answer.status_code == 404
        end_others(browser)
    assert is_signed_in(client)


def test_a_session_that_is_ended_already_is_not_there(ann: Membership, app: Flask) -> None:
    begin_session(ann)
    (other,) = sessions()
    client = browser_of(app, ann)
    other.ended_at = AT
    answer = client.post(f"/me/sessions/{other.reference}/end", data={"csrf_token": token_of(client)})
    assert answer.status_code == 404


def test_a_session_begun_while_the_password_was_being_changed_is_not_alive(
    ann: Membership, client: FlaskClient
) -> None:
    """Whoever was let in with the old password just before, and whose session is written just after."""
    let_sign_in(ann)
    session_id = begin_session(ann)
    ann.person.sign_in_version += 1
    with client.session_transaction() as held:
        held["_user_id"] = session_id
    assert not is_signed_in(client)
    assert db.session.scalar(select(func.count(Session.id)).where(Session.ended_at.is_(None))) == 1
