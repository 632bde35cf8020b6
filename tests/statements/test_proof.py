"""The code on a statement tells a genuine one from any other, and says nothing about anybody."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from tests import make
from tests.ledger.plain import run_plainly, run_unguarded
from tests.web.reading import everything, look, send
from timebank.banks.models import Bank
from timebank.exchanges import service as exchanges
from timebank.extensions import db
from timebank.ledger.months import Month
from timebank.members.models import Membership
from timebank.statements import issue
from timebank.statements.figures import SIGNS_IN_A_CODE, code_of, tidy_code
from timebank.statements.models import IssuedStatement
from timebank.statements.proof import Verdict, prove
from timebank.statements.queries import latest_issue

MARCH = Month(2026, 3)
IN_APRIL = dt.datetime(2026, 4, 5, 12, tzinfo=dt.UTC)


@pytest.fixture
def bank(app: object) -> Bank:
    return make.make_bank(code="ELMS", name="Elm Street")


@pytest.fixture
def ruth(bank: Bank) -> Membership:
    return make.make_coordinator(bank, name="Ruth Adeyemi")


@pytest.fixture
def jean(bank: Bank) -> Membership:
    return make.make_member(bank, name="Jean Morris")


@pytest.fixture
def issued(bank: Bank, ruth: Membership, jean: Membership) -> IssuedStatement:
    ana = make.make_member(bank, name="Ana Silva")
    make.approved_exchange(bank, giver=jean, receiver=ana, minutes=90, approved_by=ruth)
    make.close_and_issue(bank, MARCH, at=IN_APRIL)
    db.session.commit()
    found = latest_issue(jean.account, MARCH)
    assert found is not None
    return found


def test_a_code_is_read_however_it_is_typed(issued: IssuedStatement) -> None:
    code = issued.code
    assert len(code) == SIGNS_IN_A_CODE
    written = "-".join(code[at : at + 4] for at in range(0, 16, 4))
    for typed in (written, written.lower(), f" {code} ", " ".join(code), code.replace("0", "O").replace("1", "l")):
        assert tidy_code(typed) == code
        assert prove(typed).verdict == Verdict.GENUINE


@pytest.mark.parametrize("typed", ["", "x", "ÄÖÜ", "🎉" * 16, "0" * 16, "'; DROP TABLE x; --", "\u202e" + "A" * 16])
def test_what_is_no_code_is_unknown(issued: IssuedStatement, typed: str) -> None:
    assert prove(typed).verdict == Verdict.UNKNOWN


def test_it_stays_genuine_when_people_are_renamed_and_hours_reversed_later(
    bank: Bank, ruth: Membership, jean: Membership, issued: IssuedStatement
) -> None:
    jean.rename("Somebody Else")
    late = make.approved_exchange(bank, giver=jean, receiver=make.make_member(bank), minutes=45, at=IN_APRIL)
    exchanges.reverse_exchange(bank, late, reversed_by=ruth, message="Twice", at=IN_APRIL)
    assert prove(issued.code).verdict == Verdict.GENUINE


def test_one_that_was_issued_again_is_replaced(
    bank: Bank, ruth: Membership, jean: Membership, issued: IssuedStatement
) -> None:
    again = issue.issue_again(bank, jean.account, MARCH, reason="Lost", issued_by=ruth, at=IN_APRIL)
    assert prove(issued.code).verdict == Verdict.REPLACED
    assert prove(again.code).verdict == Verdict.GENUINE
    assert prove(issued.code).is_genuine


def test_a_changed_ledger_is_noticed(issued: IssuedStatement, database_url: str) -> None:
    code = issued.code
    db.session.remove()
    run_unguarded(database_url, "UPDATE transfer SET happened_on = '2026-03-02'")
    assert prove(code).verdict == Verdict.CHANGED


def test_a_statement_that_somebody_wrote_into_the_database_is_no_statement(
    bank: Bank, ruth: Membership, issued: IssuedStatement, database_url: str
) -> None:
    """Its digest can be made by anybody who reads this program; its code cannot, without the bank's key."""
    account, forged = ruth.account_id, code_of(issued.digest, issue_number=1, proof_key="00" * 32)
    genuine = latest_issue(ruth.account, MARCH)
    assert genuine is not None
    columns = "bank_id, account_id, last_day, number, reference, code, digest, issued_at, reason"
    digest, bank_id = genuine.digest, bank.id
    db.session.commit()
    run_plainly(
        database_url,
        f"INSERT INTO issued_statement ({columns}) SELECT {bank_id}, {account}, last_day, 2, 'forged', '{forged}', "
        f"'{digest}', issued_at, '' FROM issued_statement WHERE id = {genuine.id}",
    )
    assert prove(forged).verdict == Verdict.CHANGED


def test_two_banks_and_two_issues_never_share_a_code(bank: Bank) -> None:
    other = make.make_bank()
    codes = {
        code_of("ab" * 32, issue_number=number, proof_key=key)
        for number in (1, 2)
        for key in (bank.proof_key, other.proof_key)
    }
    assert len(codes) == 4


def test_anybody_checks_a_statement_and_learns_nothing_about_whose_it_is(
    client: FlaskClient, issued: IssuedStatement
) -> None:
    db.session.commit()
    before = everything()
    page = look(client, f"/verify?code={issued.code}")
    assert "genuine statement" in page.text
    assert "Elm Street issued a statement for March 2026 with this code on 5 April 2026" in page.text
    for said in ("Jean", "Morris", "Ana", "1:30"):
        assert said not in page.text
    for balance, said in (("1:30", "is the one that was printed"), ("2:30", "is not the one that was printed")):
        answer = send(client, "/verify", {"code": issued.code, "balance": balance})
        assert said in answer.text
    assert everything() == before


def test_the_page_says_what_to_do_with_a_code_that_is_none(client: FlaskClient, app: object) -> None:
    assert "No statement has this code" in send(client, "/verify", {"code": "7KQ2-9XWD-40TN-H8VC", "balance": ""}).text
    assert "Enter the code" in send(client, "/verify", {"code": "", "balance": ""}).text
    refused = send(client, "/verify", {"code": "7KQ2-9XWD-40TN-H8VC", "balance": "soon"})
    assert refused.status_code == 422
    assert "7KQ2-9XWD-40TN-H8VC" in refused.text


def test_a_statement_is_noted_as_read_when_its_holder_looks_and_by_nobody_else(
    app: Flask, sign_in: Any, ruth: Membership, jean: Membership, issued: IssuedStatement
) -> None:
    path = f"/statements/{jean.account.reference}/2026-03"
    reads = []
    for reader in (ruth, jean, jean):
        client = app.test_client()
        sign_in(client, reader)
        assert client.get(path).status_code == 200
        reads.append(db.session.execute(text(f"SELECT read_at FROM issued_statement WHERE id = {issued.id}")).scalar())
        db.session.rollback()
    assert reads[0] is None
    assert reads[1] is not None
    assert reads[2] == reads[1]
