"""A page that others were in the way of is made again from the beginning; what cannot be is kept to be sent again."""

from __future__ import annotations

import contextvars
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, flash, g, session
from flask.testing import FlaskClient
from sqlalchemy import event, make_url
from sqlalchemy.exc import OperationalError

from tests.attempts.faults import Kind, failing, said_by_the_driver
from tests.conftest import application_on
from tests.make import PASSWORD, confirmed_exchange, let_sign_in, make_bank, make_coordinator, make_member
from tests.web.reading import Page, everything, look, token_of
from timebank.attempts import MOST_ATTEMPTS
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.web.access import public


@pytest.fixture
def app(app_of_its_own: Flask) -> Flask:
    """An application that a page is added to."""
    return app_of_its_own


@pytest.fixture
def counting(app: Flask, dialect: str) -> dict[str, Any]:
    """A page that leaves traces everywhere, and fails as often as it is told to."""
    seen: dict[str, Any] = {"times": 0, "to_fail": 0, "kind": Kind.BUSY}

    def page() -> str:
        seen["times"] += 1
        seen["found"] = (g.get("left_behind"), session.get("left_behind"), len(session.get("_flashes", [])))
        g.left_behind = session["left_behind"] = True
        flash("left behind", "success")
        if seen["times"] <= seen["to_fail"]:
            raise OperationalError("SELECT", None, said_by_the_driver(seen["kind"], dialect))
        return "made"

    app.add_url_rule("/again", endpoint="again", view_func=public(page), methods=["GET", "POST"])
    return seen


def test_a_page_is_made_again_as_if_it_had_only_now_been_asked_for(
    counting: dict[str, Any], client: FlaskClient
) -> None:
    counting["to_fail"] = 2
    answer = client.get("/again")
    assert (answer.status_code, answer.text, counting["times"]) == (200, "made", 3)
    assert counting["found"] == (None, None, 0)
    with client.session_transaction() as kept:
        assert len(kept["_flashes"]) == 1


def test_after_the_last_attempt_the_page_says_when_to_try_again(counting: dict[str, Any], client: FlaskClient) -> None:
    counting["to_fail"] = 1000
    answer = client.get("/again")
    assert (answer.status_code, counting["times"]) == (503, MOST_ATTEMPTS)
    assert answer.headers["Retry-After"] == "5"
    assert Page(answer).heading == "Please try again"


def test_what_was_typed_is_one_button_away_from_being_sent_again(app: Flask, client: FlaskClient, sign_in: Any) -> None:
    bank = make_bank()
    cara = make_coordinator(bank)
    exchange = confirmed_exchange(bank, giver=make_member(bank), receiver=make_member(bank))
    reference, bank_id = exchange.reference, bank.id
    sign_in(client, cara)
    path = f"/approvals/{reference}"
    typed = {"csrf_token": token_of(client), "decision": "approve", "message": '"><b>مرحبا 🌻</b>\nsecond line'}
    with failing(6, Kind.FULL):
        answer = client.post(path, data=typed)
    assert answer.status_code == 503
    page = Page(answer)
    assert [button.text for button in page.form(path).every("button")] == ["Send it again"]
    again = client.post(path, data=page.fields(path))
    assert again.status_code == 302
    assert len(ledger.transfers_linked_by(bank_id, reference)) == 1
    assert "مرحبا 🌻" in look(client, path).text


def test_a_password_is_never_written_into_a_page(app: Flask, client: FlaskClient) -> None:
    email = let_sign_in(make_member(make_bank()))
    token = Page(client.get("/sign-in")).fields("/sign-in")["csrf_token"]
    with failing(2, Kind.FULL):
        answer = client.post("/sign-in", data={"email": email, "password": PASSWORD, "csrf_token": token})
    assert answer.status_code == 503
    assert PASSWORD not in answer.text
    assert not Page(answer).root.every("input", type="hidden", name="email")


