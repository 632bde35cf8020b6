"""`flask members load`: people come in once, and what they correct later stays corrected."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select

from tests import make
from tests.imports.sheets import everything, member, sheet
from timebank.audit.models import Action, AuditRecord
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.ledger.models import Account, Balance, Transfer
from timebank.members import queries, service
from timebank.members.models import Capacity, Membership, Person, Role

LOADED = "{} members loaded, {} were there already.\n"
NOTHING_WRITTEN = "Error: {} problems. Nothing was written.\n"


@pytest.fixture
def bank(app):
    return make.make_bank()


def with_number(bank, number: str) -> Membership:
    found = queries.member_with_number(bank, number)
    assert found is not None
    return found


def count(table) -> int:
    return db.session.scalars(select(func.count()).select_from(table)).one()


def test_loads_somebody_of_whom_only_number_and_name_are_known(load, bank):
    result = load("members", bank, "number,name\n0001,Jean Morris\n")
    assert (result.exit_code, result.stdout, result.stderr) == (0, LOADED.format(1, 0), "")
    jean = with_number(bank, "0001")
    assert (jean.name, jean.phone, jean.email) == ("Jean Morris", "", None)
    assert (jean.capacity, jean.role) == (Capacity.NOT_STATED, Role.MEMBER)
    assert jean.joined_on == bank.day_of(dt.datetime.now(dt.UTC))
    assert not jean.is_online


def test_loads_all_that_is_known_of_somebody(load, bank):
    row = member(
        1,
        name="  Siân   Bevan ",
        email=" Sian@Example.org",
        phone="01632  960101",
        joined_on="9/11/2025",
        capacity="service user",
    )
    assert load("members", bank, sheet([row])).exit_code == 0
    sian = with_number(bank, "0001")
    assert (sian.name, sian.phone, sian.email) == ("Siân Bevan", "01632 960101", "sian@example.org")
    assert (sian.joined_on, sian.capacity) == (dt.date(2025, 11, 9), Capacity.SERVICE_USER)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_loads_a_file_of_another_spreadsheet(load, bank, delimiter):
    content = "\ufeff" + sheet([member(1, phone=" "), member(2, phone="1,2")], delimiter=delimiter)
    assert load("members", bank, content).stdout == LOADED.format(2, 0)


def test_everybody_has_an_account_with_nothing_in_either_book_and_the_banks_floor(load, bank):
    make.set_rules(bank, floor_minutes=-600, opening_credit_minutes=300)
    load("members", bank, sheet([member(number) for number in range(1, 4)]))
    rows = db.session.execute(
        select(Balance.book, Balance.minutes, Balance.floor_minutes)
        .join(Account, Account.id == Balance.account_id)
        .where(Account.kind == "member")
    )
    assert sorted(tuple(row) for row in rows) == [("credit", 0, -600)] * 3 + [("record", 0, None)] * 3
    assert count(Transfer) == 0


def test_somebody_who_is_added_by_hand_gets_the_opening_credit_that_loaded_members_do_not(load, bank, cli):
    make.set_rules(bank, opening_credit_minutes=300)
    load("members", bank, sheet([member(1)]))
    cli.invoke(args=["members", "add", "--bank", bank.code, "--name", "Ana Silva"])
    balances = {number: credit for number, _kind, credit, _record in ledger.balances_by_number(bank.id)}
    assert balances == {"0001": 0, "0002": 300, "opening": -300, "community": 0}


def test_whoever_is_in_another_bank_with_the_same_address_is_somebody_of_their_own_here(load, bank):
    elsewhere = make.make_member(make.make_bank(), name="Jean M. Elsewhere", email="jean@example.org")
    load("members", bank, sheet([member(1, name="Jean Morris", email="JEAN@example.org"), member(2)]))
    jean = with_number(bank, "0001")
    assert jean.person_id != elsewhere.person_id
    assert (jean.name, elsewhere.name) == ("Jean Morris", "Jean M. Elsewhere")
    assert count(Person) == 3


WRONG = [
    ({"number": ""}, "number", "Enter a number of up to 40 letters, digits, hyphens or dots"),
    ({"number": "1" * 41}, "number", "Enter a number of up to 40 letters, digits, hyphens or dots"),
    ({"number": "00 01"}, "number", "Enter a number of up to 40 letters, digits, hyphens or dots"),
    ({"number": "community"}, "number", "This number is already used in this time bank"),
    ({"number": "0900"}, "number", "This number is already used in this time bank"),
    ({"number": "0902"}, "number", "This number is already used in this time bank"),
    ({"name": ""}, "name", "Enter a name of up to 120 characters"),
    ({"name": "n" * 121}, "name", "Enter a name of up to 120 characters"),
    ({"name": "Je\x00an"}, "name", "there is a sign that cannot be kept"),
    ({"email": "jean"}, "email", "Enter an email address like name@example.org, or leave it empty"),
    ({"email": "jean@x@example.org"}, "email", "Enter an email address like name@example.org, or leave it empty"),
    ({"email": "a" * 250 + "@example.org"}, "email", "Enter an email address like name@example.org, or leave it empty"),
    ({"email": "Taken@Example.org"}, "email", "Somebody in this time bank already uses this email address"),
    ({"phone": "1" * 41}, "phone", "Enter a telephone number of up to 40 characters"),
    ({"joined_on": "yesterday"}, "joined_on", "write the day like 2025-11-09 or 9/11/2025"),
    ({"joined_on": "31/4/2025"}, "joined_on", "there is no such day in the calendar: 31/4/2025"),
    (
        {"capacity": "boss"},
        "capacity",
        "“boss” is not known. Write one of: service user, carer, neighbour, professional, not stated, "
        "or leave it empty",
    ),
]
EVERY_COLUMN = ("number", "name", "email", "phone", "joined_on", "capacity")


@pytest.fixture
def somebody_there(bank):
    """Somebody with an address and the number 0900, and an organisation."""
    make.make_member(bank, number="0900", email="taken@example.org")
    organisation = make.make_organisation(bank, contact=make.make_coordinator(bank, number="0901"))
    assert db.session.get_one(Account, organisation.account_id).number == "0902"


def test_names_every_line_that_is_wrong_and_writes_none_of_the_file(load, bank, somebody_there):
    tomorrow = bank.day_of(dt.datetime.now(dt.UTC)) + dt.timedelta(days=1)
    wrong = [*WRONG, ({"joined_on": tomorrow.isoformat()}, "joined_on", "The day of joining cannot be in the future")]
    rows, expected = [], []
    for number, (cells, column, reason) in enumerate(wrong):
        rows += [member(number), member(100 + number, **cells)]
        expected.append(f"line {len(rows) + 1}, column {column}: {reason}")
    rows += [member(500, email="twice@example.org"), member(501, email="TWICE@example.org"), member(3)]
    first = len(rows) - 1
    expected.append(f"line {first + 1}, column email: this is already in line {first}")
    expected.append(f"line {first + 2}, column number: this is already in line 8")
    content = sheet(rows, columns=EVERY_COLUMN) + "0700,Too,many,,,,cells\n"
    expected.append(f"line {first + 3}, column capacity: there are more cells than columns in this line")
    before = everything()
    result = load("members", bank, content)
    assert result.stderr.splitlines()[:-1] == expected
    assert result.stderr.endswith(NOTHING_WRITTEN.format(len(expected)))
    assert (result.exit_code, result.stdout) == (1, "")
    assert everything() == before


def test_each_kind_of_wrong_line_alone_keeps_the_whole_file_out(load, bank, somebody_there):
    before = everything()
    for cells, column, reason in WRONG:
        result = load("members", bank, sheet([member(1), member(2) | cells, member(3)], columns=EVERY_COLUMN))
        assert result.exit_code == 1, cells
        assert result.stderr == f"line 3, column {column}: {reason}\n" + NOTHING_WRITTEN.format(1)
        assert everything() == before, cells


def test_one_wrong_line_among_1500_keeps_all_of_them_out(load, bank):
    rows = [member(number) for number in range(1500)]
    rows[1300]["name"] = ""
    before = everything()
    result = load("members", bank, sheet(rows))
    assert result.stderr.splitlines()[0] == "line 1302, column name: Enter a name of up to 120 characters"
    assert result.exit_code == 1
    assert everything() == before


def test_an_address_that_is_there_twice_is_found_in_the_next_few_hundred_lines_too(load, bank):
    rows = [member(number) for number in range(1100)]
    rows[3]["email"] = rows[1050]["email"] = "twice@example.org"
    result = load("members", bank, sheet(rows))
    assert result.stderr.splitlines()[:-1] == ["line 1052, column email: this is already in line 5"]
    assert count(Person) == 0


@pytest.mark.parametrize(
    "content", ["", "name\nJean\n", "number,name,number\n1,Jean,2\n", b"number,name\n1,Chlo\xeb\n"]
)
def test_a_file_that_is_no_table_of_members_writes_nothing(load, bank, content):
    before = everything()
    assert load("members", bank, content).exit_code == 1
    assert everything() == before


def test_warns_of_a_column_that_it_does_not_read(load, bank):
    result = load("members", bank, sheet([member(1, telephone="01632 960101")]))
    assert (result.exit_code, result.stderr) == (0, "These columns are not read: telephone\n")


def test_a_dry_run_writes_nothing(load, bank):
    before = everything()
    result = load("members", bank, sheet([member(1), member(2)]), "--dry-run")
    assert result.stdout == "Dry run: 2 members would be loaded, 0 are there already.\n"
    assert everything() == before


def test_the_same_file_again_changes_nothing(load, bank):
    content = sheet([member(number, email=f"m{number}@example.org") for number in range(1, 4)])
    load("members", bank, content)
    before = everything()
    again = load("members", bank, content)
    assert (again.exit_code, again.stdout) == (0, LOADED.format(0, 3))
    assert everything() == before


def test_the_same_file_after_a_member_corrected_their_details_changes_nothing(load, bank):
    content = sheet([member(1, name="Jean Moris", email="jean@example.org", phone="1")])
    load("members", bank, content)
    jean = with_number(bank, "0001")
    service.change_member(
        jean,
        name="Jean Morris",
        phone="01632 960101",
        email="jean.morris@example.org",
        capacity=Capacity.CARER,
        changed_by=jean,
        at=make.AT,
    )
    db.session.commit()
    before = everything()
    again = load("members", bank, content)
    assert (again.exit_code, again.stdout) == (0, LOADED.format(0, 1))
    assert everything() == before
    assert with_number(bank, "0001").name == "Jean Morris"


def test_the_same_file_after_a_member_left_does_not_bring_them_back(load, bank):
    content = sheet([member(1)])
    load("members", bank, content)
    service.leave(with_number(bank, "0001"), recorded_by=make.make_coordinator(bank), at=make.AT)
    assert load("members", bank, content).stdout == LOADED.format(0, 1)
    assert with_number(bank, "0001").left_at is not None


def test_a_number_that_is_somebody_else_now_is_refused(load, bank):
    load("members", bank, sheet([member(1, name="Jean Morris")]))
    before = everything()
    result = load("members", bank, sheet([member(1, name="Ana Silva")]))
    assert result.stderr.splitlines()[0] == "line 2, column number: This number is already used in this time bank"
    assert everything() == before


def test_a_file_with_old_and_new_lines_loads_the_new_ones(load, bank):
    load("members", bank, sheet([member(1), member(2)]))
    assert load("members", bank, sheet([member(3), member(1), member(4), member(2)])).stdout == LOADED.format(2, 2)


def test_two_banks_may_use_the_same_numbers(load, bank):
    other, content = make.make_bank(), sheet([member(1)])
    assert load("members", bank, content).stdout == LOADED.format(1, 0)
    assert load("members", other, content).stdout == LOADED.format(1, 0)
    assert with_number(bank, "0001").person_id != with_number(other, "0001").person_id


def test_writes_down_how_many_were_loaded_without_a_word_about_them(load, bank):
    load("members", bank, sheet([member(1, email="jean@example.org"), member(2)]))
    (record,) = db.session.scalars(select(AuditRecord).where(AuditRecord.action == Action.MEMBERS_LOADED))
    assert (record.details, record.reference) == ({"members": 2}, bank.code)
    assert "members load" in record.came_from


def test_addresses_come_in_with_the_file_and_a_file_without_them_is_still_the_same(load, bank):
    without = sheet([member(1), member(2)])
    assert load("members", bank, without).exit_code == 0
    with_addresses = sheet([member(1), member(2), member(3, address="Flat 3\n12 Elm Road", postcode="s1 2hh")])
    assert load("members", bank, with_addresses).stdout == LOADED.format(1, 2)
    assert load("members", bank, with_addresses).stdout == LOADED.format(0, 3)
    found = with_number(bank, "0003")
    assert (found.address, found.postcode) == ("Flat 3\n12 Elm Road", "S1 2HH")


def test_an_address_that_does_not_fit_is_named_by_its_column(load, bank):
    result = load("members", bank, sheet([member(1, postcode="<b>"), member(2, address="x" * 301)]))
    assert [line.split(": ")[0] for line in result.stderr.splitlines()[:2]] == [
        "line 2, column postcode",
        "line 3, column address",
    ]
    assert result.exit_code == 1
