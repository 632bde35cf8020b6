"""What others see of somebody is that person's choice, one thing at a time, and nothing until they chose."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import make
from tests.web.reading import everything, look, send, token_of
from timebank.audit.models import Action, AuditRecord
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.members import pausing, profiles, queries, service
from timebank.members.models import Capacity, Membership, Role
from timebank.members.profiles import Choices, Seen
from timebank.organisations import find

TOLD = {"area": "Canton 🌳", "about": "I was a nurse", "offers": "Lifts to the سوق & cakes"}
SHOWN_AS = {"shows_phone": "01632 960199", "shows_email": "ann@example.org"} | {
    f"shows_{name}": text for name, text in TOLD.items()
}


@pytest.fixture
def bank(app: object) -> Bank:
    return make.make_bank()


@pytest.fixture
def ann(bank: Bank) -> Membership:
    return make.make_member(
        bank,
        name="Ann Zephyrine",
        email="ann@example.org",
        phone="01632 960199",
        address="7 Secret Lane",
        postcode="SE1 1CR",
        capacity=Capacity.SERVICE_USER,
    )


def choose(member: Membership, **choices: Any) -> None:
    profiles.choose(member, Choices(**(TOLD | {"is_listed": True} | choices)), at=make.AT)


def test_each_thing_is_seen_and_found_only_where_it_is_shown(
    app: Flask, bank: Bank, ann: Membership, sign_in: Any
) -> None:
    ben, other = make.make_member(bank), make.make_member(make.make_bank())
    client, stranger = app.test_client(), app.test_client()
    sign_in(client, ben)
    sign_in(stranger, other)
    page = f"/directory/{ann.reference}"
    never = ("7 Secret Lane", "SE1 1CR", "Service user", ann.number, "Credit hours")
    # Until she chose, there is nothing to find.
    assert ("Ann" in look(client, "/directory").text, client.get(page).status_code) == (False, 404)
    for shown in ([], *([name] for name in SHOWN_AS), list(SHOWN_AS)):
        choose(ann, **dict.fromkeys(shown, True))
        own, listed = look(client, page).text, look(client, "/directory").text
        assert "Ann Z." in listed
        assert "Zephyrine" not in own + listed
        assert not [word for word in never if word in own + listed]
        for name, text in SHOWN_AS.items():
            assert (text in own) == (name in shown), name
        for name, text in TOLD.items():
            found = look(client, f"/directory?words={text.split()[-1]}").text
            assert ("Ann Z." in found) == (f"shows_{name}" in shown), name
    assert stranger.get(page).status_code == 404
    assert "Ann Z." not in look(stranger, "/directory").text
    choose(ann, is_listed=False, **dict.fromkeys(SHOWN_AS, True))
    assert client.get(page).status_code == 404


def test_the_whole_name_is_seen_everywhere_where_that_was_chosen_and_nowhere_otherwise(
    bank: Bank, ann: Membership
) -> None:
    assert ann.short_name == "Ann Z."
    assert find.choices(bank, "Zephyrine", in_full=False) == []
    choose(ann, shows_full_name=True)
    assert [choice.label for choice in find.choices(bank, "zephyr", in_full=False)] == [f"Ann Zephyrine ({ann.number})"]
    choose(ann)
    assert (ann.short_name, find.choices(bank, "Zephyrine", in_full=False)) == ("Ann Z.", [])


def test_one_sees_oneself_as_the_others_do(app: Flask, bank: Bank, ann: Membership, sign_in: Any) -> None:
    client = app.test_client()
    sign_in(client, ann)
    assert "You are not in the directory" in look(client, "/me/profile/seen").text
    sent = {"about": "I was a nurse", "shows_about": "y", "is_listed": "y", "offers": "Lifts"}
    assert send(client, "/me/profile", sent, page="/me/profile").location.endswith("/me/profile/seen")
    own = look(client, "/me/profile/seen").main
    theirs = look(client, f"/directory/{ann.reference}").main
    assert own.every("dl")[0].text == theirs.every("dl")[0].text == "Name Ann Z. About I was a nurse"
    too_long = {"about": "x" * 1001}
    answer = send(client, "/me/profile", too_long, page="/me/profile")
    assert (answer.status_code, "x" * 1001 in answer.text) == (422, True)
    [record] = db.session.scalars(select(AuditRecord).where(AuditRecord.action == Action.PROFILE_CHANGED))
    assert record.details == {"fields": ["about", "offers", "is_listed", "shows_about"]}
    # The same again is no act.
    assert send(client, "/me/profile", {}, page="/me/profile").status_code == 302
    assert len(db.session.scalars(select(AuditRecord).where(AuditRecord.action == Action.PROFILE_CHANGED)).all()) == 1


def test_who_is_paused_or_left_or_has_no_hours_is_in_no_directory(bank: Bank, ann: Membership) -> None:
    ruth = make.make_coordinator(bank)

    def listed() -> int:
        return queries.count_listed(bank, "")

    choose(ann)
    assert (listed(), profiles.seen(ann, queries.profile_of(ann))) == (1, Seen(ann.reference, "Ann Z."))
    pausing.pause(ann, reason="x", paused_by=ruth, at=make.AT)
    assert listed() == 0
    pausing.end_pause(ann, ended_by=ruth, at=make.AT)
    service.change_role(ann, Role.BOARD_READER, changed_by=None, at=make.AT)
    assert (listed(), find.choices(bank, "Ann Z.", in_full=True)) == (0, [])
    service.change_role(ann, Role.MEMBER, changed_by=None, at=make.AT)
    service.leave(ann, recorded_by=ruth, at=make.AT)
    assert listed() == 0


def test_nobody_keeps_another_s_profile(app: Flask, bank: Bank, ann: Membership, sign_in: Any) -> None:
    """Not a coordinator either: the page is one's own, whoever is named in what is sent."""
    ada, client = make.make_administrator(bank), app.test_client()
    sign_in(client, ada)
    token, before = token_of(client), everything()
    path = f"/directory/{ann.reference}"
    assert client.post(path, data={"csrf_token": token, "is_listed": "y"}).status_code == 405
    assert everything() == before
