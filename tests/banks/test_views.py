"""The administrator's pages: rules and activities."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.make import make_activity, make_administrator, make_bank
from tests.web.reading import Page, assert_refused_beside, everything, look, path_of, send
from timebank.banks import queries
from timebank.banks.models import Bank, Stage
from timebank.extensions import db
from timebank.ledger.models import Book

NEW = "/rules/activities/new"


@pytest.fixture
def bank(app: Flask) -> Bank:
    return make_bank(floor_minutes=-2400, confirms_itself_after_days=14)


@pytest.fixture
def ada(bank: Bank, client: FlaskClient, sign_in: Any) -> FlaskClient:
    sign_in(client, make_administrator(bank))
    return client


def test_the_rules_are_shown_as_they_are_and_kept_unchanged_when_nothing_is_changed(
    bank: Bank, ada: FlaskClient
) -> None:
    shown = look(ada, "/rules").fields("/rules")
    assert shown["floor_minutes"] == ["−40:00"]
    assert (shown["low_balance_minutes"], shown["high_balance_minutes"]) == (["−25:00"], ["25:00"])
    assert (shown["longest_exchange_minutes"], shown["oldest_day_days"]) == (["24:00"], ["90"])
    assert (shown["confirms_itself_after_days"], shown["expires_after_days"]) == (["14"], ["90"])
    assert (shown["confirmation_needed"], shown["approval_needed"]) == (["y"], ["y"])
    before = everything()
    assert path_of(send(ada, "/rules", {})) == "/rules"
    assert everything() == before


def test_every_rule_can_be_changed_and_is_shown_as_changed(bank: Bank, ada: FlaskClient) -> None:
    typed: dict[str, Any] = {
        "name": "Elm <b>Road</b>",
        "time_zone": "Pacific/Auckland",
        "rounding_minutes": "15",
        "oldest_day_days": "0",
        "longest_exchange_minutes": "7½",
        "confirms_itself_after_days": "",
        "expires_after_days": "",
        "confirmation_needed": None,
        "approval_needed": None,
        "low_balance_minutes": "-10",
        "high_balance_minutes": "90 min",
        "floor_minutes": "",
        "opening_credit_minutes": "2",
    }
    send(ada, "/rules", typed)
    db.session.refresh(bank)
    assert {rule: getattr(bank, rule) for rule in typed} == {
        "name": "Elm <b>Road</b>",
        "time_zone": "Pacific/Auckland",
        "rounding_minutes": 15,
        "oldest_day_days": 0,
        "longest_exchange_minutes": 450,
        "confirms_itself_after_days": None,
        "expires_after_days": None,
        "confirmation_needed": False,
        "approval_needed": False,
        "low_balance_minutes": -600,
        "high_balance_minutes": 90,
        "floor_minutes": None,
        "opening_credit_minutes": 120,
    }
    page = look(ada, "/rules")
    assert "The rules are kept, and hold from now on" in page.text
    assert "Elm <b>Road</b>" in page.root.text
    shown = page.fields("/rules")
    assert "confirmation_needed" not in shown
    assert (shown["floor_minutes"], shown["opening_credit_minutes"]) == ([""], ["2:00"])


def test_a_rule_that_cannot_be_is_said_beside_its_box_and_nothing_is_lost(bank: Bank, ada: FlaskClient) -> None:
    before = everything()
    days = "Enter a number of days from"
    for field, typed, words in (
        ("name", " ", "Enter a name"),
        ("name", "x" * 121, "Use 120 characters or fewer"),
        ("time_zone", "Elm/Road", "Choose one from the list"),
        ("language", "tlh", "Choose one from the list"),
        ("oldest_day_days", "-1", days),
        ("oldest_day_days", "", days),
        ("oldest_day_days", "3651", days),
        ("oldest_day_days", "1e3", days),
        ("oldest_day_days", "٣", days),
        ("confirms_itself_after_days", "0", days),
        ("expires_after_days", "soon", days),
        ("longest_exchange_minutes", "0", "more than 0 minutes"),
        ("longest_exchange_minutes", "169", "Enter a week or less"),
        ("longest_exchange_minutes", "1,5", "full stop"),
        ("longest_exchange_minutes", "", "Enter how long"),
        ("low_balance_minutes", "", "Enter how long"),
        ("high_balance_minutes", "--5", "more than 0 minutes"),
        ("floor_minutes", "never", "Enter how long"),
        ("opening_credit_minutes", "-2", "Enter 0 or more"),
        ("opening_credit_minutes", "99999", "more time than can be recorded"),
    ):
        page = assert_refused_beside(send(ada, "/rules", {field: typed}), field, words)
        if field not in ("time_zone", "language"):
            assert page.fields("/rules")[field] == [typed.strip()], (field, typed)
    assert_refused_beside(send(ada, "/rules", {"rounding_minutes": "7"}), "rounding_minutes", "Choose one")
    assert everything() == before


def test_an_activity_is_added_listed_and_changed(bank: Bank, ada: FlaskClient) -> None:
    typed = {"name": "Cooking", "service_area": "Health", "default_book": "record", "default_stage": "design"}
    assert path_of(send(ada, NEW, typed)) == "/rules/activities"
    [cooking] = queries.activities_of(bank)
    assert (cooking.default_book, cooking.default_stage, cooking.offered) == (Book.RECORD, Stage.DESIGN, True)
    assert "Cooking" in look(ada, "/rules/activities").text
    path = f"/rules/activities/{cooking.reference}"
    assert look(ada, path).fields(path)["default_book"] == ["record"]
    send(ada, path, {"name": "Cooking class", "default_book": "credit", "offered": None})
    db.session.refresh(cooking)
    assert (cooking.name, cooking.default_book, cooking.offered) == ("Cooking class", Book.CREDIT, False)
    assert cooking.service_area == "Health"


def test_an_activity_that_cannot_be_is_said_beside_the_box(bank: Bank, ada: FlaskClient) -> None:
    gardening = make_activity(bank, name="Gardening")
    cooking = make_activity(bank, name="Cooking")
    before = everything()
    for path, own in ((NEW, "Reading"), (f"/rules/activities/{cooking.reference}", "Cooking")):
        for changes, field, words in (
            ({"name": ""}, "name", "Enter a name"),
            ({"name": "GARDENING "}, "name", "There is already an activity with this name"),
            ({"name": "x" * 121}, "name", "Use 120 characters or fewer"),
            ({"service_area": "x" * 121}, "service_area", "Use 120 characters or fewer"),
            ({"default_book": "third"}, "default_book", "Choose one"),
            ({"default_stage": "dreaming"}, "default_stage", "Choose one"),
        ):
            typed = {"name": own, "service_area": "Health"} | changes
            page = assert_refused_beside(send(ada, path, typed), field, words)
            assert page.fields(path)["name"] == [typed["name"].strip()]
    assert everything() == before
    assert gardening.name == "Gardening"


def test_the_same_form_sent_twice_adds_one_activity(bank: Bank, ada: FlaskClient) -> None:
    fields: dict[str, Any] = look(ada, NEW).fields(NEW) | {"name": "Cooking"}
    first, second = (ada.post(NEW, data=fields) for _ in range(2))
    assert path_of(first) == path_of(second)
    assert len(queries.activities_of(bank)) == 1
    assert "already used for something else" in Page(ada.post(NEW, data=fields | {"name": "Reading"})).text
    assert len(queries.activities_of(bank)) == 1


def test_a_bank_without_activities_says_what_to_do_next(bank: Bank, ada: FlaskClient) -> None:
    assert "Add an activity" in look(ada, "/rules/activities").text
