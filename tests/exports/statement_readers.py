"""Read the numbers of a statement back from every format, as plain minutes, to compare them."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable
from typing import Any
from xml.etree import ElementTree

from tests.statements.read_aloud import read_aloud
from tests.web.reading import Element, Page

# {"credit": {"opening": …, "entries": [(day, minutes, balance)], "in": …, "out": …, "given": …, "received": …,
# "closing": …}, "record": …, "months": [(given, received)], "community": (in, out, closing)}
Numbers = dict[str, Any]

TITLES = {"credit": "Credit hours", "record": "Recorded hours"}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def minutes_in(figures: str) -> int:
    """1:30 is 90, and nothing is 0."""
    if not figures:
        return 0
    hours, minutes = figures.lstrip("−").split(":")
    return (-1 if figures.startswith("−") else 1) * (int(hours) * 60 + int(minutes))


def minutes_in_words(words: str) -> int:
    """1 hour 30 minutes is 90."""
    found = re.findall(r"([\d,]+) (hour|minute)s?", words)
    assert found, words
    return sum(int(number.replace(",", "")) * (60 if what == "hour" else 1) for number, what in found)


def day_in(words: str) -> str:
    """9 March 2026 is 2026-03-09, and so is 9 Mar 2026."""
    day, month, year = words.split()
    number = next(number for number, name in enumerate(_MONTHS, start=1) if name.startswith(month))
    return f"{year}-{number:02d}-{int(day):02d}"


def from_json(data: dict[str, Any]) -> Numbers:
    """What `flask statements show --format json` prints."""
    numbers: Numbers = {
        book: {
            "entries": [(e["effective_on"], e["minutes"], e["balance_minutes"]) for e in part["entries"]],
            **{name: part[f"{name}_minutes"] for name in ("opening", "in", "out", "given", "received", "closing")},
        }
        for book, part in data["books"].items()
    }
    numbers["months"] = [(each["given_minutes"], each["received_minutes"]) for each in data["twelve_months"]]
    community = data["community"]
    numbers["community"] = tuple(community[f"{name}_minutes"] for name in ("in", "out", "closing"))
    return numbers


def from_csv(content: bytes) -> Numbers:
    """The table as CSV."""
    return _from_table(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def from_xlsx(content: bytes) -> Numbers:
    """The table as a workbook, read from the XML in it."""
    name, *rows = cells_of_xlsx(content)
    return _from_table(dict(zip(name, row, strict=True)) for row in rows)


def cells_of_xlsx(content: bytes) -> list[list[str]]:
    """Every row of the workbook's sheet."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        sheet, shared = (
            ElementTree.fromstring(file.read(f"xl/{name}.xml")) for name in ("worksheets/sheet1", "sharedStrings")
        )
    texts = ["".join(text.itertext()) for text in shared]
    rows = []
    for row in sheet.iter(f"{space}row"):
        cells = {_column(cell.get("r", "")): _text_of(cell, texts) for cell in row.iter(f"{space}c")}
        rows.append([cells.get(column, "") for column in range(15)])
    return rows


def _text_of(cell: ElementTree.Element, texts: list[str]) -> str:
    written = "".join(cell.itertext())
    return texts[int(written)] if cell.get("t") == "s" else written


def _column(place: str) -> int:
    return ord(place[0]) - ord("A")


def _from_table(rows: Iterable[dict[str, str]]) -> Numbers:
    numbers: Numbers = {"credit": {"entries": []}, "record": {"entries": []}, "months": []}
    names = {"total in": "in", "total out": "out", "help given": "given", "help received": "received"}
    given, community = 0, {}
    for row in rows:
        line, part = row["line"], numbers.get(row["book"])
        if line == "entry":
            part["entries"].append((row["effective_on"], int(row["minutes"]), int(row["balance_minutes"])))
            assert minutes_in(row["hours"]) == int(row["minutes"])
            assert minutes_in(row["balance_hours"]) == int(row["balance_minutes"])
        elif line in ("opening", "closing"):
            part[line] = int(row["balance_minutes"])
        elif line in names:
            part[names[line]] = int(row["minutes"])
        elif line == "month given":
            given = int(row["minutes"])
        elif line == "month received":
            numbers["months"].append((given, int(row["minutes"])))
        else:
            community[line.removeprefix("community ")] = int(row["minutes"])
    return numbers | {"community": (community["in"], community["out"], community["closing"])}


