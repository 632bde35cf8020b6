"""Whatever is typed when hours are logged: a clear message beside the field, nothing lost, nothing written."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
from flask import Flask

from tests.exchanges.desk import FOR_OTHERS, OWN, Desk, written
from tests.exchanges.scene import build_scene, credit, recorded
from tests.make import AT, give_hours, make_activity, make_bank, make_member, set_rules
from tests.web.reading import Page, assert_refused_beside, everything, look, path_of, send
from timebank.banks.models import Stage
from timebank.exchanges.models import Exchange, Side, Status
from timebank.extensions import db
from timebank.ledger.models import Book
from timebank.members import service as members
from timebank.members.models import Capacity

DAY = dt.timedelta(days=1)
TOO_LONG_A_NOTE = "n" * 100_000

IMPOSSIBLE_TIMES = [
    ("0", "The time must be more than 0 minutes"),
    ("0 min", "The time must be more than 0 minutes"),
    ("-1", "The time must be more than 0 minutes"),
    ("−1", "The time must be more than 0 minutes"),
    ("25", "One exchange can be up to 24 hours. If you meant minutes, type for example 90 min"),
    ("1500 min", "One exchange can be up to 24 hours"),
    ("24:01", "One exchange can be up to 24 hours"),
    ("1,5", "Use a full stop instead of a comma, like 1.5"),
    ("1,000", "Use a full stop instead of a comma"),
    ("an hour", "Enter how long, like 1.5, 1:30 or 90 min"),
    ("1:75", "Enter how long, like 1.5, 1:30 or 90 min"),
    ("1/0", "Enter how long, like 1.5, 1:30 or 90 min"),
    ("", "Enter how long, like 1.5, 1:30 or 90 min"),
    ("9" * 39, "This is more time than can be recorded at once"),
    ("1" * 5000, "Enter how long, like 1.5, 1:30 or 90 min"),
    ("<script>alert(1)</script>", "Enter how long, like 1.5, 1:30 or 90 min"),
]

IMPOSSIBLE_DAYS = [
    (["31", "4", "2026"], "There is no such day in the calendar. Check the day and the month"),
    (["29", "2", "2025"], "There is no such day in the calendar"),
    (["29", "2", "1900"], "There is no such day in the calendar"),
    (["1", "13", "2026"], "There is no such day in the calendar"),
    (["0", "1", "2026"], "There is no such day in the calendar"),
    (["31", "12", "1969"], "Check the year"),
    (["", "", ""], "Enter the day it happened"),
    (["1", "", "2026"], "Enter the day as day, month and year, like"),
    (["-1", "1", "2026"], "Enter the day as day, month and year, like"),
    (["1.0", "1", "2026"], "Enter the day as day, month and year, like"),
    (["1", "Mai", "2026"], "Enter the day as day, month and year, like"),
    (["²", "1", "2026"], "Enter the day as day, month and year, like"),
    (["1", "1", "99999"], "Enter the day as day, month and year, like"),
]


@pytest.fixture(params=[OWN, FOR_OTHERS])
def desk(request: pytest.FixtureRequest, app: Flask, sign_in: Any) -> Desk:
    scene, client = build_scene(), app.test_client()
    sign_in(client, scene.ann if request.param == OWN else scene.cara)
    return Desk(scene, client, request.param)


@pytest.fixture
def own(app: Flask, sign_in: Any) -> Desk:
    scene, client = build_scene(), app.test_client()
    sign_in(client, scene.ann)
    return Desk(scene, client, OWN)


@pytest.fixture
def for_others(app: Flask, sign_in: Any) -> Desk:
    scene, client = build_scene(), app.test_client()
    sign_in(client, scene.cara)
    return Desk(scene, client, FOR_OTHERS)


def refused(desk: Desk, changes: dict[str, Any], field_id: str, words: str) -> Page:
    """Send it, and see the message in both places, what was typed still there, and nothing written."""
    page = assert_refused_beside(desk.send_and_change_nothing(changes), field_id, words)
    kept = page.fields(desk.path)
    for name, value in (desk.right() | changes).items():
        if value is not None and name != "step":
            assert kept[name] == (value if isinstance(value, list) else [value]), name
    return page


def only_exchange() -> Exchange:
    (exchange,) = db.session.query(Exchange).all()
    return exchange


# Time


def test_a_time_that_cannot_be_is_refused_beside_its_box(desk: Desk) -> None:
    for typed, words in IMPOSSIBLE_TIMES:
        refused(desk, {"time": typed}, "time", words)


def test_the_longest_time_that_the_bank_allows_is_taken_to_the_minute(desk: Desk) -> None:
    set_rules(desk.scene.bank, longest_exchange_minutes=90)
    refused(desk, {"time": "91 min"}, "time", "One exchange can be up to 1 hour 30 minutes")
    assert "1 hour 30 minutes" in desk.check({"time": "90 min"}).text


# Day


def test_a_day_that_cannot_be_is_refused_beside_its_boxes(desk: Desk) -> None:
    for boxes, words in IMPOSSIBLE_DAYS:
        page = refused(desk, {"happened_on": boxes}, "happened_on", words)
        assert ("#happened_on-day", page.errors["happened_on"]) in page.summary


def test_the_twenty_ninth_of_february_is_a_day_in_a_leap_year(desk: Desk) -> None:
    set_rules(desk.scene.bank, oldest_day_days=3650)
    assert "29 February 2024" in desk.check({"happened_on": ["29", "2", "2024"]}).text


def test_tomorrow_is_refused_and_the_message_says_what_day_it_is(desk: Desk) -> None:
    tomorrow = written(desk.today + DAY)
    refused(desk, {"happened_on": tomorrow}, "happened_on", "The day must be today or in the past. It is ")


def test_a_member_logs_as_far_back_as_the_bank_allows_and_a_coordinator_further(
    app: Flask, own: Desk, sign_in: Any
) -> None:
    last, beyond = written(own.today - 90 * DAY), written(own.today - 91 * DAY)
    own.check({"happened_on": last})
    refused(own, {"happened_on": beyond}, "happened_on", "For anything before that, ask your coordinator")
    client = app.test_client()
    sign_in(client, own.scene.cara)
    Desk(own.scene, client, FOR_OTHERS).check({"happened_on": beyond})


# People


def people_refused(desk: Desk, typed: str, words: str) -> Page:
    return refused(desk, {f"{desk.people}-0": typed}, f"{desk.people}-0", words)


def test_nobody_is_named(desk: Desk) -> None:
    people_refused(desk, "", "Enter the name or number of the person or organisation")


def test_somebody_who_is_not_there_is_not_found(desk: Desk) -> None:
    for typed in ("Nobody At All", "%", "_", "9999", "' OR 1=1 --", "()", "🌻"):
        people_refused(desk, typed, f"We could not find “{typed}” in this time bank")
    people_refused(desk, "x" * 121, "We could not find “xxxx")


def test_the_other_person_is_not_oneself(desk: Desk) -> None:
    for typed in (desk.scene.ann.number, "Ann Adams"):
        people_refused(desk, typed, "An exchange is between two different people. Choose somebody else")


def test_somebody_of_another_bank_is_not_found_by_number_or_name(desk: Desk) -> None:
    stranger = make_member(make_bank(), name="Stella Strange", number="S-77")
    for typed in (stranger.number, stranger.name, f"Stella S. ({stranger.number})"):
        people_refused(desk, typed, "in this time bank. Check the spelling")


def test_somebody_who_left_takes_no_part(desk: Desk) -> None:
    members.leave(desk.scene.ben, recorded_by=desk.scene.cara, at=AT)
    people_refused(desk, desk.scene.ben.number, "This account is closed, so no hours can be recorded in it")
    people_refused(desk, "Ben Brown", "We could not find “Ben Brown”")


def test_opening_balances_are_nobody(desk: Desk) -> None:
    for typed in ("opening", "OPENING"):
        people_refused(desk, typed, "in this time bank")


def test_two_of_one_name_are_told_apart_by_number(desk: Desk) -> None:
    twin = make_member(desk.scene.bank, name="Ben Brown")
    page = people_refused(desk, "Ben Brown", "More than one matches “Ben Brown”. Type the number as well")
    assert twin.number in page.errors[f"{desk.people}-0"]
    assert desk.scene.ben.number in page.errors[f"{desk.people}-0"]


def test_the_same_person_twice_is_refused(desk: Desk) -> None:
    people = {f"{desk.people}-0": "Ben Brown", f"{desk.people}-1": desk.scene.ben.number}
    refused(desk, people, f"{desk.people}-0", "The same person is there twice. Take one of them out")


def test_the_box_that_is_wrong_among_several_has_the_message(desk: Desk) -> None:
    people = {f"{desk.people}-0": "Ben Brown", f"{desk.people}-1": "Eve Evans", f"{desk.people}-2": "Nobody"}
    page = refused(desk, people, f"{desk.people}-2", "We could not find “Nobody”")
    assert set(page.errors) == {f"{desk.people}-2"}


def test_many_to_many_is_refused(for_others: Desk) -> None:
    people = {"givers-0": "Ann Adams", "givers-1": "Eve Evans", "receivers-0": "Ben Brown", "receivers-1": "Dev Desai"}
    refused(for_others, people, "receivers-0", "Either one person gives to several, or several give to one")


def test_three_people_take_part_at_once(desk: Desk) -> None:
    names = ["Ben Brown", "Dev Desai", "Eve Evans"]
    answer = desk.send({f"{desk.people}-{number}": name for number, name in enumerate(names)})
    assert path_of(answer).endswith("/logged")
    exchange = only_exchange()
    scene = desk.scene
    assert [one.account_id for one in exchange.givers] == [scene.ann.account_id]
    assert {one.account_id for one in exchange.receivers} == {
        who.account_id for who in (scene.ben, scene.dev, scene.eve)
    }


# Everything else on the form


def test_an_activity_is_chosen_from_the_list(desk: Desk) -> None:
    for typed in ("", "nonsense", None, "\x00"):
        assert_refused_beside(desk.send_and_change_nothing({"activity": typed}), "activity", "Choose")


def test_an_activity_of_another_bank_is_not_in_the_list(desk: Desk) -> None:
    foreign = make_activity(make_bank())
    answer = desk.send_and_change_nothing({"activity": foreign.reference})
    assert_refused_beside(answer, "activity", "Choose one from the list")


def test_a_note_of_a_hundred_thousand_characters_is_kept_and_refused(desk: Desk) -> None:
    refused(desk, {"note": TOO_LONG_A_NOTE}, "note", "Use 2,000 characters or fewer. You have 100,000")


def test_a_field_that_is_missing_is_asked_for(desk: Desk) -> None:
    for field in ("activity", "happened_on", "time", "stage"):
        page = assert_refused_beside(desk.send_and_change_nothing({field: None}), field, "")
        assert set(page.errors) == {field}


def test_people_and_side_that_are_missing_are_asked_for(own: Desk) -> None:
    answer = own.send_and_change_nothing({"with_whom-0": None, "side": None})
    page = assert_refused_beside(answer, "side", "Choose whether you gave help or received it")
    assert "Enter the name or number" in page.errors["with_whom-0"]


def test_a_choice_that_was_not_offered_is_refused(desk: Desk) -> None:
    fields = ("side", "capacity", "stage") if desk.is_own else ("giver_capacity", "receiver_capacity", "book_choice")
    for field in fields:
        assert_refused_beside(desk.send_and_change_nothing({field: "king"}), field, "Choose")


def test_everything_wrong_at_once_is_listed_once_each(desk: Desk) -> None:
    wrong = {"time": "1,5", "happened_on": ["31", "4", "2026"], f"{desk.people}-0": "Nobody", "activity": ""}
    page = refused(desk, wrong, "time", "Use a full stop")
    assert len(page.summary) == len(page.errors) == 4


def test_an_empty_form_is_refused_with_every_question(desk: Desk) -> None:
    before = everything()
    answer = send(
        desk.client, desk.path, {name: None for name in desk.blank().fields(desk.path) if name != "csrf_token"}
    )
    assert answer.status_code == 422
    assert len(Page(answer).errors) >= 4
    assert everything() == before


# Odd signs


def test_control_characters_are_left_out(desk: Desk) -> None:
    typed = {"note": "one\x00\x07 two\x1b\x7f", f"{desk.people}-0": "Ben\x00 Brown"}
    assert path_of(desk.send(typed)).endswith("/logged")
    exchange = only_exchange()
    assert exchange.note == "one two"
    assert desk.scene.ben.account_id in [one.account_id for one in exchange.parties]


def test_a_control_character_elsewhere_is_refused_and_not_an_error_of_ours(desk: Desk) -> None:
    for field in ("stage", "time"):
        assert desk.send_and_change_nothing({field: "\x00"}).status_code == 422


def test_names_of_every_script_are_found_and_kept(desk: Desk) -> None:
    for name in ("Zoë 🌻 O’Neill", "محمد علي", "שרה לוי", "Ņina Ķēniņa", "李 小龙", "İpek Işık"):
        member = make_member(desk.scene.bank, name=name)
        shown = name if not desk.is_own else member.short_name
        page = desk.check({f"{desk.people}-0": name, "note": f"Thank you 🌻 {name}"})
        assert shown in page.text
        desk.send({f"{desk.people}-0": f"{shown} ({member.number})", "note": f"Thank you 🌻 {name}"})
        exchange = db.session.query(Exchange).order_by(Exchange.id.desc()).first()
        assert exchange.party_of([member.account_id]) is not None
        assert exchange.note == f"Thank you 🌻 {name}"


def test_tags_in_names_and_notes_are_shown_as_they_were_typed(desk: Desk, sign_in: Any) -> None:
    name, note = "<b>Bo</b> <script>alert('n')</script>", "<img src=x onerror=alert('m')>\n\"'&amp;"
    member = make_member(desk.scene.bank, name=name)
    answers = [
        desk.send({f"{desk.people}-0": member.number, "note": note}, step="check"),
        desk.send({f"{desk.people}-0": member.number, "note": note}),
        desk.send({f"{desk.people}-0": f"{name} nobody", "note": note}),
    ]
    coordinator = desk.client.application.test_client()
    sign_in(coordinator, desk.scene.cara)
    reference = only_exchange().reference
    answers += [desk.client.get(f"/hours/{reference}{end}") for end in ("", "/logged")]
    pages = ("", f"/{reference}", "?status=all")
    answers += [coordinator.get(f"/approvals{page}") for page in pages]
    answers.append(coordinator.get("/people"))
    for answer in answers:
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        assert "<b>Bo" not in answer.text
    assert note.splitlines()[0] in Page(answers[0]).text
    assert note.splitlines()[1] in Page(answers[0]).text


# Steps


def test_another_box_keeps_what_was_typed_and_asks_nothing_yet(desk: Desk) -> None:
    typed = {f"{desk.people}-0": "Ben", "time": "1,5", "note": "We dug", "happened_on": ["31", "4", "2026"]}
    answer = desk.send_and_change_nothing(typed, step=f"add-{desk.people}")
    assert answer.status_code == 200
    page = Page(answer)
    assert (page.errors, page.summary) == ({}, [])
    kept = page.fields(desk.path)
    assert kept[f"{desk.people}-1"] == [""]
    for name, value in typed.items():
        assert kept[name] == (value if isinstance(value, list) else [value])


def test_boxes_are_added_up_to_a_hundred(own: Desk) -> None:
    full = {f"with_whom-{number}": "" for number in range(100)}
    page = Page(own.send(full, step="add-with_whom"))
    boxes = [name for name in page.fields(OWN) if name.startswith("with_whom-")]
    assert len(boxes) == 100


def test_a_box_is_added_to_nothing_else(own: Desk) -> None:
    for step in ("add-", "add-time", "add-csrf_token", "add-nothing", "add-with_whom-0"):
        answer = own.send_and_change_nothing({}, step=step)
        assert answer.status_code == 200
        assert "with_whom-1" not in Page(answer).fields(OWN)


def test_going_back_to_change_something_keeps_everything(desk: Desk) -> None:
    checked = desk.check({"time": "1h 30m"})
    before = everything()
    sent = checked.fields(desk.path) | {"step": ["change"]}
    answer = desk.client.post(desk.path, data=sent)
    assert everything() == before
    assert answer.status_code == 200
    kept = Page(answer).fields(desk.path)
    assert kept["time"] == ["1h 30m"]
    assert kept["note"] == ["We dug the beds"]
    assert kept[f"{desk.people}-0"] == [desk.scene.ben.number]
    assert kept["happened_on"] == written(desk.today)
    assert kept["key"] == sent["key"]


def test_what_is_checked_says_what_was_understood_and_writes_nothing(desk: Desk) -> None:
    before = everything()
    page = desk.check({"time": "1½"})
    assert everything() == before
    who = ("You gave", "Ben B.") if desk.is_own else ("Ann Adams gave", "Ben Brown")
    assert f"{who[0]} 1 hour 30 minutes of help to {who[1]}" in page.text
    for words in ("Gardening", "Credit hours", "Doing it (delivery)", "We dug the beds"):
        assert words in page.text
    assert "You typed" not in page.text


def test_what_is_checked_says_how_the_time_is_rounded(desk: Desk) -> None:
    set_rules(desk.scene.bank, rounding_minutes=15)
    page = desk.check({"time": "1:08"})
    assert "1 hour 15 minutes You typed 1 hour 8 minutes. This time bank rounds to 15 minutes." in page.text
    assert path_of(desk.client.post(desk.path, data=page.fields(desk.path) | {"step": ["log"]})).endswith("/logged")
    assert only_exchange().minutes == 75


def test_what_was_checked_is_logged_as_it_was_shown(desk: Desk) -> None:
    page = desk.check({"time": "90 min", "stage": "design"})
    answer = desk.client.post(desk.path, data=page.fields(desk.path) | {"step": ["log"]})
    exchange = only_exchange()
    assert path_of(answer) == f"/hours/{exchange.reference}/logged"
    assert (exchange.minutes, exchange.happened_on, exchange.stage) == (90, desk.today, Stage.DESIGN)
    assert (exchange.status, exchange.note) == (Status.LOGGED, "We dug the beds")
    assert exchange.logged_by_id == (desk.scene.ann if desk.is_own else desk.scene.cara).id
    assert [one.side for one in exchange.parties] == [Side.GIVER, Side.RECEIVER]


# Sent twice, and sent wrongly


def test_the_same_form_sent_twice_logs_one_exchange(desk: Desk) -> None:
    fields = desk.check().fields(desk.path) | {"step": ["log"]}
    first, second = (desk.client.post(desk.path, data=fields) for _ in range(2))
    assert path_of(first) == path_of(second) == f"/hours/{only_exchange().reference}/logged"


def test_the_same_form_with_other_details_is_a_conflict(desk: Desk) -> None:
    fields = desk.check().fields(desk.path) | {"step": ["log"]}
    desk.client.post(desk.path, data=fields)
    before = everything()
    for change in ({"time": ["2"]}, {"note": ["Other"]}, {f"{desk.people}-0": [desk.scene.eve.number]}):
        answer = desk.client.post(desk.path, data=fields | change)
        assert answer.status_code == 409
        assert "This page was already used for something else" in Page(answer).text
    assert everything() == before


def test_another_person_s_key_is_a_conflict_and_shows_nothing_of_theirs(app: Flask, own: Desk, sign_in: Any) -> None:
    key = own.check().fields(OWN)["key"]
    own.send({"key": key})
    other = app.test_client()
    sign_in(other, own.scene.eve)
    answer = Desk(own.scene, other, OWN).send({"key": key})
    assert answer.status_code == 409
    assert "Ben" not in Page(answer).text


def test_a_form_that_was_not_opened_here_is_refused(desk: Desk) -> None:
    for token in ("", "nonsense", None):
        answer = desk.send_and_change_nothing({"csrf_token": token})
        assert answer.status_code == 400
        assert Page(answer).heading == "This page has been open too long"


def test_a_form_without_a_proper_key_is_refused(desk: Desk) -> None:
    for key in ("short", "k" * 65, "é" * 20, "a key with spaces", "", None):
        answer = desk.send_and_change_nothing({"key": key})
        assert answer.status_code == 400
        assert "This page was incomplete or out of date" in Page(answer).text


# Books


def test_a_professional_s_paid_hours_are_recorded_and_move_no_credit(own: Desk) -> None:
    paid = {"paid": "y", "capacity": "professional"}
    assert "Recorded hours" in own.check(paid).text
    set_rules(own.scene.bank, approval_needed=False, confirmation_needed=False)
    own.send(paid)
    exchange = only_exchange()
    assert (exchange.book, exchange.paid, exchange.status) == (Book.RECORD, True, Status.APPROVED)
    assert (credit(own.scene.ann), credit(own.scene.ben)) == (0, 0)
    assert recorded(own.scene.ann) == 60


@pytest.mark.parametrize("changes", [{"capacity": "neighbour"}, {"capacity": "professional", "side": "receiver"}])
def test_only_a_professional_who_gave_has_paid_hours(own: Desk, changes: dict[str, str]) -> None:
    own.send({"paid": "y"} | changes)
    exchange = only_exchange()
    assert (exchange.paid, exchange.book) == (False, Book.CREDIT)


@pytest.mark.parametrize("book", ["", "credit", "record"])
def test_paid_hours_are_recorded_whichever_book_a_coordinator_chose(for_others: Desk, book: str) -> None:
    for_others.send({"paid": "y", "book_choice": book, "mandated": "y", "consultation": "y"})
    exchange = only_exchange()
    assert exchange.book == Book.RECORD
    assert (exchange.paid, exchange.mandated, exchange.consultation) == (True, True, True)


def test_the_activity_s_book_and_stage_are_the_usual_ones(desk: Desk) -> None:
    meeting = make_activity(
        desk.scene.bank,
        name="Panel",
        default_book=Book.RECORD,
        default_stage=Stage.COMMISSIONING,
        service_area="Health",
    )
    desk.send({"activity": meeting.reference})
    exchange = only_exchange()
    assert (exchange.book, exchange.stage, exchange.service_area) == (Book.RECORD, Stage.COMMISSIONING, "Health")


def test_capacities_are_the_members_own_unless_somebody_says_else(app: Flask, for_others: Desk) -> None:
    nurse = make_member(for_others.scene.bank, name="Nia Nurse", capacity=Capacity.PROFESSIONAL)
    for_others.send({"givers-0": nurse.number})
    assert [one.capacity for one in only_exchange().parties] == [Capacity.PROFESSIONAL, Capacity.NOT_STATED]


def test_a_coordinator_chooses_capacities_for_each_side(for_others: Desk) -> None:
    for_others.send({"giver_capacity": "carer", "receiver_capacity": "service_user"})
    assert [one.capacity for one in only_exchange().parties] == [Capacity.CARER, Capacity.SERVICE_USER]


def test_a_paper_slip_that_everybody_signed_waits_for_approval(for_others: Desk) -> None:
    for_others.send({"confirmed": "y"})
    assert only_exchange().status == Status.CONFIRMED


def test_what_the_ledger_refuses_is_said_on_the_form_and_nothing_typed_is_lost(desk: Desk) -> None:
    set_rules(desk.scene.bank, approval_needed=False, confirmation_needed=False, floor_minutes=0)
    refused(desk, {"time": "1:30"}, "time", "There are not enough hours in the account for this")
    give_hours(desk.scene.bank, desk.scene.ben, 90)
    assert path_of(desk.send({"time": "1:30"})).endswith("/logged")


# What only somebody who means harm sends


def test_files_in_place_of_words_are_no_words(own: Desk) -> None:
    shown = look(own.client, own.path).fields(own.path)
    for field in ("note", "time", "with_whom-0", "side", "activity"):
        sent = shown | own.right() | {"step": "check", field: (io.BytesIO(b"x"), "x.txt")}
        assert own.client.post(own.path, data=sent).status_code in (200, 422), field


@pytest.mark.parametrize("number", ["\u00b2", "9" * 5000, "-1", "100", "x", "1e3"])
def test_a_box_with_a_number_that_no_page_gives_is_no_box(own: Desk, number: str) -> None:
    assert own.send({f"with_whom-{number}": "somebody"}, step="check").status_code == 200
