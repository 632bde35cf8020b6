"""Pages for everybody."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.make import log_exchange, make_bank, make_member
from tests.web.reading import look


def test_a_load_balancer_is_told_that_the_database_is_there(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "ok\n", "text/plain")


@pytest.mark.parametrize("signed_in", [False, True])
def test_the_pages_for_everybody_are_there_signed_in_or_not(
    app: Flask, client: FlaskClient, sign_in: Any, signed_in: bool
) -> None:
    if signed_in:
        sign_in(client, make_member(make_bank(), name="Ann Adams"))
    for path in ("/", "/help", "/privacy", "/accessibility"):
        page = look(client, path)
        assert ("Ann Adams" in page.root.text) == signed_in
        assert page.root.every("html")[0].attributes["lang"] == "en"


def test_moments_are_shown_in_the_bank_s_own_time_zone(app: Flask, client: FlaskClient, sign_in: Any) -> None:
    bank = make_bank(time_zone="Pacific/Auckland")
    ann, ben = make_member(bank), make_member(bank)
    exchange = log_exchange(bank, giver=ann, receiver=ben)
    sign_in(client, ann)
    # Noon in London is one in the morning of the next day in Auckland, while it is summer there.
    assert "11 March 2026 at 01:00" in look(client, f"/hours/{exchange.reference}").text
