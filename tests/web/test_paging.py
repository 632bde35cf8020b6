"""One page of a long list, whatever the address asks for."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.make import make_bank, make_coordinator, make_member
from tests.web.reading import look
from timebank import create_app
from timebank.web.paging import LAST_PAGE, ROWS, Page


@pytest.fixture(scope="module")
def plain_app() -> Flask:
    return create_app({"TESTING": True, "TIMEBANK_LOG_LEVEL": "ERROR"})


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ("", 1),
        ("0", 1),
        ("-1", 1),
        ("-99999999999", 1),
        ("abc", 1),
        ("1.5", 1),
        ("1e3", 1),
        ("2", 2),
        ("3", 3),
        ("4", 3),
        ("99999999999", 3),
        ("9" * 5000, 1),
        ("٢", 2),
        (" 2", 2),
        ("🌻", 1),
    ],
)
def test_the_nearest_page_there_is_is_shown(plain_app: Flask, asked: str, number: int) -> None:
    with plain_app.test_request_context("/hours", query_string={"page": asked}):
        page = Page.asked_for(2 * ROWS + 1)
    assert page.number == number
    assert 0 <= page.offset < 2 * ROWS + 1


@pytest.mark.parametrize(
    ("total", "asked", "shown"),
    [(0, "1", (1, 0, 0, 0)), (1, "1", (1, 1, 1, 1)), (25, "2", (1, 1, 25, 25)), (26, "2", (2, 26, 26, 26))],
)
def test_the_numbers_of_the_first_and_last_row_are_right(
    plain_app: Flask, total: int, asked: str, shown: tuple[int, ...]
) -> None:
    with plain_app.test_request_context("/hours", query_string={"page": asked}):
        page = Page.asked_for(total)
    assert (page.number, page.first, page.last, page.total) == shown


def test_nobody_reads_deeper_than_the_last_page(plain_app: Flask) -> None:
    with plain_app.test_request_context("/hours?page=99999999"):
        assert Page.asked_for(10**9).number == LAST_PAGE


def test_links_keep_what_was_asked_and_stay_on_our_own_pages(plain_app: Flask) -> None:
    odd = "words=a%26b&words=%22c&_external=1&_scheme=javascript&_anchor=x&_method=%22&endpoint=y&page=1&self=z"
    with plain_app.test_request_context(f"/people?{odd}"):
        plain_app.preprocess_request()
        href = Page.asked_for(60).next_href
    assert href is not None
    assert href.startswith("/people?words=a%26b&words=%22c&")
    assert href.endswith("&page=2")
    assert "javascript://" not in href


def test_every_list_shows_a_page_whatever_is_asked(app: Flask, client: FlaskClient, sign_in: Any) -> None:
    bank = make_bank()
    for number in range(ROWS + 4):
        make_member(bank, name=f"Member {number:02}")
    sign_in(client, make_coordinator(bank, name="Zoë Last"))
    for path in ("/people", "/approvals", "/hours"):
        for asked in ("0", "-1", "99999999999", "abc", "2&_scheme=a&endpoint=b&_method=c", ""):
            look(client, f"{path}?page={asked}")
    first, second = look(client, "/people"), look(client, "/people?page=2")
    assert "Showing 1 to 25 of 30" in first.text
    assert "Showing 26 to 30 of 30" in second.text
    assert "Zoë Last" in second.text
    assert "Zoë Last" not in first.text
    (previous,) = [link for link in second.main.every("a") if "Previous page" in link.text]
    assert previous.attributes["href"] == "/people?page=1"
