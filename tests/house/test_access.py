"""Whoever may not open an address is refused, what is another bank's is not there, and nothing is changed by trying.

Every route is tried, by nobody and by every role, with what is their own, somebody else's and another bank's, and with
every method. What must come of it is decided in test_routes.py and in decided.py. Who is let in does not depend on the
kind of database, so one is enough.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.house.decided import FOR_EVERYBODY, NAMED, Named
from tests.make import (
    AT,
    approved_exchange,
    begin_session,
    close_and_issue,
    enter_cost,
    give_hours,
    let_sign_in,
    log_exchange,
    make_activity,
    make_bank,
    make_coordinator,
    make_member,
    make_organisation,
    tell_story,
)
from tests.web.reading import Page, everything, token_of
from timebank import clock
from timebank.banks.models import Involvement
from timebank.concerns import service as concerns
from timebank.evidence.periods import parse
from timebank.evidence.service import release_evidence
from timebank.gifts import service as gifts
from timebank.joining import service as joining
from timebank.ledger.months import Month
from timebank.mail.models import MailState
from timebank.mail.service import queue_mail
from timebank.members import clearing, looking_after, profiles
from timebank.members.models import Membership, Role
from timebank.members.permissions import ALLOWED, Permission
from timebank.sign_in import links
from timebank.sign_in.models import Purpose
from timebank.sign_in.queries import open_sessions_of
from timebank.sign_in.session import limits
from timebank.statements.queries import latest_issue

MONTH = "2026-03"
# Looking changes nothing but this: who read what is sensitive, and that a statement was opened.
WRITTEN_DOWN = {"audit_record", "issued_statement"}
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}


@dataclass(frozen=True)
class Town:
    """A bank with something of every kind in it."""

    people: dict[Role, Membership]
    places: dict[str, str]
    # What belongs to each of the people themselves, by its kind.
    own: dict[Role, dict[str, str]]


def build_town() -> Town:
    bank = make_bank()
    activity = make_activity(bank)
    ann, ben, cara = make_member(bank), make_member(bank), make_coordinator(bank)
    make_coordinator(bank)
    people = {role: make_member(bank, role=role) for role in Role}
    give_hours(bank, ann, 60)
    helper = looking_after.add_helper(ben, ann, until_on=None, added_by=cara, at=AT)
    profiles.choose(ben, profiles.Choices(is_listed=True), at=AT)
    gift = gifts.donate_hours(bank, giver=ann, to_account_id=ben.account_id, minutes=30, reason="", at=AT)
    approved_exchange(bank, giver=ann, receiver=ben, approved_by=cara)
    own = {role: things_of(person, ann) for role, person in people.items() if Permission.LOG_HOURS in ALLOWED[role]}
    close_and_issue(bank, Month.parse(MONTH), at=AT + dt.timedelta(days=30))
    issued = latest_issue(ben.account, Month.parse(MONTH))
    assert issued is not None
    mail = queue_mail(bank, ben, kind="statement", about=issued.reference, key="statement", at=AT)
    assert mail is not None
    mail.state = MailState.FAILED
    concern = concerns.report_concern(ann, what="x", about="Ben", concerned=ben, at=AT)
    release = release_evidence(bank, parse("2025-Q4"), released_by=cara, at=AT)
    enquiry = joining.enquire(bank, name="x", email="", phone="1", message="", entered_by=cara, at=AT)
    joining.add_referee(enquiry, name="y", email="", phone="2", added_by=cara, at=AT)
    return Town(
        people=people,
        own=own,
        places={
            "exchanges": log_exchange(bank, giver=ann, receiver=ben).reference,
            "approvals": log_exchange(bank, giver=ann, receiver=ben).reference,
            "gifts": gift.reference,
            "members": ben.reference,
            "helpers": ben.reference,
            "pausing": ben.reference,
            "joining": enquiry.reference,
            "joining.died": ben.reference,
            "referee": enquiry.referees[0].reference,
            "clearing": ben.reference,
            "clearance": reference_of_clearance(ben, by=cara),
            "concerns": concern.reference,
            "concerns.set_lead": ben.reference,
            "helpers.end": helper.reference,
            "helpers.act": helper.reference,
            "profiles": ben.reference,
            "sign_in": ben.reference,
            "sessions": reference_of_session(ben),
            "secret": secret_of_a_new_address(cara),
            "organisations": make_organisation(bank, contact=ann).reference,
            "banks": activity.reference,
            "statement_choices": ben.reference,
            "statement_files": ben.account.reference,
            "statements": ben.account.reference,
            "months": ben.account.reference,
            "privacy": ben.reference,
            "releases": release.reference,
            "sending": mail.reference,
            "stories": tell_story(ben).reference,
            "costs": enter_cost(bank, entered_by=cara).reference,
            "stories.of_member": ben.reference,
        },
    )


def reference_of_clearance(member: Membership, *, by: Membership) -> str:
    involvement, day = Involvement.DRIVES, AT.date()
    clearance = clearing.clear(member, involvement=involvement, cleared_on=day, until_on=None, cleared_by=by, at=AT)
    return clearance.reference


def things_of(person: Membership, ann: Membership) -> dict[str, str]:
    """Give somebody one of each kind of thing that a person has for themselves."""
    bank = person.bank
    give_hours(bank, person, 60)
    gift = gifts.donate_hours(bank, giver=person, to_account_id=ann.account_id, minutes=30, reason="", at=AT)
    helper = looking_after.add_helper(person, ann, until_on=None, added_by=make_coordinator(bank), at=AT)
    return {
        "account": person.account.reference,
        "exchange": log_exchange(bank, giver=person, receiver=ann).reference,
        "gift": gift.reference,
        "helper": helper.reference,
        "secret": secret_of_a_new_address(person),
        "session": reference_of_session(person),
        "story": tell_story(person).reference,
    }


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


@dataclass(frozen=True)
class Visitor:
    """Somebody with a browser, who tries addresses: nobody at all, or a member in a role."""

    role: Role | None
    client: FlaskClient
    token: str

    def tries(self, method: str, path: str, **sent: str) -> int:
        """Ask for the path, and return the status that comes back."""
        if method == "POST":
            sent = {"decision": "approve", "reason": "x", "answer": "confirmed"} | sent
            return self.client.post(path, data={"csrf_token": self.token} | sent).status_code
        return self.client.open(path, method=method).status_code


def visitors(app: Flask, sign_in: Any, town: Town) -> Iterator[Visitor]:
    """Let everybody of the town come one after the other, nobody first."""
    nobody = app.test_client()
    yield Visitor(None, nobody, Page(nobody.get("/sign-in")).fields("/sign-in")["csrf_token"][0])
    for role, person in town.people.items():
        client = app.test_client()
        sign_in(client, person)
        yield Visitor(role, client, token_of(client))


def permission_of(app: Flask, rule: Rule) -> Permission | None:
    return cast("Permission | None", app.view_functions[rule.endpoint].declared_permission)


def rules_of(app: Flask) -> list[Rule]:
    """Every route. The last is to sign out, so that everything before it is tried by whoever is signed in."""
    return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint == "sign_in.sign_out", rule.rule))


def methods_of(app: Flask, rule: Rule) -> set[str]:
    """Every method that is answered at the address, which may have a rule for each."""
    return {method for other in app.url_map.iter_rules() if other.rule == rule.rule for method in other.methods or ()}


def path_to(app: Flask, rule: Rule, places: dict[str, str]) -> str:
    reference = places.get(rule.endpoint) or places.get(rule.endpoint.partition(".")[0], "made-up")
    values = {"written_month": MONTH, "ending": "csv", "reference": reference, "secret": places["secret"]}
    values |= {"signed": "made-up", "filename": "made-up", "code": "made-up", "section": "trust", "name": "flows"}
    values |= {name: places.get(name, "made-up") for name in ("clearance", "referee")}
    assert rule.arguments <= set(values), f"{rule} needs something in places"
    return app.url_map.bind("").build(rule.endpoint, {name: values[name] for name in rule.arguments})


def own_path_to(app: Flask, rule: Rule, town: Town, role: Role) -> str:
    things = town.own[role]
    return path_to(app, rule, {rule.endpoint: things[NAMED[rule.rule].own], "secret": things["secret"]})


def refusals(app: Flask, role: Role | None, here: Town, there: Town) -> Iterator[tuple[str, str, int]]:
    """Everything that somebody is refused: the method, the path and the status."""
    for rule in rules_of(app):
        permission, path = permission_of(app, rule), path_to(app, rule, here.places)
        # The address alone decides which methods there are, before anybody looks who asks.
        if role in (None, Role.ADMINISTRATOR):
            yield from ((method, path, 405) for method in METHODS - methods_of(app, rule))
        for method in METHODS & (rule.methods or set()):
            if permission is None:
                continue
            elif role is None:
                yield method, path, 302
            elif permission not in ALLOWED[role]:
                yield method, path, 403
            elif rule.arguments:
                named = NAMED[rule.rule]
                if named.others not in ALLOWED[role]:
                    yield method, path, 404
                if not named.in_every_bank:
                    yield method, path_to(app, rule, there.places), 404


def welcomes(app: Flask, role: Role, here: Town) -> Iterator[tuple[str, str]]:
    """Everything that somebody finds: the method and the path."""
    for rule in rules_of(app):
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            if permission_of(app, rule) not in ALLOWED[role]:
                continue
            named = NAMED.get(rule.rule, Named())
            if not rule.arguments or named.others in ALLOWED[role]:
                yield method, path_to(app, rule, here.places)
            if named.own and role in here.own:
                yield method, own_path_to(app, rule, here, role)


def test_every_address_is_decided(app_without_data: Flask) -> None:
    named, public = set(), set()
    for rule in app_without_data.url_map.iter_rules():
        if permission_of(app_without_data, rule) is None:
            public.add(rule.rule)
        elif rule.arguments:
            named.add(rule.rule)
    assert (named, public) == (set(NAMED), set(FOR_EVERYBODY))


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_whoever_may_not_is_refused_whatever_they_try_and_changes_nothing(app: Flask, sign_in: Any) -> None:
    here, there = build_town(), build_town()
    unexpected, tried = [], 0
    for visitor in visitors(app, sign_in, here):
        before = everything()
        for method, path, status in refusals(app, visitor.role, here, there):
            tried += 1
            answered = visitor.tries(method, path)
            if answered != status:
                unexpected.append((visitor.role, method, path, f"{answered} and not {status}"))
        after = everything()
        assert [table for table in before if after[table] != before[table]] == [], visitor.role
    assert unexpected == []
    assert tried > 80 * len(Role)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_whoever_may_finds_what_they_may(app: Flask, sign_in: Any) -> None:
    """Otherwise the test above would find anything at all refused. Unsigned forms are refused even so."""
    here = build_town()
    unexpected = []
    for visitor in visitors(app, sign_in, here):
        for rule in rules_of(app):
            if permission_of(app, rule) is None:
                path, expected = path_to(app, rule, here.places), FOR_EVERYBODY[rule.rule]
                if isinstance(expected, tuple):
                    expected = expected[visitor.role is not None]
                if (answered := visitor.tries("GET", path)) != expected:
                    unexpected.append((visitor.role, "GET", path, answered))
        if visitor.role is None:
            continue
        found = list(welcomes(app, visitor.role, here))
        before = everything()
        for method, path in found:
            if method == "POST":
                answered, allowed = visitor.tries(method, path, csrf_token="x"), {400}
            else:
                answered, allowed = visitor.tries(method, path), {200, 302}
            if answered not in allowed:
                unexpected.append((visitor.role, method, path, answered))
        after = everything()
        changed = {table for table in before if after[table] != before[table]}
        assert changed <= WRITTEN_DOWN, visitor.role
    assert unexpected == []
