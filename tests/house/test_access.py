"""Whoever may not open an address is refused, what is another bank's is not there, and nothing is changed by trying.

Every route of the application is tried, by everybody: a new one needs nothing here but an entry in PLACES where its
address has a part that is not fixed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.make import (
    AT,
    approved_exchange,
    begin_session,
    close_and_issue,
    give_hours,
    let_sign_in,
    log_exchange,
    make_activity,
    make_administrator,
    make_bank,
    make_coordinator,
    make_member,
    make_organisation,
)
from tests.web.reading import everything, token_of
from timebank import clock
from timebank.concerns import service as concerns
from timebank.evidence.periods import parse
from timebank.evidence.service import release_evidence
from timebank.gifts import service as gifts
from timebank.ledger.months import Month
from timebank.mail.models import MailState
from timebank.mail.service import queue_mail
from timebank.members import looking_after
from timebank.members.models import Membership, Role
from timebank.members.permissions import ALLOWED
from timebank.sign_in import links
from timebank.sign_in.models import Purpose
from timebank.sign_in.queries import open_sessions_of
from timebank.sign_in.session import limits
from timebank.statements.queries import latest_issue

MONTH = "2026-03"

# Every bank has its own March and its own figures, so that these are never of another bank.
OF_EVERY_BANK = frozenset(
    {
        *("months.month", "months.set_message", "months.close", "months.go_on"),
        *("evidence.in_depth", "evidence.figure", "evidence.download", "evidence.picture"),
        *("sending.statements_of", "sending.send", "paper.statements", "paper.labels", "paper.telephone"),
    }
)


@dataclass(frozen=True)
class Town:
    """A bank with something of every kind in it."""

    people: dict[str, Membership]
    places: dict[str, str]


def build_town() -> Town:
    bank = make_bank()
    activity = make_activity(bank)
    ann, ben, cara = make_member(bank), make_member(bank), make_coordinator(bank)
    make_coordinator(bank)
    ada, stranger = make_administrator(bank), make_member(bank)
    give_hours(bank, ann, 60)
    helper = looking_after.add_helper(ben, ann, until_on=None, added_by=cara, at=AT)
    gift = gifts.donate_hours(bank, giver=ann, to_account_id=ben.account_id, minutes=30, reason="", at=AT)
    approved_exchange(bank, giver=ann, receiver=ben, approved_by=cara)
    close_and_issue(bank, Month.parse(MONTH), at=AT + dt.timedelta(days=30))
    issued = latest_issue(ben.account, Month.parse(MONTH))
    assert issued is not None
    mail = queue_mail(bank, ben, kind="statement", about=issued.reference, key="statement", at=AT)
    assert mail is not None
    mail.state = MailState.FAILED
    concern = concerns.report_concern(ann, what="x", about="Ben", concerned=ben, at=AT)
    release = release_evidence(bank, parse("2025-Q4"), released_by=cara, at=AT)
    return Town(
        people={"member": stranger, "coordinator": cara, "administrator": ada},
        places={
            "exchanges": log_exchange(bank, giver=ann, receiver=ben).reference,
            "approvals": log_exchange(bank, giver=ann, receiver=ben).reference,
            "gifts": gift.reference,
            "members": ben.reference,
            "helpers": ben.reference,
            "pausing": ben.reference,
            "concerns": concern.reference,
            "concerns.set_lead": ben.reference,
            "helpers.end": helper.reference,
            "sign_in": ben.reference,
            "sessions": reference_of_session(ben),
            "secret": secret_of_a_new_address(ada),
            "organisations": make_organisation(bank, contact=ann).reference,
            "banks": activity.reference,
            "statement_choices": ben.reference,
            "statement_files": ben.account.reference,
            "statements": ben.account.reference,
            "months": ben.account.reference,
            "privacy": ben.reference,
            "releases": release.reference,
            "sending": mail.reference,
        },
    )


def reference_of_session(member: Membership) -> str:
    begin_session(member)
    (begun,) = open_sessions_of(member.person, limits=limits(), at=clock.now())
    return begun.reference


def secret_of_a_new_address(member: Membership) -> str:
    until_now = let_sign_in(member)
    link = links.make_link(
        member, purpose=Purpose.EMAIL_CHANGE, email="new@example.org", until_now=until_now, at=clock.now()
    )
    return links.secret_of(Purpose.EMAIL_CHANGE, link.reference)


Visitor = Callable[[Membership | None], FlaskClient]


@pytest.fixture
def visitor(app: Flask, sign_in: Any) -> Visitor:
    """Return the browser of somebody who is signed in, or of nobody."""

    def open_browser(who: Membership | None) -> FlaskClient:
        client = app.test_client()
        if who is not None:
            sign_in(client, who)
        return client

    return open_browser


def guarded_rules(app: Flask) -> list[Rule]:
    """Every route that somebody must be signed in for."""
    return [rule for rule in app.url_map.iter_rules() if app.view_functions[rule.endpoint].declared_permission]


def path_to(app: Flask, rule: Rule, town: Town) -> str:
    places = town.places
    reference = places.get(rule.endpoint) or places.get(rule.endpoint.partition(".")[0], "")
    values = {"written_month": MONTH, "ending": "csv", "reference": reference, "secret": places["secret"]}
    values |= {"section": "trust", "name": "flows"}
    assert rule.arguments <= set(values), f"{rule} needs something in PLACES"
    return app.url_map.bind("").build(rule.endpoint, {name: values[name] for name in rule.arguments})


def tries(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) & {"GET", "POST"})


def attempt(client: FlaskClient, method: str, path: str, token: str) -> int:
    if method == "GET":
        return client.get(path).status_code
    return client.post(
        path, data={"csrf_token": token, "decision": "approve", "reason": "x", "answer": "confirmed"}
    ).status_code


def test_whoever_is_not_signed_in_is_asked_to_and_changes_nothing(app: Flask, visitor: Visitor) -> None:
    town = build_town()
    client = visitor(None)
    before = everything()
    token = client.get("/sign-in").text.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    for rule in guarded_rules(app):
        for method in tries(rule):
            path = path_to(app, rule, town)
            answer = client.get(path) if method == "GET" else client.post(path, data={"csrf_token": token})
            assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/sign-in"), (method, path)
    assert everything() == before


@pytest.mark.parametrize("role", [Role.MEMBER, Role.COORDINATOR])
def test_whoever_lacks_the_permission_is_refused_and_changes_nothing(app: Flask, visitor: Visitor, role: Role) -> None:
    town = build_town()
    client = visitor(town.people[role])
    token, before, refused = token_of(client), everything(), 0
    for rule in guarded_rules(app):
        if app.view_functions[rule.endpoint].declared_permission in ALLOWED[role]:
            continue
        for method in tries(rule):
            path = path_to(app, rule, town)
            assert attempt(client, method, path, token) == 403, (method, path)
            refused += 1
    assert refused > 3
    assert everything() == before


@pytest.mark.parametrize("role", list(Role))
def test_what_is_another_bank_s_is_not_there_for_anybody(app: Flask, visitor: Visitor, role: Role) -> None:
    here, there = build_town(), build_town()
    client = visitor(here.people[role])
    token, before = token_of(client), everything()
    for rule in guarded_rules(app):
        if not rule.arguments or app.view_functions[rule.endpoint].declared_permission not in ALLOWED[role]:
            continue
        if rule.endpoint in OF_EVERY_BANK:
            continue
        for method in tries(rule):
            path = path_to(app, rule, there)
            assert attempt(client, method, path, token) == 404, (method, path)
    assert everything() == before


def test_what_is_between_two_others_is_not_there_for_a_third_member(app: Flask, visitor: Visitor) -> None:
    town = build_town()
    client = visitor(town.people["member"])
    token, before = token_of(client), everything()
    for rule in guarded_rules(app):
        if not rule.arguments or app.view_functions[rule.endpoint].declared_permission not in ALLOWED[Role.MEMBER]:
            continue
        for method in tries(rule):
            path = path_to(app, rule, town)
            assert attempt(client, method, path, token) == 404, (method, path)
    assert everything() == before


def test_what_is_not_refused_is_there(app: Flask, visitor: Visitor) -> None:
    """Otherwise the tests above would find anything at all refused."""
    town = build_town()
    client = visitor(town.people["administrator"])
    for rule in guarded_rules(app):
        if "GET" in tries(rule) and rule.endpoint.partition(".")[0] != "exchanges":
            path = path_to(app, rule, town)
            assert client.get(path).status_code in (200, 302), path


def test_a_form_without_the_token_against_forged_requests_changes_nothing(app: Flask, visitor: Visitor) -> None:
    town = build_town()
    client = visitor(town.people["administrator"])
    before = everything()
    for rule in guarded_rules(app):
        if "POST" in tries(rule):
            path = path_to(app, rule, town)
            for data in ({}, {"csrf_token": "x"}):
                assert client.post(path, data=data).status_code == 400, path
    assert everything() == before
