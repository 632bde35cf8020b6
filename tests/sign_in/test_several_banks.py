"""Somebody who belongs to two banks signs in once, picks one, changes to the other, and is in one of them at a time."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests import make
from tests.conftest import csrf_token
from tests.web.reading import look, path_of, send
from timebank import clock
from timebank.extensions import db
from timebank.members import pausing
from timebank.members.models import Membership, Role
from timebank.sign_in import queries
from timebank.sign_in.session import limits


def one_person_in_two_banks() -> tuple[Membership, Membership]:
    """Return a coordinator of one bank who is a member of another, by the same address and password."""
    north = make.make_coordinator(make.make_bank(name="North Bank"), name="Ida Both", email="ida@example.org")
    south = make.make_member(make.make_bank(name="South Bank"), name="Ida Both", email="ida@example.org")
    for member in (north, south):
        make.let_sign_in(member)
    return north, south


def sign_in_to(client: FlaskClient, next_path: str = "") -> str:
    page = client.get(f"/sign-in?next={next_path}")
    sent = {"email": "ida@example.org", "password": make.PASSWORD, "csrf_token": csrf_token(page), "next": next_path}
    answer = client.post("/sign-in", data=sent)
    assert path_of(answer) == "/choose-bank"
    return str(answer.location)


def choose(client: FlaskClient, membership: Membership, page: str = "/choose-bank") -> str:
    answer = send(client, "/choose-bank", {"membership": str(membership.id)}, page=page)
    return path_of(answer)


def test_one_picks_a_bank_changes_to_another_and_is_in_one_of_them_at_a_time(app: Flask) -> None:
    north, south = one_person_in_two_banks()
    giver, receiver = make.make_member(south.bank), make.make_member(south.bank)
    in_south = make.log_exchange(south.bank, giver=south, receiver=receiver)
    in_north = make.log_exchange(north.bank, giver=make.make_member(north.bank), receiver=make.make_member(north.bank))
    client = app.test_client()
    chooses = sign_in_to(client, f"/hours/{in_south.reference}")
    # Where they wanted to go is in the bank that they choose, and not lost on the way.
    assert choose(client, south, chooses) == f"/hours/{in_south.reference}"
    db.session.refresh(north)
    assert north.person_id == south.person_id
    home = look(client, "/").root
    assert "South Bank" in home.text
    assert home.every("a", href="/choose-bank")
    of_north = [
        f"/hours/{in_north.reference}",
        f"/approvals/{in_north.reference}",
        f"/statements/{north.account.reference}",
    ]
    assert [client.get(path).status_code for path in of_north] == [404, 403, 404]
    old = client.get_cookie("session") or client.get_cookie("__Host-session")
    assert old is not None
    assert choose(client, north) == "/"
    assert "North Bank" in look(client, "/").root.text
    assert [client.get(path).status_code for path in of_north] == [404, 200, 302]
    assert client.get(f"/hours/{in_south.reference}").status_code == 404
    assert client.get(f"/statements/{giver.account.reference}").status_code == 404
    # The session of before is over: its cookie opens neither bank.
    kept = app.test_client()
    kept.set_cookie(old.key, old.value)
    assert path_of(kept.get("/me")) == "/sign-in"
    assert len(queries.open_sessions_of(north.person, limits=limits(), at=clock.now())) == 1


def test_a_role_in_one_bank_is_none_in_the_other_and_neither_is_a_pause(app: Flask) -> None:
    north, south = one_person_in_two_banks()
    client = app.test_client()
    sign_in_to(client)
    assert choose(client, south) == "/"
    pages = ("/approvals", "/people", "/months")
    assert [client.get(path).status_code for path in pages] == [403, 403, 403]
    assert choose(client, north) == "/"
    assert [client.get(path).status_code for path in pages] == [200, 200, 200]
    ada = make.make_administrator(north.bank)
    pausing.pause(north, reason="x", paused_by=ada, at=clock.now())
    assert path_of(client.get("/approvals")) == "/sign-in"
    page = client.get("/sign-in")
    sent = {"email": "ida@example.org", "password": make.PASSWORD, "csrf_token": csrf_token(page)}
    assert path_of(client.post("/sign-in", data=sent)) == "/"
    home = look(client, "/").root
    assert "South Bank" in home.text
    # With one bank left there is nothing to choose.
    assert not home.every("a", href="/choose-bank")


def test_nobody_chooses_a_bank_that_is_not_theirs(app: Flask, sign_in: Any) -> None:
    one_person_in_two_banks()
    other = make.make_member(make.make_bank(), role=Role.ADMINISTRATOR)
    client = app.test_client()
    sign_in_to(client)
    answer = send(client, "/choose-bank", {"membership": str(other.id)}, page="/choose-bank")
    assert answer.status_code == 422
    assert client.get("/rules").status_code == 403
