"""Statements to set on paper, made up without a database, and what can be read in a PDF."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import pikepdf
import pypdfium2
import zxingcpp

from timebank.ledger.models import Book, TransferKind
from timebank.ledger.months import Month
from timebank.statements.build import (
    CommunityLine,
    HelpInMonth,
    Issue,
    Line,
    SealShown,
    Statement,
    Thanks,
    build_book,
)
from timebank.statements.pdf import pdf_of
from timebank.statements.sheet import Letter, Printed

OCTOBER = Month(2026, 10)
CODE = "7K3MQ2Z9ABCDEFGH"
KEY = "5b" * 32
VERIFY = "https://hours.example.org/verify"

LETTER = Letter(
    name="Mrs Jean Morris",
    address_lines=("14 Elm Street", "Llanfairpwllgwyngyll", "LL61 5UJ"),
    help_contact="Ruth Adeyemi, 01632 960103",
)
PRINTED = Printed(language="en", verify_address=VERIFY)


def a_line(day: int, minutes: int, **details: Any) -> Line:
    """Return an entry of that day in October, for gardening with Ana Silva unless it is said otherwise."""
    on = dt.date(2026, 10, day)
    usual = {"kind": TransferKind.EXCHANGE, "with_whom": "Ana Silva", "what": "Gardening", "happened_on": on}
    return Line(**({"effective_on": on, "minutes": minutes} | usual | details))


CREDIT = (
    a_line(1, 95),
    a_line(4, -200, what="A lift to the hospital"),
    a_line(9, 31, happened_on=dt.date(2026, 9, 28)),
    a_line(12, -47, kind=TransferKind.DONATION, with_whom="The community account", what="Donation"),
    a_line(20, -95, kind=TransferKind.REVERSAL, what="Reversed: Gardening"),
)
RECORD = (a_line(3, 77, what="Blood pressure clinic", note="In the village hall"),)


def a_statement(
    *, credit: tuple[Line, ...] = CREDIT, record: tuple[Line, ...] = RECORD, opening: int = -90, **details: Any
) -> Statement:
    """Return an issued statement for October with everything on it that there can be."""
    usual = {
        "number": "0001",
        "name": "Jean Morris",
        "bank_name": "Elm Street Time Bank",
        "seal": SealShown(12, "9f3c" * 16, dt.date(2026, 11, 3)),
        "issue": Issue(1, CODE, dt.date(2026, 11, 3)),
        "twelve_months": tuple(
            HelpInMonth(Month(2025, 11).plus(index), 60 * index + 7, 600 - 45 * index) for index in range(12)
        ),
        "community": CommunityLine(in_minutes=605, out_minutes=122, closing_minutes=2403),
        "message": "Thank you for the harvest supper.\nWe meet again on 12 December.",
        "thanks": (Thanks("Ana S.", "You made my week", dt.date(2026, 10, 1)),),
    }
    books = (
        build_book(Book.CREDIT, opening_minutes=opening, lines=credit),
        build_book(Book.RECORD, opening_minutes=0, lines=record),
    )
    return Statement(**({"month": OCTOBER, "books": books} | usual | details))


def nothing_else(statement: Statement) -> Statement:
    """Return the statement as its figures alone, of a month that is not issued."""
    return replace(statement, issue=None, twelve_months=(), community=None, message="", thanks=())


def made(statement: Statement | None = None, *, letter: Letter = LETTER, key: str = "", **wishes: Any) -> bytes:
    """Return the PDF of a statement, as somebody wishes to have it."""
    return pdf_of(
        statement or a_statement(), letter=letter, printed=replace(PRINTED, **wishes), bank_code="ELM", proof_key=key
    )


def pages(file: bytes) -> list[str]:
    """Return the text of each page, its lines and words parted by single spaces."""
    with pypdfium2.PdfDocument(file) as document:
        return [" ".join(document[at].get_textpage().get_text_range().split()) for at in range(len(document))]


def squares(file: bytes) -> list[str]:
    """Return what the squares on all pages say to whoever photographs them."""
    with pypdfium2.PdfDocument(file) as document:
        pictures = [document[at].render(scale=2).to_pil() for at in range(len(document))]
    return [found.text for picture in pictures for found in zxingcpp.read_barcodes(picture)]


class Tag(NamedTuple):
    """One tag: what it is, the scope of a table's heading, and the words for a picture."""

    name: str
    scope: str
    alt: str


def tagged(file: bytes) -> list[Tag]:
    """Every tag of a PDF, in the order in which it is read out."""
    with pikepdf.open(io.BytesIO(file)) as pdf:
        return list(_walk(pdf.Root.StructTreeRoot.K))


def _walk(node: Any) -> Iterator[Tag]:
    if isinstance(node, pikepdf.Array):
        for inner in node:
            yield from _walk(inner)
    elif isinstance(node, pikepdf.Dictionary):
        if "/S" in node:
            scopes = [str(attributes.Scope) for attributes in node.get("/A", []) if "/Scope" in attributes]
            yield Tag(str(node.S), "".join(scopes), str(node.get("/Alt", "")))
        if "/K" in node:
            yield from _walk(node.K)
