"""The PDF of a statement: what it says, how it is tagged, and that odd months and odd names are printed too."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import unicodedata
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pikepdf
import pypdfium2
import pytest

from tests.statements.sheets import (
    CODE,
    KEY,
    LETTER,
    VERIFY,
    a_line,
    a_statement,
    made,
    nothing_else,
    pages,
    squares,
    tagged,
)
from timebank.hours import in_figures
from timebank.ledger.models import Book, TransferKind
from timebank.statements import pdf
from timebank.statements.build import Issue, Statement, Thanks
from timebank.statements.pdf import NO_SIGN, readable
from timebank.statements.sheet import Letter, balance_of
from timebank.statements.text import as_json

ARABIC = "أحمد بن علي"
NAMES = [
    ARABIC,
    "Siân Ŵyn-Llŷr 🌻",
    "👩🏽‍🤝‍👩🏻 Team ❤️ 1️⃣ 🏴󠁧󠁢󠁷󠁬󠁳󠁿",
    "Nguyễn Thị Ánh",
    "Зоряна Шевченко",
    "ਗੁਰਪ੍ਰੀਤ ਕੌਰ",
    "রহিমা খাতুন",
    "அன்பு",
    "דוד כהן",
    "漢字",
    "A" * 120,
    "\u202eturned\u202c around\x07",
    "#strong[*_`$ @ <b>\\",
]


@pytest.fixture(autouse=True)
def with_the_application(app_without_data):
    """The words on a statement are in its reader's language, which the application knows."""


def test_says_every_figure_of_the_statement():
    statement = a_statement()
    text = " ".join(pages(made(statement)))
    for part in statement.books:
        figures = [part.opening_minutes, part.given_minutes, part.received_minutes, part.closing_minutes]
        figures += [part.in_minutes, part.out_minutes, *(line.balance_minutes for line in part.lines)]
        figures += [abs(line.line.minutes) for line in part.lines]
        assert [minutes for minutes in figures if in_figures(minutes) not in text] == []
    for help_ in statement.twelve_months:
        assert f"{in_figures(help_.given_minutes)} {in_figures(help_.received_minutes)}" in text
    assert "At the end of October 2026 you had used 5 hours 6 minutes more than came in." in text
    assert "9 Oct 2026 Ana Silva Gardening late, for 28 September 2026 0:31" in text
    assert "Blood pressure clinic In the village hall" in text
    assert "In 2026 so far you gave 66 hours 10 minutes and received 51 hours 15 minutes." in text
    assert "Community account: 10 hours 5 minutes came in and 2 hours 2 minutes went out in October 2026." in text
    assert "We meet again on 12 December." in text
    assert "You made my week Thank you from Ana S., for 1 October 2026" in text
    assert "Seal 12 of the ledger, made on 3 November 2026: 9f3c 9f3c" in text


def test_given_and_received_are_as_large_as_each_other():
    with pypdfium2.PdfDocument(made()) as document:
        page = document[0].get_textpage()
        sizes = {}
        for words in ("Help you gave", "Help you received"):
            at, _count = page.search(words).get_next()
            # The figure is on the line below.
            line_below = at + len(words) + 2
            sizes[words] = [page.get_charbox(place)[3] - page.get_charbox(place)[1] for place in (at, line_below)]
    gave, received = sizes.values()
    assert gave == pytest.approx(received, abs=0.5)


def test_is_tagged_as_pdf_ua_asks():
    file = made()
    with pikepdf.open(io.BytesIO(file)) as pdf:
        assert pdf.Root.Lang == "en"
        assert bool(pdf.Root.MarkInfo.Marked)
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        assert pdf.docinfo["/Title"] == "Statement for October 2026, account 0001"
        assert pdf.open_metadata()["pdfuaid:part"] == "1"
        fonts = [each for each in pdf.objects if isinstance(each, pikepdf.Dictionary) and "/FontName" in each]
        assert fonts
        assert all("/FontFile2" in font or "/FontFile3" in font for font in fonts)
    tags = list(tagged(file))
    count = Counter(tag.name for tag in tags)
    assert (count["/H1"], count["/Table"], count["/THead"], count["/Figure"]) == (1, 3, 3, 2)
    assert count["/H2"] >= 5
    assert {tag.scope for tag in tags if tag.name == "/TH"} == {"/Column"}
    assert count["/TH"] == 6 + 6 + 3
    assert all(len(tag.alt) > 20 for tag in tags if tag.name == "/Figure")


def test_carries_its_figures_as_data():
    statement = a_statement()
    with pikepdf.open(io.BytesIO(made(statement))) as pdf:
        data = json.loads(pdf.attachments["statement.json"].get_file().read_bytes())
    assert data == as_json(statement, bank_code="ELM")


def test_the_square_leads_to_the_page_that_checks_the_code():
    assert squares(made()) == squares(made(large_print=True)) == [f"{VERIFY}?code=7K3M-Q2Z9-ABCD-EFGH"]


