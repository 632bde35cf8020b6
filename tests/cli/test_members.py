"""`flask members add` and `set-password`. Loading them is in tests/imports/test_members.py."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select

from tests import make
from timebank.audit.models import Action, AuditRecord
from timebank.extensions import db
from timebank.members import queries
from timebank.members.models import Capacity, Membership, Role

NEW_PASSWORD = "several words are easy to remember"


def test_adds_a_new_banks_first_administrator(cli):
    bank = make.make_bank(code="ELMS")
    result = cli.invoke(
        args=[
            *("members", "add", "--bank", "elms", "--name", "Tom Hughes", "--email", "Tom@Example.org"),
            *("--phone", "01632 960104", "--role", "administrator", "--capacity", "professional"),
        ]
    )
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "Tom Hughes is member 0001 of ELMS, with the role administrator.\n"
    tom = queries.member_with_number(bank, "0001")
    assert tom is not None
    assert (tom.role, tom.capacity, tom.phone) == (Role.ADMINISTRATOR, Capacity.PROFESSIONAL, "01632 960104")
    assert tom.email == "tom@example.org"
    assert tom.joined_on == bank.day_of(dt.datetime.now(dt.UTC))


def test_adds_a_member_with_a_name_alone(cli):
    make.make_bank(code="ELMS")
    result = cli.invoke(args=["members", "add", "--bank", "ELMS", "--name", "Jean"])
    assert result.stdout == "Jean is member 0001 of ELMS, with the role member.\n"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--name", " "], "Enter a name of up to 120 characters"),
        (["--name", "Jean", "--email", "jean"], "Enter an email address like name@example.org, or leave it empty"),
        (
            ["--name", "Jean", "--email", "ANA@example.org"],
            "Somebody in this time bank already uses this email address",
        ),
        (["--name", "Jean", "--phone", "1" * 41], "Enter a telephone number of up to 40 characters"),
    ],
)
def test_somebody_who_cannot_be_added_is_not(cli, options, reason):
    bank = make.make_bank(code="ELMS")
    make.make_member(bank, email="ana@example.org")
    result = cli.invoke(args=["members", "add", "--bank", "ELMS", *options])
    assert result.exit_code == 1
    assert result.stderr == f"Error: {reason}\n"
    assert db.session.scalars(select(func.count(Membership.id))).one() == 1


def test_a_role_that_there_is_not_is_answered_with_those_that_there_are(cli):
    make.make_bank(code="ELMS")
    result = cli.invoke(args=["members", "add", "--bank", "ELMS", "--name", "Jean", "--role", "owner"])
    assert result.exit_code == 2
    assert "'deputy', 'coordinator', 'administrator'" in result.stderr


def test_sets_a_password_that_signs_in_from_then_on_and_ends_older_sessions(cli, app, sign_in):
    member = make.make_member(make.make_bank(), email="jean@example.org")
    browser = app.test_client()
    sign_in(browser, member)
    result = cli.invoke(
        args=["members", "set-password", " JEAN@example.org"], input=f"{NEW_PASSWORD}\n{NEW_PASSWORD}\n"
    )
    assert result.exit_code == 0
    assert NEW_PASSWORD not in result.output
    assert result.stdout.endswith("The password is set. Every session with the old one has ended.\n")
    assert browser.get("/hours").status_code == 302
    actions = db.session.scalars(select(AuditRecord.action)).all()
    assert actions.count(Action.PASSWORD_SET) == 1


def test_a_password_that_is_too_short_is_not_set(cli):
    member = make.make_member(make.make_bank(), email="jean@example.org")
    result = cli.invoke(args=["members", "set-password", "jean@example.org", "--password", "short"])
    assert result.exit_code == 1
    assert result.stderr == "Error: Use at least 8 characters. Several words are easy to remember\n"
    db.session.refresh(member)
    assert not member.is_online


def test_an_address_that_nobody_has_is_said_to_be_nobodys(cli, app):
    result = cli.invoke(args=["members", "set-password", "who@example.org", "--password", NEW_PASSWORD])
    assert result.exit_code == 1
    assert result.stderr == "Error: Nobody has the address who@example.org.\n"
