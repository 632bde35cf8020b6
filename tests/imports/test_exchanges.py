"""`flask exchanges load`: history comes in as it was, or not at all."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests import make
from tests.imports.sheets import everything, exchange, reasons, sheet
from timebank.audit.models import Action, AuditRecord
from timebank.banks.models import Activity
from timebank.exchanges import queries as exchanges
from timebank.exchanges import service
from timebank.exchanges.models import (
    Answer,
    AnsweredBy,
    Exchange,
    ExchangeStep,
    Party,
    Side,
    Status,
    Step,
)
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.ledger import service as ledger_service
from timebank.ledger.models import Account, AccountKind, Book, Transfer, TransferKind
from timebank.ledger.months import Month
from timebank.members.models import Capacity

LOADED = "{} exchanges loaded, {} were there already.\n"


@pytest.fixture
def bank(app):
    """A bank with Jean (0001), a service user, and Ana (0002), a professional."""
    bank = make.make_bank()
    make.make_member(bank, name="Jean Morris", number="0001", capacity=Capacity.SERVICE_USER)
    make.make_member(bank, name="Ana Silva", number="0002", capacity=Capacity.PROFESSIONAL)
    return bank


def loaded(bank) -> list[Exchange]:
    return list(db.session.scalars(select(Exchange).where(Exchange.bank_id == bank.id).order_by(Exchange.id)))


def balances(bank) -> dict[str, tuple[int, int]]:
    return {row[0]: (row[2], row[3]) for row in ledger.balances_by_number(bank.id)}


def test_loads_what_the_fewest_columns_say_and_takes_the_rest_as_usual(load, bank):
    result = load("exchanges", bank, "id,happened_on,giver,receiver,hours\nx1,2025-11-09,0001,0002,1.5\n")
    assert (result.exit_code, result.stdout, result.stderr) == (0, LOADED.format(1, 0), "")
    (one,) = loaded(bank)
    assert one.external_id == "x1"
    assert one.status == Status.APPROVED
    assert (one.happened_on, one.minutes, one.book) == (dt.date(2025, 11, 9), 90, Book.CREDIT)
    assert (one.activity.name, one.service_area, one.stage) == ("Help", "", "delivery")
    assert (one.paid, one.mandated, one.consultation, one.note) == (False, False, False, "")
    assert [party.capacity for party in one.parties] == [Capacity.SERVICE_USER, Capacity.PROFESSIONAL]
    assert balances(bank) == {"0001": (90, 0), "0002": (-90, 0), "community": (0, 0), "opening": (0, 0)}


def test_loads_what_every_column_says(load, bank):
    row = exchange(1, minutes=60) | {
        "giver_capacity": "family or carer",
        "receiver_capacity": "Service User",
        "activity": "Planning the garden",
        "service_area": "Neighbourhood",
        "stage": "co-design",
        "book": "record",
        "paid": "no",
        "mandated": "yes",
        "consultation": "x",
        "confirmed_by": "receiver",
    }
    assert load("exchanges", bank, sheet([row])).exit_code == 0
    (one,) = loaded(bank)
    assert [party.capacity for party in one.parties] == [Capacity.CARER, Capacity.SERVICE_USER]
    assert (one.activity.name, one.service_area, one.stage) == ("Planning the garden", "Neighbourhood", "design")
    assert (one.book, one.paid, one.mandated, one.consultation) == (Book.RECORD, False, True, True)
    assert balances(bank)["0001"] == (0, 60)


@pytest.mark.parametrize(
    ("hours", "minutes"),
    [
        ("2", 120),
        ("1.5", 90),
        (".25", 15),
        ("1½", 90),
        ("¾", 45),
        ("1 1/2", 90),
        ("1:30", 90),
        ("0:05", 5),
        ("1h", 60),
        ("1h 30m", 90),
        ("1 hour and 15 minutes", 75),
        ("90 min", 90),
        ("1.51", 91),
        ("24", 1440),
    ],
)
def test_reads_hours_in_every_way_that_people_write_them(load, bank, hours, minutes):
    assert load("exchanges", bank, sheet([exchange(1, hours=hours)])).exit_code == 0
    assert [one.minutes for one in loaded(bank)] == [minutes]


def test_reads_minutes_instead_of_hours_and_both_where_they_are_the_same(load, bank):
    rows = [
        exchange(1, hours="", minutes="75"),
        exchange(2, hours="1:15", minutes="75"),
        exchange(3, hours="1:15", minutes=""),
        exchange(4, hours="1.25", minutes="075"),
    ]
    assert load("exchanges", bank, sheet(rows)).stdout == LOADED.format(4, 0)
    assert {one.minutes for one in loaded(bank)} == {75}


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_loads_what_a_semicolon_or_a_tab_separates(load, bank, delimiter):
    result = load("exchanges", bank, sheet([exchange(1), exchange(2)], delimiter=delimiter))
    assert result.stdout == LOADED.format(2, 0)


def test_loads_a_file_with_a_mark_in_front_blank_lines_and_lines_inside_quotes(load, bank):
    content = (
        "\ufeffid,happened_on,giver,receiver,hours,activity\r\n"
        '"x\r\n1",9/11/2025,0001,0002,1,"Sitting\r\nwith  somebody"\r\n'
        "\r\n,,,,,\r\n"
        "x2,2025-11-09,0001,9999,1,\r\n"
    )
    result = load("exchanges", bank, content)
    assert reasons(result) == ["line 7, column receiver: nobody in this time bank has the number 9999"]
    assert load("exchanges", bank, content.replace("9999", "0002")).stdout == LOADED.format(2, 0)
    assert [one.activity.name for one in loaded(bank)] == ["Sitting with somebody", "Help"]


def test_warns_of_a_column_that_it_does_not_read(load, bank):
    result = load("exchanges", bank, sheet([exchange(1, activty="Gardening", remarks="fine")]))
    assert result.exit_code == 0
    assert result.stderr == "These columns are not read: activty, remarks\n"


def test_a_dry_run_says_what_would_be_loaded_and_writes_nothing(load, bank):
    content = sheet([exchange(1), exchange(2, activity="Something new")])
    before = everything()
    result = load("exchanges", bank, content, "--dry-run")
    assert result.exit_code == 0
    assert result.stdout == "Dry run: 2 exchanges would be loaded, 0 are there already.\n"
    assert everything() == before


def test_the_same_file_again_changes_nothing(load, bank):
    content = sheet([exchange(number, activity="Gardening") for number in range(3)])
    assert load("exchanges", bank, content).stdout == LOADED.format(3, 0)
    before = everything()
    again = load("exchanges", bank, content)
    assert (again.exit_code, again.stdout) == (0, LOADED.format(0, 3))
    assert everything() == before
    dry = load("exchanges", bank, content, "--dry-run")
    assert dry.stdout == "Dry run: 0 exchanges would be loaded, 3 are there already.\n"


def test_the_same_lines_in_another_order_with_other_space_and_columns_change_nothing(load, bank):
    rows = [exchange(1), exchange(2)]
    load("exchanges", bank, sheet(rows))
    before = everything()
    turned = [{name: f" {cell} " for name, cell in reversed(row.items())} | {"remarks": "!"} for row in reversed(rows)]
    assert load("exchanges", bank, sheet(turned, delimiter=";")).stdout == LOADED.format(0, 2)
    assert everything() == before


def test_a_file_with_old_and_new_lines_loads_the_new_ones(load, bank):
    load("exchanges", bank, sheet([exchange(1), exchange(2)]))
    assert load("exchanges", bank, sheet([exchange(3), exchange(1), exchange(4)])).stdout == LOADED.format(2, 1)
    assert [one.external_id for one in loaded(bank)] == ["x1", "x2", "x3", "x4"]
    assert balances(bank)["0001"] == (240, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"hours": "2"},
        {"happened_on": "2025-11-10"},
        {"giver": "0002", "receiver": "0001"},
        {"activity": "Gardening"},
        {"paid": "yes"},
        {"confirmed_by": "receiver"},
    ],
)
def test_an_id_that_says_something_else_now_is_refused_and_what_is_there_stays(load, bank, change):
    load("exchanges", bank, sheet([exchange(1)]))
    before = everything()
    result = load("exchanges", bank, sheet([exchange(2), exchange(1) | change]))
    assert reasons(result) == [
        "line 3, column id: this id was loaded before and said something else. Reverse that one, "
        "or give this line another id"
    ]
    assert result.exit_code == 1
    assert everything() == before


def test_two_banks_may_use_the_same_ids(load, bank):
    other = make.make_bank()
    for number in ("0001", "0002"):
        make.make_member(other, number=number)
    content = sheet([exchange(1)])
    assert load("exchanges", bank, content).stdout == LOADED.format(1, 0)
    assert load("exchanges", other, content).stdout == LOADED.format(1, 0)
    assert balances(bank) == balances(other)


def test_history_may_be_older_than_members_may_log_and_take_an_account_below_its_floor(load, bank):
    make.set_rules(bank, floor_minutes=0, oldest_day_days=1)
    result = load("exchanges", bank, sheet([exchange(1, happened_on="2001-01-31", hours="20")]))
    assert result.stdout == LOADED.format(1, 0)
    assert balances(bank)["0002"] == (-1200, 0)
    assert db.session.scalars(select(Transfer.kind)).all() == [TransferKind.HISTORY]


def test_history_of_a_closed_month_counts_in_the_first_open_month(load, bank):
    ledger_service.close_month(bank.id, Month(2025, 11), closed_at=make.AT)
    days = {"x1": "2025-10-31", "x2": "2025-11-30", "x3": "2025-12-01"}
    result = load("exchanges", bank, sheet([exchange(0, id=id_, happened_on=day) for id_, day in days.items()]))
    assert result.stdout == LOADED.format(3, 0)
    rows = db.session.execute(select(Transfer.happened_on, Transfer.effective_on).order_by(Transfer.id)).all()
    assert [(str(happened), str(effective)) for happened, effective in rows] == [
        ("2025-10-31", "2025-12-01"),
        ("2025-11-30", "2025-12-01"),
        ("2025-12-01", "2025-12-01"),
    ]


def test_the_community_and_organisations_give_and_receive_under_their_numbers(load, bank):
    organisation = make.make_organisation(bank)
    number = db.session.get_one(Account, organisation.account_id).number
    rows = [exchange(1, receiver="community"), exchange(2, giver=number), exchange(3, giver="community")]
    assert load("exchanges", bank, sheet(rows)).exit_code == 0
    query = select(Account.kind, Party.capacity).join(Account, Account.id == Party.account_id)
    rows = db.session.execute(query.where(Account.kind != AccountKind.MEMBER))
    capacities = {kind: capacity for kind, capacity in rows}  # noqa: C416
    assert capacities == {AccountKind.COMMUNITY: Capacity.NEIGHBOUR, AccountKind.ORGANISATION: Capacity.NOT_STATED}
    assert balances(bank)["community"] == (0, 0)


def test_an_activity_that_the_bank_does_not_have_is_made_once_with_its_service_area(load, bank):
    rows = [
        exchange(1, activity="Gardening", service_area="Neighbourhood"),
        exchange(2, activity="GARDENING", service_area="Health"),
        exchange(3, activity=" gardening "),
        *(exchange(number, activity="Shopping") for number in range(10, 1020)),
        exchange(4, activity="Gardening"),
    ]
    assert load("exchanges", bank, sheet(rows)).exit_code == 0
    activities = db.session.execute(select(Activity.name, Activity.service_area).order_by(Activity.name)).all()
    assert [tuple(row) for row in activities] == [("Gardening", "Neighbourhood"), ("Shopping", "")]
    areas = {one.external_id: one.service_area for one in loaded(bank)}
    assert [areas[id_] for id_ in ("x1", "x2", "x3", "x4")] == [
        "Neighbourhood",
        "Health",
        "",
        "",
    ]
    added = select(func.count()).where(AuditRecord.action == Action.ACTIVITY_ADDED)
    assert db.session.scalars(added).one() == 2


def test_an_activity_that_the_bank_has_says_what_the_line_leaves_out(load, bank):
    make.make_activity(
        bank, name="Planning", service_area="Health", default_book=Book.RECORD, default_stage="commissioning"
    )
    load("exchanges", bank, sheet([exchange(1, activity="planning"), exchange(2, activity="Planning", book="credit")]))
    first, second = loaded(bank)
    assert (first.service_area, first.book, first.stage) == ("Health", Book.RECORD, "commissioning")
    assert second.book == Book.CREDIT


def test_an_activity_that_is_no_longer_offered_may_be_in_history(load, bank):
    activity = make.make_activity(bank, name="Chimney sweeping")
    activity.offered = False
    assert load("exchanges", bank, sheet([exchange(1, activity="Chimney sweeping")])).exit_code == 0


def test_a_paid_hour_is_in_the_record_book_unless_the_file_says_otherwise(load, bank):
    load("exchanges", bank, sheet([exchange(1, paid="yes"), exchange(2, paid="yes", book="credit"), exchange(3)]))
    assert [one.book for one in loaded(bank)] == [Book.RECORD, Book.CREDIT, Book.CREDIT]
    assert balances(bank)["0001"] == (120, 60)


@pytest.mark.parametrize(
    ("confirmed_by", "receiver_answer", "how"),
    [
        ("receiver", Answer.CONFIRMED, AnsweredBy.PARTY),
        ("coordinator", Answer.CONFIRMED, AnsweredBy.COORDINATOR),
        ("", Answer.WAITING, None),
    ],
)
def test_says_who_confirmed_what_was_loaded(load, bank, confirmed_by, receiver_answer, how):
    load("exchanges", bank, sheet([exchange(1, confirmed_by=confirmed_by)]))
    answers = {party.side: (party.answer, party.answered_how) for party in loaded(bank)[0].parties}
    assert answers[Side.RECEIVER] == (receiver_answer, how)
    assert answers[Side.GIVER] == (Answer.CONFIRMED, how or AnsweredBy.PARTY)


def test_what_was_loaded_waits_for_nobody_and_can_be_reversed(load, bank):
    load("exchanges", bank, sheet([exchange(1)]))
    (one,) = loaded(bank)
    assert [step.step for step in db.session.scalars(select(ExchangeStep))] == [Step.APPROVED]
    service.reverse_exchange(bank, one, reversed_by=make.make_coordinator(bank), message="Twice", at=make.AT)
    assert set(balances(bank).values()) == {(0, 0)}


def test_writes_down_how_many_were_loaded_and_by_which_command(load, bank):
    load("exchanges", bank, sheet([exchange(1), exchange(2)]))
    (record,) = db.session.scalars(select(AuditRecord).where(AuditRecord.action == Action.EXCHANGES_LOADED))
    assert record.details == {"exchanges": 2}
    assert (record.on_what, record.reference, record.membership_id) == ("bank", bank.code, None)
    assert "exchanges load" in record.came_from


WRITTEN = {
    "decimal": lambda minutes: str(minutes / 60) if minutes % 15 == 0 else f"{minutes} min",
    "clock": lambda minutes: f"{minutes // 60}:{minutes % 60:02d}",
    "words": lambda minutes: f"{minutes // 60}h {minutes % 60}m",
    "minutes": lambda minutes: f"{minutes} minutes",
}
NUMBERS = ("0001", "0002", "0003", "community")


@st.composite
def histories(draw):
    rows = []
    for number in range(draw(st.integers(1, 12))):
        giver, receiver = draw(st.permutations(NUMBERS))[:2]
        minutes = draw(st.integers(1, 24 * 60))
        in_words = draw(st.sampled_from([*WRITTEN, None]))
        day = draw(st.dates(dt.date(1971, 1, 1), dt.date(2026, 3, 1)))
        rows.append(
            {
                "id": f"h{number}",
                "happened_on": day.isoformat() if draw(st.booleans()) else f"{day.day}/{day.month}/{day.year}",
                "giver": giver,
                "receiver": receiver,
                "hours": WRITTEN[in_words](minutes) if in_words else "",
                "minutes": str(minutes) if in_words is None or draw(st.booleans()) else "",
                "activity": draw(st.sampled_from(["", "Gardening", "gardening", "Écriture", "écriture"])),
                "book": draw(st.sampled_from(["", "credit", "record"])),
                "paid": draw(st.sampled_from(["", "yes", "no"])),
            }
        )
    return rows


def minutes_in(row: dict[str, str]) -> int:
    """Read the time without the application: only the four ways that WRITTEN writes."""
    if row["minutes"]:
        return int(row["minutes"])
    text = row["hours"]
    if ":" in text:
        hours, minutes = text.split(":")
        return int(hours) * 60 + int(minutes)
    if "h" in text:
        hours, minutes = text.rstrip("m").split("h ")
        return int(hours) * 60 + int(minutes)
    return int(text.split()[0]) if "min" in text else round(float(text) * 60)


def added_up(content: str) -> dict[str, tuple[int, int]]:
    """Add up what the rows of the file say, without the application."""
    sums = {number: {"credit": 0, "record": 0} for number in (*NUMBERS, "opening")}
    for row in csv.DictReader(io.StringIO(content, newline="")):
        book = row["book"] or ("record" if row["paid"] == "yes" else "credit")
        sums[row["giver"]][book] += minutes_in(row)
        sums[row["receiver"]][book] -= minutes_in(row)
    return {number: (books["credit"], books["record"]) for number, books in sums.items()}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=histories())
def test_balances_after_loading_are_what_the_rows_add_up_to(load, cli, app, rows):
    bank = make.make_bank()
    for number in NUMBERS[:3]:
        make.make_member(bank, number=number)
    content = sheet(rows)
    assert load("exchanges", bank, content).stdout == LOADED.format(len(rows), 0)
    assert balances(bank) == added_up(content)
    assert load("exchanges", bank, content).stdout == LOADED.format(0, len(rows))
    assert balances(bank) == added_up(content)
    assert cli.invoke(args=["ledger", "verify"]).exit_code == 0


def test_a_file_that_a_spreadsheet_program_saved_again_says_the_same(load, bank):
    """It writes days, times and yes as it likes."""
    first = [exchange(1, happened_on="2025-02-01", hours="1", paid="yes", giver_capacity="carer")]
    again = [exchange(1, happened_on="1/2/2025", hours="1.0", paid="TRUE", giver_capacity="Carer")]
    assert load("exchanges", bank, sheet(first)).exit_code == 0
    result = load("exchanges", bank, sheet(again))
    assert (result.exit_code, result.stdout) == (0, "0 exchanges loaded, 1 were there already.\n")


def test_an_id_of_another_system_can_be_looked_for(load, bank):
    load("exchanges", bank, sheet([exchange(1), exchange(2)]))
    wanted = exchanges.QueueFilter(status=None, words="x2")
    assert [one.external_id for one in exchanges.queue_page(bank, wanted, offset=0, limit=5)] == ["x2"]