def test_says_the_code_in_groups_of_four_and_which_issue_it_is():
    text = " ".join(pages(made()))
    assert "7K3M-Q2Z9-ABCD-EFGH" in text
    assert "Issued on 3 November 2026." in text
    again = replace(a_statement(), issue=Issue(2, CODE, dt.date(2026, 11, 9), "A name was wrong"))
    text = " ".join(pages(made(again)))
    assert "Issue 2, of 9 November 2026. It takes the place of the one before it. Reason: A name was wrong" in text


def test_an_open_month_says_that_it_is_not_final_and_has_no_code():
    file = made(nothing_else(a_statement()), key=KEY, printed_on=dt.date(2026, 10, 20))
    text = " ".join(pages(file))
    assert "This statement is not final." in text
    assert "Printed on 20 October 2026" in text
    assert "genuine" not in text
    assert squares(file) == []
    assert b"%common-hours" not in file


def test_without_an_address_of_the_page_there_is_a_code_and_no_square():
    file = made(verify_address="")
    assert "7K3M-Q2Z9-ABCD-EFGH" in " ".join(pages(file))
    assert squares(file) == []


def test_the_same_statement_makes_the_same_bytes_and_another_makes_others():
    assert made(key=KEY) == made(key=KEY)
    assert made(key=KEY) != made(a_statement(opening=-89), key=KEY)


def test_several_at_once_get_each_their_own(app_without_data):
    statements = [a_statement(number=f"{number:04d}") for number in range(6)]
    alone = [made(statement) for statement in statements]

    def in_a_thread(statement: Statement) -> bytes:
        with app_without_data.app_context():
            return made(statement)

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(in_a_thread, statements)) == alone


def test_large_print_is_18_points_and_says_the_same_figures():
    statement = a_statement()
    with pypdfium2.PdfDocument(made(large_print=True)) as document:
        page = document[0].get_textpage()
        at, _count = page.search("Credit hours").get_next()
        heights = [page.get_charbox(place)[3] - page.get_charbox(place)[1] for place in (at,)]
    assert min(heights) > 14
    text = " ".join(pages(made(statement, large_print=True)))
    for part in statement.books:
        assert [line for line in part.lines if in_figures(line.balance_minutes) not in text] == []


def test_whoever_wants_no_sign_reads_words_in_its_place():
    text = " ".join(pages(made(hides_sign=True)))
    assert "−" not in text
    assert "1:30 more used" in text
    assert "5:06 more used" in text
    recorded = [balance_of(minutes, Book.RECORD, hides_sign=True) for minutes in (90, 0, -90)]
    assert recorded == ["1:30", "0:00", "1:30 more received"]


def test_no_sheet_has_red_on_it():
    with pypdfium2.PdfDocument(made()) as document:
        for page in document:
            colours = page.render(scale=1).to_pil().convert("RGB").getcolors(maxcolors=1 << 24)
            assert not [rgb for _count, rgb in colours if rgb[0] > 150 and rgb[1] < 90 and rgb[2] < 90]


def test_an_organisation_is_spoken_of_and_not_to():
    text = " ".join(
        pages(made(replace(a_statement(), thanks=(), message=""), letter=replace(LETTER, is_holders=False)))
    )
    assert "this account had used 5 hours 6 minutes more than came in" in text
    assert "In 2026 so far this account gave" in text
    assert not re.search(r"\byou\b", text)


def test_the_address_stands_in_the_window_however_long_it_is():
    long = Letter(name="J" * 120, address_lines=tuple(f"{number} Long Street, Longton" for number in range(12)))
    for letter, large in ((LETTER, False), (LETTER, True), (long, False), (long, True)):
        with pypdfium2.PdfDocument(made(letter=letter, large_print=large)) as document:
            page = document[0]
            text = page.get_textpage()
            at, _count = text.search(letter.name[:8]).get_next()
            last, _length = text.search(letter.address_lines[-1][:6]).get_next()
            boxes = [text.get_charbox(place) for place in (at, last)]
            height = page.get_height()
        millimetre = 72 / 25.4
        assert all(20 <= box[0] / millimetre <= 110 for box in boxes)
        assert all((height - box[3]) / millimetre >= 50 and (height - box[1]) / millimetre <= 85 for box in boxes)


