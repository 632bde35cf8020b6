"""Pages for the bank's people."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.make import AT, make_administrator, make_bank, make_coordinator, make_member
from tests.web.reading import Page, assert_refused_beside, everything, look, path_of, send, token_of
from timebank import clock
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.members import service
from timebank.members.models import Capacity, Membership, Role


@pytest.fixture
def bank(app: object) -> Bank:
    return make_bank()


@pytest.fixture
def boss(bank: Bank, app: Flask, sign_in: Any) -> FlaskClient:
    """An administrator's browser."""
    client = app.test_client()
    sign_in(client, make_administrator(bank, name="Ada Boss"))
    return client


def count() -> int:
    return db.session.scalars(select(func.count(Membership.id))).one()


def test_somebody_is_added_with_the_next_number(bank: Bank, boss: FlaskClient) -> None:
    answer = send(boss, "/people/new", {"name": "Ben Brown", "email": "ben@example.org", "phone": "01234"})
    ben = db.session.scalars(select(Membership).where(Membership.name == "Ben Brown")).one()
    assert path_of(answer) == f"/people/{ben.reference}"
    assert (ben.number, ben.email, ben.capacity) == ("0002", "ben@example.org", Capacity.NOT_STATED)
    assert ben.joined_on == bank.day_of(clock.now())
    assert "Ben Brown is now a member" in look(boss, path_of(answer)).text


def test_what_does_not_fit_is_said_beside_the_box_and_nothing_is_lost(bank: Bank, boss: FlaskClient) -> None:
    make_member(bank, number="77", email="taken@example.org")
    tomorrow = bank.day_of(clock.now()) + dt.timedelta(days=1)
    before = everything()
    for changes, field, words in (
        ({"name": ""}, "name", "Enter a name"),
        ({"name": "x" * 121}, "name", "Use 120 characters or fewer"),
        ({"name": None}, "name", "Enter a name"),
        ({"email": "nobody"}, "email", "Enter an email address like name@example.org"),
        ({"email": "TAKEN@example.org"}, "email", "Somebody in this time bank already uses this email address"),
        ({"email": "x" * 260}, "email", "Use 254 characters or fewer"),
        ({"number": "77"}, "number", "This number is already used in this time bank"),
        ({"number": "a b"}, "number", "Enter a number of up to 40 letters"),
        ({"number": "x" * 41}, "number", "Use 40 characters or fewer"),
        ({"phone": "0" * 41}, "phone", "Use 40 characters or fewer"),
        ({"capacity": "king"}, "capacity", "Choose one from the list"),
        ({"joined_on": ["31", "4", "2025"]}, "joined_on", "no such day"),
        ({"joined_on": ["", "", ""]}, "joined_on", "Enter the day of joining"),
        (
            {"joined_on": [str(tomorrow.day), str(tomorrow.month), str(tomorrow.year)]},
            "joined_on",
            "cannot be in the future",
        ),
    ):
        typed: dict[str, Any] = {"name": "Ben Brown", "phone": "01234", "email": "", "number": ""} | changes
        page = assert_refused_beside(send(boss, "/people/new", typed), field, words)
        kept = page.fields("/people/new")
        for name, value in typed.items():
            if value is not None and name != "capacity":
                assert kept[name] == (value if isinstance(value, list) else [value]), (changes, name)
    assert everything() == before


def test_the_same_form_sent_twice_adds_one_person(bank: Bank, boss: FlaskClient) -> None:
    fields: dict[str, Any] = look(boss, "/people/new").fields("/people/new") | {"name": "Ben Brown"}
    first, second = (boss.post("/people/new", data=fields) for _ in range(2))
    assert path_of(first) == path_of(second)
    assert count() == 2
    other = boss.post("/people/new", data=fields | {"name": "Eve Evans"})
    assert "already used for something else" in Page(other).text
    assert count() == 2


def test_tags_in_a_name_are_shown_as_they_were_typed(bank: Bank, boss: FlaskClient) -> None:
    name = "<script>alert(1)</script> Ben"
    answer = send(boss, "/people/new", {"name": name, "phone": "<b>1</b>"})
    for path in (path_of(answer), f"{path_of(answer)}/change", f"{path_of(answer)}/leave", "/people", "/approvals"):
        assert "<script>alert" not in boss.get(path).text
        assert "<b>1" not in boss.get(path).text
    assert name in look(boss, "/people").text


def test_details_are_changed_and_refused_beside_the_box(bank: Bank, boss: FlaskClient) -> None:
    ben = make_member(bank, name="Ben Brown", email="ben@example.org", capacity=Capacity.CARER)
    both = make_member(bank, name="Both Banks", email="both@example.org")
    path = f"/people/{ben.reference}/change"
    assert look(boss, path).fields(path)["email"] == ["ben@example.org"]
    before = everything()
    assert_refused_beside(send(boss, path, {"name": ""}), "name", "Enter a name")
    assert_refused_beside(send(boss, path, {"email": "x"}), "email", "Enter an email address")
    page = assert_refused_beside(send(boss, path, {"email": "both@example.org", "name": "B"}), "email", "already uses")
    assert page.fields(path)["name"] == ["B"]
    assert everything() == before
    assert send(boss, path, {"name": "Ben Black", "email": ""}).status_code == 302
    db.session.refresh(ben)
    assert (ben.name, ben.email, ben.capacity, both.name != "") == ("Ben Black", None, Capacity.CARER, True)


