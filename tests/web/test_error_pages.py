"""Every error is a page that says what to do, with a reference that is also in the log."""

from __future__ import annotations

import contextvars
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort, session
from flask.testing import FlaskClient
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from tests.conftest import csrf_token
from tests.databases import Server
from tests.make import PASSWORD, let_sign_in, make_bank, make_coordinator, make_member
from tests.web.reading import Page, everything, look, token_of
from timebank import create_app
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.web.access import public

Faulty = Callable[[], AbstractContextManager[FlaskClient]]

CANARY = "canary-Cordelia-4711"


class Broken(RuleBroken):
    """Something that is not allowed."""

    message = "The moon is not full"


def app_with_faults(database_url: str, **settings: Any) -> Flask:
    """The application, with pages that go wrong in every way."""
    app = create_app(
        {"SQLALCHEMY_DATABASE_URI": database_url, "RATELIMIT_ENABLED": False, "TIMEBANK_LOG_LEVEL": "INFO"} | settings
    )

    def page(path: str, act: Callable[[], Any]) -> None:
        app.add_url_rule(path, endpoint=path.strip("/"), view_func=public(act), methods=["GET", "POST"])

    def unforeseen() -> None:
        raise LookupError(CANARY)

    def away() -> None:
        raise OperationalError(CANARY, {}, OSError(CANARY))

    def away_after_a_change() -> None:
        session.clear()
        session["somebody"] = CANARY
        away()

    def rule() -> None:
        raise Broken()

    page("/faults/unforeseen", unforeseen)
    page("/faults/away", away)
    page("/faults/after-a-change", away_after_a_change)
    page("/faults/rule", rule)
    page("/faults/forbidden", lambda: abort(403))
    page("/faults/large", lambda: abort(413))
    page("/faults/teapot", lambda: abort(418))
    return app


@contextmanager
def left_clean(app: Flask) -> Iterator[FlaskClient]:
    """A browser of an application of the test's own. It logs to what standard error is now, so not to a fixture's."""
    yield app.test_client()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def faulty(app: Flask, database_url: str) -> Callable[[], AbstractContextManager[FlaskClient]]:
    return lambda: left_clean(app_with_faults(database_url))


EXPECTED = {
    "/faults/unforeseen": (500, "Sorry, something went wrong"),
    "/faults/away": (503, "Please try again"),
    "/faults/rule": (409, "That could not be done"),
    "/faults/forbidden": (403, "You cannot open this page"),
    "/faults/large": (413, "That was too much at once"),
    "/nowhere": (404, "There is no such page"),
    "/hours/log-for-others/nowhere": (404, "There is no such page"),
    "/sign-out": (405, "This page cannot be used like that"),
}


def test_every_error_is_a_page_with_a_reference_that_is_in_the_log(
    faulty: Faulty, capsys: pytest.CaptureFixture[str]
) -> None:
    with faulty() as client:
        for path, (status, heading) in EXPECTED.items():
            capsys.readouterr()
            answer = client.get(path)
            assert answer.status_code == status, path
            page = Page(answer)
            assert page.heading == heading
            (shown,) = page.root.every(_class="ch-reference__code")
            assert re.fullmatch(r"[0-9A-F]{8}", shown.text)
            assert answer.headers["X-Request-Reference"] == shown.text
            lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
            assert {line["reference"] for line in lines} == {shown.text}
            assert lines[-1]["event"] == "request"
            assert lines[-1]["status"] == status
            assert page.main.every("a", _class="govuk-button")[0].attributes["href"] == "/"


def test_nothing_of_an_error_s_own_words_is_shown_or_logged(faulty: Faulty, capsys: pytest.CaptureFixture[str]) -> None:
    with faulty() as client:
        for path in ("/faults/unforeseen", "/faults/away"):
            answer = client.get(path)
            assert CANARY not in answer.text
            assert "Traceback" not in answer.text
        logged = capsys.readouterr().err
        assert CANARY not in logged
        assert "LookupError" in logged
        assert "test_error_pages.py" in logged


def test_the_rule_s_own_message_is_shown(faulty: Faulty) -> None:
    with faulty() as client:
        assert "The moon is not full" in Page(client.get("/faults/rule")).text


def test_a_status_without_words_of_its_own_is_still_a_page(faulty: Faulty) -> None:
    with faulty() as client:
        answer = client.get("/faults/teapot")
        assert answer.status_code == 418
        assert Page(answer).heading == "Sorry, something went wrong"


