"""The pages of evidence: every total on them is the ledger's, and what an audience may not see is nowhere."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from xml.etree import ElementTree

import pytest

from tests import make
from timebank.evidence import explained, reading
from timebank.evidence.audience import Audience
from timebank.evidence.catalogue import CATALOGUE
from timebank.evidence.figures import figures_of
from timebank.evidence.pages import SECTIONS
from timebank.hours import in_figures
from timebank.members.models import Capacity, Role

# Somebody typed it, with a sign that no picture may hold.
AREA = 'Health & <i>care</i>\x01"'
PERIOD = "2026-03"
AS_COORDINATOR = f"period={PERIOD}&audience=coordinator"


@pytest.fixture
def bank(app):
    """A small bank, with a sole professional, a class, a paid hour and a reversed one."""
    bank = make.make_bank(name="Elm <b>Street</b>")
    health = make.make_activity(bank, name="Calls", service_area=AREA)
    plan = make.make_activity(bank, name="Plan", service_area=AREA, default_stage="design")
    ann, bob, cy = (make.make_member(bank, capacity=Capacity.SERVICE_USER) for _ in range(3))
    nurse = make.make_member(bank, capacity=Capacity.PROFESSIONAL)
    near = make.make_member(bank, capacity=Capacity.NEIGHBOUR, name="=cmd()")
    approved = {"approved_by": make.make_coordinator(bank)}
    for giver, receiver, minutes, activity, details in (
        (ann, bob, 61, health, {}),
        (ann, nurse, 35, health, {}),
        (nurse, ann, 50, health, {"paid": True}),
        (nurse, bob, 30, plan, {"stage": "design"}),
        (bob, near, 15, health, {}),
        (cy, nurse, 20, plan, {"stage": "design"}),
        (near, [ann, bob, cy], 60, health, {}),
    ):
        make.approved_exchange(
            bank, giver=giver, receiver=receiver, minutes=minutes, activity=activity, **approved, **details
        )
    return bank


@pytest.fixture
def coordinator(bank, client, sign_in):
    member = make.make_coordinator(bank)
    sign_in(client, member)
    return member


def text_of(answer) -> str:
    assert answer.status_code == 200, answer.status
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


def test_every_total_on_every_page_is_that_of_the_figures_to_the_minute(bank, client, coordinator):
    given = 61 + 35 + 50 + 30 + 15 + 20 + 60
    by_users = 61 + 35 + 15 + 20
    first = text_of(client.get(f"/evidence?{AS_COORDINATOR}"))
    assert (
        f"Of {in_figures(given)} hours of help, people who use the service gave {round(100 * by_users / given)}%"
        in first
    )
    assert f"Service users gave {in_figures(by_users)} hours" in first
    for section in SECTIONS:
        text_of(client.get(f"/evidence/in-depth/{section}?{AS_COORDINATOR}"))
    activity = text_of(client.get(f"/evidence/in-depth/activity?{AS_COORDINATOR}"))
    assert in_figures(given) in activity
    assert in_figures(given + 120) in activity
    for name, minutes in (("hours_given", given), ("hours_by_users", by_users), ("hours_up", 55), ("paid_hours", 50)):
        assert f" {in_figures(minutes)} " in text_of(client.get(f"/evidence/figure/{name}?{AS_COORDINATOR}"))
    for name in ("flows", "hours_by_payment", "hours_by_stage", "hours_by_month"):
        answer = client.get(f"/evidence/figure/{name}?{AS_COORDINATOR}")
        assert f" {in_figures(given)} " in text_of(answer), name
    told = json.loads(client.get(f"/evidence/figures.json?{AS_COORDINATOR}").text)
    assert round(told["figures"]["hours_given"] * 60) == given
    flows = list(csv.reader(io.StringIO(client.get(f"/evidence/picture/flows.csv?{AS_COORDINATOR}").text)))
    assert round(float(flows[-1][-1]) * 60) == given
    assert round(sum(float(row[-1]) for row in flows[1:-1]) * 60) == given


def test_every_figure_opens_up_to_what_it_means_and_the_exchanges_behind_it(bank, client, coordinator):
    titles = {explained.explained(entry.name).title for entry in CATALOGUE}
    assert len(titles) == len(CATALOGUE)
    for entry in CATALOGUE[:: len(CATALOGUE) // 6]:
        said = text_of(client.get(f"/evidence/figure/{entry.name}?{AS_COORDINATOR}"))
        words = explained.explained(entry.name)
        assert words.title in said, entry.name
        assert words.meaning in said, entry.name
    behind = client.get(f"/evidence/figure/hours_pu?{AS_COORDINATOR}").text
    assert behind.count('href="/approvals/') == 2
    assert client.get(f"/evidence/figure/voice_hours?{AS_COORDINATOR}").text.count('href="/approvals/') == 1
    assert client.get("/evidence/figure/no_such").status_code == 404
    assert client.get("/evidence/in-depth/no-such").status_code == 404
    assert client.get(f"/evidence/picture/flows.pdf?{AS_COORDINATOR}").status_code == 404


def test_others_get_quarters_that_are_over_with_what_is_small_hidden(bank, client, coordinator, app, monkeypatch):
    for audience in ("board", "public"):
        # The first quarter is over, as the test's clock is long after it.
        for path in ("", *(f"/in-depth/{section}" for section in SECTIONS), "/figure/hours_pu"):
            answer = client.get(f"/evidence{path}?period=2026-Q1&audience={audience}")
            said = text_of(answer)
            assert "so that nobody can be found out" in said
            assert "/approvals/" not in answer.text.partition("<main")[2]
            assert "data-hours" not in answer.text
        # Months and years are not for them.
        assert text_of(client.get(f"/evidence?period=2026-03&audience={audience}")).count("March 2026") == (
            text_of(client.get(f"/evidence?audience={audience}")).count("March 2026")
        )
        flows = client.get(f"/evidence/picture/flows.csv?period=2026-Q1&audience={audience}").text
        # That nobody gave anything is no secret, and nor are all hours together, of which enough people had a part.
        assert not re.search(r"[1-9]", flows.rpartition("All")[0])
        assert client.get(f"/evidence/picture/flows.svg?period=2026-Q1&audience={audience}").status_code == 404


def test_pictures_say_what_their_tables_say_and_are_the_same_bytes_twice(bank, client, coordinator):
    start, end = make.TODAY.replace(day=1), make.TODAY.replace(month=4, day=1)
    figures = figures_of(bank, start=start, end=end, audience=Audience.COORDINATOR)
    for name in reading.CHARTS:
        once, again = (client.get(f"/evidence/picture/{name}.svg?{AS_COORDINATOR}") for _ in range(2))
        if once.status_code == 404:
            assert name == "curve"
            continue
        assert once.data == again.data
        # Our own text, just made: whatever a service is called, it is well formed.
        ElementTree.fromstring(once.text)
        # Another program reads it, without any style sheet.
        assert "style=" not in once.text
        assert "<script" not in once.text
    svg = client.get(f"/evidence/picture/flows.svg?{AS_COORDINATOR}").text
    drawn = {
        (giver, to): float(hours)
        for giver, to, hours in re.findall(r'data-from="(\w+)" data-to="(\w+)" data-hours="([\d.]+)"', svg)
    }
    table = figures["flows"].value
    assert drawn == {
        (giver, to): hours
        for giver, row in zip(table["rows"], table["cells"], strict=True)
        for to, hours in zip(table["columns"], row, strict=True)
        if hours
    }
    matrix = client.get(f"/evidence/picture/matrix.svg?{AS_COORDINATOR}").text
    assert "Health &amp; &lt;i&gt;care&lt;/i&gt;&quot;" in matrix


def test_a_bank_in_which_nothing_happened_has_its_pages_too(app, client, sign_in):
    bank = make.make_bank()
    sign_in(client, make.make_coordinator(bank))
    for path in ("", *(f"/in-depth/{section}" for section in SECTIONS), "/figure/rho", "/figure/flows"):
        for audience in Audience:
            assert client.get(f"/evidence{path}?audience={audience}").status_code == 200


def test_only_coordinators_see_who_helps_whom(bank, client, coordinator):
    page = text_of(client.get(f"/evidence/in-depth/web?{AS_COORDINATOR}"))
    # Only Ann and the nurse, and Bob and the neighbour, gave to each other.
    assert "5 people, 7 pairs who helped each other or one the other; 2 of them both ways." in page
    table = list(csv.reader(io.StringIO(client.get(f"/evidence/picture/web.csv?{AS_COORDINATOR}").text)))
    assert round(sum(float(cell) for row in table[1:] for cell in row[2:]) * 60) == 61 + 35 + 50 + 30 + 15 + 20 + 60
    assert any("=cmd()" in cell for row in table for cell in row)
    for audience in ("board", "public"):
        quarter = f"period=2026-Q1&audience={audience}"
        assert client.get(f"/evidence/picture/web.csv?{quarter}").status_code == 404
        assert client.get(f"/evidence/picture/web.svg?{quarter}").status_code == 404
        assert "=cmd()" not in text_of(client.get(f"/evidence/in-depth/web?{quarter}"))


def test_a_board_reader_gets_nothing_that_only_coordinators_may_read(bank, client, sign_in):
    sign_in(client, make.make_member(bank, role=Role.BOARD_READER))
    asked = "period=2026-Q1&audience=coordinator"
    for path in ("/evidence", "/evidence/in-depth/reciprocity", "/evidence/figure/hours_pu", "/evidence/figures.json"):
        answer = client.get(f"{path}?{asked}")
        assert answer.status_code == 200
        assert "data-hours" not in answer.text
        assert "/approvals/" not in answer.text
        assert '<option value="coordinator"' not in answer.text
    told = json.loads(client.get(f"/evidence/figures.json?{asked}").text)
    assert told["audience"] == "board"
    assert told["figures"]["hours_pu"] is None
    assert client.get("/evidence/releases").status_code == 403