@pytest.mark.parametrize("large_print", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_printed(name, large_print):
    statement = a_statement(name=name, credit=tuple(a_line(1, 30, with_whom=name, what=name) for _time in range(3)))
    file = made(statement, letter=Letter(name=name, address_lines=(name, name)), large_print=large_print)
    assert pages(file)[0]


# A mark behind a letter that no font has together with it; a mark behind a mark, at which typst breaks off; and signs
# that are in several fonts.
ILL_MATCHED = ["Jo 🍏\u0901", "Jo 1\u09bc", "\u0611\u0951 Jo", "Jo \u25cc\u0951", "Jo \u0964\u0951", "Jo ñ\u0328\u0592"]


@pytest.mark.parametrize("name", ILL_MATCHED)
def test_nobody_s_words_keep_a_statement_from_being_made(name):
    line = a_line(1, 60, with_whom=name, what=name, note=name)
    assert "Jo" in " ".join(pages(made(a_statement(credit=(line,)))))


@pytest.mark.parametrize("name", ["1️⃣ x̲ é̱", "हिन्दी नाम।", "שָׁלוֹם", "مُحَمَّد", "क्\u200dष", "ё́", "👩🏽‍🤝‍👩🏻 ❤️"])
def test_a_mark_stays_on_a_letter_of_its_own_script(name):
    assert readable(name) == unicodedata.normalize("NFC", name)


def on_the_paper(file: bytes, *, left: float = 0) -> str:
    """Return the text that is inside of the pages' edges, from so many points from the left."""
    with pypdfium2.PdfDocument(file) as document:
        return " ".join(page.get_textpage().get_text_bounded(left, 0, *page.get_size()) for page in document)


@pytest.mark.parametrize("large_print", [False, True])
def test_a_long_note_stays_in_its_column_and_is_read_to_its_end(large_print):
    for note in (
        "W" * 1990 + " THE END",
        "9:59\N{NO-BREAK SPACE}" * 300 + " THE END",
        "a\n\n" * 600 + "THE END",
        "Some words. " * 160 + "THE END",
    ):
        line = a_line(1, 95, note=note)
        words = Thanks("Ana S.", "\n".join("x" * 240) + " FROM ANA", dt.date(2026, 10, 1))
        file = made(a_statement(credit=(line,), record=(), thanks=(words,)), large_print=large_print)
        text = " ".join(on_the_paper(file).split())
        assert "THE END" in text
        assert "FROM ANA" in text
        # There the hours begin.
        beside = on_the_paper(file, left=400)
        assert "WW" not in beside
        assert "9:59" not in beside


def test_what_typst_cannot_set_is_set_letter_by_letter(monkeypatch):
    monkeypatch.setattr(pdf, "readable", lambda text: text)
    for name in ("Jo 🍏\u0901", "\u0611\u0951 Jo"):
        assert "Jo" in " ".join(pages(made(a_statement(credit=(a_line(1, 60, with_whom=name),)))))


def test_a_name_is_set_in_the_signs_that_there_are():
    assert readable("Siân Ŵyn 🌻") == "Siân Ŵyn 🌻"
    assert readable(unicodedata.normalize("NFD", "Ŵ")) == "Ŵ"
    assert readable("漢字 Chen") == f"{NO_SIGN}{NO_SIGN} Chen"
    assert readable("\u202ea\x07\ue000") == f"a{NO_SIGN}"
    text = pages(made(a_statement(credit=(a_line(1, 30, with_whom="Siân Ŵyn-Llŷr 🌻"),))))[0]
    assert "Siân Ŵyn-Llŷr 🌻" in text


def test_arabic_is_joined_and_runs_from_the_right():
    """The first letter of the name stands to the right of its last, and letters have their joined shapes."""
    file = made(a_statement(credit=(a_line(1, 30, with_whom=ARABIC),), record=()))
    with pypdfium2.PdfDocument(file) as document:
        page = document[0].get_textpage()
        places = {
            page.get_text_range(at, 1): page.get_charbox(at)[0]
            for at in range(page.count_chars())
            if page.get_text_range(at, 1) in "أي"
        }
    assert places["أ"] > places["ي"]


def test_two_thousand_entries_have_their_heading_on_each_page():
    lines = tuple(a_line(1 + index * 31 // 2000, (-1) ** index * (30 + index % 7)) for index in range(2000))
    statement = nothing_else(a_statement(credit=lines, record=()))
    every = pages(made(statement))
    assert len(every) > 30
    assert all("Day With whom What Hours in Hours out Balance" in page for page in every[:-1])
    assert all(f"Page {number} of {len(every)}" in page for number, page in enumerate(every, start=1))
    text = " ".join(every)
    assert text.count("Ana Silva Gardening") == 2000
    assert text.count("31 Oct 2026 Totals, and closing balance") == 1


def test_a_month_in_which_nothing_ever_happened_is_one_page():
    (page,) = pages(made(nothing_else(a_statement(credit=(), record=(), opening=0)), letter=Letter(name="Jean Morris")))
    assert "No credit hours came in or went out in this month." in page
    assert "Nothing is recorded in this month." in page
    assert "Page 1 of 1" in page


def test_a_reversal_is_explained():
    assert "Reversed means taken back." in " ".join(pages(made()))
    quiet = a_statement(credit=(a_line(1, 30, kind=TransferKind.GRANT),))
    assert "Reversed means" not in " ".join(pages(made(quiet)))
