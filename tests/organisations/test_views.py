"""Coordinators' pages for organisations and the community account."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.make import AT, give_hours, make_bank, make_coordinator, make_member, make_organisation
from tests.web.reading import Page, assert_refused_beside, everything, look, path_of, send
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.ledger.queries import community_account
from timebank.members import service as members
from timebank.organisations.models import Organisation

NEW = "/organisations/new"


@pytest.fixture
def bank(app: Flask) -> Bank:
    return make_bank()


@pytest.fixture
def cara(bank: Bank, client: FlaskClient, sign_in: Any) -> FlaskClient:
    sign_in(client, make_coordinator(bank, name="Cara Cole"))
    return client


def only_organisation() -> Organisation:
    return db.session.scalars(select(Organisation)).one()


def test_an_organisation_is_added_and_changed(bank: Bank, cara: FlaskClient) -> None:
    ann = make_member(bank, name="Ann Adams")
    assert path_of(send(cara, NEW, {"name": "Elm <i>Surgery</i>", "contact": "Ann Adams"})) == "/organisations"
    surgery = only_organisation()
    assert surgery.contact_id == ann.id
    page = look(cara, "/organisations")
    assert "Elm <i>Surgery</i>" in page.text
    assert "Ann Adams" in page.text
    path = f"/organisations/{surgery.reference}"
    assert look(cara, path).fields(path)["contact"] == [f"Ann Adams ({ann.number})"]
    send(cara, path, {"name": "Oak Surgery", "contact": ""})
    db.session.refresh(surgery)
    assert (surgery.name, surgery.contact_id) == ("Oak Surgery", None)
    assert "The coordinator" in look(cara, "/organisations").text


def test_what_does_not_fit_is_said_beside_the_box_and_nothing_is_lost(bank: Bank, cara: FlaskClient) -> None:
    hall = make_organisation(bank, name="Hall")
    make_organisation(bank, name="Elm Surgery")
    stranger = make_member(make_bank(), name="Stella Strange", number="S-77")
    gone = make_member(bank, name="Gone Away", number="G-1")
    members.leave(gone, recorded_by=gone, at=AT)
    before = everything()
    for path, own in ((NEW, "School"), (f"/organisations/{hall.reference}", "Hall")):
        for changes, field, words in (
            ({"name": " "}, "name", "Enter the name"),
            ({"name": "x" * 121}, "name", "Use 120 characters or fewer"),
            ({"name": "ELM surgery"}, "name", "There is already an organisation with this name"),
            ({"contact": "Nobody"}, "contact", "We could not find “Nobody”"),
            ({"contact": stranger.number}, "contact", "We could not find “S-77”"),
            ({"contact": "Elm Surgery"}, "contact", "Choose a member of this time bank"),
            ({"contact": "community account"}, "contact", "Choose a member of this time bank"),
            ({"contact": "G-1"}, "contact", "Choose a member of this time bank"),
        ):
            typed = {"name": own, "contact": ""} | changes
            page = assert_refused_beside(send(cara, path, typed), field, words)
            kept = page.fields(path)
            assert (kept["name"], kept["contact"]) == ([typed["name"].strip()], [typed["contact"]])
    assert everything() == before


def test_the_same_form_sent_twice_adds_one_organisation(bank: Bank, cara: FlaskClient) -> None:
    fields: dict[str, Any] = look(cara, NEW).fields(NEW) | {"name": "Elm Surgery"}
    first, second = (cara.post(NEW, data=fields) for _ in range(2))
    assert path_of(first) == path_of(second)
    assert "already used for something else" in Page(cara.post(NEW, data=fields | {"name": "Oak"})).text
    assert only_organisation().name == "Elm Surgery"


def test_the_community_account_is_shown_with_its_hours_and_the_way_to_its_statement(
    bank: Bank, cara: FlaskClient
) -> None:
    pot = community_account(bank.id)
    give_hours(bank, pot, 150)
    page = look(cara, "/organisations")
    assert "Credit hours 2:30" in page.text
    assert "No organisations yet" in page.text
    assert "Account number community" in look(cara, path_of(cara.get(f"/statements/{pot.reference}"))).text


def test_an_organisation_of_another_bank_is_not_there(bank: Bank, cara: FlaskClient) -> None:
    other = make_organisation(make_bank(), name="Strange House")
    assert "Strange House" not in look(cara, "/organisations").text
    assert cara.get(f"/organisations/{other.reference}").status_code == 404
