"""Every page of every role: it is there, axe finds nothing, and it fits the narrowest screen."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.routing import Rule

from tests import make
from tests.conftest import application_on
from tests.journeys.conftest import OpenWindow
from tests.journeys.demonstration import FOR_FIGURES, Demonstration, Places
from tests.journeys.hands import Hand
from tests.journeys.looking import NARROWEST, PHONE, WIDE, assert_nothing_scrolls_sideways, look_at, unnamed_fields
from tests.journeys.people import make_neighbours
from tests.journeys.server import Running
from tests.make import PASSWORD as PASSWORD_OF_NEIGHBOURS
from timebank import clock
from timebank.demonstration.build import PASSWORD
from timebank.extensions import db
from timebank.members.models import Role
from timebank.members.permissions import ALLOWED, Permission

pytestmark = pytest.mark.browser

NO_PAGES = {
    "static": "files for pages",
    "web.healthz": "a word for a load balancer",
    "statements.pdf": "a file, with tests of its own",
    "paper.statements": "a file, with tests of its own",
    "paper.labels": "a file, with tests of its own",
    "paper.telephone": "a file, with tests of its own",
    "statement_files.download": "files to keep",
    "evidence.download": "a file, with tests of its own",
    "releases.data": "a file, with tests of its own",
    "releases.published_data": "a file, with tests of its own",
    "releases.pdf": "a file, with tests of its own",
    "releases.published_pdf": "a file, with tests of its own",
    "evidence.picture": "a file, with tests of its own",
    "oversight.audit_csv": "a file, with tests of its own",
    "organisations.search": "what the search asks for while one types",
}

# Pages that look different with other words in their address.
VARIETIES = {
    "approvals.queue": ["status=all&page=2", "status=queried", "status=declined", "words=nobody+of+this+name"],
    "evidence.hidden_resource": ["audience=public"],
    "exchanges.log": ["side=receiver"],
    "exchanges.own": ["page=2"],
    "oversight.audit_page": ["page=2", "who=nobody+of+this+name", "from_on=31.2.2026&about=jean"],
    "members.people": ["words=jean", "words=nobody+of+this+name"],
}

# Where people spend their time; they are looked at on a large screen too.
MAIN_PAGES = {
    "dashboard.home",
    "exchanges.log",
    "exchanges.own",
    "exchanges.exchange",
    "statements.statement",
    "approvals.queue",
    "approvals.decide",
    "members.people",
    "members.member",
    "banks.rules",
}

ROLES = {
    "nobody": ("", None),
    "member": ("member@example.org", Role.MEMBER),
    "professional": ("professional@example.org", Role.MEMBER),
    "coordinator": ("coordinator@example.org", Role.COORDINATOR),
    "administrator": ("admin@example.org", Role.ADMINISTRATOR),
    "board reader": ("board@example.org", Role.BOARD_READER),
    "system administrator": ("system@example.org", Role.SYSTEM_ADMINISTRATOR),
}

LARGE_SCREENS = {"member", "administrator"}


def page_rules(app: Flask) -> list[Rule]:
    """Return every route that shows a page."""
    return [
        rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.endpoint not in NO_PAGES
    ]


def permission_for(app: Flask, rule: Rule) -> Permission | None:
    permission: Permission | None = app.view_functions[rule.endpoint].declared_permission  # type: ignore[attr-defined]
    return permission


def may_open(role: Role | None, permission: Permission | None) -> bool:
    return permission is None or (role is not None and permission in ALLOWED[role])


def paths_to(app: Flask, rule: Rule, places: Places) -> list[str]:
    """Return the addresses to look at for this route."""
    addresses = app.url_map.bind("")
    found = [
        addresses.build(rule.endpoint, values) for values in (places.get(rule.endpoint, []) if rule.arguments else [{}])
    ]
    return found + [f"{found[0]}?{words}" for words in VARIETIES.get(rule.endpoint, []) if found]


def test_the_walk_leaves_no_page_out(demonstration: Demonstration) -> None:
    with application_on(demonstration.server.database_url) as app:
        left_out = [
            rule.endpoint
            for rule in page_rules(app)
            if not any(
                may_open(role, permission_for(app, rule)) and paths_to(app, rule, demonstration.places[email])
                for email, role in ROLES.values()
            )
        ]
        assert left_out == [], "add what their address needs to demonstration.py, or name them in NO_PAGES"
        assert {rule.endpoint for rule in page_rules(app)} >= MAIN_PAGES | set(VARIETIES)


@pytest.mark.parametrize("who", ROLES)
def test_every_page_is_there_and_accessible_and_fits(
    demonstration: Demonstration, open_window: OpenWindow, who: str
) -> None:
    email, role = ROLES[who]
    hand = Hand(open_window(demonstration.server, width=PHONE, height=800))
    if role is not None:
        hand.sign_in(email, PASSWORD_OF_NEIGHBOURS if email in FOR_FIGURES else PASSWORD)
    with application_on(demonstration.server.database_url) as app:
        addresses = [
            (rule.endpoint, path)
            for rule in page_rules(app)
            if may_open(role, permission_for(app, rule))
            for path in paths_to(app, rule, demonstration.places[email])
        ]
    assert addresses
    for endpoint, path in addresses:
        answer = hand.page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        widths = (PHONE, WIDE) if endpoint in MAIN_PAGES and who in LARGE_SCREENS else (PHONE,)
        look_over(hand.page, *widths)


def test_every_list_is_as_good_while_nothing_is_on_it(server_on_sqlite: Running, open_window: OpenWindow) -> None:
    """A bank in which nothing has happened yet, and nobody is but whoever sets it up."""
    with application_on(server_on_sqlite.database_url) as app:
        bank = make.make_bank(at=clock.now())
        email = make.let_sign_in(make.make_administrator(bank, at=clock.now()))
        db.session.commit()
        paths = [
            rule.rule
            for rule in page_rules(app)
            if not rule.arguments and may_open(Role.ADMINISTRATOR, permission_for(app, rule))
        ]
    hand = Hand(open_window(server_on_sqlite, width=PHONE, height=800))
    hand.sign_in(email, PASSWORD_OF_NEIGHBOURS)
    for path in paths:
        answer = hand.page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        look_over(hand.page, PHONE)
    assert len(paths) > 20


def look_over(page: Page, *widths: int) -> None:
    """See what must be true of every page."""
    expect(page.locator("h1")).to_have_count(1)
    assert page.locator("h1").inner_text().strip(), page.url
    assert page.title().partition(" – ")[0].strip(), page.url
    assert page.locator("html").get_attribute("lang"), page.url
    assert unnamed_fields(page) == [], page.url
    look_at(page, *widths, narrow=(NARROWEST,))


def test_what_one_may_not_see_and_what_is_not_there_say_so_on_pages_as_good_as_any(
    demonstration: Demonstration, open_window: OpenWindow
) -> None:
    hand = Hand(open_window(demonstration.server, width=PHONE, expecting=(403, 404)))
    for path in ("/no-such-page", "/hours/0000000000000000"):
        _refused(hand, path, 404, signed_in=path.startswith("/no"))
    hand.sign_in("member@example.org", PASSWORD)
    for path, status in (("/approvals", 403), ("/hours/0000000000000000", 404), ("/no-such-page", 404)):
        _refused(hand, path, status, signed_in=True)


def _refused(hand: Hand, path: str, status: int, *, signed_in: bool) -> None:
    answer = hand.page.goto(path)
    assert answer is not None
    if signed_in:
        assert answer.status == status, path
    else:
        # Whoever is not signed in is asked to, and learns nothing about what is there.
        assert hand.page.url.endswith(f"/sign-in?next={path}")
    look_over(hand.page, PHONE)


def test_twice_as_large_letters_do_not_make_a_page_scroll_sideways(
    server_on_sqlite: Running, open_window: OpenWindow
) -> None:
    # The demonstration is another one every day, and how wide a table gets hangs on its words.
    with application_on(server_on_sqlite.database_url):
        neighbours = make_neighbours()
        neighbours.confirmed_exchange()
    hand = Hand(open_window(server_on_sqlite, width=WIDE))
    hand.sign_in(neighbours.ruth.email, PASSWORD_OF_NEIGHBOURS)
    for path in ("/", "/hours/log", "/approvals", "/statements"):
        hand.page.goto(path)
        before = hand.page.locator("main p").first.evaluate(_LETTER_SIZE)
        hand.page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert hand.page.locator("main p").first.evaluate(_LETTER_SIZE) == pytest.approx(2 * before), path
        assert_nothing_scrolls_sideways(hand.page)


_LETTER_SIZE = "(text) => parseFloat(getComputedStyle(text).fontSize)"
