"""People come, change, leave and come back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.make import (
    AT,
    let_sign_in,
    make_administrator,
    make_bank,
    make_coordinator,
    make_member,
    make_organisation,
)
from tests.web.reading import everything
from timebank.banks.models import LONGEST_NAME, Bank
from timebank.extensions import db
from timebank.ledger.models import Book
from timebank.ledger.queries import balance_of, opening_account
from timebank.members import service
from timebank.members.models import Capacity, Membership, Role
from timebank.members.queries import tidy_email
from timebank.sign_in.service import SignInRefused, check_sign_in

PASSWORD = "an hour for an hour"


@pytest.fixture
def bank(app: object) -> Bank:
    return make_bank()


def change(member: Membership, **details: Any) -> None:
    kept = {"name": member.name, "phone": member.phone, "capacity": Capacity(member.capacity)}
    service.change_member(member, at=AT, **(kept | {"changed_by": member} | details))


def test_members_and_organisations_get_the_next_free_number(bank: Bank) -> None:
    first = make_member(bank)
    organisation = make_organisation(bank, contact=first)
    assert (first.number, organisation.account.number) == ("0001", "0002")
    assert make_member(bank, number="0041").number == "0041"
    assert make_member(bank).number == "0042"
    assert make_member(bank, number="A-7").number == "A-7"
    assert make_member(bank, number="99999").number == "99999"
    assert make_member(bank).number == "100000"
    assert make_member(make_bank()).number == "0001"


def test_a_new_member_begins_with_the_bank_s_opening_hours(app: object) -> None:
    bank = make_bank(opening_credit_minutes=120)
    member = make_member(bank)
    assert balance_of(member.account_id, Book.CREDIT) == 120
    assert balance_of(opening_account(bank.id).id, Book.CREDIT) == -120


@pytest.mark.parametrize(
    ("details", "refusal"),
    [
        ({"name": ""}, service.MemberNameNeeded),
        ({"name": " \n\t"}, service.MemberNameNeeded),
        ({"name": "x" * (LONGEST_NAME + 1)}, service.MemberNameNeeded),
        ({"email": "nobody"}, service.EmailUnfit),
        ({"email": "a@b@c.org"}, service.EmailUnfit),
        ({"email": "a b@example.org"}, service.EmailUnfit),
        ({"email": "@example.org"}, service.EmailUnfit),
        ({"email": "a@example.org\nBcc: b@example.org"}, service.EmailUnfit),
        ({"email": "x" * 250 + "@example.org"}, service.EmailUnfit),
        ({"phone": "0" * 41}, service.PhoneUnfit),
        ({"number": "x" * 41}, service.NumberUnfit),
        ({"number": "a b"}, service.NumberUnfit),
        ({"number": "(1)"}, service.NumberUnfit),
        ({"number": "<b>"}, service.NumberUnfit),
        ({"number": "community"}, service.NumberTaken),
        ({"number": "opening"}, service.NumberTaken),
        ({"number": " 0001 "}, service.NumberTaken),
        ({"email": " ANN@example.org "}, service.EmailTaken),
        ({"joined_on": AT.date() + dt.timedelta(days=1)}, service.JoinedInTheFuture),
    ],
)
def test_what_does_not_fit_a_new_member_is_refused(bank: Bank, details: dict[str, Any], refusal: type) -> None:
    make_member(bank, email="ann@example.org")
    before = everything()
    usual: dict[str, Any] = {"name": "Ben Brown", "joined_on": AT.date(), "added_by": None, "at": AT}
    with pytest.raises(refusal):
        service.add_member(bank, **(usual | details))
    db.session.rollback()
    assert everything() == before


def test_a_member_joins_today_where_the_bank_is(app: object) -> None:
    bank = make_bank(time_zone="Pacific/Auckland")
    late = dt.datetime(2026, 3, 10, 13, 0, tzinfo=dt.UTC)
    assert make_member(bank, joined_on=dt.date(2026, 3, 11), at=late).joined_on == dt.date(2026, 3, 11)


def test_a_name_and_an_address_are_tidied(bank: Bank) -> None:
    member = make_member(bank, name="  Zoë \n  O’Neill ", email=" Zoe@Example.ORG ", phone=" 01234  567 ")
    assert (member.name, member.short_name, member.phone) == ("Zoë O’Neill", "Zoë O.", "01234 567")
    assert member.email == "zoe@example.org" == tidy_email("ZOE@example.org ")


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Madonna", "Madonna"),
        ("Ann Mary Adams", "Ann A."),
        ("李 小龙", "李 小."),
        ("محمد علي", "محمد ع."),
        ("🌻 Sun", "🌻 S."),
    ],
)
def test_other_members_see_the_first_name_and_an_initial(bank: Bank, name: str, short: str) -> None:
    assert make_member(bank, name=name).short_name == short


def test_an_address_alone_does_not_make_two_people_of_two_banks_one(bank: Bank) -> None:
    here, there = make_member(bank, email="ann@example.org"), make_member(make_bank(), email="ann@example.org")
    assert here.person_id != there.person_id
    change(here, email="new@example.org")
    assert there.email == "ann@example.org"
    # What another bank does is nothing that this one could notice.
    change(there, email="new@example.org")
    service.leave(there, recorded_by=there, at=AT)
    assert (here.email, here.left_at) == ("new@example.org", None)


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR])
def test_a_coordinator_does_not_change_remove_or_bring_back_whoever_may_more_than_a_member(
    bank: Bank, role: Role
) -> None:
    boss, cara = make_member(bank, role=Role.ADMINISTRATOR), make_coordinator(bank)
    other = make_member(bank, role=role, email="other@example.org")
    for act in (
        lambda by: change(other, email="mine@example.org", changed_by=by),
        lambda by: service.leave(other, recorded_by=by, at=AT),
        lambda by: service.come_back(other, recorded_by=by, at=AT),
    ):
        with pytest.raises(service.NotYoursToChange):
            act(cara)
        act(boss)
    assert other.email == "mine@example.org"
    change(cara, phone="01234", changed_by=cara)


def test_somebody_who_left_is_not_added_a_second_time(bank: Bank) -> None:
    member = make_member(bank, email="ann@example.org")
    service.leave(member, recorded_by=member, at=AT)
    with pytest.raises(service.EmailTaken):
        make_member(bank, email="ann@example.org")


def test_details_are_corrected(bank: Bank) -> None:
    member = make_member(bank, name="Ann Adams", email="ann@example.org")
    version = member.person.sign_in_version
    change(member, name="Ann Archer", phone="01234", capacity=Capacity.CARER, email="ann@example.org")
    assert (member.name, member.search_name, member.phone) == ("Ann Archer", "ann archer", "01234")
    assert (member.capacity, member.person.sign_in_version) == (Capacity.CARER, version)
    change(member, email="")
    assert (member.email, member.person.sign_in_version) == (None, version + 1)


@pytest.mark.parametrize(
    ("details", "refusal"),
    [
        ({"name": " "}, service.MemberNameNeeded),
        ({"phone": "0" * 41}, service.PhoneUnfit),
        ({"email": "nobody"}, service.EmailUnfit),
        ({"email": "BEN@example.org"}, service.EmailTaken),
    ],
)
def test_what_does_not_fit_is_not_changed(bank: Bank, details: dict[str, Any], refusal: type) -> None:
    member = make_member(bank, email="ann@example.org")
    make_member(bank, email="ben@example.org")
    before = everything()
    with pytest.raises(refusal):
        change(member, **({"name": "Another", "phone": "1"} | details))
    db.session.rollback()
    assert everything() == before


def test_whoever_leaves_has_a_closed_account_and_cannot_sign_in(bank: Bank) -> None:
    member = make_member(bank, email="ann@example.org")
    let_sign_in(member)
    assert check_sign_in(email="ann@example.org", password=PASSWORD, at=AT) == [member]
    service.leave(member, recorded_by=member, at=AT)
    assert (member.left_at, member.account.closed_at) == (AT, AT)
    with pytest.raises(SignInRefused):
        check_sign_in(email="ann@example.org", password=PASSWORD, at=AT)
    service.leave(member, recorded_by=member, at=AT + dt.timedelta(days=1))
    assert member.left_at == AT


def test_whoever_leaves_one_bank_still_signs_in_to_the_other(bank: Bank) -> None:
    here, there = make_member(bank, email="ann@example.org"), make_member(make_bank(), email="ann@example.org")
    let_sign_in(here)
    let_sign_in(there)
    assert check_sign_in(email="ann@example.org", password=PASSWORD, at=AT) == [here, there]
    service.leave(here, recorded_by=here, at=AT)
    assert check_sign_in(email="ann@example.org", password=PASSWORD, at=AT) == [there]


def test_whoever_comes_back_has_what_they_had(bank: Bank) -> None:
    member = make_member(bank, role=Role.COORDINATOR)
    service.leave(member, recorded_by=member, at=AT)
    for _ in range(2):
        service.come_back(member, recorded_by=member, at=AT)
    assert (member.left_at, member.account.closed_at, member.role) == (None, None, Role.COORDINATOR)


def test_the_last_administrator_neither_leaves_nor_steps_down(bank: Bank) -> None:
    last = make_administrator(bank)
    make_administrator(make_bank())
    make_coordinator(bank)
    with pytest.raises(service.LastAdministrator):
        service.leave(last, recorded_by=last, at=AT)
    with pytest.raises(service.LastAdministrator):
        service.change_role(last, Role.COORDINATOR, changed_by=last, at=AT)
    second = make_administrator(bank)
    service.leave(second, recorded_by=last, at=AT)
    with pytest.raises(service.LastAdministrator):
        service.change_role(last, Role.MEMBER, changed_by=last, at=AT)
    assert (last.left_at, last.role) == (None, Role.ADMINISTRATOR)
    service.come_back(second, recorded_by=last, at=AT)
    service.change_role(last, Role.MEMBER, changed_by=second, at=AT)
    assert last.role == Role.MEMBER
