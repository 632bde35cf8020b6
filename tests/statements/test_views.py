"""The statement page: the same numbers as everywhere, and only for those whom they concern."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tests import make
from tests.web.reading import Element, Page, look
from timebank import clock
from timebank.exchanges import service as exchanges
from timebank.extensions import db
from timebank.gifts import service as gifts
from timebank.hours import in_figures
from timebank.ledger import queries as ledger
from timebank.ledger import service as ledger_service
from timebank.ledger.models import Book
from timebank.ledger.months import Month
from timebank.statements.models import MonthClosing

APRIL = dt.datetime(2026, 4, 7, 12, tzinfo=dt.UTC)


@pytest.fixture
def bank(app):
    bank = make.make_bank(code="ELMS")
    make.make_activity(bank, name="Gardening")
    return bank


@pytest.fixture
def jean(bank):
    return make.make_member(bank, name="Jean Morris", number="0001")


@pytest.fixture
def ana(bank):
    return make.make_member(bank, name="Ana Silva", number="0002")


@pytest.fixture
def ruth(bank):
    return make.make_coordinator(bank, name="Ruth Adeyemi", number="0003")


@pytest.fixture
def busy(bank, jean, ana, ruth):
    """Two months with everything in them that a statement can show."""
    make.give_hours(bank, jean, 200)
    first = make.approved_exchange(bank, giver=jean, receiver=ana, minutes=95, approved_by=ruth)
    make.approved_exchange(bank, giver=jean, receiver=ana, minutes=20, book=Book.RECORD, approved_by=ruth)
    gifts.donate_hours(bank, giver=jean, to_account_id=ana.account_id, minutes=30, reason="<b>Baby</b>", at=make.AT)
    ledger_service.close_month(bank.id, Month(2026, 3), closed_at=APRIL)
    late = dt.date(2026, 3, 30)
    make.approved_exchange(bank, giver=ana, receiver=jean, minutes=600, approved_by=ruth, at=APRIL, happened_on=late)
    exchanges.reverse_exchange(bank, first, reversed_by=ruth, message="Twice", at=APRIL)
    db.session.commit()


def path(holder, month: str) -> str:
    return f"/statements/{holder.account.reference}/{month}"


def cells(row: Element) -> list[str]:
    return [cell.text for cell in row.inside if isinstance(cell, Element)]


def part_of(page: Page, book: str) -> Element:
    return next(part for part in page.root.every("section") if part.attributes["aria-labelledby"] == f"book-{book}")


def figures(minutes: int, *, empty: bool = False) -> str:
    return "" if empty and not minutes else in_figures(minutes)


def printed(cli, number: str, month: str) -> tuple[dict, str]:
    """The same statement as data and as text, from the command line."""
    arguments = ["statements", "show", number, month, "--bank", "ELMS"]
    return json.loads(cli.invoke(args=[*arguments, "--format", "json"]).stdout), cli.invoke(args=arguments).stdout


@pytest.mark.parametrize("month", ["2026-03", "2026-04", "2026-05"])
@pytest.mark.parametrize("number", ["0001", "0002", "community", "opening"])
def test_the_page_shows_the_same_numbers_as_the_data_and_the_text(
    client, sign_in, cli, bank, ruth, busy, number, month
):
    sign_in(client, ruth)
    account = ledger.account_with_number(bank.id, number)
    page = look(client, f"/statements/{account.reference}/{month}")
    data, text = printed(cli, number, month)
    for book, part in data["books"].items():
        shown = part_of(page, book)
        if part["entries"]:
            body, foot = (shown.every(tag)[0] for tag in ("tbody", "tfoot"))
            opening, *rows = [cells(row) for row in body.every("tr")]
            assert opening[-1] == in_figures(part["opening_minutes"])
            assert [row[3:] for row in rows] == [
                [
                    figures(entry["in_minutes"], empty=True),
                    figures(entry["out_minutes"], empty=True),
                    figures(entry["balance_minutes"]),
                ]
                for entry in part["entries"]
            ]
            totals = [part["in_minutes"], part["out_minutes"], part["closing_minutes"]]
            assert cells(foot.every("tr")[0])[3:] == [in_figures(minutes) for minutes in totals]
            for row, entry in zip(rows, part["entries"], strict=True):
                assert row[1] == entry["with"]
                assert entry["what"] in row[2]
                assert f"{dt.date.fromisoformat(entry['effective_on']):%-d %B %Y}" == row[0]
        else:
            assert not shown.every("table")
        top = dict(
            zip((term.text for term in shown.every("dt")), (value.text for value in shown.every("dd")), strict=True)
        )
        if part["entries"] or part["opening_minutes"]:
            other = part["in_minutes"] - part["out_minutes"] - part["given_minutes"] + part["received_minutes"]
            assert top == {
                "Opening balance": in_figures(part["opening_minutes"]),
                "Help given": in_figures(part["given_minutes"]),
                "Help received": in_figures(part["received_minutes"]),
                **({"Gifts and other": in_figures(other)} if other else {}),
                "Closing balance": in_figures(part["closing_minutes"]),
            }
            written = text[text.index("Credit hours" if book == "credit" else "Recorded hours") :]
            assert f"Closing balance{in_figures(part['closing_minutes']):>49}" in written
            assert f"Help given: {in_figures(part['given_minutes'])}\n" in written
            assert f"Help received: {in_figures(part['received_minutes'])}\n" in written


def test_shows_late_and_reversed_lines_as_what_they_are(client, sign_in, jean, busy):
    sign_in(client, jean)
    april = look(client, path(jean, "2026-04")).text
    assert "Gardening late, for 30 March 2026" in april
    assert "Reversed: Gardening" in april
    march = look(client, path(jean, "2026-03"))
    assert "Reversed" not in march.text
    assert "Donation: <b>Baby</b>" in march.text


def test_a_member_sees_a_first_name_and_an_initial_and_a_coordinator_the_name_in_full(
    client, app, sign_in, bank, jean, ana, ruth
):
    make.approved_exchange(bank, giver=jean, receiver=ana, approved_by=ruth)
    sign_in(client, jean)
    own = look(client, path(jean, "2026-03"))
    assert "Ana S." in own.text
    assert "Ana Silva" not in own.text
    coordinator = app.test_client()
    sign_in(coordinator, ruth)
    assert "Ana Silva" in look(coordinator, path(jean, "2026-03")).text


def test_a_coordinators_link_leads_to_the_approval_and_a_members_to_their_own_page(
    client, app, sign_in, bank, jean, ana, ruth
):
    exchange = make.approved_exchange(bank, giver=jean, receiver=ana, approved_by=ruth)
    browsers = {}
    for member, page in ((jean, "hours"), (ruth, "approvals")):
        browser = browsers[member.number] = app.test_client()
        sign_in(browser, member)
        links = [link.attributes["href"] for link in look(browser, path(jean, "2026-03")).main.every("a")]
        assert f"/{page}/{exchange.reference}" in links
        assert browser.get(f"/{page}/{exchange.reference}").status_code == 200


def test_somebody_elses_statement_does_not_exist_for_a_member(client, sign_in, bank, jean, ana):
    sign_in(client, jean)
    assert client.get(path(ana, "2026-03")).status_code == 404
    assert client.get(f"/statements/{ana.account.reference}").status_code == 404
    for account in (ledger.community_account(bank.id), ledger.opening_account(bank.id)):
        assert client.get(f"/statements/{account.reference}/2026-03").status_code == 404


def test_a_statement_of_another_bank_does_not_exist_for_anybody(client, sign_in, bank, ruth):
    elsewhere = make.make_member(make.make_bank())
    sign_in(client, ruth)
    assert client.get(path(elsewhere, "2026-03")).status_code == 404
    assert client.get("/statements/0000000000000000/2026-03").status_code == 404


def test_whoever_answers_for_an_organisation_sees_its_statement(client, sign_in, bank, jean, ana, ruth):
    ours, theirs = (make.make_organisation(bank, contact=contact) for contact in (jean, ana))
    references = {one: db.session.get_one(type(jean.account), one.account_id).reference for one in (ours, theirs)}
    sign_in(client, jean)
    assert client.get(f"/statements/{references[ours]}/2026-03").status_code == 200
    assert client.get(f"/statements/{references[theirs]}/2026-03").status_code == 404


def test_whoever_is_not_signed_in_is_asked_to(client, jean):
    answer = client.get(path(jean, "2026-03"))
    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in?next=/statements/")


BAD_MONTHS = [
    "2026-13",
    "2026-00",
    "2026-1",
    "0000-01",
    "1969-12",
    "9999-01",
    "٢٠٢٦-١٠",
    "2026-03 ",
    "march",
    "-",
    "2" * 3000,
]


@pytest.mark.parametrize("month", BAD_MONTHS)
def test_what_is_not_a_month_does_not_exist(client, sign_in, jean, month):
    sign_in(client, jean)
    assert client.get(path(jean, month)).status_code == 404


def test_a_month_that_has_not_begun_does_not_exist(client, sign_in, jean):
    sign_in(client, jean)
    this_month = Month.of(clock.now().date())
    assert client.get(path(jean, str(this_month))).status_code == 200
    for month in (this_month.plus(2), Month(9998, 12)):
        assert client.get(path(jean, str(month))).status_code == 404


@pytest.mark.parametrize("month", ["1970-01", "2024-02", "2026-02"])
def test_every_month_that_there_was_can_be_opened(client, sign_in, jean, month):
    sign_in(client, jean)
    page = look(client, path(jean, month))
    assert f"{Month.parse(month).last_day.day} {Month.parse(month).last_day:%B %Y}" in page.text
    assert "No credit hours came in or went out in this month." in page.text


def test_leads_to_ones_own_latest_month(client, sign_in, bank, jean, ana):
    make.approved_exchange(bank, giver=jean, receiver=ana)
    sign_in(client, jean)
    assert client.get("/statements").location == path(jean, "2026-03")
    assert client.get(f"/statements/{jean.account.reference}").location == path(jean, "2026-03")


def test_leads_from_month_to_month_and_not_before_the_first(client, sign_in, bank, jean, ana):
    make.approved_exchange(bank, giver=jean, receiver=ana)
    sign_in(client, jean)
    first = [link.attributes["href"] for link in look(client, path(jean, "2026-03")).main.every("a")]
    assert path(jean, "2026-04") in first
    assert path(jean, "2026-02") not in first


def test_a_month_that_is_not_over_says_so(client, sign_in, bank, jean):
    sign_in(client, jean)
    this = str(Month.of(bank.day_of(dt.datetime.now(dt.UTC))))
    assert "This month is not over yet" in look(client, path(jean, this)).text
    assert "This month is not over yet" not in look(client, path(jean, "2026-03")).text


def test_help_given_and_received_stand_side_by_side_for_both_books_together(client, sign_in, jean, busy):
    sign_in(client, jean)
    page = look(client, path(jean, "2026-03"))
    both = page.root.every("dl", _class="ch-both")[0]
    assert [(dt.text, dd.text) for dt, dd in zip(both.every("dt"), both.every("dd"), strict=True)] == [
        ("You gave", "1 hour 55 minutes"),
        ("You received", "0 minutes"),
    ]
    # The same elements with the same classes: neither stands out.
    assert len({item.attributes["class"] for item in both.every("div")}) == 1


def test_the_picture_says_what_the_table_and_the_sentence_say(client, sign_in, jean, busy):
    sign_in(client, jean)
    year = next(part for part in look(client, path(jean, "2026-04")).root.every("section") if part.every(id="year"))
    picture = year.every("svg", role="img")[0]
    named = {element.attributes["id"]: element.text for element in picture.every() if "id" in element.attributes}
    said = [named[name] for name in picture.attributes["aria-labelledby"].split()]
    assert said == [
        "Help given and received from May 2025 to April 2026",
        "In these twelve months you gave 20 minutes and received 10 hours.",
    ]
    assert f"{said[1]} In 2026 so far you gave 20 minutes and received 10 hours." in year.text
    rows = [cells(row) for row in year.every("tbody")[0].every("tr")]
    assert len(rows) == 12
    assert rows[-2:] == [["March 2026", "1:55", "0:00"], ["April 2026", "−1:35", "10:00"]]


def test_a_year_without_help_has_a_sentence_and_no_picture(client, sign_in, jean):
    sign_in(client, jean)
    page = look(client, path(jean, "2026-03"))
    assert not page.root.every("svg", role="img")
    assert "No help was given or received in these twelve months." in page.text


def test_thanks_notes_the_community_and_the_message_are_there_and_nothing_in_them_is_code(
    client, sign_in, bank, jean, ana, ruth
):
    exchange = make.approved_exchange(bank, giver=jean, receiver=ana, approved_by=ruth, note="<i>Hedge</i>")
    exchange.party_of([ana.account_id]).thanks = "<script>alert(1)</script> 🌹"
    db.session.add(MonthClosing(bank_id=bank.id, last_day=dt.date(2026, 3, 31), message="Fair on <b>9 May</b>"))
    sign_in(client, jean)
    text = look(client, path(jean, "2026-03")).text
    for words in (
        "A message from your coordinator Fair on <b>9 May</b>",
        "Thank you from Ana S.: <script>alert(1)</script> 🌹",
        "Gardening <i>Hedge</i>",
        "Community account: 0 minutes came in and 0 minutes went out in March 2026. It is even",
    ):
        assert words in text


def test_opening_a_statement_writes_nothing(client, sign_in, jean, busy, statements_counted):
    sign_in(client, jean)
    with statements_counted() as statements:
        look(client, path(jean, "2026-03"))
    assert {statement.split()[0] for statement in statements} == {"SELECT"}
