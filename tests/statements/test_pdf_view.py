"""A statement's PDF is handed to those who may see the statement, and is the holder's whoever fetches it."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import make
from tests.statements.sheets import pages
from timebank.extensions import db
from timebank.ledger.months import Month
from timebank.members.models import Role
from timebank.statements.letters import statement_as_pdf

APRIL = dt.datetime(2026, 4, 7, 12, tzinfo=dt.UTC)


@pytest.fixture
def town(app):
    bank = make.make_bank(code="ELMS")
    make.make_activity(bank, name="Gardening")
    people = {
        "jean": make.make_member(bank, name="Jean Morris", number="0001"),
        "ana": make.make_member(bank, name="Ana Silva", number="0002"),
        "ruth": make.make_coordinator(bank, name="Ruth Adeyemi", number="0003"),
    }
    make.approved_exchange(bank, giver=people["jean"], receiver=people["ana"], minutes=95, approved_by=people["ruth"])
    make.close_and_issue(bank, Month(2026, 3), at=APRIL)
    db.session.commit()
    return people


def test_the_page_leads_to_the_same_file_for_the_holder_and_for_a_coordinator(app, town, sign_in):
    path = f"/statements/{town['jean'].account.reference}/2026-03"
    files = []
    for who in ("jean", "ruth"):
        client = app.test_client()
        sign_in(client, town[who])
        assert f'href="{path}/statement.pdf"' in client.get(path).text
        answer = client.get(f"{path}/statement.pdf")
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
        assert answer.headers["Content-Disposition"] == "inline; filename=statement-ELMS-0001-2026-03.pdf"
        files.append(answer.data)
    assert files[0] == files[1]
    assert b"\n%common-hours " in files[0]
    assert "Ana S. Gardening" in pages(files[0])[0]


def test_a_coordinator_s_own_names_others_as_any_member_s_does(app, town):
    ruth = town["ruth"]
    make.approved_exchange(
        ruth.bank, giver=ruth, receiver=town["ana"], at=APRIL, approved_by=make.make_coordinator(ruth.bank)
    )
    as_coordinator, as_member = (
        statement_as_pdf(ruth.bank, ruth.account, Month(2026, 4), printed_on=APRIL.date())
        for ruth.role in (Role.COORDINATOR, Role.MEMBER)
    )
    assert as_coordinator == as_member
    assert "Ana S." in pages(as_member)[0]
    assert "Silva" not in pages(as_member)[0]


def test_others_may_not_have_it_and_what_is_not_there_is_not_made(app, town, sign_in):
    client = app.test_client()
    account = town["jean"].account.reference
    sign_in(client, town["ana"])
    assert client.get(f"/statements/{account}/2026-03/statement.pdf").status_code == 404
    client = app.test_client()
    sign_in(client, town["jean"])
    for month in ("2026-13", "march", "9998-01"):
        assert client.get(f"/statements/{account}/{month}/statement.pdf").status_code == 404
    open_month = client.get(f"/statements/{account}/2026-04/statement.pdf")
    assert "This statement is not final." in pages(open_month.data)[0]
