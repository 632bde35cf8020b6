"""Releases: frozen figures for outside readers, the same bytes again, and for everybody only where the bank says so."""

from __future__ import annotations

import datetime as dt
import io
import json
import re

import pikepdf
import pytest

from tests import make
from tests.web.reading import token_of
from timebank.audit.models import AuditRecord
from timebank.demonstration import contrasts
from timebank.evidence import pack, release_queries, service
from timebank.evidence.periods import parse
from timebank.evidence.reading import read_release
from timebank.extensions import db

NOW = dt.datetime(2026, 4, 10, 9, tzinfo=dt.UTC)


@pytest.fixture
def bank(app):
    """The co-produced bank, with the first quarter of 2026."""
    invented = contrasts.CO_PRODUCED
    return contrasts.build_contrast(invented, now=NOW, password_hash="x", tick=lambda _months: None, months=3)


@pytest.fixture
def coordinator(bank, client, sign_in):
    member = make.make_coordinator(bank, at=NOW)
    sign_in(client, member)
    return member


def test_a_release_is_frozen_the_same_again_and_open_where_the_bank_says_so(bank, client, coordinator, app):
    form = {"csrf_token": token_of(client), "period": "2026-Q1"}
    first = client.post("/evidence/releases", data=form)
    again = client.post("/evidence/releases", data=form)
    assert first.status_code == again.status_code == 302
    assert first.location == again.location
    assert [one.action for one in db.session.query(AuditRecord).filter_by(on_what="evidence release")] == [
        "evidence released"
    ]
    for period in ("2026-03", "2026", "2027-Q1", "", "2026-Q5", "x" * 300):
        refused = client.post("/evidence/releases", data=form | {"period": period})
        assert refused.status_code == 400, period
        assert "whole quarter or year" in refused.text
    page, pdf = client.get(first.location), client.get(f"{first.location}/pack.pdf")
    assert pdf.data.startswith(b"%PDF")
    assert "evidence-MILL-2026-Q1.pdf" in pdf.headers["Content-Disposition"]
    # What is approved afterwards is in no release.
    one, another = make.make_member(bank, at=NOW), make.make_member(bank, at=NOW)
    make.approved_exchange(bank, giver=one, receiver=another, minutes=600, happened_on=dt.date(2026, 3, 2), at=NOW)
    nonce = re.compile(r'nonce="[^"]+"|name="csrf_token"[^>]+')
    assert nonce.sub("", client.get(first.location).text) == nonce.sub("", page.text)
    assert client.get(f"{first.location}/pack.pdf").data == pdf.data
    [release] = release_queries.releases_of(bank)
    told = json.loads(release.figures)
    assert told["audience"] == "public"
    with pikepdf.open(io.BytesIO(pdf.data)) as opened:
        assert "/StructTreeRoot" in opened.Root
    outside = app.test_client()
    places = (
        "/published/MILL",
        f"/published/MILL/{release.reference}",
        f"/published/MILL/{release.reference}/pack.pdf",
    )
    assert [outside.get(place).status_code for place in places] == [404, 404, 404]
    make.set_rules(bank, at=NOW, publishes_evidence=True)
    assert [outside.get(place).status_code for place in places] == [200, 200, 200]
    assert outside.get(places[2]).data == pdf.data
    assert outside.get(f"{places[1]}/figures.json").text == release.figures
    assert outside.get(f"{places[1]}/figures.csv").text == client.get(f"{first.location}/figures.csv").text
    assert outside.get(f"{places[1]}/figures.xlsx").status_code == 404
    assert outside.get("/published/NOBODY").status_code == 404
    assert outside.get("/published/MILL/0123456789abcdef").status_code == 404
    other = make.make_bank(at=NOW, publishes_evidence=True)
    assert outside.get(f"/published/{other.code}/{release.reference}").status_code == 404


def test_a_year_after_its_quarter_hides_what_would_follow_from_both(bank, app):
    coordinator = make.make_coordinator(bank, at=NOW)
    later = dt.datetime(2027, 2, 1, tzinfo=dt.UTC)
    quarter = service.release_evidence(bank, parse("2026-Q1"), released_by=coordinator, at=NOW)
    one, another = make.make_member(bank, at=NOW), make.make_member(bank, at=NOW)
    approved_by = make.make_coordinator(bank, at=NOW)
    for day in range(1, 11):
        make.approved_exchange(
            bank, giver=one, receiver=another, minutes=1200, happened_on=dt.date(2026, 5, day),
            approved_by=approved_by, at=later, any_day=True,
        )  # fmt: skip
    year = service.release_evidence(bank, parse("2026"), released_by=coordinator, at=later)
    first, second = (json.loads(each.figures)["figures"] for each in (quarter, year))
    # The rest of the year is what these two did: it would be the year less the quarter.
    assert first["hours_given"] is not None
    assert second["hours_given"] is None
    reading = read_release(quarter, release_queries.releases_of(bank), today=later.date())
    assert pack.pdf_of(reading) == pack.pdf_of(read_release(quarter, [quarter], today=later.date()))
