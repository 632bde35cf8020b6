"""A statement as a PDF that anybody can read: tagged as PDF/UA-1 asks, with the figures as data inside.

The same arguments make the same bytes: nothing in the file is of the moment at which it was made.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import threading
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typst
from flask_babel import force_locale, gettext

from timebank.statements.build import Statement
from timebank.statements.sheet import Letter, Printed, sheet_of, title_of
from timebank.statements.signed_file import signed
from timebank.statements.text import as_json
from timebank.web.languages import LOCALES

PAPER = Path(__file__).with_name("paper")
FONTS = PAPER / "fonts"
# Stands where no font of ours has the sign.
NO_SIGN = "\N{REPLACEMENT CHARACTER}"
# They decide how the signs around them are read, and would go on doing so behind a name.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# They are never seen themselves: joiners, marks of direction, variants, and what flags are made of.
_UNSEEN = ((0x200B, 0x200F), (0x2060, 0x2064), (0xFE00, 0xFE0F), (0xE0020, 0xE007F))

# A document stays in typst's memory until so many others were made: 1 MB for each few entries of a statement.
DOCUMENTS_REMEMBERED = 11
MOST_ENTRIES_REMEMBERED = 200

# A compiler serves one at a time.
_turn = threading.Lock()


def pdf_of(
    statement: Statement, *, letter: Letter, printed: Printed, bank_code: str = "", proof_key: str = ""
) -> bytes:
    """Return the statement as a PDF on A4.

    With the bank's proof key, the file of an issued statement ends with a line by which the bank knows it again; see
    `signed_file.py`. Without an issue it says that it is not final.
    """
    with force_locale(LOCALES.get(printed.language, printed.language)):
        data = {
            "lang": printed.language,
            "title": title_of(statement),
            "author": statement.bank_name,
            "large": printed.large_print,
            "starts-on-odd": False,
            "statements": [sheet_of(statement, letter=letter, printed=printed)],
            "attached": {
                "text": json.dumps(as_json(statement, bank_code=bank_code), ensure_ascii=False, indent=1),
                "description": gettext("The figures of this statement, as data for other programs"),
            },
        }
    issue = statement.issue
    made = compiled("statements.typ", data, made_on=issue.issued_on if issue else statement.month.first_day)
    if sum(len(part.lines) for part in statement.books) > MOST_ENTRIES_REMEMBERED:
        forget()
    return signed(made, code=issue.code, proof_key=proof_key) if issue and proof_key else made


def compiled(template: str, data: dict[str, Any], *, made_on: dt.date) -> bytes:
    """Return the PDF that a template of ours makes of the data, as if it were made on that day."""
    moment = dt.datetime.combine(made_on, dt.time(), tzinfo=dt.UTC)
    attached = data.pop("attached", None)
    inputs = _readable(data)
    if attached is not None:
        # It is data and not set in any font, so it stays what it is.
        inputs["attached"] = attached
    with _turn:
        made = _compiler().compile(
            PAPER / template,
            format="pdf",
            sys_inputs={"data": json.dumps(inputs, ensure_ascii=False)},
            pdf_standards=["ua-1"],
            timestamp=moment,
        )
    assert isinstance(made, bytes)
    return made


def forget() -> None:
    """Let typst let go of the documents that it made, in about 10 ms.

    It has no word for that: what it remembers is let go when so many other documents, be they empty, were made.
    """
    with _turn:
        for _document in range(DOCUMENTS_REMEMBERED):
            _compiler().compile(b"", sys_inputs=None)


@functools.cache
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    return typst.Compiler(root=PAPER, font_paths=fonts, ignore_system_fonts=True)


def _readable(value: Any) -> Any:
    """Return the data with every text as our fonts can set it."""
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, dict):
        return {key: _readable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_readable(inner) for inner in value]
    return value


def readable(text: str) -> str:
    """Return the text with a sign in place of each that no font of ours has, and none that is no sign.

    PDF/UA forbids a file in which a sign is missing, so one strange letter would leave somebody without a statement.
    """
    return "".join(_signs(unicodedata.normalize("NFC", text)))


def _signs(text: str) -> Iterator[str]:
    for sign in text:
        if sign in _TURNING or (unicodedata.category(sign) == "Cc" and sign != "\n"):
            continue
        yield sign if sign == "\n" or _has(ord(sign)) else NO_SIGN


def _has(sign: int) -> bool:
    firsts, lasts = _ranges()
    at = bisect_right(firsts, sign) - 1
    return (at >= 0 and sign <= lasts[at]) or any(first <= sign <= last for first, last in _UNSEEN)


@functools.cache
def _ranges() -> tuple[Sequence[int], Sequence[int]]:
    """The first and the last of every run of signs that one of our fonts has."""
    runs = json.loads((FONTS / "signs.json").read_text())
    return [first for first, _last in runs], [last for _first, last in runs]
