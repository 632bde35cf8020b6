"""Mail goes out once, waits when it cannot, and fails when it never will."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.mail.post import office, scripted, talk_until
from tests.mail.scene import KIND, make_due, make_queue, only_mail, queue_for, states, words
from tests.make import AT, make_bank, make_coordinator, make_member
from timebank import clock
from timebank.audit.models import Action, AuditRecord
from timebank.extensions import db
from timebank.mail import kinds, queries, service
from timebank.mail.kinds import NotToBeSent
from timebank.mail.models import MailState, OutgoingMail
from timebank.mail.sending import MailIsOff, send_waiting
from timebank.mail.service import MOST_ATTEMPTS, PAUSES_MINUTES, NotToBeSentAgain, queue_mail, send_again


def test_everybody_gets_their_mail_over_one_connection(app: Flask) -> None:
    with office() as post:
        bank, members = make_queue(app, 5, server=post.url)
        ticks: list[int] = []
        outcome = send_waiting(tick=ticks.append)
    assert (outcome.sent, outcome.put_off, outcome.failed, outcome.dropped, outcome.trouble) == (5, 0, 0, 0, "")
    assert [taken.to for taken in post.taken] == [member.email for member in members]
    assert post.connections == 1
    assert sum(ticks) == 5
    assert set(states(bank).values()) == {MailState.SENT}
    assert {taken.id for taken in post.taken} == {
        f"<mail.{mail.reference}@bank.example.org>" for mail in db.session.query(OutgoingMail)
    }
    assert all(mail.sent_at and mail.attempts == 1 and mail.problem == "" for mail in db.session.query(OutgoingMail))


def test_a_key_is_queued_once_and_many_are_counted(app: Flask) -> None:
    bank, members = make_queue(app, 3)
    assert queue_for(bank, [*members, make_member(bank)]) == 1
    assert queue_mail(bank, members[0], kind=KIND, about="", key=f"{KIND}:{members[0].id}", at=AT) is None
    new = queue_mail(bank, members[0], kind=KIND, about="x", key="another", at=AT)
    assert new is not None
    assert (new.about, new.state, new.membership_id) == ("x", MailState.WAITING, members[0].id)
    other = make_bank()
    assert queue_mail(other, make_member(other), kind=KIND, about="", key="another", at=AT) is not None
    assert service.queue_mails(bank, [], kind=KIND, at=AT) == 0


def test_what_arrives_is_what_was_written_dots_and_all(app: Flask) -> None:
    with office() as post:
        make_queue(app, 1, server=post.url)
        send_waiting()
    message = post.taken[0].message
    text = message.get_body(("plain",))
    assert text is not None
    assert "\n.a line that begins with a dot\nGrüße\n" in text.get_content().replace("\r\n", "\n")
    [pdf] = message.iter_attachments()
    assert pdf.get_content() == b"%PDF-1.7 " + b"\0\r\n.\r\n" * 20
    assert message["List-Unsubscribe"].endswith("/unsubscribe/0123>")
    assert b"=?" not in post.taken[0].content.partition(b"\r\n\r\n")[0]


def test_an_answer_for_now_is_tried_again_later_and_one_for_ever_is_not(app: Flask) -> None:
    answers = {
        "person0@example.org": "450 greylisted, person0@example.org, come back",
        "person1@example.org": "550 5.1.1 <person1@example.org> no such person1 here",
    }
    with office() as post:
        post.to_address = answers.get
        post.to_message = lambda to: "452 mailbox of person2 full" if to.startswith("person2") else None
        bank, _members = make_queue(app, 4, server=post.url)
        before = clock.now()
        outcome = send_waiting()
        assert (outcome.sent, outcome.put_off, outcome.failed) == (1, 2, 1)
        assert post.connections == 1
        assert states(bank) == {
            "person0@example.org": MailState.WAITING,
            "person1@example.org": MailState.FAILED,
            # The end of the message was sent, and the server's answer to it is known.
            "person2@example.org": MailState.SENDING,
            "person3@example.org": MailState.SENT,
        }
        problems = {mail.membership.email: mail.problem for mail in db.session.query(OutgoingMail)}
        assert problems["person0@example.org"] == "450 greylisted, …, come back"
        assert problems["person1@example.org"] == "550 5.1.1 <…> no such … here"
        waiting = db.session.query(OutgoingMail).filter_by(state=MailState.WAITING).one()
        assert before + dt.timedelta(seconds=60) <= waiting.next_attempt_at <= clock.now() + dt.timedelta(seconds=60)
        assert send_waiting().sent == 0, "nothing is due"
        answers.clear()
        post.to_message = lambda _to: None
        make_due(bank)
        assert send_waiting().sent == 2
    assert sorted(post.copies().values()) == [1, 1, 1]


def test_pauses_grow_and_attempts_are_bounded(app: Flask) -> None:
    assert list(PAUSES_MINUTES) == sorted(PAUSES_MINUTES)
    with office() as post:
        post.to_address = lambda _address: "451 not now"
        bank, _members = make_queue(app, 1, server=post.url)
        pauses = []
        for _attempt in range(MOST_ATTEMPTS):
            make_due(bank)
            send_waiting()
            pauses.append(only_mail(bank).next_attempt_at - clock.now())
        mail = only_mail(bank)
        assert (mail.state, mail.attempts, mail.problem) == (MailState.FAILED, MOST_ATTEMPTS, "451 not now")
        assert [round(pause / dt.timedelta(minutes=1)) for pause in pauses[:-1]] == list(PAUSES_MINUTES)
        make_due(bank)
        assert send_waiting().sent == 0


def test_a_server_that_is_away_stops_the_round_and_harms_nothing(app: Flask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    bank, _members = make_queue(app, 3, server=f"smtp://127.0.0.1:{port}")
    outcome = send_waiting()
    assert outcome.trouble.startswith("The mail server cannot be reached")
    assert (outcome.sent, outcome.put_off) == (0, 1), "one has had an attempt, and the others none"
    assert set(states(bank).values()) == {MailState.WAITING}


def test_a_server_that_refuses_the_bank_fails_nobody_s_mail(app: Flask) -> None:
    def play(connection: socket.socket) -> None:
        talk_until(connection, b"MAIL")
        connection.sendall(b"530 5.7.0 Authentication required\r\n")

    with scripted(play) as url:
        bank, _members = make_queue(app, 3, server=url)
        outcome = send_waiting(seconds=2)
    assert outcome.trouble == "530 5.7.0 Authentication required"
    assert set(states(bank).values()) == {MailState.WAITING}


@pytest.mark.parametrize(
    ("until", "state"), [(b"RCPT", MailState.WAITING), (b"MIDDLE", None), (b".", MailState.SENDING)]
)
def test_a_connection_that_breaks_off_loses_nothing(app: Flask, until: bytes, state: MailState | None) -> None:
    with scripted(lambda connection: talk_until(connection, until)) as url:
        bank, _members = make_queue(app, 1, server=url)
        outcome = send_waiting(seconds=2)
        assert (outcome.sent, outcome.put_off, outcome.failed) == (0, 1, 0)
        mail = only_mail(bank)
        assert mail.state == state or (state is None and mail.state in queries.ON_ITS_WAY)
        assert mail.problem == "The connection to the mail server was lost"
    with office() as post:
        app.config["TIMEBANK_MAIL_SERVER"] = post.url
        make_due(bank)
        assert send_waiting().sent == 1
    assert post.taken[0].id == f"<mail.{only_mail(bank).reference}@bank.example.org>"


def test_a_server_that_breaks_off_again_and_again_is_left_alone_for_a_while(app: Flask) -> None:
    with scripted(lambda connection: talk_until(connection, b"RCPT")) as url:
        make_queue(app, 6, server=url)
        outcome = send_waiting(seconds=2)
    assert outcome.put_off == 3
    assert outcome.trouble == "The connection to the mail server was lost"


def test_a_server_that_hangs_is_given_up_on(app: Flask) -> None:
    over = threading.Event()

    def play(connection: socket.socket) -> None:
        talk_until(connection, b"DATA")
        over.wait(5)

    with scripted(play) as url:
        bank, _members = make_queue(app, 1, server=url)
        outcome = send_waiting(seconds=1)
        over.set()
    assert outcome.put_off == 1
    assert only_mail(bank).state == MailState.WAITING


def test_a_connection_that_was_closed_between_two_messages_is_opened_again(app: Flask) -> None:
    def play(connection: socket.socket) -> None:
        talk_until(connection, b".")
        connection.sendall(b"250 taken\r\n")
        if connection.recv(1024):
            connection.sendall(b"421 enough for now\r\n")

    with scripted(play) as url:
        bank, _members = make_queue(app, 3, server=url)
        outcome = send_waiting(seconds=2)
    assert (outcome.sent, outcome.put_off, outcome.trouble) == (3, 0, "")
    assert set(states(bank).values()) == {MailState.SENT}


def test_whoever_left_or_has_no_address_gets_nothing_and_it_says_why(app: Flask) -> None:
    with office() as post:
        _bank, (gone, without, odd, _ben) = make_queue(app, 4, server=post.url)
        gone.left_at, without.email, odd.email = AT, None, "łódź@example.org"
        db.session.commit()
        outcome = send_waiting()
    assert (outcome.sent, outcome.dropped) == (1, 3)
    problems = {mail.membership_id: mail.problem for mail in db.session.query(OutgoingMail)}
    assert problems[gone.id] == "this person has left the time bank"
    assert problems[without.id] == "this person has no email address"
    assert problems[odd.id].startswith("the email address cannot be written to")


def test_what_there_is_nothing_to_say_about_is_dropped_and_a_fault_stops_nobody_else(app: Flask) -> None:
    with office() as post:
        _bank, members = make_queue(app, 3, server=post.url)
        first, second = members[0].id, members[1].id

        def some(mail: OutgoingMail) -> kinds.Words:
            if mail.membership_id == first:
                raise NotToBeSent("nothing waits")
            if mail.membership_id == second:
                raise ZeroDivisionError("about Jean, who is ill")
            return words(mail)

        kinds.register(KIND, some)
        outcome = send_waiting()
    assert (outcome.sent, outcome.dropped, outcome.put_off) == (1, 1, 1)
    problems = {mail.membership_id: mail.problem for mail in db.session.query(OutgoingMail)}
    assert problems[first] == "nothing waits"
    assert problems[second] == "The mail could not be written: ZeroDivisionError"


def test_mail_that_nothing_can_write_is_dropped(app: Flask) -> None:
    with office() as post:
        bank, [member] = make_queue(app, 1, server=post.url)
        queue_mail(bank, member, kind="unheard of", about="", key="x", at=clock.now())
        db.session.commit()
        assert send_waiting().dropped == 1


def test_a_worker_that_was_too_slow_breaks_off_before_the_end(app: Flask) -> None:
    """Another took over while the first was stuck: the first must not end its message."""
    with office() as post:
        bank, _members = make_queue(app, 1, server=post.url)
        bank_id, others = bank.id, []

        def slowly(mail: OutgoingMail) -> kinds.Words:
            if not others:
                others.append("at work")
                with app.app_context():
                    db.session.query(OutgoingMail).filter_by(bank_id=bank_id).update({"next_attempt_at": clock.now()})
                    db.session.commit()
                    others.append(send_waiting())
            return words(mail)

        kinds.register(KIND, slowly)
        outcome = send_waiting()
        assert others[1].sent == 1
        assert (outcome.sent, outcome.put_off, outcome.failed) == (0, 0, 0)
    assert len(post.taken) == 1
    assert post.connections == 2, "the first came as far as the end of its message"
    assert set(states(bank).values()) == {MailState.SENT}


def _send(app: Flask) -> None:
    with app.app_context():
        send_waiting()


def test_two_workers_at_once_send_nothing_twice(app: Flask) -> None:
    with office() as post:
        bank, _members = make_queue(app, 40, server=post.url)
        workers = [threading.Thread(target=_send, args=(app,)) for _number in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
    assert post.connections >= 2, "more than one took part"
    assert len(post.copies()) == 40
    assert set(post.copies().values()) == {1}
    assert set(states(bank).values()) == {MailState.SENT}


def test_what_is_due_again_is_what_was_begun_and_not_ended(app: Flask) -> None:
    bank, _members = make_queue(app, 1)
    now = clock.now()
    claimed = service.claim_next(at=now, until=now + dt.timedelta(seconds=60))
    assert claimed is not None
    assert service.claim_next(at=now, until=now + dt.timedelta(seconds=60)) is None, "it is somebody's"
    begun = service.begin_sending(claimed, until=now + dt.timedelta(seconds=90))
    assert begun is not None
    assert service.begin_sending(claimed, until=now + dt.timedelta(seconds=95)) is None, "a claim is used once"
    later = now + dt.timedelta(seconds=91)
    again = service.claim_next(at=later, until=later + dt.timedelta(seconds=60))
    assert again is not None
    assert again.was_sending
    assert service.put_off(begun, problem="x", at=later), "says that attempts are left"
    db.session.commit()
    assert only_mail(bank).problem == "", "whoever lost it changes nothing"
    service.record_sent(begun, at=later)
    db.session.commit()
    assert service.begin_sending(again, until=later + dt.timedelta(seconds=99)) is None, "it has arrived meanwhile"


def test_a_coordinator_can_have_it_sent_again(app: Flask) -> None:
    with office() as post:
        post.to_address = lambda _address: "550 no"
        bank, _members = make_queue(app, 1, server=post.url)
        ruth = make_coordinator(bank)
        with pytest.raises(NotToBeSentAgain):
            send_again(only_mail(bank), by=ruth, at=AT)
        send_waiting()
        post.to_address = lambda _address: None
        send_again(only_mail(bank), by=ruth, at=AT)
        db.session.commit()
        record = db.session.query(AuditRecord).filter_by(action=Action.MAIL_SENT_AGAIN).one()
        assert (record.membership_id, record.reference) == (ruth.id, only_mail(bank).reference)
        assert send_waiting().sent == 1
        with pytest.raises(NotToBeSentAgain):
            send_again(only_mail(bank), by=ruth, at=AT)


def test_it_stops_between_two_messages_when_it_is_told_to(app: Flask) -> None:
    with office() as post:
        bank, _members = make_queue(app, 5, server=post.url)
        outcome = send_waiting(is_over=lambda: len(post.taken) >= 2)
    assert outcome.sent == 2
    assert sorted(states(bank).values()) == [MailState.SENT] * 2 + [MailState.WAITING] * 3


def test_without_a_server_nothing_is_sent(app: Flask) -> None:
    make_queue(app, 1)
    app.config["TIMEBANK_MAIL_SERVER"] = None
    with pytest.raises(MailIsOff):
        send_waiting()


def test_a_folder_holds_each_message_as_a_file(app: Flask, tmp_path: Any) -> None:
    bank, _members = make_queue(app, 2, server=f"folder:{tmp_path / 'mail'}")
    assert send_waiting().sent == 2
    names = {path.name for path in (tmp_path / "mail").iterdir()}
    assert names == {f"{mail.reference}.eml" for mail in db.session.query(OutgoingMail)}
    assert set(states(bank).values()) == {MailState.SENT}
    (tmp_path / "file").write_text("")
    app.config["TIMEBANK_MAIL_SERVER"] = f"folder:{tmp_path / 'file'}"
    queue_for(bank, [make_member(bank, email="late@example.org")])
    assert send_waiting().trouble.startswith("The folder for mail cannot be written to")


def test_sending_asks_as_little_for_the_thousandth_as_for_the_first(
    app: Flask, statements_counted: Callable[[], Any]
) -> None:
    with office() as post:
        make_queue(app, 12, server=post.url)
        counts = []
        for number in (3, 6):
            with statements_counted() as statements:
                send_waiting(is_over=lambda number=number: len(post.taken) >= number)  # type: ignore[misc]
            counts.append(len(statements))
    assert counts[0] == counts[1] <= 3 * 12
