"""Reading rows, without a database."""

from __future__ import annotations

import contextlib
import datetime as dt
import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.imports.sheets import sheet
from timebank.imports.spreadsheet import CellUnfit, FileUnreadable, Row, Table, digest

# Messages are made of the application's words.
pytestmark = pytest.mark.usefixtures("app_without_data")


def table_of(path: Path, content: str | bytes) -> Table:
    file = path / "file.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return Table(file, needed=("id",), known=("id", "name"))


def rows_of(path: Path, content: str | bytes) -> list[tuple[int, dict[str, str]]]:
    return [(row.line, row.cells) for row in table_of(path, content).rows()]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_reads_what_a_comma_a_semicolon_or_a_tab_separates(tmp_path, delimiter):
    content = sheet([{"id": "1", "name": "Jean"}], delimiter=delimiter)
    assert rows_of(tmp_path, content) == [(2, {"id": "1", "name": "Jean"})]


def test_leaves_out_the_mark_that_spreadsheets_put_in_front(tmp_path):
    assert rows_of(tmp_path, b"\xef\xbb\xbfid,name\n1,Jean\n") == [(2, {"id": "1", "name": "Jean"})]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_machine(tmp_path, end):
    assert rows_of(tmp_path, f"id,name{end}1,Jean{end}2,Ana{end}") == [
        (2, {"id": "1", "name": "Jean"}),
        (3, {"id": "2", "name": "Ana"}),
    ]


def test_a_last_line_without_an_end_is_read(tmp_path):
    assert rows_of(tmp_path, "id,name\n1,Jean") == [(2, {"id": "1", "name": "Jean"})]


def test_a_line_has_the_number_that_an_editor_shows_even_after_lines_inside_quotes(tmp_path):
    content = 'id,name\n1,"Jean\nthe first"\n\n2,"a\n\nb"\n3,Ana\n'
    assert [line for line, _cells in rows_of(tmp_path, content)] == [2, 5, 8]


def test_blank_lines_and_lines_of_empty_cells_are_left_out(tmp_path):
    assert rows_of(tmp_path, "id,name\n\n,\n  ,  \n1,Jean\n\n") == [(5, {"id": "1", "name": "Jean"})]


def test_space_around_a_cell_is_not_part_of_it(tmp_path):
    assert rows_of(tmp_path, "id,name\n 1 ,\tJean  \n") == [(2, {"id": "1", "name": "Jean"})]


def test_a_line_with_fewer_cells_leaves_the_others_empty(tmp_path):
    (row,) = table_of(tmp_path, "id,name\n1\n").rows()
    assert row.get("name") == ""


def test_columns_may_be_in_any_order_and_case(tmp_path):
    assert rows_of(tmp_path, "Name, ID \nJean,1\n") == [(2, {"name": "Jean", "id": "1"})]


def test_remembers_the_columns_that_it_does_not_read(tmp_path):
    table = table_of(tmp_path, "id,nmae,,shoe size\n1,Jean,,38\n")
    list(table.rows())
    assert table.unknown == ["nmae", "shoe_size"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "line 1: these columns are missing: id"),
        ("name\nJean\n", "line 1: these columns are missing: id"),
        ("id,name,id\n1,Jean,2\n", "line 1: these columns are there twice: id"),
        ("id,name,Name\n1,Jean,Ana\n", "line 1: these columns are there twice: name"),
        (b"id,name\n1,Chlo\xeb\n", "The file is not UTF-8. Save it as “CSV UTF-8”"),
        ("id,name\n1,Jean\n".encode("utf-16"), "The file is not UTF-8. Save it as “CSV UTF-8”"),
        ('id,name\n1,"Jean\n', "The file is not a CSV table: unexpected end of data"),
        ('id,name\n1,"Jean"Ana\n', "The file is not a CSV table: ',' expected after '\"'"),
    ],
)
def test_a_file_that_is_no_table_is_refused_as_a_whole(tmp_path, content, reason):
    with pytest.raises(FileUnreadable) as refused:
        rows_of(tmp_path, content)
    assert refused.value.text == reason


