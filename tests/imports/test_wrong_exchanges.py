"""`flask exchanges load` with something wrong in the file: every line is named, and none is written."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import make
from tests.imports.sheets import everything, exchange, reasons, sheet
from timebank.members import service as members

NOTHING_WRITTEN = "Error: {} problems. Nothing was written.\n"


@pytest.fixture
def bank(app):
    """A bank with two members, 0001 and 0002."""
    bank = make.make_bank()
    for number in ("0001", "0002"):
        make.make_member(bank, name="Jean Morris", number=number)
    return bank


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "line 1: these columns are missing: id, happened_on, giver, receiver"),
        ("id,giver,receiver,hours\nx1,0001,0002,1\n", "line 1: these columns are missing: happened_on"),
        (
            "id,happened_on,giver,receiver,hours,hours\nx1,2025-11-09,0001,0002,1,2\n",
            "line 1: these columns are there twice: hours",
        ),
        (
            b"id,happened_on,giver,receiver,hours,activity\nx1,2025-11-09,0001,0002,1,Caf\xe9\n",
            "The file is not UTF-8. Save it as “CSV UTF-8”",
        ),
        (
            'id,happened_on,giver,receiver,hours\nx1,2025-11-09,0001,0002,"1\n',
            "The file is not a CSV table: unexpected end of data",
        ),
    ],
)
def test_a_file_that_is_no_table_of_exchanges_writes_nothing(load, bank, content, reason):
    before = everything()
    result = load("exchanges", bank, content)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"Error: {reason}\n")
    assert everything() == before


CAPACITIES = "Write one of: service user, carer, neighbour, professional, not stated, or leave it empty"
UNREADABLE_DAY = "write the day like 2025-11-09 or 9/11/2025"
NO_TIME = "The time must be more than 0 minutes"
NO_MINUTES = "enter a whole number of minutes above 0"
TOO_LONG = "One exchange can be up to 24 hours. If you meant minutes, type for example 90 min"

# What stands in the line, in which column it is wrong, and why.
WRONG = [
    ({"id": ""}, "id", "enter an id of up to 120 characters"),
    ({"id": "x" * 121}, "id", "enter an id of up to 120 characters"),
    ({"happened_on": ""}, "happened_on", UNREADABLE_DAY),
    ({"happened_on": "9 November"}, "happened_on", UNREADABLE_DAY),
    ({"happened_on": "2025-11-09 14:30"}, "happened_on", UNREADABLE_DAY),
    ({"happened_on": "31/4/2025"}, "happened_on", "there is no such day in the calendar: 31/4/2025"),
    ({"happened_on": "2025-02-29"}, "happened_on", "there is no such day in the calendar: 2025-02-29"),
    ({"happened_on": "1969-12-31"}, "happened_on", "check the year: 1969-12-31"),
    ({"giver": ""}, "giver", "enter a number"),
    ({"giver": "9999"}, "giver", "nobody in this time bank has the number 9999"),
    ({"giver": "1"}, "giver", "nobody in this time bank has the number 1"),
    ({"giver": "gone"}, "giver", "the account with this number is closed"),
    ({"giver": "opening"}, "giver", "the opening account gives and receives no help"),
    ({"giver": "elsewhere"}, "giver", "nobody in this time bank has the number elsewhere"),
    ({"receiver": ""}, "receiver", "enter a number"),
    ({"receiver": "Jean Morris"}, "receiver", "nobody in this time bank has the number Jean Morris"),
    ({"receiver": "gone"}, "receiver", "the account with this number is closed"),
    ({"receiver": "opening"}, "receiver", "the opening account gives and receives no help"),
    ({"receiver": "0001"}, "receiver", "An exchange is between two different people. Choose somebody else"),
    ({"hours": ""}, "hours", "enter how long it took"),
    ({"hours": "0"}, "hours", NO_TIME),
    ({"hours": "-5"}, "hours", NO_TIME),
    ({"hours": "0.001"}, "hours", NO_TIME),
    ({"hours": "25"}, "hours", TOO_LONG),
    ({"hours": "1,5"}, "hours", "Use a full stop instead of a comma, like 1.5, or write it as 1:30"),
    ({"hours": "a while"}, "hours", "Enter how long, like 1.5, 1:30 or 90 min"),
    (
        {"hours": "9" * 30},
        "hours",
        "This is more time than can be recorded at once. Check the number you typed",
    ),
    ({"hours": "", "minutes": "0"}, "minutes", NO_MINUTES),
    ({"hours": "", "minutes": "-5"}, "minutes", NO_MINUTES),
    ({"hours": "", "minutes": "1.5"}, "minutes", NO_MINUTES),
    ({"hours": "", "minutes": "1:30"}, "minutes", NO_MINUTES),
    ({"hours": "", "minutes": "٩٠"}, "minutes", NO_MINUTES),
    ({"hours": "", "minutes": "9" * 5000}, "minutes", NO_MINUTES),
    ({"hours": "", "minutes": "1441"}, "minutes", TOO_LONG),
    ({"hours": "1:30", "minutes": "80"}, "minutes", "this is not the same as the hours: 90 minutes"),
    ({"giver_capacity": "boss"}, "giver_capacity", f"“boss” is not known. {CAPACITIES}"),
    ({"receiver_capacity": "boss"}, "receiver_capacity", f"“boss” is not known. {CAPACITIES}"),
    ({"activity": "a" * 121}, "activity", "use up to 120 characters"),
    ({"service_area": "a" * 121}, "service_area", "use up to 120 characters"),
    (
        {"stage": "later"},
        "stage",
        "“later” is not known. Write one of: commissioning, design, delivery, assessment, or leave it empty",
    ),
    ({"book": "money"}, "book", "“money” is not known. Write one of: credit, record, or leave it empty"),
    ({"paid": "perhaps"}, "paid", "write yes or no"),
    ({"mandated": "2"}, "mandated", "write yes or no"),
    ({"consultation": "oui"}, "consultation", "write yes or no"),
    (
        {"confirmed_by": "me"},
        "confirmed_by",
        "“me” is not known. Write one of: receiver, coordinator, or leave it empty",
    ),
    ({"activity": "Gar\x00dening"}, "activity", "there is a sign that cannot be kept"),
]
EVERY_COLUMN = [
    "id",
    "happened_on",
    "giver",
    "receiver",
    "hours",
    "minutes",
    "giver_capacity",
    "receiver_capacity",
    "activity",
    "service_area",
    "stage",
    "book",
    "paid",
    "mandated",
    "consultation",
    "confirmed_by",
]


@pytest.fixture
def somebody_left(bank):
    """Somebody with the number "gone" has left, and "elsewhere" is a member of another bank."""
    left = make.make_member(bank, number="gone")
    members.leave(left, recorded_by=make.make_coordinator(bank), at=make.AT)
    make.make_member(make.make_bank(), number="elsewhere")


def test_names_every_line_that_is_wrong_its_column_and_why_and_writes_none_of_the_file(load, bank, somebody_left):
    tomorrow = bank.day_of(dt.datetime.now(dt.UTC)) + dt.timedelta(days=1)
    today = f"{tomorrow - dt.timedelta(days=1):%-d %B %Y}"
    future = f"The day must be today or in the past. It is {today} today"
    wrong = [*WRONG, ({"happened_on": tomorrow.isoformat()}, "happened_on", future)]
    rows, expected = [], []
    for number, (cells, column, reason) in enumerate(wrong):
        rows += [exchange(number), exchange(1000 + number, **cells)]
        expected.append(f"line {len(rows) + 1}, column {column}: {reason}")
    rows += [exchange(5), exchange(2000)]
    expected.append(f"line {len(rows)}, column id: this is already in line 12")
    content = sheet(rows, columns=EVERY_COLUMN) + "x3000,2025-11-09,0001,0002,1,,,,,,,,,,,,too,many\n"
    expected.append(f"line {len(rows) + 2}, column confirmed_by: there are more cells than columns in this line")
    before = everything()
    result = load("exchanges", bank, content)
    assert reasons(result) == expected
    assert result.stderr.endswith(NOTHING_WRITTEN.format(len(expected)))
    assert (result.exit_code, result.stdout) == (1, "")
    assert everything() == before


def test_each_kind_of_wrong_line_alone_keeps_the_whole_file_out(load, bank, somebody_left):
    before = everything()
    for cells, column, reason in WRONG:
        result = load("exchanges", bank, sheet([exchange(1), exchange(2) | cells, exchange(3)], columns=EVERY_COLUMN))
        assert result.exit_code == 1, cells
        assert result.stderr == f"line 3, column {column}: {reason}\n" + NOTHING_WRITTEN.format(1)
        assert everything() == before, cells


def test_one_wrong_line_among_1500_keeps_all_of_them_out(load, bank):
    rows = [exchange(number) for number in range(1500)]
    rows[1234]["receiver"] = "9999"
    before = everything()
    result = load("exchanges", bank, sheet(rows))
    assert reasons(result) == ["line 1236, column receiver: nobody in this time bank has the number 9999"]
    assert result.exit_code == 1
    assert everything() == before


def test_an_id_that_is_there_twice_is_found_a_thousand_lines_later(load, bank):
    rows = [exchange(number) for number in range(1100)] + [exchange(7)]
    result = load("exchanges", bank, sheet(rows))
    assert reasons(result) == ["line 1102, column id: this is already in line 9"]
    assert result.exit_code == 1


def test_a_dry_run_names_what_is_wrong_too(load, bank):
    result = load("exchanges", bank, sheet([exchange(1, hours="0")]), "--dry-run")
    assert reasons(result) == [f"line 2, column hours: {NO_TIME}"]
    assert result.exit_code == 1