def test_a_database_that_is_away_is_said_plainly_and_logged(
    tmp_path: Any, capsys: pytest.CaptureFixture[str], dialect: str, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/no/such/folder/timebank.db"
    if dialect == "postgresql":
        url = request.getfixturevalue("postgres").url_of("no_such_database")
    away = create_app({"SQLALCHEMY_DATABASE_URI": url, "RATELIMIT_ENABLED": False})
    with left_clean(away) as client:
        answer = client.get("/healthz")
        assert answer.status_code == 503
        assert Page(answer).heading == "Please try again"
        assert '"event": "database"' in capsys.readouterr().err
        assert client.get("/help").status_code == 200
        assert client.get("/static/css/common-hours.css", buffered=True).status_code == 200


def test_a_form_that_found_the_database_away_can_be_sent_again_as_it_is(app: Flask, faulty: Faulty) -> None:
    email = let_sign_in(make_member(make_bank()))
    db.session.commit()
    with faulty() as browser:
        fields = {"email": email, "password": PASSWORD, "csrf_token": csrf_token(browser.get("/sign-in"))}
        answer = browser.post("/faults/after-a-change", data=fields)
        assert answer.status_code == 503
        assert "Set-Cookie" not in answer.headers
        assert browser.post("/sign-in", data=fields).location == "/"


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_an_answer_that_is_made_is_given_though_the_database_goes_away_before_the_end(
    app: Flask, faulty: Faulty, database_url: str, postgres: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    def read_and_lose_the_connection() -> str:
        process = db.session.scalar(text("SELECT pg_backend_pid()"))
        postgres.run(f"SELECT pg_terminate_backend({process}, 5000)")
        return "read"

    broken = app_with_faults(database_url)
    broken.add_url_rule("/faults/late", endpoint="late", view_func=public(read_and_lose_the_connection))
    with left_clean(broken) as browser:
        for _time in range(2):
            answer = browser.get("/faults/late")
            assert (answer.status_code, answer.text) == (200, "read")
        assert '"event": "database"' in capsys.readouterr().err
        assert browser.get("/healthz").status_code == 200


def test_a_request_that_is_too_large_is_refused_before_it_is_read(
    app: Flask, client: FlaskClient, sign_in: Any
) -> None:
    ann = make_member(make_bank())
    sign_in(client, ann)
    token = token_of(client)
    before = everything()
    answer = client.post("/hours/log", data={"csrf_token": token, "note": "n" * 1_100_000})
    assert answer.status_code == 413
    assert Page(answer).heading == "That was too much at once"
    assert everything() == before


def test_a_signed_in_member_s_error_pages_carry_their_menu(app: Flask, client: FlaskClient, sign_in: Any) -> None:
    sign_in(client, make_member(make_bank(name="Elm Street"), name="Ann Adams"))
    for path, status in (("/nowhere", 404), ("/approvals", 403)):
        page = look(client, path, status)
        assert "My hours" in page.root.text
        assert "Ann Adams" in page.root.text


def test_an_address_with_nul_in_it_is_refused_on_every_page(app: Flask, client: FlaskClient, sign_in: Any) -> None:
    sign_in(client, make_coordinator(make_bank()))
    for path in (
        "/hours/%00",
        "/statements/%00",
        "/statements/%00/2026-03",
        "/people/%00",
        "/gifts/a%00b",
        "/organisations/%00",
        "/approvals/%00",
        "/approvals?words=%00",
        "/approvals?activity=a%00b",
        "/people?words=%00",
        "/people/search?q=%00",
        "/people/search?q=a&q=%00",
    ):
        assert client.get(path).status_code == 400, path


def test_odd_addresses_are_no_errors_of_ours(app: Flask, client: FlaskClient, sign_in: Any) -> None:
    sign_in(client, make_coordinator(make_bank()))
    odd = ("%ff", "%ed%a0%80", "🌻", "x" * 3000, "..%2f..%2fetc%2fpasswd", "%0a", "'", "%25")
    for place in ("/hours/", "/statements/", "/people/", "/approvals/", "/gifts/", "/statements/ab/"):
        for end in odd:
            assert client.get(place + end).status_code == 404, place + end
    for end in odd:
        for place in ("/people?words=", "/people/search?q=", "/approvals?words=", "/approvals?activity="):
            assert client.get(place + end).status_code == 200, place + end


def test_a_host_that_is_not_ours_is_refused_before_anything_is_done(app: Flask, client: FlaskClient) -> None:
    for host in ("evil.example", "localhost.evil.example", "localhost@evil.example", "127.0.0.2", "evil.example:80"):
        for path in ("/", "/sign-in", "/healthz", "/nowhere", "/static/css/common-hours.css"):
            answer = client.get(path, headers={"Host": host})
            assert answer.status_code == 400, (host, path)
            assert "evil" not in answer.text
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for host in ("localhost", "localhost:5000", "127.0.0.1:8000"):
        assert client.get("/sign-in", headers={"Host": host}).status_code == 200


def test_a_forged_forwarded_host_is_not_believed(app: Flask, client: FlaskClient) -> None:
    answer = client.get("/hours", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})
    assert answer.status_code == 302
    assert "evil" not in answer.location
    assert "evil" not in client.get("/sign-in", headers={"X-Forwarded-Host": "evil.example"}).text


def test_a_signed_in_member_is_told_when_the_database_goes_away(
    app: Flask, client: FlaskClient, sign_in: Any, database_url: str, dialect: str, request: pytest.FixtureRequest
) -> None:
    sign_in(client, make_member(make_bank(), name="Ann Adams"))
    db.session.remove()
    db.engine.dispose()
    if dialect == "sqlite":
        Path(database_url.removeprefix("sqlite:///")).rename(database_url.removeprefix("sqlite:///") + ".away")
        Path(database_url.removeprefix("sqlite:///")).mkdir()
    else:
        name = make_url(database_url).database
        request.getfixturevalue("postgres").run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    for path, status in (("/", 503), ("/hours", 503), ("/hours/log", 503), ("/nowhere", 404)):
        # As Browser does it, but for the commit, which would ask the database.
        answer = contextvars.Context().run(FlaskClient.open, client, path, buffered=True)
        assert answer.status_code == status, path
        assert Page(answer).heading == {503: "Please try again", 404: "There is no such page"}[status]


def test_a_fault_of_ours_is_a_page_for_a_signed_in_member_too(
    app: Flask, faulty: Faulty, client: FlaskClient, sign_in: Any
) -> None:
    sign_in(client, make_member(make_bank(), name="Ann Adams"))
    cookie = client.get_cookie("session")
    assert cookie is not None
    with faulty() as browser:
        browser.set_cookie("session", cookie.value)
        for path, (status, heading) in EXPECTED.items():
            answer = browser.get(path)
            assert (answer.status_code, Page(answer).heading) == (status, heading)
