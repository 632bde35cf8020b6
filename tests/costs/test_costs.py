"""What the bank costs: of the whole bank, over figures as they are shown, with every assumption, and the same again."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from tests import make
from tests.web.reading import Page, token_of
from timebank.audit.models import AuditRecord
from timebank.costs import queries
from timebank.costs import service as costs
from timebank.costs.models import CostKind
from timebank.costs.money import NotAnAmount, in_money, parse_pence
from timebank.demonstration import contrasts
from timebank.evidence import pack, release_queries, service
from timebank.evidence.audience import Audience
from timebank.evidence.costing import costing_of
from timebank.evidence.figures import Figures, figures_of
from timebank.evidence.periods import parse
from timebank.evidence.reading import read_release
from timebank.extensions import db
from timebank.members.models import Role

NOW = dt.datetime(2026, 4, 10, 9, tzinfo=dt.UTC)
QUARTER = {"start": dt.date(2026, 1, 1), "end": dt.date(2026, 4, 1)}


@pytest.fixture
def bank(app):
    """The co-produced bank, with the first quarter of 2026."""
    invented = contrasts.CO_PRODUCED
    return contrasts.build_contrast(invented, now=NOW, password_hash="x", tick=lambda _months: None, months=3)


def typed(page: Page, **changed: object) -> dict[str, object]:
    days = {"starts_on": ["1", "1", "2026"], "last_day": ["31", "3", "2026"]}
    words = {"label": "Rent <b>", "amount": "£1,250.50", "kind": "running", "assumption": "A third of the hall’s rent"}
    fields = page.fields("/rules/costs")
    return {name: fields[name][0] for name in ("csrf_token", "key")} | words | days | changed


def with_figures(figures: Figures, **values: object) -> Figures:
    changed = {name: replace(figures[name], value=value) for name, value in values.items()}
    return replace(figures, figures=figures.figures | changed, withheld=frozenset())


def test_amounts_are_read_as_people_type_them_and_never_guessed(app):
    for text, pence in (("1250", 125000), ("£1,250.50", 125050), (" 0.01 ", 1), ("1,000,000", 100_000_000)):
        assert parse_pence(text) == pence
    for text in ("", "0", "-5", "1,25", "1.5", "1e9", "٣", "£", "12 50", "1.250,50", "9" * 400, "10000000001"):
        with pytest.raises(NotAnAmount):
            parse_pence(text)
    assert in_money(125050) == "£1,250.50"


def test_an_administrator_enters_what_it_costs_and_the_evidence_shows_it_over_hours_and_members(app, bank, sign_in):
    desk, board = app.test_client(), app.test_client()
    sign_in(desk, make.make_administrator(bank, at=NOW))
    sign_in(board, make.make_member(bank, role=Role.BOARD_READER, at=NOW))
    page = Page(desk.get("/rules/costs"))
    for wrong, said in (
        ({"label": ""}, "Enter what it was for"),
        ({"amount": "1.250,5"}, "Enter an amount above 0"),
        ({"kind": "x"}, "Choose whether it comes again"),
        ({"assumption": " "}, "Enter how the amount was worked out"),
        ({"last_day": ["31", "12", "2025"]}, "The last day comes before the first"),
        ({"last_day": ""}, "Enter the last day"),
    ):
        refused = desk.post("/rules/costs", data=typed(page, **wrong))
        assert refused.status_code == 422, wrong
        assert said in refused.text
    assert [desk.post("/rules/costs", data=typed(page)).status_code for _twice in range(2)] == [302, 302]
    [cost] = queries.costs_of(bank)
    assert (cost.pence, cost.label) == (125_050, "Rent <b>")
    shown = figures_of(bank, **QUARTER, audience=Audience.PUBLIC)
    per_hour = in_money(round(125_050 / shown["hours_given"].value))
    per_member = in_money(round(125_050 / shown["active_members"].value))
    read = board.get("/evidence/cost?period=2026-Q1&audience=public").text
    for words in (per_hour, per_member, "Rent &lt;b&gt;", "A third of the hall’s rent", "£1,250.50"):
        assert words in read
    # A quarter is in its year and not the other way round.
    make.enter_cost(bank, last_day=dt.date(2026, 12, 31), entered_by=make.make_administrator(bank, at=NOW))
    db.session.commit()
    assert "£1,200" not in board.get("/evidence/cost?period=2026-Q1").text
    for _twice in range(2):
        gone = desk.post(f"/rules/costs/{cost.reference}/remove", data={"csrf_token": token_of(desk)})
        assert gone.status_code == 302
    assert "No amounts are entered" in board.get("/evidence/cost?period=2026-Q1").text
    done = db.session.query(AuditRecord).filter_by(on_what="cost", reference=cost.reference)
    assert [record.action for record in done.order_by(AuditRecord.id)] == ["cost entered", "cost removed"]


def test_where_hours_or_members_are_withheld_or_none_there_is_no_money_for_each(app):
    bank = make.make_bank()
    cost = make.enter_cost(bank, entered_by=make.make_administrator(bank))
    one_off = make.enter_cost(bank, pence=30, kind=CostKind.ONE_OFF, entered_by=make.make_administrator(bank))
    figures = figures_of(bank, **QUARTER, audience=Audience.COORDINATOR)
    nothing = costing_of([cost], figures)
    assert (nothing.per_hour.pence, nothing.per_member.pence) == (None, None)
    assert "nothing to divide by" in nothing.per_hour.reason
    ann, ben = make.make_member(bank), make.make_member(bank)
    make.approved_exchange(bank, giver=ann, receiver=ben, minutes=80, approved_by=make.make_coordinator(bank))
    figures = figures_of(bank, **QUARTER, audience=Audience.COORDINATOR)
    found = costing_of([cost, one_off], figures)
    assert (found.running, found.one_off, found.total) == (120_000, 30, 120_030)
    # An hour and twenty minutes, exactly; two people.
    assert (found.per_hour.pence, found.per_member.pence) == (round(120_030 * 60 / 80), 60_015)
    for audience in (Audience.BOARD, Audience.PUBLIC):
        hidden = costing_of([cost], figures_of(bank, **QUARTER, audience=audience))
        assert (hidden.per_hour.pence, hidden.per_member.pence) == (None, None)
        assert hidden.per_hour.reason
        assert hidden.per_member.reason
    partly = costing_of([cost], with_figures(figures, hours_given=100, active_members="<10"))
    assert (partly.per_hour.pence, partly.per_member.pence) == (1200, None)


def test_a_pack_answers_the_questions_that_were_chosen_and_the_same_choice_is_the_same_again(app, bank, sign_in):
    coordinator, client = make.make_coordinator(bank, at=NOW), app.test_client()
    sign_in(client, coordinator)
    cost = make.enter_cost(bank, entered_by=coordinator, at=NOW)
    release = service.release_evidence(bank, parse("2026-Q1"), released_by=coordinator, at=NOW)
    db.session.commit()
    path = f"/evidence/releases/{release.reference}"
    whole = client.get(path)
    assert set(pack.questions_of(release)) == {*pack.pages.SECTIONS, "cost"}
    assert "£1,200.00" in whole.text
    assert "Left out of this pack" not in whole.text
    some = client.get(f"{path}?question=trust&question=web")
    assert "question=web&amp;question=trust" in some.text
    assert "Left out of this pack" in some.text
    assert "£1,200.00" not in some.text
    # The order in which they were chosen does not matter, nor what came after the release.
    chosen = client.get(f"{path}/pack.pdf?question=trust&question=cost").data
    costs.remove_cost(bank, cost, removed_by=coordinator, at=NOW)
    make.enter_cost(bank, pence=5, entered_by=coordinator, at=NOW)
    db.session.commit()
    assert client.get(f"{path}/pack.pdf?question=cost&question=trust&question=cost").data == chosen
    assert client.get(f"{path}/pack.pdf").data != chosen
    for wrong in ("?question=everything", "/pack.pdf?question=trust&question=x"):
        assert client.get(path + wrong).status_code == 404
    [same] = release_queries.releases_of(bank)
    reading = read_release(same, [same], today=NOW.date())
    assert pack.pdf_of(reading) == client.get(f"{path}/pack.pdf").data
