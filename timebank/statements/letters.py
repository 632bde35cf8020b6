"""Whom a statement goes to, and how they want it, from what the bank knows about them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from timebank.banks.models import Bank
from timebank.ledger.models import Account
from timebank.ledger.months import Month
from timebank.mail.links import link_to
from timebank.members.models import Membership
from timebank.organisations.queries import Holder, holders_of
from timebank.statements import queries
from timebank.statements.build import Statement
from timebank.statements.choices import choice_of
from timebank.statements.pdf import pdf_of
from timebank.statements.sheet import Letter, Printed


@dataclass(frozen=True)
class ReadyToPrint:
    """A statement as its holder may read it, with everything else that its PDF needs."""

    statement: Statement
    letter: Letter
    printed: Printed


def statement_as_pdf(
    bank: Bank, account: Account, month: Month, *, printed_on: dt.date, large_print: bool | None = None
) -> bytes:
    """Return the PDF of an account's statement, the same whoever fetches, sends or prints it.

    The names in it are those that any member may read in the place of its holder, or of whoever answers for it.
    `printed_on` stands only on a statement that is not issued; `large_print` is as the holder chose unless it is said.
    """
    ready = ready_to_print(bank, account, month, printed_on=printed_on)
    printed = ready.printed if large_print is None else replace(ready.printed, large_print=large_print)
    return pdf_of(ready.statement, letter=ready.letter, printed=printed, bank_code=bank.code, proof_key=bank.proof_key)


def ready_to_print(bank: Bank, account: Account, month: Month, *, printed_on: dt.date) -> ReadyToPrint:
    """Return an account's statement for its holder, and how they want it printed."""
    holder = holders_of(bank, [account.id])[account.id]
    reader = holder.answering
    # The bank's own accounts, and an organisation that nobody answers for, are read by the coordinators. One of their
    # own is as a member's: it goes to whoever looks after them too, and is the same when they are no coordinator.
    statement = queries.statement_of(bank, account, month, viewer=reader, in_full=reader is None)
    return ReadyToPrint(
        statement=replace(statement, bank_name=bank.name),
        letter=letter_to(bank, holder),
        printed=_printed(bank, reader, printed_on=printed_on),
    )


def letter_to(bank: Bank, holder: Holder) -> Letter:
    """Return to whom the statement of this account goes on paper."""
    reader = holder.answering
    lines = address_lines(reader) if reader is not None else ()
    if lines and reader is not None and holder.member is None:
        lines = (reader.name, *lines)
    return Letter(
        name=holder.full_name,
        address_lines=lines,
        help_contact=bank.help_contact,
        is_holders=holder.member is not None,
    )


def address_lines(member: Membership) -> tuple[str, ...]:
    """Return the lines of a member's address as they stand on an envelope, the postcode last."""
    lines = [line.strip() for line in member.address.splitlines() if line.strip()]
    if member.postcode and lines and _tight(member.postcode) not in _tight(" ".join(lines)):
        lines.append(member.postcode)
    return tuple(lines)


def _tight(text: str) -> str:
    return "".join(text.split()).upper()


def _printed(bank: Bank, reader: Membership | None, *, printed_on: dt.date) -> Printed:
    choice = choice_of(reader) if reader is not None else None
    return Printed(
        language=(choice.language if choice is not None else None) or bank.language,
        verify_address=link_to("verification.verify"),
        large_print=choice is not None and choice.large_print,
        hides_sign=choice is not None and choice.hides_sign,
        printed_on=printed_on,
    )
