"""Organisations have an account as people do, and a member who answers for it."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.make import AT, approved_exchange, log_exchange, make_bank, make_coordinator, make_member, make_organisation
from timebank.banks.models import Bank
from timebank.exchanges import service as exchanges
from timebank.exchanges.models import Answer, AnsweredBy, Status
from timebank.extensions import db
from timebank.ledger.models import AccountKind, Book
from timebank.ledger.queries import balance_of
from timebank.members import service as members
from timebank.organisations import queries, service


@pytest.fixture
def bank(app: Flask) -> Bank:
    return make_bank()


def test_an_organisation_has_an_account_with_the_next_free_number(bank: Bank) -> None:
    make_member(bank, number="0041")
    surgery = make_organisation(bank, name="  Elm   Surgery ", contact=make_member(bank))
    assert surgery.name == "Elm Surgery"
    assert (surgery.account.kind, surgery.account.number) == (AccountKind.ORGANISATION, "0043")
    assert balance_of(surgery.account_id, Book.CREDIT) == 0


def test_it_gives_and_receives_as_people_do(bank: Bank) -> None:
    contact, ann = make_member(bank), make_member(bank)
    surgery = make_organisation(bank, contact=contact)
    approved_exchange(bank, giver=surgery, receiver=ann, minutes=60)
    approved_exchange(bank, giver=ann, receiver=surgery, minutes=90)
    assert (balance_of(surgery.account_id, Book.CREDIT), balance_of(ann.account_id, Book.CREDIT)) == (-30, 30)


def test_its_contact_confirms_for_it_and_nobody_else_does(bank: Bank) -> None:
    contact, ann, other = make_member(bank), make_member(bank), make_member(bank)
    surgery = make_organisation(bank, contact=contact)
    exchange = log_exchange(bank, giver=ann, receiver=surgery)
    with pytest.raises(exchanges.NotYours):
        exchanges.confirm_exchange(bank, exchange, confirmed_by=other, at=AT)
    exchanges.confirm_exchange(bank, exchange, confirmed_by=contact, at=AT)
    assert exchange.status == Status.CONFIRMED


def test_without_a_contact_the_coordinator_s_approval_is_its_confirmation(bank: Bank) -> None:
    ann, surgery = make_member(bank), make_organisation(bank)
    exchange = log_exchange(bank, giver=ann, receiver=surgery)
    assert exchange.status == Status.CONFIRMED
    [party] = [party for party in exchange.parties if party.account_id == surgery.account_id]
    assert (party.answer, party.answered_how) == (Answer.CONFIRMED, AnsweredBy.COORDINATOR)


@pytest.mark.parametrize("name", ["", "  ", "x" * 121])
def test_a_name_is_needed(bank: Bank, name: str) -> None:
    cara = make_coordinator(bank)
    with pytest.raises(service.OrganisationNameNeeded):
        service.add_organisation(bank, name=name, contact=None, added_by=cara, at=AT)


def test_two_of_one_bank_have_two_names_in_whatever_case(bank: Bank) -> None:
    cara = make_coordinator(bank)
    make_organisation(bank, name="Elm Surgery")
    hall = make_organisation(bank, name="Hall")
    with pytest.raises(service.OrganisationNameTaken):
        make_organisation(bank, name="elm surgery")
    with pytest.raises(service.OrganisationNameTaken):
        service.change_organisation(bank, hall, name="ELM SURGERY", contact=None, changed_by=cara, at=AT)
    service.change_organisation(bank, hall, name="HALL", contact=cara, changed_by=cara, at=AT)
    assert (hall.name, hall.contact) == ("HALL", cara)
    make_organisation(make_bank(), name="Elm Surgery")


def test_whoever_no_longer_answers_for_it_sees_and_confirms_nothing_more(bank: Bank) -> None:
    contact, ann, cara = make_member(bank), make_member(bank), make_coordinator(bank)
    surgery = make_organisation(bank, contact=contact)
    assert set(queries.accounts_answered_by(contact)) == {contact.account_id, surgery.account_id}
    exchange = log_exchange(bank, giver=ann, receiver=surgery)
    service.change_organisation(bank, surgery, name=surgery.name, contact=None, changed_by=cara, at=AT)
    assert queries.accounts_answered_by(contact) == [contact.account_id]
    with pytest.raises(exchanges.NotYours):
        exchanges.confirm_exchange(bank, exchange, confirmed_by=contact, at=AT)


def test_when_its_contact_leaves_the_coordinator_answers_for_it(bank: Bank) -> None:
    contact, ann = make_member(bank), make_member(bank)
    surgery = make_organisation(bank, contact=contact)
    members.leave(contact, recorded_by=make_coordinator(bank), at=AT)
    assert surgery.answering is None
    assert log_exchange(bank, giver=ann, receiver=surgery).status == Status.CONFIRMED


def test_names_beyond_ascii_are_the_same_in_whatever_case(bank: Bank) -> None:
    ecole = make_organisation(bank, name="ÉCOLE Ŵyn")
    with pytest.raises(service.OrganisationNameTaken):
        make_organisation(bank, name="école ŵyn")
    assert queries.organisations_matching(bank, "École", limit=5) == [ecole]


def test_organisations_are_listed_with_their_balances_and_those_of_other_banks_are_not(bank: Bank) -> None:
    ann, hall, elm = make_member(bank), make_organisation(bank, name="hall"), make_organisation(bank, name="Elm")
    make_organisation(make_bank(), name="Strange House")
    approved_exchange(bank, giver=hall, receiver=ann, minutes=45)
    approved_exchange(bank, giver=ann, receiver=elm, minutes=30, book=Book.RECORD)
    db.session.flush()
    assert [(row[0].name, row[1], row[2]) for row in queries.organisations_of(bank)] == [
        ("Elm", 0, -30),
        ("hall", 45, 0),
    ]
    with pytest.raises(queries.NotFound):
        queries.organisation_with_reference(make_bank(), elm.reference)