def from_txt(content: bytes) -> Numbers:
    """The lines of a mail."""
    text = content.decode()
    numbers: Numbers = {}
    for book, title in TITLES.items():
        part = text.partition(f"\n{title.upper()}\n")[2].partition("\n\n")[0]
        said = dict(re.findall(r"^(Opening balance|Help given|Help received|Closing balance): (\S+)$", part, re.M))
        came_in, went_out = re.findall(r"^Totals: (\S+) in, (\S+) out$", part, re.M)[0]
        entries = re.findall(r"^(\d+ \w+ \d{4}): .*\n  (\S+) (in|out), balance (\S+)$", part, re.M)
        numbers[book] = {
            "opening": minutes_in(said["Opening balance"]),
            "entries": [
                (day_in(day), minutes_in(hours) * (1 if way == "in" else -1), minutes_in(balance))
                for day, hours, way, balance in entries
            ],
            "in": minutes_in(came_in),
            "out": minutes_in(went_out),
            "given": minutes_in(said["Help given"]),
            "received": minutes_in(said["Help received"]),
            "closing": minutes_in(said["Closing balance"]),
        }
    months = re.findall(r"^\w+ \d{4}: (\S+) given, (\S+) received$", text, re.M)
    return numbers | {
        "months": [(minutes_in(given), minutes_in(received)) for given, received in months],
        "community": community_in(text),
    }


def community_in(text: str) -> tuple[int, int, int]:
    """What the one line about the community account says."""
    line = re.search(r"Community account: (.+?) came in and (.+?) went out in \w+ \d{4}\. It (.*)", text)
    assert line, text
    held = 0 if line[3].startswith("is even") else minutes_in_words(line[3].partition(".")[0].partition(",")[0])
    sign = -1 if line[3].startswith("has given") else 1
    return minutes_in_words(line[1]), minutes_in_words(line[2]), sign * held


def from_page(page: Page) -> Numbers:
    """The page of the statement, as it is read."""
    sections = {section.attributes["aria-labelledby"]: section for section in page.root.every("section")}
    numbers: Numbers = {book: _book_on_page(sections[f"book-{book}"]) for book in TITLES}
    rows = (
        [_cells(row) for row in sections["year"].every("tbody")[0].every("tr")]
        if sections["year"].every("tbody")
        else []
    )
    numbers["months"] = [(minutes_in(given), minutes_in(received)) for _month, given, received in rows] or [(0, 0)] * 12
    numbers["community"] = community_in(page.text)
    return numbers


def _book_on_page(section: Element) -> Numbers:
    said = {term.text: value.text for term, value in zip(section.every("dt"), section.every("dd"), strict=True)}
    given = said.get("Help you gave", said.get("Help given", ""))
    received = said.get("Help you received", said.get("Help received", ""))
    closing = said.get("Closing balance", said.get("Balance now", ""))
    part: Numbers = {
        "opening": minutes_in(said.get("Opening balance", "")),
        "entries": [],
        "in": 0,
        "out": 0,
        "given": minutes_in(given),
        "received": minutes_in(received),
        "closing": minutes_in(closing),
    }
    if section.every("tbody"):
        rows = [_cells(row) for row in section.every("tbody")[0].every("tr")][1:]
        part["entries"] = [
            (day_in(day), minutes_in(came_in) - minutes_in(went_out), minutes_in(balance))
            for day, _with, _what, came_in, went_out, balance in rows
        ]
        foot = _cells(section.every("tfoot")[0].every("tr")[0])
        part["in"], part["out"] = minutes_in(foot[3]), minutes_in(foot[4])
        assert minutes_in(foot[5]) == part["closing"]
    return part


def _cells(row: Element) -> list[str]:
    return [cell.text for cell in row.inside if isinstance(cell, Element)]


