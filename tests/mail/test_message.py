"""Whatever somebody is called, their mail has the headers that it should have, and no other."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.utils import getaddresses

import pytest
from flask import Flask

from tests.make import AT, make_bank, make_member
from timebank.mail.addresses import Names, without_addresses
from timebank.mail.kinds import Attachment, NotToBeSent, Words
from timebank.mail.message import envelope_of
from timebank.mail.models import OutgoingMail
from timebank.mail.service import queue_mail

NAMES = Names("hours@bank.example.org", "returned@bank.example.org")
HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language", "MIME-Version"),
    *("Content-Type", "Content-Transfer-Encoding"),
}
PECULIAR = (
    "Jo\r\nBcc: everybody@example.org",
    "Jo\nSubject: other",
    "Jo\u2028Bcc: x@example.org\u0085X: y",
    'O\'Brien, "Jo" <jo@elsewhere.example.org>, (x); y:',
    "أمينة خليل",
    "Siân 🌼 Llŷr",
    "a" * 120,
    "\N{RIGHT-TO-LEFT OVERRIDE}evil\x00\x1b",
    "=?utf-8?q?Bcc=3A?=",
    # What stands for letters in a header, here for the end of a line and for a header more.
    "=?utf-8?q?Jo=0D=0ABcc:_everybody=40example.org?=",
    "Jo =?utf-8?b?DQpCY2M6IHhAZXhhbXBsZS5vcmc=?= Bloggs",
    "=?utf-7?q?+AA0ACg-Bcc:+?=",
    "=\0?utf-8?q?=0D=0ABcc:_x=40example.org?=",
    "ב" * 40 + "=?utf-8?q?=0A?=",
)


def mail_to(name: str, *, bank_name: str = "Elm Street", email: str = "jo@example.org") -> OutgoingMail:
    bank = make_bank()
    member = make_member(bank, email=email)
    mail = queue_mail(bank, member, kind="x", about="", key="x", at=AT)
    assert mail is not None
    # As it could only come into the database past every service.
    member.name, bank.name = name, bank_name
    return mail


@pytest.mark.parametrize("name", PECULIAR)
def test_no_name_makes_a_header_or_a_recipient(app: Flask, name: str) -> None:
    mail = mail_to(name, bank_name=name)
    envelope = envelope_of(mail, Words(subject=f"Hours of {name}", text=f"Hello {name}"), names=NAMES)
    assert envelope.content.isascii()
    assert max(map(len, envelope.content.split(b"\r\n"))) <= 998
    assert b"\n" not in envelope.content.replace(b"\r\n", b"")
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert set(message.keys()) <= HEADERS
    assert len(message.keys()) == len(set(message.keys()))
    assert message.get_all("Bcc") is None
    [to] = message["To"].addresses
    assert to.addr_spec == "jo@example.org"
    assert message["From"].addresses[0].addr_spec == "hours@bank.example.org"
    raw = message_from_bytes(envelope.content)["To"]
    assert [address for _name, address in getaddresses([raw])] == ["jo@example.org"]


def test_the_same_words_make_the_same_bytes(app: Flask) -> None:
    mail = mail_to("Jean")
    words = Words(subject="x", text="y\n", html="<p>y</p>", attachments=(Attachment("a.pdf", b"\0" * 99),))
    first, second = (envelope_of(mail, words, names=NAMES) for _time in range(2))
    assert first == second
    assert b"\r\nContent-Language: en\r\n" in first.content
    assert b"Date: Tue, 10 Mar 2026 12:00:00 +0000" in first.content
    assert first.sent_from == f"returned+{mail.reference}@bank.example.org"


def test_a_link_in_a_header_is_one_link(app: Flask) -> None:
    mail = mail_to("Jean")
    for wrong in ("<https://a.example.org/x>\r\nBcc: x@example.org", "https://a.example.org", "<javascript:x>"):
        with pytest.raises(ValueError, match="one link"):
            envelope_of(mail, Words(subject="x", text="y", headers={"List-Unsubscribe": wrong}), names=NAMES)


def test_an_address_is_written_as_every_server_takes_it(app: Flask) -> None:
    words = Words(subject="x", text="y")
    assert envelope_of(mail_to("Jo", email="jo@bücher.example.org"), words, names=NAMES).to == (
        "jo@xn--bcher-kva.example.org"
    )
    mail = mail_to("Jo")
    wrong_ones = ("łódź@example.org", "jo@", "@example.org", "jo@a..b", "jo\n@example.org", "jo bloggs@example.org")
    for wrong in (*wrong_ones, "<jo@example.org>", "jo@>"):
        mail.membership.email = wrong
        with pytest.raises(NotToBeSent):
            envelope_of(mail, words, names=NAMES)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (b"550 <jo@example.org>: no\r\nsuch \x1b[31mperson", "550 <…>: no such [31mperson"),
        ("jo.bloggs unknown; rcpt=JO.BLOGGS@example.org", "… unknown; …"),
        ("x" * 80, "x" * 39 + "…"),
        (b"\xff\xfe", "��"),
    ],
)
def test_what_a_server_says_is_kept_without_addresses(said: str | bytes, kept: str) -> None:
    assert without_addresses(said, longest=40, also="jo.bloggs@example.org") == kept
