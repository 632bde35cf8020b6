"""From asking to join to a membership, step by step, and the end of one with dignity."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import select

from tests import make
from tests.make import AT, TODAY
from tests.web.reading import assert_refused_beside, everything, look, path_of, send
from timebank.audit.models import Action, AuditRecord
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.joining import dying, emails, queries, service
from timebank.joining.models import Enquiry, Step
from timebank.ledger import queries as ledger
from timebank.ledger.models import Book
from timebank.ledger.months import Month
from timebank.mail.kinds import NotToBeSent
from timebank.mail.models import MailState, OutgoingMail
from timebank.mail.service import queue_mail
from timebank.members import queries as members
from timebank.members import service as membership
from timebank.members.models import Membership, Role, Standing
from timebank.statements.readers import on_paper

A_DAY = dt.timedelta(days=1)
JOIN = "/join/ELM"
UNUSUAL = "Zoë 🌻 محمد <b>"


@pytest.fixture
def bank(app: Flask) -> Bank:
    bank = make.make_bank(code="ELM", name="Elm Street", takes_enquiries=True, agreement="Be kind.", at=AT)
    db.session.commit()
    return bank


@pytest.fixture
def cara(bank: Bank, client: FlaskClient, sign_in: Any) -> Membership:
    cara = make.make_coordinator(bank, name="Cara Cole")
    sign_in(client, cara)
    return cara


def enquire(bank: Bank, *, by: Membership | None = None, **details: str) -> Enquiry:
    said = {"name": "Nia New", "email": "", "phone": "01632 960001", "message": ""} | details
    return service.enquire(bank, entered_by=by, at=AT, **said)


def actions(reference: str) -> list[str]:
    query = select(AuditRecord.action).where(AuditRecord.reference == reference)
    return list(db.session.scalars(query.order_by(AuditRecord.id)))


def now_of(bank: Bank) -> list[str]:
    today = dt.datetime.now(bank.zone).date()
    return [str(today.day), str(today.month), str(today.year)]


class TestAsking:
    """Anybody may ask where the bank has switched it on, and nobody learns from the answer who is known."""

    def test_the_page_is_off_until_the_bank_says_otherwise(self, bank: Bank, app: Flask, client: FlaskClient) -> None:
        make.make_bank(code="OTHER")
        for path in ("/join/OTHER", "/join/OTHER/thank-you", "/join/NOBODY", "/join/" + "x" * 300):
            assert client.get(path).status_code == 404, path
        assert look(client, JOIN).heading == "Join Elm Street"
        make.set_rules(bank, takes_enquiries=False)
        assert client.get(JOIN).status_code == 404

    def test_whoever_is_known_gets_the_same_answer_as_whoever_is_not(self, bank: Bank, client: FlaskClient) -> None:
        make.make_member(bank, name="Known", email="known@example.org")
        page = look(client, JOIN)
        assert "Nobody needs one to join" in page.text
        answers = []
        for email in ("known@example.org", "nobody@example.org", "known@example.org"):
            answer = send(client, JOIN, {"name": UNUSUAL, "email": email, "message": "<script>"})
            answers.append((answer.status_code, answer.location, look(client, f"{JOIN}/thank-you").text))
        assert len(set(answers)) == 1
        assert [enquiry.email for enquiry in queries.enquiries_of(bank)] == [
            *("known@example.org", "nobody@example.org", "known@example.org")
        ]
        # From where they wrote is not kept.
        made = db.session.scalars(select(AuditRecord).where(AuditRecord.action == Action.ENQUIRY_MADE)).all()
        assert {record.came_from for record in made} == {"a public page"}

    def test_what_is_wrong_is_said_beside_the_field_and_a_double_click_is_one_enquiry(
        self, bank: Bank, client: FlaskClient
    ) -> None:
        page = assert_refused_beside(send(client, JOIN, {"name": "Nia"}), "phone", "Enter a telephone number or")
        assert page.fields(JOIN)["name"] == ["Nia"]
        assert_refused_beside(send(client, JOIN, {"phone": "1"}), "name", "Enter a name")
        assert_refused_beside(send(client, JOIN, {"name": "N", "email": "no address"}), "email", "Enter an email")
        assert_refused_beside(
            send(client, JOIN, {"name": "N", "phone": "1", "message": "x" * 2001}), "message", "Use 2,000"
        )
        form = look(client, JOIN).fields(JOIN) | {"name": "Nia", "phone": "01632 960001"}
        for _twice in range(2):
            assert path_of(client.post(JOIN, data=form)) == f"{JOIN}/thank-you"
        assert client.post(JOIN, data=form | {"name": "Another"}).status_code == 409
        assert len(queries.enquiries_of(bank)) == 1

    def test_where_there_is_one_bank_the_first_page_leads_there(self, bank: Bank, client: FlaskClient) -> None:
        assert JOIN in client.get("/").text
        make.set_rules(bank, takes_enquiries=False)
        assert JOIN not in client.get("/").text


def test_the_whole_way_from_a_paper_slip_to_a_member(
    bank: Bank, cara: Membership, client: FlaskClient, app: Flask, sign_in: Any
) -> None:
    done = send(client, "/enquiries/new", {"name": UNUSUAL, "phone": "01632 960001", "email": "nia@example.org"})
    path = path_of(done)
    reference = path.rpartition("/")[2]
    enquiry = queries.enquiry_with_reference(bank, reference)
    assert "1 person wants to join" in look(client, "/").text
    assert UNUSUAL in look(client, "/enquiries").text
    assert enquiry.step == Step.ENQUIRED
    notes = f"{path}/notes"
    assert path_of(send(client, notes, {"interviewed_on": now_of(bank), "notes": "Likes gardens"})) == path
    # Opened once to write: each reading is written down, and the notes are on no other page.
    assert actions(reference).count(Action.INTERVIEW_READ) == 1
    assert "Likes gardens" in look(client, notes).text
    assert actions(reference).count(Action.INTERVIEW_READ) == 2
    assert "Likes gardens" not in client.get(path).text
    for name, email in (("Rita Ref", "rita@example.org"), ("Tom Told", "")):
        assert path_of(send(client, f"{path}/referees", {"name": name, "email": email, "phone": "1"})) == path
    db.session.expire_all()
    rita, tom = enquiry.referees
    page = look(client, path)
    ask = f"{path}/referees/{rita.reference}/ask"
    assert f"{path}/referees/{tom.reference}/ask" not in str(client.get(path).text)
    assert path_of(client.post(ask, data=page.fields(ask))) == path
    give = referee_link(bank)
    outside = app.test_client()
    assert_refused_beside(send(outside, give, {}), "answer", "Enter what you can say")
    form = look(outside, give).fields(give) | {"answer": "In confidence: a treasure"}
    for _twice in range(2):
        assert "Thank you" in outside.post(give, data=form).text
    assert outside.get(give).status_code == 404
    by_phone = f"{path}/referees/{tom.reference}/telephone"
    assert path_of(send(client, by_phone, {"answer": "Very reliable", "in_confidence": None})) == path
    assert "answered already" in look(client, by_phone).text
    db.session.expire_all()
    assert (enquiry.step, rita.in_confidence, tom.in_confidence) == (Step.REFERENCES, True, False)
    assert (rita.answer, tom.taken_by_id) == ("In confidence: a treasure", cara.id)
    take_in = f"{path}/take-in"
    page = assert_refused_beside(
        send(client, take_in, {"limits": "without"}), "limits", "an orientation, their agreement"
    )
    assert_refused_beside(send(client, take_in, {}), "limits", "Choose how they begin")
    tomorrow = dt.date.today() + 2 * A_DAY  # noqa: DTZ011
    ahead = [str(tomorrow.day), str(tomorrow.month), str(tomorrow.year)]
    assert_refused_beside(send(client, path, {"orientation_on": ahead}), "orientation_on", "today or in the past")
    assert path_of(send(client, path, {"orientation_on": now_of(bank), "agreed_on": now_of(bank)})) == path
    db.session.expire_all()
    assert enquiry.agreement_of_on == TODAY
    form = look(client, take_in).fields(take_in) | {"limits": "without"}
    joined = {path_of(client.post(take_in, data=form)) for _twice in range(2)}
    db.session.expire_all()
    member = enquiry.membership
    assert member is not None
    assert joined == {f"/people/{member.reference}"}
    assert (member.name, member.email, member.standing) == (
        " ".join(UNUSUAL.split()),
        "nia@example.org",
        Standing.ACTIVE,
    )
    assert queries.enquiries_of(bank) == []
    assert "They are a member now" in look(client, path).text
    assert path in client.get(f"/people/{member.reference}").text
    # Even as a coordinator, nobody reads what was said about themselves in confidence.
    membership.change_role(member, Role.COORDINATOR, changed_by=None, at=AT)
    sign_in(outside, member)
    assert [outside.get(each).status_code for each in (path, notes, take_in)] == [404, 404, 404]
    assert path not in outside.get(f"/people/{member.reference}").text
    assert (
        client.post(
            f"{path}/end", data=look(client, f"{path}/end").fields(f"{path}/end") | {"what": "keep"}
        ).status_code
        == 409
    )


def referee_link(bank: Bank) -> str:
    """Return the path of the link in the last mail to a referee, which goes to them and to nobody else."""
    mail = db.session.scalars(
        select(OutgoingMail).where(OutgoingMail.kind == service.KIND).order_by(OutgoingMail.id.desc())
    ).first()
    assert mail is not None
    words = emails.referee_words(mail)
    assert (words.to, words.to_name) == ("rita@example.org", "Rita Ref")
    assert "<b>" not in (words.html or "").replace("&lt;b&gt;", "")
    [link] = re.findall(r"/referee/[\w-]+", words.text)
    return str(link)


def test_a_link_to_a_referee_works_once_for_three_weeks_and_only_the_last_one(bank: Bank) -> None:
    cara = make.make_coordinator(bank)
    enquiry = enquire(bank)
    rita = service.add_referee(enquiry, name="Rita Ref", email="rita@example.org", phone="", added_by=cara, at=AT)
    service.ask_referee(rita, asked_by=cara, at=AT)
    first = service.secret_for(rita)
    # What is kept does not give it away.
    assert first not in str(everything())
    service.ask_referee(rita, asked_by=cara, at=AT)
    second = service.secret_for(rita)
    assert service.referee_behind(second, at=AT + 20 * A_DAY) is rita
    for secret, at in ((first, AT), (second, AT + 21 * A_DAY), ("", AT), ("x" * 43, AT)):
        with pytest.raises(service.LinkIsOver):
            service.referee_behind(secret, at=at)
    mails = db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)).all()
    with pytest.raises(NotToBeSent):
        emails.referee_words(mails[0])
    assert queries.undelivered(enquiry, service.KIND) == set()
    mails[0].state = MailState.BOUNCED
    assert queries.undelivered(enquiry, service.KIND) == set()
    mails[1].state = MailState.BOUNCED
    assert queries.undelivered(enquiry, service.KIND) == {rita.id}
    for _more in range(service.MOST_LINKS - 2):
        service.ask_referee(rita, asked_by=cara, at=AT)
    with pytest.raises(service.AskedOftenEnough):
        service.ask_referee(rita, asked_by=cara, at=AT)
    service.end(enquiry, ended_by=cara, at=AT)
    with pytest.raises(service.LinkIsOver):
        service.referee_behind(service.secret_for(rita), at=AT)
    tom = enquire(bank)
    without = service.add_referee(tom, name="T", email="", phone="1", added_by=cara, at=AT)
    with pytest.raises(service.RefereeHasNoAddress):
        service.ask_referee(without, asked_by=cara, at=AT)
    service.answer(without, answer="x", in_confidence=True, taken_by=cara, at=AT)
    for again in ({"answer": "y", "in_confidence": True, "taken_by": cara, "at": AT},):
        with pytest.raises(service.AnsweredAlready):
            service.answer(without, **again)  # type: ignore[arg-type]


def test_with_limits_somebody_can_begin_at_once_and_no_check_is_ever_missing(bank: Bank) -> None:
    cara, enquiry = make.make_coordinator(bank), enquire(bank)
    assert len(service.missing(enquiry)) == 4
    assert "DBS" not in str(service.missing(enquiry))
    with pytest.raises(service.NotReadyWithoutLimits):
        service.take_in(enquiry, with_limits=False, taken_in_by=cara, at=AT)
    member = service.take_in(enquiry, with_limits=True, taken_in_by=cara, at=AT)
    assert (member.standing, enquiry.step) == (Standing.LIMITED, Step.JOINED)
    with pytest.raises(service.EnquiryEnded):
        service.take_in(enquiry, with_limits=True, taken_in_by=cara, at=AT)
    # Whoever was a member before the bank knew of this is active.
    assert cara.standing == Standing.ACTIVE


def test_an_enquiry_that_comes_to_nothing_ends_and_is_taken_away_when_asked(
    bank: Bank, cara: Membership, client: FlaskClient
) -> None:
    kept, gone = enquire(bank, name="Kept"), enquire(bank, name="Gone")
    service.add_referee(gone, name="R", email="", phone="1", added_by=cara, at=AT)
    for enquiry, what in ((kept, "keep"), (gone, "erase")):
        path = f"/enquiries/{enquiry.reference}/end"
        assert_refused_beside(send(client, path, {}), "what", "Choose what happens")
        assert path_of(send(client, path, {"what": what})) == "/enquiries"
    db.session.expire_all()
    [left] = queries.enquiries_of(bank)
    assert (left.name, left.step) == ("Kept", Step.ENDED)
    assert "Gone" not in str(everything())


class TestDying:
    """Nothing is sent any more, what they had goes where they wished, and nobody owes what they had received."""

    def test_hours_go_where_they_wished_and_no_mail_or_letter_follows(
        self, bank: Bank, cara: Membership, client: FlaskClient, cli: FlaskCliRunner
    ) -> None:
        make.set_rules(bank, opening_credit_minutes=90)
        jean = make.make_member(bank, name="Jean Morris")
        make.set_rules(bank, opening_credit_minutes=0)
        friend = make.make_member(bank, name="Fay Friend")
        mail = queue_mail(bank, jean, kind="statement", about="", key="one", at=AT)
        assert mail is not None
        path = f"/people/{jean.reference}/died"
        assert path in client.get(f"/people/{jean.reference}").text
        said = {"died_on": ["1", "3", "2026"], "balance": "somebody", "with_whom": "Nobody Known"}
        assert_refused_beside(send(client, path, said), "with_whom", "We could not find")
        assert_refused_beside(send(client, path, said | {"balance": None}), "balance", "Choose where")
        form = look(client, path).fields(path) | said | {"with_whom": "Fay Friend"}
        assert path_of(client.post(path, data=form)) == f"/people/{jean.reference}"
        db.session.expire_all()
        assert (jean.standing, jean.died_on, jean.left_at is None) == (Standing.DIED, dt.date(2026, 3, 1), False)
        assert [ledger.balance_of(each.account_id, Book.CREDIT) for each in (jean, friend)] == [0, 90]
        assert (mail.state, jean.account.closed_at is None) == (MailState.DROPPED, False)
        assert "Nothing is sent to them any more" in look(client, f"/people/{jean.reference}").text
        make.close_and_issue(bank, Month.of(TODAY), at=AT + 40 * A_DAY)
        assert jean not in [member for member, _account in on_paper(bank, Month.of(TODAY))]
        checked = cli.invoke(args=["ledger", "verify"])
        assert checked.exit_code == 0, checked.output

    def test_what_was_received_is_owed_by_nobody_and_a_mistake_is_put_right(self, bank: Bank) -> None:
        cara, jean, ben = make.make_coordinator(bank), make.make_member(bank), make.make_member(bank)
        make.approved_exchange(bank, giver=ben, receiver=jean, minutes=60)
        pot = ledger.community_account(bank.id)
        with pytest.raises(dying.DayOfDeathInTheFuture):
            dying.record_death(jean, died_on=TODAY + A_DAY, to_account_id=None, recorded_by=cara, at=AT)
        with pytest.raises(dying.OwnDeath):
            dying.record_death(cara, died_on=TODAY, to_account_id=None, recorded_by=cara, at=AT)
        dying.record_death(jean, died_on=TODAY, to_account_id=pot.id, recorded_by=cara, at=AT)
        assert [ledger.balance_of(id_, Book.CREDIT) for id_ in (jean.account_id, pot.id)] == [-60, 0]
        with pytest.raises(dying.DiedAlready):
            dying.record_death(jean, died_on=TODAY, to_account_id=pot.id, recorded_by=cara, at=AT)
        membership.come_back(jean, recorded_by=cara, at=AT)
        assert (jean.standing, members.count_members(bank, jean.name)) == (Standing.ACTIVE, 1)

    def test_whoever_had_left_before_gives_too(self, bank: Bank) -> None:
        cara, jean = make.make_coordinator(bank), make.make_member(bank)
        make.give_hours(bank, jean, 30)
        membership.leave(jean, recorded_by=cara, at=AT)
        pot = ledger.community_account(bank.id)
        dying.record_death(jean, died_on=TODAY, to_account_id=pot.id, recorded_by=cara, at=AT)
        assert ledger.balance_of(pot.id, Book.CREDIT) == 30
        assert jean.account.closed_at is not None
