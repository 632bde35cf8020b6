"""The figures of a bank, from exchanges that went the whole way through the application into the ledger."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import json

import pytest
from sqlalchemy import func, select

from tests import make
from tests.evidence.invented import SCHEME
from timebank.evidence.audience import Audience
from timebank.evidence.catalogue import CATALOGUE
from timebank.evidence.figures import figures_of
from timebank.evidence.releases import Period
from timebank.exchanges import service as exchanges
from timebank.exchanges.models import Exchange
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.ledger.models import Book, Entry, Transfer
from timebank.ledger.months import Month
from timebank.members.models import Capacity

START, END = dt.date(2026, 1, 1), dt.date(2026, 7, 1)
PERIOD = {"start": START, "end": END, "audience": Audience.COORDINATOR}
CAPACITY_OF = {"U": Capacity.SERVICE_USER, "P": Capacity.PROFESSIONAL, "N": Capacity.NEIGHBOUR}

# As somebody would check it by hand, for the scheme of the list of measures.
KNOWN = {
    "hidden_resource_share": 0.6,
    "hidden_resource_share_without_paid": 0.6,
    "users_who_contribute": 1,
    "user_professional_reciprocity": 0.545455,
    "user_professional_ratio": 0.375,
    "leverage": 1.5,
    "neighbourhood_dividend": 0.2,
    "peer_share": 0.416667,
    "blurred_roles": 0,
    "voice_and_action": 0,
    "confirmed_by_both": 0,
    "entered_by_coordinator": 0,
    "confirmed_by_neither": 1,
    "hours_given": 20,
    "person_hours_received": 20,
    "hours_up": 3,
    "hours_pu": 8,
    "hours_uu": 5,
    "hours_un": 4,
    "active_members": 5,
    "new_members": 5,
    "returning_members": 0,
    "reactivated_members": 0,
    "lapsed_members": 0,
    # Given and received, in hours: U1 5 and 8, U2 5 and 2, U3 2 and 3, P1 8 and 3, N1 0 and 4.
    "scheme_mutuality": 0.6,
    "two_way_share": 0.8,
    "give_only_share": 0,
    "receive_only_share": 0.2,
    "gini_of_giving": 0.38,
    "gini_of_giving_small_sample": 0.475,
    "spend_ratio": 1,
    "density": 0.35,
    "links": 7,
    "reciprocated_links": 4,
    "reciprocity": 0.571429,
    "rho": 0.340659,
    "weighted_reciprocity": 0.4,
    "largest_component_share": 0.8,
    "sum_of_balances": 0,
    "exchanges": 7,
    "reversed_exchanges": 0,
}


def load_scheme(cli, bank, tmp_path) -> None:
    """Load the scheme as a coordinator would, from two spreadsheets."""
    rows = [line.split() for line in SCHEME.split(", ")]
    names = sorted({name for giver, receiver, _ in rows for name in (giver, receiver)})
    people = tmp_path / "people.csv"
    people.write_text(
        "number,name,capacity\n" + "".join(f"{name},Person {name},{CAPACITY_OF[name[0]].value}\n" for name in names)
    )
    help_given = tmp_path / "help.csv"
    help_given.write_text(
        "id,happened_on,giver,receiver,hours\n"
        + "".join(
            f"{place},2026-02-{place + 1:02},{giver},{to},{hours}\n" for place, (giver, to, hours) in enumerate(rows)
        )
    )
    for what, file in (("members", people), ("exchanges", help_given)):
        result = cli.invoke(args=[what, "load", str(file), "--bank", bank.code])
        assert result.exit_code == 0, result.output


def printed(cli, bank, form="json", **options) -> str:
    chosen = {"from": "2026-01-01", "to": "2026-07-01", "audience": "coordinator"} | options
    args = [part for name, value in chosen.items() for part in (f"--{name}", value)]
    result = cli.invoke(args=["evidence", "figures", "--bank", bank.code, "--format", form, *args])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_command_prints_the_known_figures_of_the_loaded_scheme(cli, app, tmp_path):
    bank = make.make_bank()
    load_scheme(cli, bank, tmp_path)
    told = json.loads(printed(cli, bank))
    assert (told["bank"], told["from"], told["to"]) == (bank.code, "2026-01-01", "2026-07-01")
    assert {name: told["figures"][name] for name in KNOWN} == KNOWN
    assert list(told["figures"]) == [entry.name for entry in CATALOGUE]
    assert all(told["reasons"][name] for name, value in told["figures"].items() if value is None)
    assert told["figures"]["rho_w"] is not None
    assert told["withheld"] == []
    for form in ("csv", "text"):
        text = printed(cli, bank, form=form)
        assert all(entry.name in text for entry in CATALOGUE)
    rows = {row["name"]: row["value"] for row in csv.DictReader(io.StringIO(printed(cli, bank, form="csv")))}
    assert rows["rho"] == "0.340659"
    # Five people are too few for everybody else, and what is shown to them names nobody and counts nothing.
    public = json.loads(printed(cli, bank, audience="public", released="2026-01-01..2026-06-01"))
    assert {name for name, value in public["figures"].items() if value not in (None, "<10")} <= {
        "sum_of_balances", "flows", "hours_by_payment", "hours_by_stage", "hours_by_service", "hours_by_month",
        "coproduction_matrix", "give_receive_histogram", "balances_in_bands", "exchanges", "reversed_exchanges",
        *(name for name, value in public["figures"].items() if value == 0),
    }  # fmt: skip
    # Nothing is written by it, and a period without a day is refused.
    for wrong in (["--to", "2026-01-01"], ["--to", "2026-07-01", "--released", "2026"]):
        args = ["evidence", "figures", "--bank", bank.code, "--from", "2026-01-01", *wrong]
        assert cli.invoke(args=args).exit_code == 2


def sum_of(column, *where) -> int:
    return int(db.session.scalar(select(func.coalesce(func.sum(column), 0)).where(*where)))


def test_every_total_is_the_ledgers_to_the_minute(app):
    bank = make.make_bank()
    teacher = make.make_member(bank, capacity=Capacity.PROFESSIONAL)
    learners = [make.make_member(bank, capacity=Capacity.SERVICE_USER) for _number in range(5)]
    hall = make.make_organisation(bank)
    help_given = [
        {"giver": teacher, "receiver": learners, "minutes": 60},
        {"giver": teacher, "receiver": learners[:2], "minutes": 25, "paid": True, "book": Book.RECORD},
        {"giver": learners[:3], "receiver": teacher, "minutes": 40},
        {"giver": learners[0], "receiver": hall, "minutes": 90, "mandated": True},
        {"giver": learners[4], "receiver": ledger.community_account(bank.id), "minutes": 35, "consultation": True},
        {"giver": ledger.community_account(bank.id), "receiver": [*learners[:2], hall], "minutes": 20},
        {"giver": teacher, "receiver": [learners[0], ledger.community_account(bank.id)], "minutes": 55},
    ]
    coordinator = make.make_coordinator(bank)
    for details in help_given:
        make.approved_exchange(bank, approved_by=coordinator, **details)
    reversed_one = make.approved_exchange(bank, giver=teacher, receiver=learners[0], minutes=999)
    exchanges.reverse_exchange(bank, reversed_one, reversed_by=coordinator, message="Never happened", at=make.AT)
    make.log_exchange(bank, giver=teacher, receiver=learners[0], minutes=777)
    make.approved_exchange(bank, giver=teacher, receiver=learners[1], minutes=50, at=make.AT - dt.timedelta(days=80))
    period = {"start": dt.date(2026, 3, 1), "end": dt.date(2026, 4, 1)}
    figures = figures_of(bank, audience=Audience.COORDINATOR, **period)
    reversal = select(Transfer.reverses_id).where(Transfer.reverses_id.is_not(None))
    posted = (
        Transfer.bank_id == bank.id,
        Transfer.kind == "exchange",
        Transfer.id.not_in(reversal),
        Transfer.happened_on >= period["start"],
    )
    # A class of five for an hour is an hour given and five received.
    hours_given = sum(
        one["minutes"] * len(one["giver"] if isinstance(one["giver"], list) else [1]) for one in help_given
    )
    assert figures["hours_given"].value * 60 == pytest.approx(hours_given)
    assert figures["person_hours_received"].value * 60 == pytest.approx(sum_of(Transfer.minutes, *posted))
    credit = sum_of(Transfer.minutes, *posted, Transfer.book == "credit")
    assert figures["credit_moved_hours"].value * 60 == pytest.approx(credit)
    flows = figures["flows"].value
    for totals in (flows["row_totals"], flows["column_totals"], itertools.chain(*flows["cells"])):
        assert sum(totals) == pytest.approx(flows["total"])
    assert flows["total"] == figures["hours_given"].value
    # The community account is the neighbourhood, also where nothing was written down for it.
    assert figures["hours_by_neighbourhood"].value == 0.333333
    assert figures["paid_hours"].value * 60 == pytest.approx(25)
    assert (figures["mandated_hours"].value, figures["consultation_hours"].value) == (1.5, 0.583333)
    pot = ledger.balance_of(ledger.community_account(bank.id).id, Book.CREDIT)
    # The balances' day is the last of the period, when the first of what was before it counts too.
    assert figures["pot_hours"].value * 60 == pytest.approx(pot, abs=1e-3)
    assert figures["sum_of_balances"].value == 0
    entries = sum_of(Entry.minutes, Entry.bank_id == bank.id)
    assert entries == 0
    assert (figures["exchanges"].value, figures["reversed_exchanges"].value) == (7, 1)
    assert figures["active_members"].value == 6
    # Halls and pots are nobody.
    assert figures["links"].value == 5 + 3


def test_who_comes_and_goes_and_who_gives_after_receiving(app):
    bank = make.make_bank(oldest_day_days=3000)
    nurse = make.make_member(bank, capacity=Capacity.PROFESSIONAL, at=make.AT - dt.timedelta(days=400))
    ann, ben, cat = (
        make.make_member(bank, capacity=Capacity.SERVICE_USER, joined_on=dt.date(2026, 1, 1)) for _number in range(3)
    )

    def helps(giver, receiver, *day):
        make.approved_exchange(bank, giver=giver, receiver=receiver, happened_on=dt.date(*day), approved_by=boss)

    boss = make.make_coordinator(bank)
    helps(nurse, boss, 2024, 5, 1)
    helps(boss, cat, 2025, 9, 1)
    helps(nurse, ann, 2026, 1, 11)
    helps(nurse, ben, 2026, 1, 21)
    helps(ann, ben, 2026, 2, 10)
    # On one day Cat gives before she receives: what was logged first is first, but she was active before.
    figures = figures_of(bank, start=dt.date(2026, 1, 1), end=dt.date(2026, 3, 1), audience=Audience.COORDINATOR)

    def values(*names):
        return [figures[name].value for name in names]

    assert values("active_members", "new_members", "returning_members", "reactivated_members") == [3, 2, 0, 1]
    assert values("active_before", "lapsed_members") == [0, 0]
    assert values("receiver_to_giver_people", "receiver_to_giver_converted") == [2, 1]
    # Ann gave after 30 days; Ben is followed for 38, so of two at risk one gave.
    assert figures["receiver_to_giver_curve"].value == [{"days": 30, "share": 0.5, "at_risk": 2}]
    assert figures["receiver_to_giver_conversion"].value == 0.5
    assert values("days_to_first_exchange_lower_quartile", "days_to_first_exchange_median") == [12.5, 15]
    longer = figures_of(bank, start=dt.date(2025, 9, 1), end=dt.date(2026, 3, 1), audience=Audience.COORDINATOR)
    assert [longer[name].value for name in ("active_members", "new_members", "reactivated_members")] == [5, 3, 2]


def test_of_an_empty_bank_every_figure_is_there_and_says_why_it_is_not(app):
    bank = make.make_bank()
    for audience in Audience:
        figures = figures_of(bank, start=START, end=END, audience=audience)
        assert list(figures.figures) == [entry.name for entry in CATALOGUE]
        for figure in figures.figures.values():
            assert figure.value is not None or figure.reason
        assert figures["hours_given"].value == 0
        assert figures["hidden_resource_share"].reason == "Nothing was recorded in this period."


def test_another_banks_hours_are_not_this_ones(app):
    bank, other = make.make_bank(), make.make_bank()
    make.approved_exchange(other, giver=make.make_member(other), receiver=make.make_member(other))
    assert figures_of(bank, **PERIOD)["hours_given"].value == 0
    assert figures_of(other, **PERIOD)["hours_given"].value == 1


def test_late_hours_and_how_hours_are_confirmed(app):
    bank = make.make_bank(at=make.AT - dt.timedelta(days=60))
    one, other, boss = make.make_member(bank), make.make_member(bank), make.make_coordinator(bank)
    make.approved_exchange(bank, giver=one, receiver=other, minutes=60, approved_by=boss)
    on_paper = make.log_exchange(bank, giver=one, receiver=other, minutes=120, logged_by=boss)
    exchanges.confirm_for_others(bank, on_paper, confirmed_by=boss, message="By telephone", at=make.AT)
    exchanges.approve_exchange(bank, on_paper, approved_by=boss, at=make.AT)
    make.close_and_issue(bank, Month(2026, 2), at=make.AT)
    make.approved_exchange(
        bank, giver=one, receiver=other, minutes=180, happened_on=dt.date(2026, 2, 20), approved_by=boss
    )
    figures = figures_of(bank, **PERIOD)
    assert figures["late_hours"].value == 3
    shares = [figures[name].value for name in ("confirmed_by_both", "entered_by_coordinator", "confirmed_by_neither")]
    assert shares == [0.666667, 0.333333, 0]
    assert figures["hours_by_month"].value["row_totals"] == [3, 3]


def test_what_was_computed_is_computed_again_after_a_new_posting_or_a_reversal(app):
    bank = make.make_bank()
    one, other, boss = make.make_member(bank), make.make_member(bank), make.make_coordinator(bank)
    first = make.approved_exchange(bank, giver=one, receiver=other, approved_by=boss)
    before = figures_of(bank, **PERIOD)
    assert figures_of(bank, **PERIOD) is before
    make.approved_exchange(bank, giver=other, receiver=one, minutes=30, approved_by=boss)
    assert figures_of(bank, **PERIOD)["hours_given"].value == 1.5
    exchanges.reverse_exchange(bank, first, reversed_by=boss, message="Never happened", at=make.AT)
    figures = figures_of(bank, **PERIOD)
    assert (figures["hours_given"].value, figures["reversed_exchanges"].value) == (0.5, 1)
    members = sum(band["accounts"] for band in figures["balances_in_bands"].value)
    make.make_member(bank)
    assert sum(band["accounts"] for band in figures_of(bank, **PERIOD)["balances_in_bands"].value) == members + 1
    assert figures_of(bank, **PERIOD | {"end": make.TODAY})["hours_given"].value == 0


def test_questions_to_the_database_do_not_grow_with_the_bank(app, statements_counted):
    bank = make.make_bank()
    people = [make.make_member(bank) for _number in range(4)]
    boss = make.make_coordinator(bank)

    def asked() -> int:
        with statements_counted() as statements:
            figures_of(
                bank, start=START, end=END, audience=Audience.BOARD, earlier=[Period(START, dt.date(2026, 3, 1))]
            )
        return len(statements)

    # On their first day two help each other, so that it is asked who began.
    make.approved_exchange(bank, giver=people[0], receiver=people[1], approved_by=boss)
    make.approved_exchange(bank, giver=people[1], receiver=people[0], approved_by=boss)
    before = asked()
    for giver, receiver in itertools.pairwise(people):
        make.approved_exchange(bank, giver=giver, receiver=receiver, approved_by=boss, minutes=30)
    assert asked() == before
    # Nothing has happened since, so that only this is asked, and what was computed is there.
    assert asked() == 2
    assert db.session.scalar(select(func.count()).select_from(Exchange)) == 5
