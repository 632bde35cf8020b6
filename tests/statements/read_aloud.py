"""Read a PDF as a screen reader does: through its tags, in their order, with the words that each of them marks."""

from __future__ import annotations

import ctypes
import io
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium

from tests.web.reading import Element

# {(page, number of the marked words on it): the words}
Marked = dict[tuple[int, int], str]


def read_aloud(file: bytes) -> Element:
    """Return what the tags of a PDF hold, each as an element with the tag's name."""
    words = _marked(file)
    with pikepdf.open(io.BytesIO(file)) as pdf:
        pages = {page.objgen: number for number, page in enumerate(pdf.pages)}
        return Element("", {}, list(_inside(pdf.Root.StructTreeRoot.K, 0, pages, words)))


def _inside(node: Any, page: int, pages: dict[Any, int], words: Marked) -> Iterator[Element | str]:
    if isinstance(node, pikepdf.Array):
        for inner in node:
            yield from _inside(inner, page, pages, words)
    elif isinstance(node, pikepdf.Dictionary):
        if "/Pg" in node:
            page = pages[node.Pg.objgen]
        if "/S" in node:
            yield Element(
                str(node.S).lstrip("/"), {}, list(_inside(node.get("/K", pikepdf.Array()), page, pages, words))
            )
        elif "/MCID" in node:
            yield words.get((page, int(node.MCID)), "")
    else:
        yield words.get((page, int(node)), "")


def _marked(file: bytes) -> Marked:
    found: Marked = defaultdict(str)
    with pypdfium2.PdfDocument(file) as document:
        for number, page in enumerate(document):
            text = page.get_textpage()
            for part in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
                found[number, pdfium.FPDFPageObj_GetMarkedContentID(part.raw)] += _text_of(part.raw, text.raw)
    return found


def _text_of(part: Any, text: Any) -> str:
    size = pdfium.FPDFTextObj_GetText(part, text, None, 0)
    room = (ctypes.c_ushort * (size // 2))()
    pdfium.FPDFTextObj_GetText(part, text, room, size)
    # Where a font has no way back from a drawing to its sign, half of a sign may come.
    return bytes(room).decode("utf-16-le", errors="replace").rstrip("\0")