def test_of_several_ticked_exchanges_one_that_fails_does_not_take_the_others_with_it(
    app: Flask, client: FlaskClient, sign_in: Any, dialect: str
) -> None:
    bank = make_bank()
    cara, ann, ben = make_coordinator(bank), make_member(bank), make_member(bank)
    references = [confirmed_exchange(bank, giver=ann, receiver=ben).reference for _ in range(3)]
    bank_id = bank.id
    sign_in(client, cara)
    token, tries = token_of(client), []

    def others_in_the_way(_cursor: Any, statement: str, parameters: Any, _context: Any) -> None:
        if statement.startswith("INSERT INTO transfer") and references[1] in str(parameters):
            tries.append(1)
            raise said_by_the_driver(Kind.BUSY, dialect)

    event.listen(db.engine, "do_execute", others_in_the_way)
    answer = client.post("/approvals", data={"csrf_token": token, "exchange": references})
    event.remove(db.engine, "do_execute", others_in_the_way)
    assert answer.status_code == 302
    assert len(tries) == MOST_ATTEMPTS
    posted = [len(ledger.transfers_linked_by(bank_id, reference)) for reference in references]
    assert posted == [1, 0, 1]
    text = client.get(answer.location).text
    assert "2 exchanges approved" in text
    assert "The time bank is very busy" in text


def test_a_refusal_leaves_the_database_as_it_was_and_the_log_says_no_name(
    app: Flask, client: FlaskClient, sign_in: Any, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sign_in(client, make_member(make_bank(), name="Ann Adams", phone="01632 960000"))
    fields = look(client, "/me").fields("/me") | {"name": "Ann Canary-4711"}
    cookie = client.get_cookie("session")
    assert cookie is not None
    before = everything()
    # It logs to what standard error is now.
    with application_on(database_url) as logging:
        browser = logging.test_client()
        browser.set_cookie("session", cookie.value)
        with failing(5, Kind.FULL):
            assert browser.post("/me", data=fields).status_code == 503
    assert everything() == before
    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (line["event"], line["trouble"], line["nothing_is_kept"]) == ("database", "disk full", True)
    assert set(line) == {
        *("event", "level", "timestamp", "reference", "trouble", "problem", "attempts", "nothing_is_kept"),
    }
    assert "Canary" not in str(line)


@contextmanager
def away(database_url: str, dialect: str, request: pytest.FixtureRequest) -> Iterator[None]:
    """The database cannot be reached at all, until this is over."""
    db.session.remove()
    db.engine.dispose()
    if dialect == "sqlite":
        path = Path(database_url.removeprefix("sqlite:///"))
        hidden = path.rename(f"{path}.away")
        path.mkdir()
        yield
        path.rmdir()
        hidden.rename(path)
    else:
        name, server = make_url(database_url).database, request.getfixturevalue("postgres")
        server.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        yield
        server.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def test_pages_that_need_no_database_are_there_without_one_for_a_signed_in_member_too_and_all_come_back(
    app: Flask, client: FlaskClient, sign_in: Any, database_url: str, dialect: str, request: pytest.FixtureRequest
) -> None:
    sign_in(client, make_member(make_bank(), name="Ann Adams"))
    token = token_of(client)

    def ask(path: str, **form: Any) -> Any:
        # As Browser does it, but for the commit, which would ask the database.
        return contextvars.Context().run(FlaskClient.open, client, path, buffered=True, **form)

    with away(database_url, dialect, request):
        for path in ("/help", "/privacy", "/accessibility", "/static/css/common-hours.css"):
            assert ask(path).status_code == 200, path
        health = ask("/healthz")
        assert (health.status_code, health.headers["Retry-After"]) == (503, "15")
        for path in ("/", "/hours", "/sign-in"):
            assert ask(path).status_code == 503, path
        sent = ask("/me", method="POST", data={"csrf_token": token, "name": "Ann Other", "phone": ""})
        assert sent.status_code == 503
        assert Page(sent).fields("/me")["name"] == ["Ann Other"]
    assert client.get("/healthz").status_code == 200
    assert "Ann Adams" in look(client, "/help").root.text
