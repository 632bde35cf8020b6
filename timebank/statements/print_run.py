"""All statements of a month that go out on paper: one file to print, labels, and a list for reading out by telephone.

It is set in pieces, because setting hundreds of statements at once takes gigabytes, and the pieces are joined. Joined
pages have lost their tags: this file is for a printer. Whoever reads a statement on a screen has its own PDF.
"""

from __future__ import annotations

import datetime as dt
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, BinaryIO

import pikepdf
from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l

from timebank.banks.models import Bank
from timebank.errors import RuleBroken
from timebank.ledger.models import Account, Book
from timebank.ledger.months import Month
from timebank.members.models import Membership
from timebank.statements import readers
from timebank.statements.build import Statement
from timebank.statements.letters import ReadyToPrint, address_lines, ready_to_print
from timebank.statements.pdf import compiled, forget
from timebank.statements.sheet import balance_in_words, sheet_of
from timebank.statements.words import size
from timebank.web.languages import LOCALES
from timebank.web.setup import month as month_in_words

STATEMENTS_IN_A_PIECE = 10
ENTRIES_IN_A_PIECE = 300
LABELS_IN_A_PIECE = 21 * 20
CONTACTS_IN_A_PIECE = 400
A4 = (595, 842)


class NothingToPrint(RuleBroken):
    """Statements go out when they are issued, and not before: the figures of an open month may still change."""

    message = _l("No statement of %(month)s was issued for anybody who gets theirs on paper. Close the month first")


class NobodyToWriteTo(RuleBroken):
    """A sheet of labels without an address on it is of no use."""

    message = _l("None of those who get statements on paper has an address. Add them on their pages")


class Sort(StrEnum):
    """In which order letters leave the printer."""

    POSTCODE = "postcode"
    NAME = "name"


@dataclass(frozen=True)
class Recipient:
    """Somebody who gets statements on paper, and the accounts of which: their own, and organisations'."""

    member: Membership
    accounts: tuple[Account, ...]


@dataclass(frozen=True)
class Contact:
    """What a coordinator reads out to somebody by telephone. Help is of both books together, in minutes."""

    name: str
    number: str
    phone: str
    account: str
    credit_minutes: int
    given_minutes: int
    received_minutes: int


def recipients(bank: Bank, month: Month, *, sort: Sort) -> list[Recipient]:
    """Return who gets statements of the month on paper, in the order of printing. Raises NothingToPrint.

    By postcode, those without one come last.
    """
    held: dict[int, list[Account]] = defaultdict(list)
    members = {}
    for member, account in readers.on_paper(bank, month):
        members[member.id] = member
        held[member.id].append(account)
    found = [
        Recipient(member, tuple(sorted(held[id_], key=lambda account: account.id != member.account_id)))
        for id_, member in members.items()
    ]
    if not found:
        raise NothingToPrint(month=str(month))
    by_name = sorted(found, key=lambda one: (one.member.search_name, one.member.number))
    if sort == Sort.NAME:
        return by_name
    return sorted(by_name, key=lambda one: (not one.member.postcode, "".join(one.member.postcode.upper().split())))


def print_statements(
    bank: Bank,
    month: Month,
    recipients: Sequence[Recipient],
    *,
    to: BinaryIO,
    one_sided: bool,
    printed_on: dt.date,
    tick: Callable[[int], None],
) -> list[Contact]:
    """Write the file with all statements, and return what can be read out by telephone, in the same order.

    Each statement begins on a new sheet, unless they are printed on one side only: then there is no empty page for it.
    """
    contacts: list[Contact] = []

    def each() -> Iterator[ReadyToPrint]:
        for one in recipients:
            for account in one.accounts:
                ready = ready_to_print(bank, account, month, printed_on=printed_on)
                contacts.append(_contact(one.member, ready.statement))
                yield ready
            tick(1)

    pieces = (_piece(bank, piece, one_sided=one_sided, made_on=printed_on) for piece in _pieces(each()))
    _join(pieces, to, even=not one_sided, title=_title(bank, month))
    return contacts


def contacts_of(bank: Bank, month: Month, recipients: Sequence[Recipient], *, printed_on: dt.date) -> list[Contact]:
    """Return what can be read out by telephone, in the order of printing, without printing it."""
    return [
        _contact(one.member, ready_to_print(bank, account, month, printed_on=printed_on).statement)
        for one in recipients
        for account in one.accounts
    ]


def _title(bank: Bank, month: Month) -> str:
    return gettext("%(bank)s: statements for %(month)s", bank=bank.name, month=month_in_words(month))