def test_an_unknown_column_may_be_there_twice(tmp_path):
    assert len(rows_of(tmp_path, "id,note,note\n1,a,b\n")) == 1


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("1,Jean,extra", "name", "there are more cells than columns in this line"),
        ("1,Je\x00an", "name", "there is a sign that cannot be kept"),
        ("\x001,Jean", "id", "there is a sign that cannot be kept"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_while_the_others_go_on(tmp_path, line, column, reason):
    table = table_of(tmp_path, f"id,name\n0,Before\n{line}\n2,After\n")
    assert [row.get("name") for row in table.rows()] == ["Before", "After"]
    assert [(problem.line, problem.column, problem.reason) for problem in table.problems] == [(3, column, reason)]


def row(text: str) -> Row:
    return Row(7, {"cell": text})


@pytest.mark.parametrize(
    "text",
    ["2025-11-09", "2025-11-9", "9/11/2025", "09/11/2025", "9.11.2025", "2025-11-09 00:00", "2025-11-09T00:00:00"],
)
def test_reads_a_day_however_it_is_written(text):
    assert row(text).day("cell") == dt.date(2025, 11, 9)


@pytest.mark.parametrize(
    "text",
    ["", "9 November", "2025-11", "11/9/25", "2025-11-09 14:30", "٢٠٢٥-١١-٠٩", "20251109", "2025-11-09x", "45970"],
)
def test_says_how_to_write_a_day_that_it_cannot_read(text):
    with pytest.raises(CellUnfit) as refused:
        row(text).day("cell")
    assert refused.value.text == "write the day like 2025-11-09 or 9/11/2025"
    assert refused.value.field == "cell"


@pytest.mark.parametrize("text", ["2025-04-31", "31/4/2025", "2025-02-29", "2025-13-01", "9999-12-32", "00/01/2025"])
def test_refuses_a_day_that_no_calendar_has(text):
    with pytest.raises(CellUnfit) as refused:
        row(text).day("cell")
    assert refused.value.text == f"there is no such day in the calendar: {text}"


@pytest.mark.parametrize("text", ["1969-12-31", "0205-11-09", "0000-01-01", "9/11/0025"])
def test_refuses_a_year_that_is_a_slip_of_the_finger(text):
    with pytest.raises(CellUnfit) as refused:
        row(text).day("cell")
    assert refused.value.text == f"check the year: {text}"


def test_reads_the_29th_of_february_of_a_leap_year():
    assert row("29/2/2028").day("cell") == dt.date(2028, 2, 29)


@pytest.mark.parametrize("text", ["yes", "Yes", "Y", "TRUE", "1", "x"])
def test_yes_is_yes_in_several_words(text):
    assert row(text).yes_or_no("cell") is True


@pytest.mark.parametrize("text", ["", "no", "N", "False", "0"])
def test_no_is_no_in_several_words_and_in_none(text):
    assert row(text).yes_or_no("cell") is False


@pytest.mark.parametrize("text", ["perhaps", "2", "ja", "yes no", "-"])
def test_what_is_neither_yes_nor_no_is_refused(text):
    with pytest.raises(CellUnfit):
        row(text).yes_or_no("cell")


def test_the_same_cells_have_the_same_digest_and_others_another():
    assert digest("a", "b") == digest("a", "b")
    assert len({digest("a", "b"), digest("ab", ""), digest("b", "a"), digest("a", "b", "")}) == 4


CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t"), max_size=20)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(CELLS, min_size=1, max_size=6), delimiter=st.sampled_from([",", ";", "\t"]))
def test_whatever_a_spreadsheet_writes_is_read_back(tmp_path, names, delimiter):
    content = sheet([{"id": number, "name": name} for number, name in enumerate(names)], delimiter=delimiter)
    assert [row.get("name") for row in table_of(tmp_path, content).rows()] == [name.strip() for name in names]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=80) | st.text(string.printable + "é\x00\ufeff\u2028", max_size=80).map(str.encode))
def test_nothing_that_is_in_a_file_does_more_than_be_refused(tmp_path, content):
    with contextlib.suppress(FileUnreadable):
        for row in table_of(tmp_path, b"id,name\n" + content).rows():
            assert "\x00" not in "".join(row.cells.values())


def test_excels_word_for_the_separator_is_no_line_of_the_table(tmp_path):
    (row,) = table_of(tmp_path, "sep=;\r\nid;name\r\n1;Jean\r\n").rows()
    assert (row.line, row.cells) == (3, {"id": "1", "name": "Jean"})


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\x07", "\x7f", "\x9b"])
def test_a_sign_that_steers_a_terminal_is_named_and_not_kept(tmp_path, sign):
    table = table_of(tmp_path, f"id,name\n1,Je{sign}an\n2,Ben\n")
    assert [row.line for row in table.rows()] == [3]
    assert [(problem.line, problem.column) for problem in table.problems] == [(2, "name")]
