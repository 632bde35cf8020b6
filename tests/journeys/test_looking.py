"""The checks that every journey relies on do see the mistakes that they are there for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.hands import KeyboardHand
from tests.journeys.looking import NARROWEST, Watch, assert_nothing_scrolls_sideways, complaints, unnamed_fields
from tests.journeys.server import Running

pytestmark = pytest.mark.browser


@pytest.fixture
def page(server_on_sqlite: Running, chromium: Browser) -> Iterator[Page]:
    """The sign-in page, in a window in which things may go wrong."""
    context = chromium.new_context(base_url=server_on_sqlite.address, viewport={"width": NARROWEST, "height": 700})
    page = context.new_page()
    page.goto("/sign-in")
    yield page
    context.close()


def test_axe_sees_a_picture_without_words_and_pale_letters(page: Page) -> None:
    assert complaints(page) == []
    page.evaluate("document.querySelector('main').append(new Image(20, 20))")
    assert [each.partition(":")[0] for each in complaints(page)] == ["image-alt"]
    page.evaluate("document.querySelector('h1').style.color = '#bbb'")
    assert {each.partition(":")[0] for each in complaints(page)} == {"color-contrast", "image-alt"}


def test_something_that_is_too_wide_is_named(page: Page) -> None:
    assert_nothing_scrolls_sideways(page)
    page.evaluate("document.querySelector('h1').style.width = '400px'")
    with pytest.raises(AssertionError, match="govuk-heading-l"):
        assert_nothing_scrolls_sideways(page)


def test_a_field_without_a_name_is_found(page: Page) -> None:
    assert unnamed_fields(page) == []
    page.evaluate("document.querySelector('label[for=email]').remove()")
    [found] = unnamed_fields(page)
    assert 'name="email"' in found


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (
            "document.styleSheets[0].insertRule('#email:focus { outline: 0 !important; box-shadow: none !important }')",
            "does not show the focus",
        ),
        ("document.querySelector('#email').style.opacity = 0", "cannot be seen"),
        (
            "Object.assign(document.querySelector('header').style, {position: 'fixed', inset: 0})",
            "is covered by",
        ),
    ],
)
def test_a_stop_that_cannot_be_seen_is_found(page: Page, mistake: str, said: str) -> None:
    hand = KeyboardHand(page)
    page.evaluate(mistake)
    with pytest.raises(AssertionError, match=said):
        hand.lead_focus_to(hand.field("Password"))


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("console.error('a mistake')", "a mistake"),
        ("setTimeout(() => { throw new Error('a slip') })", "a slip"),
        ("document.querySelector('h1').innerHTML = '<span style=\"color: red\">red</span>'", "Content Security Policy"),
        ("fetch('/no-such-page')", "404"),
        ("new Image().src = 'http://elsewhere.example/'", "elsewhere.example"),
        ("window.location = 'http://elsewhere.example/'", "a request to http://elsewhere.example/"),
    ],
)
def test_what_goes_wrong_in_a_window_is_noted(server_on_sqlite: Running, page: Page, mistake: str, said: str) -> None:
    watch = Watch(page.context, server_on_sqlite.address)
    page.evaluate(f"() => {{ {mistake} }}")
    page.wait_for_timeout(300)
    assert any(said in problem for problem in watch.problems), watch.problems


def test_a_form_that_is_not_filled_in_right_is_no_mistake_of_ours(server_on_sqlite: Running, page: Page) -> None:
    watch = Watch(page.context, server_on_sqlite.address)
    with page.expect_response(lambda answer: answer.status == 422):
        page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()
    assert watch.problems == []
