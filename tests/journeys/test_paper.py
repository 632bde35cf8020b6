"""A statement on paper: the table and nothing that only makes sense on a screen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import OpenWindow
from tests.journeys.demonstration import Demonstration
from tests.journeys.hands import Hand
from tests.journeys.looking import assert_nothing_scrolls_sideways
from timebank.demonstration.build import PASSWORD

pytestmark = pytest.mark.browser

ONLY_ON_SCREEN = ("nav", "footer", "button", "[role=button]", "main form", ".ch-header__account", ".govuk-skip-link")

# A4 without its margins, in CSS pixels.
PAPER_WIDTH = 718


@pytest.fixture
def statement(demonstration: Demonstration, open_window: OpenWindow) -> Page:
    """Jean's statement for the last complete month."""
    hand = Hand(open_window(demonstration.server))
    hand.sign_in("member@example.org", PASSWORD)
    reference = demonstration.places["member@example.org"]["statements.statement"][0]
    hand.go(f"/statements/{reference['reference']}/{reference['written_month']}")
    return hand.page


def test_a_printed_statement_has_the_table_and_no_navigation(statement: Page) -> None:
    statement.emulate_media(media="print")
    for selector in ONLY_ON_SCREEN:
        shown = statement.locator(selector).filter(visible=True)
        expect(shown, selector).to_have_count(0)
    # The table under the picture is folded up, and the picture says the same.
    tables = statement.locator("table").filter(visible=True)
    expect(tables).to_have_count(2)
    for table in tables.all():
        expect(table.get_by_role("columnheader").first).to_be_visible()
        assert table.locator("tbody tr").count() > 1
    expect(statement.locator("h1")).to_be_visible()
    expect(statement.locator(".ch-print-only")).to_contain_text("Printed on")
    expect(statement.locator("header")).to_contain_text("Elm Road Surgery Time Bank")


def test_a_printed_statement_fits_the_width_of_the_paper(statement: Page) -> None:
    statement.emulate_media(media="print")
    statement.set_viewport_size({"width": PAPER_WIDTH, "height": 1000})
    assert_nothing_scrolls_sideways(statement)


def test_a_month_is_printed_on_one_or_two_sheets_with_its_tables_marked_as_such(statement: Page) -> None:
    printed = statement.pdf(format="A4", prefer_css_page_size=True, tagged=True)
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2
    # For a screen reader the tables are tables in the file, too.
    assert len(re.findall(rb"/S\s*/Table\b", printed)) == 2
