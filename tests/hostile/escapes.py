"""What tells, of one answer, that something hostile broke out of where it was put."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from werkzeug.test import TestResponse

from tests.hostile.strings import PRODUCT
from tests.web.reading import Builder, Element

OURS = "http://localhost/"
_LEADS_SOMEWHERE = ("href", "src", "action", "formaction", "content", "data", "poster")
# The line of a file that no page may show, be it of this machine.
_OF_A_FILE = next(iter(Path("/etc/passwd").read_text(encoding="utf-8").splitlines()), "root:x:0:0:")
_FORMULA = re.compile(r"[=+@\t\r]|-(?!\d)")


def led_to(location: str) -> str:
    """Return the host that a browser would go to: it drops tabs and line ends, and takes a backslash for a slash."""
    seen = re.sub(r"[\t\r\n]", "", location).strip().replace("\\", "/")
    return urlsplit(urljoin(OURS, seen)).netloc or "no host"


def escapes(answer: TestResponse) -> list[str]:
    """Return what broke out into this answer, in words; nothing when all is well."""
    found = [f"an error of ours: {answer.status_code}"] if answer.status_code >= 500 else []
    for name, value in answer.headers.items():
        if name.lower().startswith("zz-") or "zz=1" in value or "/zz" in value:
            found.append(f"a header: {name}: {value}")
    if answer.location and led_to(answer.location) != "localhost":
        found.append(f"led away to {answer.location}")
    if answer.mimetype == "text/html":
        found += of_page(answer.text)
    elif answer.mimetype == "text/csv":
        found += of_table(answer.text)
    if _OF_A_FILE in answer.get_data(as_text=False).decode("utf-8", "replace"):
        found.append("a file of this machine")
    return found


def of_page(html: str) -> list[str]:
    """Return what of a page is not ours: an element, an attribute, an address, or what an expression came to."""
    builder = Builder()
    builder.feed(html)
    found = [f"a calculation: {PRODUCT}"] if PRODUCT in html else []
    for element in builder.root.every():
        if element.tag.startswith("zz"):
            found.append(f"an element: {element.tag}")
        found += [f"an attribute: {name}" for name in element.attributes if name.startswith("zz")]
        found += [f"an address: {value}" for value in _addresses(element) if _runs(value)]
    return found


def of_table(text: str) -> list[str]:
    """Return the cells that a spreadsheet would take for a formula."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    return [f"a formula: {cell!r}" for row in rows for cell in row if _FORMULA.match(cell)]


def _addresses(element: Element) -> list[str]:
    return [element.attributes[name] for name in _LEADS_SOMEWHERE if name in element.attributes]


def _runs(address: str) -> bool:
    seen = re.sub(r"[\x00-\x20]", "", address).casefold()
    return seen.startswith(("javascript:", "vbscript:", "data:text/html"))