def from_pdf(content: bytes) -> Numbers:
    """The PDF, as a screen reader reads it. In large print a row has the day without its year."""
    said = read_aloud(content).inside[0]
    assert isinstance(said, Element)
    [heading] = said.every("H1")
    year = heading.text.rpartition(" ")[2]
    parts: dict[str, list[Element]] = {"": []}
    for each in said.inside:
        assert isinstance(each, Element)
        parts.setdefault(each.text, []) if each.tag == "H2" else list(parts.values())[-1].append(each)
    numbers: Numbers = {book: _book_in_pdf(parts[title], year) for book, title in TITLES.items()}
    rows = [_cells(row) for row in _first_table(parts["The last twelve months"]).every("TR")]
    numbers["months"] = [(minutes_in(given), minutes_in(received)) for _month, given, received in rows[1:]]
    return numbers | {"community": community_in(said.text)}


def _book_in_pdf(said: list[Element], year: str) -> Numbers:
    part: Numbers = dict.fromkeys(("opening", "in", "out", "given", "received", "closing"), 0) | {"entries": []}
    names = {
        "Opening balance": "opening",
        "Closing balance": "closing",
        "Gifts and other": "other",
        **dict.fromkeys(("Help you gave", "Help given"), "given"),
        **dict.fromkeys(("Help you received", "Help received"), "received"),
    }
    for name, figure in (pair for each in said if each.tag == "Div" for pair in _pairs(each)):
        part[names[name]] = minutes_in(figure)
    other = part.pop("other", 0)
    assert part["opening"] + part["given"] - part["received"] + other == part["closing"]
    if any(each.tag == "Table" for each in said):
        _head, opening, *rows, foot = [_cells(row) for row in _first_table(said).every("TR")]
        assert minutes_in(opening[-1]) == part["opening"]
        part["entries"] = [
            (_day_in_pdf(day, year), minutes_in(came_in) - minutes_in(went_out), minutes_in(balance))
            for day, *_words, came_in, went_out, balance in rows
        ]
        part["in"], part["out"] = minutes_in(foot[-3]), minutes_in(foot[-2])
        assert minutes_in(foot[-1]) == part["closing"]
    return part


def _day_in_pdf(words: str, year: str) -> str:
    return day_in(words if words.count(" ") == 2 else f"{words} {year}")


def _pairs(figures: Element) -> list[tuple[str, str]]:
    boxes = [[paragraph.text for paragraph in box.every("P")] for box in figures.every("Div")]
    return [(name, figure) for name, figure in boxes]


def _first_table(said: list[Element]) -> Element:
    return next(table for each in said for table in ([each] if each.tag == "Table" else each.every("Table")))


def from_journal(content: bytes, balances: dict[tuple[str, str], int]) -> Numbers:
    """The journal: its entries as they are written, and what hledger makes of it in the end.

    A journal says nothing of twelve months and of the community, which are left out.
    """
    text = content.decode()
    numbers: Numbers = {}
    own = re.findall(r"^account (Assets:\S+|Equity:Opening:\S+)$", text, re.M)[0]
    for book, unit in (("credit", "CREDIT"), ("record", "RECORD")):
        moved = re.findall(
            rf"^(\S+) \((\w+)\) .*\n(?:    ;.*\n)?    {re.escape(own)}  (-?\d+) {unit} = (-?\d+) {unit}$", text, re.M
        )
        entries = [(day, int(minutes), int(balance)) for day, kind, minutes, balance in moved if kind not in ENDS]
        opening = next(int(balance) for _day, kind, _minutes, balance in moved if kind == "before")
        numbers[book] = {
            "opening": opening,
            "entries": entries,
            "in": sum(max(minutes, 0) for _day, minutes, _balance in entries),
            "out": sum(max(-minutes, 0) for _day, minutes, _balance in entries),
            "given": -balances.get(("Income:Help given", unit), 0),
            "received": balances.get(("Expenses:Help received", unit), 0),
            "closing": balances.get((own, unit), 0),
        }
    return numbers


ENDS = ("before", "closing")

READERS: dict[str, Callable[[bytes], Numbers]] = {"csv": from_csv, "xlsx": from_xlsx, "txt": from_txt, "pdf": from_pdf}