def test_somebody_leaves_and_comes_back(bank: Bank, boss: FlaskClient) -> None:
    ben = make_member(bank, name="Ben Brown")
    path = f"/people/{ben.reference}"
    send(boss, f"{path}/leave", {})
    assert "No longer a member since" in look(boss, path).text
    db.session.refresh(ben)
    assert ben.left_at is not None
    boss.post(f"{path}/return", data={"csrf_token": token_of(boss)})
    db.session.refresh(ben)
    assert ben.left_at is None


def test_the_last_administrator_is_told_why_they_cannot_leave_or_step_down(bank: Bank, boss: FlaskClient) -> None:
    ada = db.session.scalars(select(Membership).where(Membership.name == "Ada Boss")).one()
    before = everything()
    answer = send(boss, f"/people/{ada.reference}/leave", {})
    assert answer.status_code == 409
    assert "This is the only administrator" in Page(answer).text
    path = f"/people/{ada.reference}"
    assert_refused_beside(
        send(boss, f"{path}/role", {"role": "member"}, page=path), "role", "This is the only administrator"
    )
    assert_refused_beside(send(boss, f"{path}/role", {"role": "king"}, page=path), "role", "Choose")
    assert everything() == before


def test_an_administrator_sets_roles_and_a_coordinator_does_not(
    bank: Bank, boss: FlaskClient, app: Flask, sign_in: Any
) -> None:
    ben, coordinator = make_member(bank), make_coordinator(bank)
    path = f"/people/{ben.reference}"
    assert send(boss, f"{path}/role", {"role": "coordinator"}, page=path).status_code == 302
    db.session.refresh(ben)
    assert ben.role == Role.COORDINATOR
    client = app.test_client()
    sign_in(client, coordinator)
    assert "Set the role" not in look(client, path).text
    token, before = token_of(client), everything()
    refused = client.post(f"{path}/role", data={"csrf_token": token, "role": "administrator"})
    assert refused.status_code == 403
    own = client.post(f"/people/{coordinator.reference}/role", data={"csrf_token": token, "role": "administrator"})
    assert own.status_code == 403
    assert everything() == before


def test_a_member_changes_their_own_name_telephone_and_capacity_and_nothing_else(
    bank: Bank, app: Flask, sign_in: Any
) -> None:
    ann, client = make_member(bank, name="Ann Adams", email="ann@example.org"), app.test_client()
    sign_in(client, ann)
    more = {"email": "new@example.org", "role": "administrator", "number": "1", "left_at": "", "bank_id": "2"}
    send(client, "/me", {"name": "Ann Archer", "phone": "01234", "capacity": "carer"} | more)
    db.session.refresh(ann)
    assert (ann.name, ann.phone, ann.capacity) == ("Ann Archer", "01234", Capacity.CARER)
    assert (ann.email, ann.role, ann.number) == ("ann@example.org", Role.MEMBER, "0001")
    page = assert_refused_beside(send(client, "/me", {"name": " ", "phone": "9"}), "name", "Enter a name")
    assert page.fields("/me")["phone"] == ["9"]


def test_members_find_first_names_and_initials_and_coordinators_full_names(
    bank: Bank, boss: FlaskClient, app: Flask, sign_in: Any
) -> None:
    ben = make_member(
        bank, name="Benedict Brownlow", phone="01234", email="ben@example.org", capacity=Capacity.SERVICE_USER
    )
    gone = make_member(bank, name="Benedict Gone")
    service.leave(gone, recorded_by=gone, at=AT)
    make_member(make_bank(), name="Benedict Stranger")
    ann = app.test_client()
    sign_in(ann, make_member(bank, name="Ann Adams"))
    assert ann.get("/people/search?q=BENEDICT").json == {"people": [{"label": f"Benedict B. ({ben.number})"}]}
    assert boss.get("/people/search?q=brown").json == {"people": [{"label": f"Benedict Brownlow ({ben.number})"}]}
    for typed in ("%25", "_", "", "+", "nobody", "x" * 2000):
        assert ann.get(f"/people/search?q={typed}").json == {"people": []}, typed
    assert ann.get("/people").status_code == 403
    assert len(ann.get("/people/search?q=e").json["people"]) <= 8


def test_the_list_of_people_shows_each_with_balances_and_narrows_down(bank: Bank, boss: FlaskClient) -> None:
    make_member(bank, name="Percy 100%")
    make_member(bank, name="Ann Adams")
    assert "Percy 100%" in look(boss, "/people").text
    narrowed = look(boss, "/people?words=%25").text
    assert "Percy 100%" in narrowed
    assert "Ann Adams" not in narrowed
    assert "No name or number fits “<b>x</b>”" in look(boss, "/people?words=%3Cb%3Ex%3C/b%3E").text


def test_the_list_of_people_costs_the_same_however_many_there_are(
    bank: Bank, boss: FlaskClient, statements_counted: Any
) -> None:
    counts = []
    for _ in range(2):
        for _ in range(8):
            make_member(bank)
        look(boss, "/people")
        with statements_counted() as statements:
            look(boss, "/people")
        counts.append(len(statements))
    assert counts[0] == counts[1]
