"""What deputies, board readers and those who look after the installation may do, and what they never may."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import make
from tests.web.reading import everything, look, send, token_of
from timebank.banks.queries import bank_with_code
from timebank.exchanges import service as exchanges
from timebank.exchanges.models import Status
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.ledger.models import Book
from timebank.ledger.months import Month
from timebank.members import service
from timebank.members.models import Membership, Role
from timebank.members.permissions import Permission
from timebank.members.service import NotYoursToChange
from timebank.oversight.powers import SENTENCES
from timebank.sign_in import invitations
from timebank.sign_in.second_factor import is_required_of
from timebank.statements.queries import latest_issue
from timebank.statements.readers import readers_by_email


@pytest.fixture
def visit(app: Flask, sign_in: Any) -> Any:
    def as_somebody(who: Membership) -> FlaskClient:
        client = app.test_client()
        sign_in(client, who)
        return client

    return as_somebody


def test_a_deputy_decides_on_others_hours_never_on_their_own_and_reverses_nothing(app: Flask, visit: Any) -> None:
    bank = make.make_bank()
    deputy, ann, ben = make.make_member(bank, role=Role.DEPUTY), make.make_member(bank), make.make_member(bank)
    others, own = (
        make.confirmed_exchange(bank, giver=ann, receiver=ben),
        make.confirmed_exchange(bank, giver=deputy, receiver=ben),
    )
    client = visit(deputy)
    queue = look(client, "/approvals").text
    assert (ann.name in queue, others.activity.name in queue) == (True, True)
    assert send(client, f"/approvals/{others.reference}", {"decision": "approve"}).status_code == 302
    # There is no coordinator in the bank at all, and still it is not for the deputy to say.
    token = token_of(client)
    client.post("/approvals", data={"csrf_token": token, "exchange": [own.reference]})
    with pytest.raises(exchanges.OwnExchange):
        exchanges.approve_exchange(bank, own, approved_by=deputy, at=make.AT)
    db.session.expire_all()
    assert [others.status, own.status] == [Status.APPROVED, Status.CONFIRMED]
    before = everything()
    reversing = {"csrf_token": token, "decision": "reverse", "message": "x", "key": "b" * 32}
    assert client.post(f"/approvals/{others.reference}", data=reversing).status_code == 403
    assert everything() == before
    decided = look(client, f"/approvals/{others.reference}")
    assert not [link for link in decided.root.every("a") if link.attributes["href"].startswith("/people/")]
    assert client.get("/hours/log-for-others").status_code == 200
    people = client.get(f"/people/search?q={ann.name.split()[-1]}").json
    assert people == {"people": [{"label": f"{ann.name} ({ann.number})"}]}


def test_where_there_is_a_deputy_a_coordinator_leaves_their_own_hours_to_them(app: Flask) -> None:
    bank = make.make_bank()
    cara, deputy = make.make_coordinator(bank), make.make_member(bank, role=Role.DEPUTY)
    own = make.confirmed_exchange(bank, giver=cara, receiver=make.make_member(bank))
    with pytest.raises(exchanges.OwnExchange):
        exchanges.approve_exchange(bank, own, approved_by=cara, at=make.AT)
    exchanges.approve_exchange(bank, own, approved_by=deputy, at=make.AT)


def test_a_board_reader_opens_nothing_with_a_name_in_it(app: Flask, visit: Any) -> None:
    bank = make.make_bank(opening_credit_minutes=60)
    reader, ann = make.make_member(bank, role=Role.BOARD_READER), make.make_member(bank, name="Ann Seldom")
    make.log_exchange(bank, giver=ann, receiver=make.make_member(bank))
    assert ledger.balances_of([reader.account_id])[reader.account_id][Book.CREDIT] == 0
    client = visit(reader)
    home = look(client, "/")
    assert "You read the figures of this time bank" in home.text
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments:
            answer = client.get(rule.rule)
            assert answer.status_code in (200, 302, 403), rule
            assert "Seldom" not in answer.text, rule
    assert client.get("/people/search?q=Ann").status_code == 403


def test_nobody_without_hours_is_sent_an_empty_statement_each_month(app: Flask) -> None:
    bank, month = make.make_bank(), Month.of(make.TODAY)
    people = [make.make_member(bank, role=role, email=f"{role}@example.org") for role in Role]
    make.close_and_issue(bank, month, at=make.AT + dt.timedelta(days=40))
    issued = {person.id: latest_issue(person.account, month) for person in people}
    ids = [each.id for each in issued.values() if each is not None]
    told = {reader.membership_id for reader in readers_by_email(bank, ids, today=make.TODAY)}
    assert told == {person.id for person in people if person.has_hours}


def test_whoever_looks_after_the_installation_counts_makes_banks_and_sees_nobody(app: Flask, visit: Any) -> None:
    bank = make.make_bank(name="Elm")
    ann = make.make_member(bank, name="Ann Seldom", email="ann-seldom@example.org")
    make.log_exchange(bank, giver=ann, receiver=make.make_member(bank))
    chief = make.make_member(bank, role=Role.SYSTEM_ADMINISTRATOR)
    client = visit(chief)
    [table] = look(client, "/system").root.every("table")
    assert table.every("tbody")[0].every("tr")[0].text.startswith("Elm ")
    # Two members and an exchange that waits; whoever looks after the installation is not one of them.
    assert table.every("tbody")[0].every("tr")[0].text.endswith(" 2 1 1")
    assert "migrations" in look(client, "/system/doctor").text
    sent = {"name": "Ash", "code": "ash", "time_zone": "Europe/London", "language": "en"}
    for _again in range(2):
        assert send(client, "/system/banks/new", sent).status_code == (302 if _again == 0 else 422)
    made = bank_with_code("ASH")
    assert made is not None
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments:
            answer = client.get(rule.rule)
            assert answer.status_code in (200, 302, 403), rule
            assert "Seldom" not in answer.text, rule


def test_nobody_in_a_bank_makes_or_takes_over_whoever_looks_after_the_installation(
    app: Flask, cli: Any, visit: Any
) -> None:
    bank = make.make_bank(code="ELM")
    ada, ann = make.make_administrator(bank), make.make_member(bank, email="ann@example.org")
    with pytest.raises(NotYoursToChange):
        service.change_role(ann, Role.SYSTEM_ADMINISTRATOR, changed_by=ada, at=make.AT)
    client = visit(ada)
    answer = send(
        client, f"/people/{ann.reference}/role", {"role": "system_administrator"}, page=f"/people/{ann.reference}"
    )
    assert answer.status_code == 422
    appointed = cli.invoke(args=["members", "set-role", "ann@example.org", "system_administrator", "--bank", "ELM"])
    assert appointed.exit_code == 0, appointed.output
    db.session.expire_all()
    assert ann.role == Role.SYSTEM_ADMINISTRATOR
    with pytest.raises(invitations.NotYoursToInvite):
        invitations.invite(ann, made_by=ada)
    for act in (
        lambda: service.change_role(ann, Role.MEMBER, changed_by=ada, at=make.AT),
        lambda: service.leave(ann, recorded_by=ada, at=make.AT),
        lambda: service.change_member(
            ann, name="X", phone="", email="x@example.org", capacity=ann.capacity, changed_by=ada, at=make.AT
        ),
    ):
        with pytest.raises(NotYoursToChange):
            act()


def test_whoever_decides_for_others_signs_in_with_two_things(app: Flask) -> None:
    app.config["TIMEBANK_SECOND_FACTOR"] = "required"
    bank = make.make_bank()
    required = {role for role in Role if is_required_of(make.make_member(bank, role=role))}
    assert required == {Role.DEPUTY, Role.COORDINATOR, Role.ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR}


def test_an_administrator_reads_who_can_do_what_and_why(app: Flask, visit: Any) -> None:
    assert set(SENTENCES) == set(Permission)
    bank, other = make.make_bank(), make.make_bank()
    make.make_member(other, name="Zed Elsewhere", role=Role.DEPUTY)
    ada = make.make_administrator(bank, name="Ada First")
    dot = make.make_member(bank, name="Dot Deputy")
    service.change_role(dot, Role.COORDINATOR, changed_by=None, at=make.AT)
    service.change_role(dot, Role.DEPUTY, changed_by=ada, at=make.AT)
    text = look(visit(ada), "/who-can-do-what").text
    assert "Deputy coordinator (1)" in text
    assert "Dot Deputy By Ada First, on 10 March 2026 at 12:00" in text
    assert "Board reader (0)" in text
    assert "Elsewhere" not in text
    for sentence in SENTENCES.values():
        assert str(sentence) in text
