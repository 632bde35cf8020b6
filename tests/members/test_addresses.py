"""Where letters go: kept as on an envelope, on every page where details are, and in a file of members."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.make import make_administrator, make_bank, make_coordinator, make_member
from tests.web.reading import assert_refused_beside, everything, look, path_of, send
from timebank.audit.models import Action, AuditRecord
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.members.addresses import AddressUnfit, PostcodeUnfit, checked_address, checked_postcode
from timebank.members.models import Membership

ADDRESS = "Flat 3, Tŷ Glas\n12 Elm Road"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        (" \n \n", ""),
        ("  12   Elm Road \r\n\r\n Sheffield ", "12 Elm Road\nSheffield"),
        ("١٢ شارع النخيل", "١٢ شارع النخيل"),
        ("\n".join("abcdef"), "\n".join("abcdef")),
    ],
)
def test_an_address_is_kept_in_tidy_lines(typed, kept):
    assert checked_address(typed) == kept


@pytest.mark.parametrize("typed", ["\n".join("abcdefg"), "x" * 301])
def test_what_does_not_fit_into_a_window_is_refused(typed):
    with pytest.raises(AddressUnfit):
        checked_address(typed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("", ""), ("  s1  2hh ", "S1 2HH"), ("01234-567", "01234-567"), ("LL57 2DG", "LL57 2DG")],
)
def test_a_postcode_is_kept_in_capitals(typed, kept):
    assert checked_postcode(typed) == kept


@pytest.mark.parametrize("typed", ["x" * 13, "S1<b>", "=1", "-", "S1\u202e2HH", "😀"])
def test_what_is_no_postcode_is_refused(typed):
    with pytest.raises(PostcodeUnfit):
        checked_postcode(typed)


@pytest.fixture
def bank(app: object) -> Bank:
    return make_bank()


@pytest.fixture
def ruth(bank: Bank, app: Flask, sign_in: Any) -> FlaskClient:
    client = app.test_client()
    sign_in(client, make_coordinator(bank, name="Ruth Adeyemi"))
    return client


def test_an_address_is_typed_by_the_coordinator_and_shown_to_them(bank: Bank, ruth: FlaskClient) -> None:
    typed = {"name": "Ben <b>Brown", "address": ADDRESS, "postcode": "s1 2hh"}
    page = assert_refused_beside(send(ruth, "/people/new", typed | {"postcode": "?"}), "postcode", "Enter a postcode")
    assert page.fields("/people/new")["address"] == [ADDRESS]
    answer = send(ruth, "/people/new", typed)
    ben = db.session.scalars(select(Membership).where(Membership.name == "Ben <b>Brown")).one()
    assert (ben.address, ben.postcode) == (ADDRESS, "S1 2HH")
    assert "Flat 3, Tŷ Glas 12 Elm Road S1 2HH" in look(ruth, path_of(answer)).text
    path = f"/people/{ben.reference}/change"
    assert look(ruth, path).fields(path)["address"] == [ADDRESS]
    assert_refused_beside(send(ruth, path, {"address": "\n".join("abcdefg")}), "address", "up to 6 lines")
    send(ruth, path, {"address": "<i>Elsewhere</i>", "postcode": ""})
    assert (ben.address, ben.postcode) == ("<i>Elsewhere</i>", "")
    assert "<i>Elsewhere</i>" in look(ruth, f"/people/{ben.reference}").text


def test_ones_own_address_is_kept_from_ones_own_page_and_the_audit_has_none_of_it(
    bank: Bank, client: FlaskClient, sign_in: Any
) -> None:
    ann = make_member(bank, name="Ann Adams")
    sign_in(client, ann)
    send(client, "/me", {"address": ADDRESS, "postcode": "S1 2HH"})
    assert (ann.address, ann.postcode) == (ADDRESS, "S1 2HH")
    [record] = db.session.scalars(select(AuditRecord).where(AuditRecord.action == Action.MEMBER_CHANGED))
    assert record.details == {"fields": ["address", "postcode"]}
    before = everything()
    send(client, "/me", {})
    assert everything() == before


def test_other_members_never_see_it(bank: Bank, client: FlaskClient, sign_in: Any) -> None:
    ann = make_member(bank, name="Ann Adams", address="Secret Cottage", postcode="ZZ1 1ZZ")
    sign_in(client, make_member(bank))
    for path in (f"/people/{ann.reference}", "/people/search?q=ann", "/", "/hours"):
        answer = client.get(path).text
        assert "Secret" not in answer
        assert "ZZ1" not in answer


def test_an_administrator_is_not_changed_by_a_coordinator(bank: Bank, ruth: FlaskClient) -> None:
    ada = make_administrator(bank, address="1 High Street")
    answer = send(ruth, f"/people/{ada.reference}/change", {"address": "Mine"})
    assert answer.status_code != 302
    assert ada.address == "1 High Street"
