"""A statement as a PDF that anybody can read: tagged as PDF/UA-1 asks, with the figures as data inside.

The same arguments make the same bytes: nothing in the file is of the moment at which it was made.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import operator
import threading
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
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

_EVERY_FONT = -1
# The ring around the sign on a key is set around any of them.
_ON_EVERYTHING = frozenset("\u20e3")
# Several scripts have these, each in its font, and typst may take another than the one that has the mark as well.
_DOTTED_CIRCLE = "\u25cc"
_TAKES_NO_MARK = frozenset("\u0964\u0965")
SIGNS_REMEMBERED = 10_000

# A document stays in typst's memory until so many others were made: 1 MB for each few entries of a statement.
DOCUMENTS_REMEMBERED = 11
MOST_ENTRIES_REMEMBERED = 200

# A compiler serves one at a time.
_turn = threading.Lock()


class CannotBeSet(RuntimeError):
    """Typst makes no PDF of this template, whatever the texts are spelt like."""


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
    """Return the PDF that a template of ours makes of the data, as if it were made on that day.

    Anybody can put together signs that typst cannot set; then texts are set without marks. Raises CannotBeSet.
    """
    moment = dt.datetime.combine(made_on, dt.time(), tzinfo=dt.UTC)
    attached = data.pop("attached", None)
    for spelt in (readable, _letter_by_letter):
        inputs = _each_text(data, spelt)
        if attached is not None:
            # It is data and not set in any font, so it stays what it is.
            inputs["attached"] = attached
        made = _made(template, inputs, moment)
        if made is not None:
            return made
    raise CannotBeSet(template)


def _made(template: str, inputs: dict[str, Any], moment: dt.datetime) -> bytes | None:
    """Return the PDF, or None where typst says that it cannot set these texts, or gives up in the middle of them."""
    try:
        with _turn:
            made = _compiler().compile(
                PAPER / template,
                format="pdf",
                sys_inputs={"data": json.dumps(inputs, ensure_ascii=False)},
                pdf_standards=["ua-1"],
                timestamp=moment,
            )
    except typst.TypstError:
        return None
    except BaseException as gave_up:
        # What goes wrong in the middle of it is no Exception, and would end whoever asked for the PDF.
        if type(gave_up).__module__ != "pyo3_runtime":
            raise
        return None
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


def _each_text(value: Any, spelt: Callable[[str], str]) -> Any:
    """Return the data with every text in it as it is spelt to be set in our fonts."""
    if isinstance(value, str):
        return spelt(value)
    if isinstance(value, dict):
        return {key: _each_text(inner, spelt) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_each_text(inner, spelt) for inner in value]
    return value


def _letter_by_letter(text: str) -> str:
    """Return a readable text without whatever changes another sign: plain, but nothing that can go wrong."""
    seen = (sign for sign in readable(text) if sign == "\n" or sign.isprintable())
    return "".join(sign for sign in seen if not unicodedata.category(sign).startswith("M"))


def readable(text: str) -> str:
    """Return the text with a sign in place of each that no font of ours has, and none that is no sign.

    PDF/UA forbids a file in which a sign is missing, so one strange letter would leave somebody without a statement.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_signs(unicodedata.normalize("NFC", text)))


def _signs(text: str) -> Iterator[str]:
    # In which fonts what was last begun can be set. A mark is set in the same font as the letter that it belongs to, so
    # a mark of another script would leave both of them missing.
    fonts = _EVERY_FONT
    for sign in text:
        kind = unicodedata.category(sign)
        if sign in _TURNING or (kind == "Cc" and sign != "\n"):
            continue
        if _is_unseen(ord(sign)) or sign in _ON_EVERYTHING:
            yield sign
            continue
        with_it = _EVERY_FONT if sign == "\n" else 0 if sign == _DOTTED_CIRCLE else _fonts_with(sign)
        if kind.startswith("M") or kind == "Cf":
            with_it &= fonts
        shown = sign if with_it else NO_SIGN
        yield shown
        fonts = _EVERY_FONT if sign.isspace() else 0 if sign in _TAKES_NO_MARK else with_it or _fonts_with(shown)


def _is_unseen(sign: int) -> bool:
    return any(first <= sign <= last for first, last in _UNSEEN)


@functools.lru_cache(maxsize=SIGNS_REMEMBERED)
def _fonts_with(sign: str) -> int:
    """Return a number in which there is a bit for each font, set where it has the sign, or all that it is made of."""
    parts = unicodedata.normalize("NFD", sign)
    found = functools.reduce(operator.and_, map(_fonts_with, parts)) if parts != sign else 0
    for bit, (firsts, lasts) in enumerate(_runs()):
        at = bisect_right(firsts, ord(sign)) - 1
        if at >= 0 and ord(sign) <= lasts[at]:
            found |= 1 << bit
    return found


@functools.cache
def _runs() -> tuple[tuple[Sequence[int], Sequence[int]], ...]:
    """The first and the last of every run of signs that a font has, for each font of ours."""
    fonts = json.loads((FONTS / "signs.json").read_text())
    return tuple(([first for first, _last in fonts[name]], [last for _first, last in fonts[name]]) for name in fonts)
