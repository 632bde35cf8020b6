"""From words to the bytes that are sent: the same words to the same member give the same bytes."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from typing import Any

from timebank.mail.addresses import Names
from timebank.mail.kinds import NotToBeSent, Words
from timebank.mail.models import OutgoingMail

# Of links, which must stay as they are: the library would write long ones in another alphabet, and break them.
_WITH_LINKS = frozenset({"list-unsubscribe", "list-help"})
_LINK = re.compile(r"<(?:https?|mailto):[!-;=?-~]+>")


@dataclass(frozen=True)
class Envelope:
    """What is handed to a mail server: from where, to whom, and the bytes between."""

    reference: str
    sent_from: str
    to: str
    content: bytes


class _Policy(EmailPolicy):
    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return one header as it is sent, in short lines but for links, which are not broken."""
        if name.lower() in _WITH_LINKS:
            return f"{name}: {value}\r\n".encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _Policy(linesep=SMTP.linesep, cte_type="7bit", max_line_length=78)


def in_a_header(text: str) -> str:
    """Return text of people's as it can stand in a header: in one line, without signs that nobody sees."""
    seen = "".join(sign if unicodedata.category(sign) not in ("Cc", "Zl", "Zp", "Cs", "Cn") else " " for sign in text)
    # With this begins what stands for other letters in a header. The library would read it, and write out what it
    # stands for, be it the end of a line and a header more.
    return " ".join(seen.split()).replace("=?", "= ?")


def envelope_of(mail: OutgoingMail, words: Words, *, names: Names) -> Envelope:
    """Return the mail as it is sent to its member. Raises NotToBeSent where the address cannot be written to."""
    to = address_in_ascii(words.to or mail.membership.email or "")
    message = EmailMessage(_POLICY)
    message["From"] = Address(in_a_header(mail.membership.bank.name), addr_spec=names.sent_from)
    message["To"] = Address(in_a_header(words.to_name or mail.membership.name), addr_spec=to)
    message["Subject"] = in_a_header(words.subject)
    # When it was written, which is the same however often it is sent.
    message["Date"] = format_datetime(mail.created_at.replace(microsecond=0))
    message["Message-ID"] = names.message_id(mail.reference)
    message["Auto-Submitted"] = "auto-generated"
    for name, value in words.headers.items():
        if name.lower() in _WITH_LINKS and not _LINK.fullmatch(value):
            raise ValueError(f"{name} must be one link")
        message[name] = value
    message.set_content(words.text, cte="quoted-printable")
    if words.html is not None:
        message.add_alternative(words.html, subtype="html", cte="quoted-printable")
    for attachment in words.attachments:
        maintype, _, subtype = attachment.type.partition("/")
        message.add_attachment(attachment.content, maintype=maintype, subtype=subtype, filename=attachment.name)
    # Only now: what is about content goes away when the content is put together.
    message["Content-Language"] = words.language
    _set_boundaries(message, mail.reference)
    return Envelope(
        reference=mail.reference,
        sent_from=names.envelope_from(mail.reference),
        to=to,
        content=message.as_bytes(),
    )


def _set_boundaries(message: EmailMessage, reference: str) -> None:
    """Name the parts after the mail; the library would draw lots each time. No text can hold "=_" as it is encoded."""
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{number}_{reference}")


def address_in_ascii(address: str) -> str:
    """Return an address as every server takes it. Raises NotToBeSent where it cannot be written so."""
    local, _, domain = address.rpartition("@")
    try:
        if not local or not domain:
            raise ValueError(address)
        domain = domain.encode("idna").decode("ascii")
        Address(addr_spec=f"{local}@{domain}")
    except (UnicodeError, ValueError, IndexError, HeaderParseError):
        raise NotToBeSent("the email address cannot be written to") from None
    if not local.isascii() or not address.isprintable():
        raise NotToBeSent("the email address cannot be written to: its first part has letters that few servers take")
    return f"{local}@{domain}"
