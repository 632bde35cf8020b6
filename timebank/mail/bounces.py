"""Read what comes back: reports that a message could not be delivered, as RFC 3464 writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.parser import Parser

from timebank.mail import queries, service
from timebank.mail.addresses import Names, without_addresses
from timebank.mail.models import LONGEST_PROBLEM

LARGEST_REPORT_BYTES = 4 * 1024 * 1024

# Where a mail server writes to whom it gave the report.
_TO_WHOM = ("To", "Delivered-To", "X-Original-To", "Envelope-To")


@dataclass(frozen=True)
class Report:
    """What a report says: of which mail of ours (None where it is of none), whether it failed for good, and why."""

    reference: str | None
    has_failed: bool
    diagnostic: str


def report_in(content: bytes, names: Names) -> Report:
    """Return what this message reports. Anything that is no report, or not of our mail, has no reference."""
    message = message_from_bytes(content)
    parts = list(message.walk())
    statuses = [block for part in parts if part.get_content_type() == "message/delivery-status" for block in _in(part)]
    references = set(_references(message, parts, names))
    if not statuses or len(references) != 1:
        # Two references would be two different letters: such a report was put together by somebody.
        return Report(None, has_failed=False, diagnostic="")
    has_failed, diagnostic = False, ""
    for block in statuses:
        if str(block.get("Action", "")).strip().lower() == "failed":
            has_failed = True
            diagnostic = diagnostic or _why(block)
    return Report(references.pop(), has_failed=has_failed, diagnostic=diagnostic)


def _in(part: Message) -> Iterator[Message]:
    """Yield the blocks of a status: one about the message, then one for each recipient."""
    payload = part.get_payload()
    yield from (block for block in payload if isinstance(block, Message)) if isinstance(payload, list) else ()


def _why(block: Message) -> str:
    said = str(block.get("Diagnostic-Code", "")).partition(";")[2].strip() or str(block.get("Status", "")).strip()
    also = str(block.get("Final-Recipient", "")).partition(";")[2].strip()
    return without_addresses(said, longest=LONGEST_PROBLEM, also=also) or "it could not be delivered"


def _references(message: Message, parts: list[Message], names: Names) -> Iterator[str]:
    """Yield every reference of ours: in the address that the report came to, and in what it gives back."""
    for header in _TO_WHOM:
        for value in message.get_all(header, []):
            if found := names.reference_in_address(str(value)):
                yield found
    for part in parts:
        if part is message:
            continue
        returned = part
        if part.get_content_type() == "text/rfc822-headers":
            content = part.get_payload(decode=True)
            returned = Parser().parsestr(content.decode("utf-8", "replace") if isinstance(content, bytes) else "")
        for value in returned.get_all("Message-ID", []):
            if found := names.reference_in_message_id(str(value)):
                yield found


def record(report: Report, *, at: dt.datetime) -> str:
    """Mark the mail that the report is about as bounced, and return in words what was done. Flushes."""
    if report.reference is None:
        return "Nothing was changed: this is no report about mail of this time bank."
    if not report.has_failed:
        return "Nothing was changed: the mail is late, or it has arrived."
    mail = queries.any_mail_with_reference(report.reference)
    if mail is None:
        return "Nothing was changed: this is no report about mail of this time bank."
    if not service.record_bounce(mail, problem=report.diagnostic, at=at):
        return f"Nothing was changed: the mail is {mail.state}."
    return "The mail is marked as bounced."