def _contact(member: Membership, statement: Statement) -> Contact:
    return Contact(
        name=member.name,
        number=statement.number,
        phone=member.phone,
        account=statement.name if statement.name != member.name else "",
        credit_minutes=statement.book(Book.CREDIT).closing_minutes,
        given_minutes=sum(part.given_minutes for part in statement.books),
        received_minutes=sum(part.received_minutes for part in statement.books),
    )


def _pieces(every: Iterable[ReadyToPrint]) -> Iterator[list[ReadyToPrint]]:
    """Yield as many at once as are set in bounded memory: few of them, alike in size of print and in language."""
    piece: list[ReadyToPrint] = []
    entries = 0
    for ready in every:
        length = sum(len(part.lines) for part in ready.statement.books)
        is_full = len(piece) == STATEMENTS_IN_A_PIECE or entries + length > ENTRIES_IN_A_PIECE
        if piece and (is_full or _kind(ready) != _kind(piece[0])):
            yield piece
            piece, entries = [], 0
        piece.append(ready)
        entries += length
    if piece:
        yield piece


def _kind(ready: ReadyToPrint) -> tuple[bool, str]:
    return ready.printed.large_print, ready.printed.language


def _piece(bank: Bank, piece: Sequence[ReadyToPrint], *, one_sided: bool, made_on: dt.date) -> bytes:
    printed = piece[0].printed
    with force_locale(LOCALES.get(printed.language, printed.language)):
        data = {
            "lang": printed.language,
            "title": _title(bank, piece[0].statement.month),
            "author": bank.name,
            "large": printed.large_print,
            "starts-on-odd": not one_sided,
            "statements": [sheet_of(one.statement, letter=one.letter, printed=one.printed) for one in piece],
        }
        return compiled("statements.typ", data, made_on=made_on)


def print_labels(bank: Bank, recipients: Sequence[Recipient], *, to: BinaryIO, printed_on: dt.date) -> None:
    """Write address labels, 21 on a sheet of A4, 63.5 by 38.1 mm (Avery L7160). Who has no address gets none.

    Raises NobodyToWriteTo.
    """
    labels = [[one.member.name, *lines] for one in recipients if (lines := address_lines(one.member))]
    if not labels:
        raise NobodyToWriteTo()
    pieces = (
        compiled("labels.typ", _head(bank, gettext("Address labels")) | {"labels": piece}, made_on=printed_on)
        for piece in _cut(labels, LABELS_IN_A_PIECE)
    )
    _join(pieces, to, title=gettext("Address labels"))


def print_contacts(bank: Bank, month: Month, contacts: Sequence[Contact], *, to: BinaryIO, printed_on: dt.date) -> None:
    """Write the list from which coordinators read statements out by telephone."""
    title = gettext("Statements for %(month)s to read out by telephone", month=month_in_words(month))
    words = _head(bank, title) | {
        "intro": gettext("For coordinators only: it names people. Destroy it when everybody has been called."),
        "page": gettext("Page %(page)s", page="{page}"),
        "head": [
            gettext("Name"),
            gettext("Number"),
            gettext("Telephone"),
            gettext("Balance"),
            gettext("Given"),
            gettext("Received"),
            gettext("Called"),
        ],
    }
    pieces = (
        compiled("contacts.typ", words | {"rows": [_spoken(one) for one in piece]}, made_on=printed_on)
        for piece in _cut(contacts, CONTACTS_IN_A_PIECE)
    )
    _join(pieces, to, title=title)


def _spoken(contact: Contact) -> dict[str, str]:
    return {
        "name": contact.name,
        "account": contact.account,
        "number": contact.number,
        "phone": contact.phone,
        "balance": balance_in_words(contact.credit_minutes),
        "given": size(contact.given_minutes),
        "received": size(contact.received_minutes),
    }


def _head(bank: Bank, title: str) -> dict[str, Any]:
    return {"lang": bank.language, "title": title, "author": bank.name}


def _cut(every: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (every[start : start + size] for start in range(0, len(every), size))


def _join(pieces: Iterable[bytes], to: BinaryIO, *, title: str, even: bool = False) -> None:
    """Write the pages of all pieces into one file; with `even`, each piece fills whole sheets."""
    with pikepdf.Pdf.new() as whole:
        for piece in pieces:
            forget()
            with pikepdf.Pdf.open(io.BytesIO(piece)) as part:
                for page in part.pages:
                    # They lead to tags that stay behind.
                    for name in ("/StructParents", "/Tabs"):
                        if name in page:
                            del page[name]
                whole.pages.extend(part.pages)
            if even and len(whole.pages) % 2:
                whole.add_blank_page(page_size=A4)
        whole.docinfo["/Title"] = title
        whole.save(to, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
