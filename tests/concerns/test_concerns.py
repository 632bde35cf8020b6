"""A concern goes to whoever reads it, never to whoever it is about, and every reading is written down."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import make
from tests.make import AT
from tests.web.reading import assert_refused_beside, everything, look, path_of, send, token_of
from timebank.audit.models import Action, AuditRecord
from timebank.banks.models import Bank
from timebank.concerns import queries, service
from timebank.concerns.models import Concern, ConcernNote
from timebank.errors import NotFound
from timebank.extensions import db
from timebank.mail.kinds import NotToBeSent, words_of
from timebank.mail.models import OutgoingMail
from timebank.members import pausing
from timebank.members.models import Membership

WHAT = "She was <b>frightened</b> on Tuesday"


@pytest.fixture
def bank(app: Flask) -> Bank:
    return make.make_bank()


@pytest.fixture
def ben(bank: Bank) -> Membership:
    return make.make_member(bank, name="Ben Hale")


@pytest.fixture
def lena(bank: Bank, ada: Membership) -> Membership:
    """The safeguarding lead, who is a member like others."""
    lena = make.make_member(bank, name="Lena Lowe", email="lena@example.org")
    service.set_lead(lena, is_lead=True, set_by=ada, at=AT)
    return lena


@pytest.fixture
def ada(bank: Bank) -> Membership:
    return make.make_administrator(bank, name="Ada Adams", email="ada@example.org")


@pytest.fixture
def visit(app: Flask, sign_in: Any) -> Any:
    def as_somebody(who: Membership) -> FlaskClient:
        client = app.test_client()
        sign_in(client, who)
        return client

    return as_somebody


def report(by: Membership, about: Membership | None = None) -> Concern:
    return service.report_concern(by, what=WHAT, about="somebody", concerned=about, at=AT)


def only_concern() -> Concern:
    return db.session.scalars(select(Concern)).one()


def records(*actions: Action) -> list[tuple[str, int | None, str]]:
    query = select(AuditRecord).where(AuditRecord.action.in_(actions)).order_by(AuditRecord.id)
    return [(record.action, record.membership_id, record.came_from) for record in db.session.scalars(query)]


def mailed() -> set[int]:
    return set(db.session.scalars(select(OutgoingMail.membership_id)))


def test_everybody_can_report_from_every_page_and_is_told_who_reads_it(
    bank: Bank, ben: Membership, lena: Membership, visit: Any
) -> None:
    client = visit(ben)
    for path in ("/", "/hours", "/help", "/nowhere"):
        links = [
            link.attributes["href"] for link in look(client, path, 404 if path == "/nowhere" else 200).root.every("a")
        ]
        assert "/concern" in links, path
    assert "read by Lena L., and by nobody else" in look(client, "/concern").text
    assert_refused_beside(send(client, "/concern", {"what": "", "whom": "somebody else"}), "what", "Enter what")
    assert_refused_beside(send(client, "/concern", {"what": WHAT}), "whom", "Choose whether")
    assert path_of(send(client, "/concern", {"what": WHAT, "whom": "somebody else", "about": "Cara"})) == "/"
    assert (only_concern().what, only_concern().about, only_concern().concerned_id) == (WHAT, "Cara", None)


def test_the_link_is_not_there_for_whoever_is_not_signed_in(client: FlaskClient) -> None:
    assert "/concern" not in [link.attributes["href"] for link in look(client, "/help").root.every("a")]


def test_the_same_form_twice_is_one_concern(ben: Membership, lena: Membership, visit: Any) -> None:
    client = visit(ben)
    fields = look(client, "/concern").fields("/concern") | {"what": WHAT, "whom": "somebody else"}
    for _time in range(2):
        assert path_of(client.post("/concern", data=fields)) == "/"
    assert only_concern().what == WHAT


def test_the_lead_reads_it_and_writes_down_what_was_done_and_each_reading_is_kept(
    ben: Membership, lena: Membership, ada: Membership, visit: Any
) -> None:
    concern = report(ben)
    client = visit(lena)
    listed = look(client, "/concerns")
    assert "To be looked into" in listed.text
    assert WHAT not in listed.text
    path = f"/concerns/{concern.reference}"
    page = look(client, path)
    assert WHAT in page.text
    assert "Ben Hale" in page.text
    assert path_of(send(client, path, {"what": "Called <i>her</i>", "is_settled": "y"})) == path
    page = look(client, path)
    assert "Called <i>her</i>" in page.text
    assert "Settled" in page.text
    assert_refused_beside(send(client, path, {"what": " "}), "what", "Enter what was done")
    assert db.session.scalars(select(ConcernNote)).one().by_id == lena.id
    done = records(Action.CONCERNS_LISTED, Action.CONCERN_READ, Action.CONCERN_NOTED)
    assert {by for _action, by, _from in done} == {lena.id}
    # Each page that showed it, also the one on which a note was missing.
    assert [action for action, *_rest in done] == [
        *(Action.CONCERNS_LISTED, Action.CONCERN_READ, Action.CONCERN_READ, Action.CONCERN_NOTED),
        *(Action.CONCERN_READ, Action.CONCERN_READ, Action.CONCERN_READ),
    ]


def test_nobody_else_reads_it_whatever_their_role(
    bank: Bank, ben: Membership, lena: Membership, ada: Membership, visit: Any
) -> None:
    concern = report(ben)
    path = f"/concerns/{concern.reference}"
    for who, status in ((ben, 403), (make.make_coordinator(bank), 403), (ada, 404)):
        client = visit(who)
        before = everything()
        assert client.get(path).status_code == status
        assert client.post(path, data={"csrf_token": token_of(client), "what": "x"}).status_code == status
        assert everything() == before
    assert "No concerns for you" in look(visit(ada), "/concerns").text
    assert mailed() == {lena.id}


def test_whoever_it_is_about_never_reads_it(
    bank: Bank, ben: Membership, lena: Membership, ada: Membership, visit: Any
) -> None:
    send(visit(ben), "/concern", {"what": WHAT, "whom": lena.reference})
    concern = only_concern()
    assert concern.concerned_id == lena.id
    assert mailed() == {ada.id}
    assert visit(lena).get(f"/concerns/{concern.reference}").status_code == 404
    assert "Concern of" not in look(visit(lena), "/concerns").text
    assert WHAT in look(visit(ada), f"/concerns/{concern.reference}").text
    # Made a lead later, whoever it is about still does not read it.
    about_ben = report(lena, about=ben)
    service.set_lead(ben, is_lead=True, set_by=ada, at=AT)
    with pytest.raises(NotFound):
        queries.concern_for(ben, about_ben.reference)
    assert queries.concern_for(lena, about_ben.reference) == about_ben


def test_a_typed_name_counts_as_whoever_it_is_about(
    ben: Membership, lena: Membership, ada: Membership, visit: Any
) -> None:
    send(visit(ben), "/concern", {"what": WHAT, "whom": "somebody else", "about": "lena lowe"})
    assert only_concern().concerned_id == lena.id
    assert mailed() == {ada.id}


def test_without_a_lead_administrators_read_it_and_without_anybody_it_says_whom_to_tell(
    bank: Bank, ben: Membership, ada: Membership, visit: Any
) -> None:
    report(ben)
    assert mailed() == {ada.id}
    before = everything()
    answer = send(visit(ben), "/concern", {"what": WHAT, "whom": ada.reference})
    page = assert_refused_beside(answer, "whom", "Tell somebody outside")
    assert WHAT in page.text
    assert len(everything()["concern"]) == len(before["concern"]) == 1


def test_a_lead_who_is_paused_reads_nothing_and_administrators_do(
    ben: Membership, lena: Membership, ada: Membership
) -> None:
    concern = report(ben)
    pausing.pause(lena, reason="x", paused_by=ada, at=AT)
    assert queries.readers_of(ben.bank, concerned_id=None) == [ada]
    assert queries.concerns_for(ada) == [concern]


def test_the_audit_does_not_say_who_reported(ben: Membership, lena: Membership, visit: Any) -> None:
    send(visit(ben), "/concern", {"what": WHAT, "whom": "somebody else"})
    assert records(Action.CONCERN_REPORTED) == [(Action.CONCERN_REPORTED, None, "kept with the concern")]
    record = db.session.scalars(select(AuditRecord).where(AuditRecord.action == Action.CONCERN_REPORTED)).one()
    assert (record.request_reference, record.details) == (None, {})


def test_the_mail_says_only_that_there_is_one(ben: Membership, lena: Membership, ada: Membership) -> None:
    report(ben)
    [mail] = db.session.scalars(select(OutgoingMail))
    words = words_of(mail)
    for text in (words.subject, words.text, words.html or ""):
        assert "frightened" not in text
        assert "Ben" not in text
        assert mail.about not in text
    assert "/concerns" in words.text
    service.set_lead(lena, is_lead=False, set_by=ada, at=AT)
    with pytest.raises(NotToBeSent):
        words_of(mail)


def test_an_administrator_sets_the_lead_and_it_is_written_down(ben: Membership, ada: Membership, visit: Any) -> None:
    client = visit(ada)
    path = f"/people/{ben.reference}/safeguarding-lead"
    here = f"/people/{ben.reference}"
    for is_lead in (True, False):
        assert path_of(client.post(path, data=look(client, here).fields(path))) == here
        db.session.refresh(ben)
        assert ben.is_safeguarding_lead == is_lead
    assert [action for action, *_rest in records(Action.SAFEGUARDING_LEAD_SET, Action.SAFEGUARDING_LEAD_ENDED)] == [
        Action.SAFEGUARDING_LEAD_SET,
        Action.SAFEGUARDING_LEAD_ENDED,
    ]


def test_the_concerns_of_another_bank_are_not_there(ben: Membership, lena: Membership, visit: Any) -> None:
    other = make.make_bank()
    make.make_administrator(other)
    theirs = report(make.make_member(other))
    assert visit(lena).get(f"/concerns/{theirs.reference}").status_code == 404
