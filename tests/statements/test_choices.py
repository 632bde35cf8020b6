"""How somebody gets their statements: chosen by themselves or for them, kept once, and possible."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import make
from tests.web.reading import assert_refused_beside, everything, look, path_of, send
from timebank.audit.models import Action, AuditRecord
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.members.models import Membership
from timebank.statements import choices
from timebank.statements.choices import Choice, choice_of, choices_of, choose
from timebank.statements.models import How, StatementChoice
from timebank.web import languages

HERE = "/me/statements"


@pytest.fixture
def bank(app: object) -> Bank:
    return make.make_bank()


@pytest.fixture
def jean(bank: Bank) -> Membership:
    return make.make_member(bank, name="Jean Morris", email="jean@example.org")


@pytest.fixture
def doris(bank: Bank) -> Membership:
    return make.make_member(bank, name="Doris Hambly")


def records() -> list[dict[str, Any]]:
    query = select(AuditRecord).where(AuditRecord.action == Action.STATEMENT_CHOICE_CHANGED).order_by(AuditRecord.id)
    return [record.details for record in db.session.scalars(query)]


def test_whoever_chose_nothing_gets_mail_or_paper(jean: Membership, doris: Membership) -> None:
    assert choice_of(jean) == Choice(How.EMAIL_WITH_PDF)
    assert choice_of(doris) == Choice(How.PAPER)
    assert choices.cannot_be_sent(doris, choice_of(doris))
    doris.address = "12 Elm Road"
    assert not choices.cannot_be_sent(doris, choice_of(doris))
    assert not choices.cannot_be_sent(jean, choice_of(jean))
    assert choices_of([]) == {}


def test_a_choice_is_kept_once_and_told_to_the_audit_once(jean: Membership) -> None:
    wanted = Choice(How.ONLINE, large_print=True, hides_sign=True)
    for _ in range(3):
        choose(jean, wanted, chosen_by=jean, at=make.AT)
    assert choice_of(jean) == wanted
    assert records() == [{"how": "online", "large_print": True, "hides_sign": True}]
    reference = db.session.get_one(StatementChoice, jean.id).reference
    choose(jean, Choice(How.EMAIL), chosen_by=None, at=make.AT)
    assert len(records()) == 2
    # A link that was mailed keeps working.
    assert db.session.get_one(StatementChoice, jean.id).reference == reference


def test_nothing_is_mailed_to_whoever_has_no_address(doris: Membership) -> None:
    before = everything()
    for how in (How.EMAIL, How.EMAIL_WITH_PDF):
        with pytest.raises(choices.NoEmailAddress):
            choose(doris, Choice(how), chosen_by=doris, at=make.AT)
    with pytest.raises(choices.NoSuchLanguage):
        choose(doris, Choice(How.PAPER, language="xx"), chosen_by=doris, at=make.AT)
    db.session.rollback()
    assert everything() == before


def test_many_choices_are_one_question(bank: Bank, jean: Membership, doris: Membership, statements_counted) -> None:
    choose(doris, Choice(How.ONLINE), chosen_by=doris, at=make.AT)
    everybody = [jean, doris, *(make.make_member(bank) for _ in range(5))]
    db.session.expire_all()
    # Read them now, or each would be asked for when it is looked at.
    assert len({each.email for each in everybody}) == 2
    with statements_counted() as statements:
        found = choices_of(everybody)
    assert len(statements) == 1
    assert (found[doris.id].how, found[jean.id].how) == (How.ONLINE, How.EMAIL_WITH_PDF)


def test_somebody_chooses_on_their_own_page(client: FlaskClient, sign_in: Any, jean: Membership) -> None:
    sign_in(client, jean)
    assert "How I get my statements" in look(client, "/me").text
    page = look(client, HERE)
    assert page.fields(HERE)["how"] == ["email_with_pdf"]
    assert "language" not in page.fields(HERE)
    assert_refused_beside(send(client, HERE, {"how": "pigeon"}), "how", "Choose how the statement should come")
    answer = send(client, HERE, {"how": "paper", "large_print": "y", "hides_sign": "y"})
    assert path_of(answer) == HERE
    page = look(client, HERE)
    assert "Your changes are kept" in page.text
    assert "There is no postal address, so nothing can be posted" in page.text
    fields = page.fields(HERE)
    assert (fields["how"], fields["large_print"], fields["hides_sign"]) == (["paper"], ["y"], ["y"])
    send(client, HERE, {"large_print": None})
    assert choice_of(jean) == Choice(How.PAPER, hides_sign=True)


def test_a_coordinator_chooses_for_somebody_and_is_told_what_is_missing(
    client: FlaskClient, sign_in: Any, bank: Bank, doris: Membership
) -> None:
    ruth = make.make_coordinator(bank)
    sign_in(client, ruth)
    path = f"/people/{doris.reference}/statements"
    assert path in [link.attributes["href"] for link in look(client, f"/people/{doris.reference}").main.every("a")]
    page = assert_refused_beside(send(client, path, {"how": "email", "large_print": "y"}), "how", "no email address")
    assert page.fields(path)["how"] == ["email"]
    send(client, path, {"how": "online", "large_print": "y"})
    assert choice_of(doris) == Choice(How.ONLINE, large_print=True)
    [record] = db.session.scalars(select(AuditRecord).where(AuditRecord.action == Action.STATEMENT_CHOICE_CHANGED))
    assert (record.membership_id, record.reference) == (ruth.id, doris.reference)


def test_an_address_that_is_gone_is_noticed(client: FlaskClient, sign_in: Any, bank: Bank, jean: Membership) -> None:
    choose(jean, Choice(How.EMAIL), chosen_by=jean, at=make.AT)
    jean.email = None
    sign_in(client, make.make_coordinator(bank))
    assert "There is no email address any more" in look(client, f"/people/{jean.reference}/statements").text


def test_a_language_is_asked_for_where_there_are_several(
    client: FlaskClient, sign_in: Any, jean: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(languages.LANGUAGES, "cy", "Cymraeg")
    sign_in(client, jean)
    assert look(client, HERE).fields(HERE)["language"] == [""]
    send(client, HERE, {"language": "cy"})
    assert choice_of(jean).language == "cy"
    send(client, HERE, {"language": ""})
    assert choice_of(jean).language is None


def test_a_balance_has_words_in_place_of_a_minus_for_whoever_wants_that(
    app: Flask, sign_in: Any, bank: Bank, jean: Membership, doris: Membership
) -> None:
    ruth = make.make_coordinator(bank)
    make.approved_exchange(bank, giver=doris, receiver=jean, minutes=90, approved_by=ruth)
    choose(jean, Choice(How.ONLINE, hides_sign=True), chosen_by=jean, at=make.AT)
    path = f"/statements/{jean.account.reference}/2026-03"
    own, coordinator = app.test_client(), app.test_client()
    sign_in(own, jean)
    text = look(own, path).text
    assert "−" not in text
    assert "Closing balance 1:30 more used" in text
    # Whoever keeps everybody's hours has to see which way they go.
    sign_in(coordinator, ruth)
    assert "Closing balance −1:30" in look(coordinator, path).text
