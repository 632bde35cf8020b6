"""What the log says, and what it never says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.make import PASSWORD, let_sign_in, log_exchange, make_activity, make_bank, make_coordinator, make_member
from tests.web.reading import Page
from timebank import create_app
from timebank.audit.models import AuditRecord
from timebank.extensions import db

TYPED = "canary-note-4711"


Loud = Callable[[], AbstractContextManager[FlaskClient]]


@pytest.fixture
def loud(app: Flask, database_url: str) -> Loud:
    """Give a browser of an application that logs everything that it can, to what standard error is by then."""

    @contextmanager
    def browser() -> Iterator[FlaskClient]:
        loud = create_app(
            {"SQLALCHEMY_DATABASE_URI": database_url, "RATELIMIT_ENABLED": False, "TIMEBANK_LOG_LEVEL": "DEBUG"}
        )
        yield loud.test_client()
        with loud.app_context():
            db.session.remove()
            db.engine.dispose()

    return browser


def test_the_log_holds_no_name_address_reference_or_typed_word(loud: Loud, capsys: pytest.CaptureFixture[str]) -> None:
    bank = make_bank(name="Canary Wharf")
    activity = make_activity(bank, name="Canary keeping")
    cordelia = make_coordinator(bank, name="Cordelia Canary", email="cordelia@canary.example", phone="0471 1canary")
    ben = make_member(bank, name="Benedict Canary")
    exchange = log_exchange(bank, giver=ben, receiver=cordelia, activity=activity, note=TYPED)
    let_sign_in(cordelia)
    reference, member, account = exchange.reference, ben.reference, cordelia.account.reference
    what = activity.reference
    db.session.commit()

    with loud() as client:

        def fields(path: str) -> dict[str, list[str]]:
            return Page(client.get(path)).fields(path)

        wrong = {"email": "wrong@canary.example", "password": "canary-password-1"}
        client.post("/sign-in", data=fields("/sign-in") | wrong)
        client.post("/sign-in", data=fields("/sign-in") | {"email": "cordelia@canary.example", "password": PASSWORD})
        for path in (
            f"/hours/{reference}",
            f"/hours/{reference}/logged",
            f"/approvals/{reference}",
            "/approvals?words=canary-words",
            "/people?words=canary",
            "/people/search?q=canary",
            f"/people/{member}",
            "/canary-path/nowhere",
            "/hours/log?side=canary",
            f"/statements/{account}",
        ):
            client.get(path, headers={"User-Agent": "canary-agent", "Referer": "http://localhost/canary"})
        log = fields("/hours/log")
        client.post("/hours/log", data=log | {"note": TYPED, "time": "canary", "with_whom-0": "Benedict Canary"})
        client.post("/people/new", data=fields("/people/new") | {"name": "Canary", "email": "canary"})

        lines = capsys.readouterr().err.splitlines()
        said = "\n".join(lines).casefold()
        for secret in ("canary", "cordelia", "benedict", reference, member, account, what, PASSWORD):
            assert secret.casefold() not in said
        assert len(lines) >= 18
        for line in lines:
            assert set(json.loads(line)) <= {
                *("event", "level", "timestamp", "reference", "method", "rule", "status", "milliseconds")
            }


def test_a_request_is_one_line_with_its_rule_and_status(loud: Loud, capsys: pytest.CaptureFixture[str]) -> None:
    with loud() as client:
        answer = client.get("/statements/0123456789abcdef/2026-03")
        (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        assert (line["method"], line["rule"], line["status"]) == ("GET", "/statements/<reference>/<written_month>", 302)
        assert line["reference"] == answer.headers["X-Request-Reference"]
        client.get("/static/css/common-hours.css", buffered=True)
        assert capsys.readouterr().err == ""


def test_the_audit_names_the_request_that_is_in_the_log(loud: Loud, capsys: pytest.CaptureFixture[str]) -> None:
    with loud() as client:
        form = Page(client.get("/sign-in")).fields("/sign-in")
        answer = client.post("/sign-in", data=form | {"email": "a@example.org", "password": "wrong password"})
        db.session.rollback()
        record = db.session.scalars(select(AuditRecord).order_by(AuditRecord.id.desc())).first()
        assert record is not None
        assert record.request_reference == answer.headers["X-Request-Reference"]
        assert record.came_from == "127.0.0.1"
