"""What journeys need: Chromium, a running time bank of each kind, and windows in which nothing may go wrong."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import application_on
from tests.databases import Copies
from tests.journeys.demonstration import Demonstration, make_places
from tests.journeys.looking import Watch
from tests.journeys.people import Neighbours, make_neighbours
from tests.journeys.server import Running, running

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MILLISECONDS = 15_000

# Nothing here may reach out: neither our pages, which the tests check, nor the browser by itself.
STAY_AT_HOME = (
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-pings",
)

OpenWindow = Callable[..., Page]


def _chromium_program() -> str:
    given = os.environ.get("TIMEBANK_TEST_CHROMIUM")
    found = given or next((path for path in map(shutil.which, PROGRAMS) if path), None)
    if found:
        return found
    what_to_do = (
        "No Chromium. Install it (on Debian and Ubuntu: apt-get install chromium), or set TIMEBANK_TEST_CHROMIUM to "
        "its path."
    )
    if os.environ.get("CI") == "true":
        pytest.fail(what_to_do, pytrace=False)
    pytest.skip(what_to_do)


@pytest.fixture(scope="session")
def chromium(only_our_settings: None) -> Iterator[Browser]:
    """One Chromium for all journeys. Without one the test is skipped, or fails where CI=true."""
    program = _chromium_program()
    # Chromium's sandbox does not work for root, as whom containers run.
    args = [*STAY_AT_HOME, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=args)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server_on_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("server-on-sqlite")
    shutil.copyfile(sqlite_template, folder / "bank.db")
    with running(f"sqlite:///{folder / 'bank.db'}", folder / "log") as server:
        yield server


@pytest.fixture(scope="session")
def server_on_postgresql(postgres_copies: Copies, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    log = tmp_path_factory.mktemp("server-on-postgresql") / "log"
    with postgres_copies.copy() as url, running(url, log) as server:
        yield server


@pytest.fixture
def server(dialect: str, request: pytest.FixtureRequest) -> Iterator[Running]:
    """A running time bank, on each kind of database. Tests share it; each has a bank of its own in it."""
    server: Running = request.getfixturevalue(f"server_on_{dialect}")
    begins_at = server.log.stat().st_size
    yield server
    assert server.complaints(begins_at) == []


@pytest.fixture
def neighbours(server: Running) -> Neighbours:
    """A small bank, with somebody of each role who can sign in."""
    with application_on(server.database_url):
        return make_neighbours()


@pytest.fixture(scope="session")
def demonstration(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """The demonstration bank, served. It is only for looking at: nothing in it is changed."""
    folder = tmp_path_factory.mktemp("demonstration")
    shutil.copyfile(sqlite_template, folder / "bank.db")
    url = f"sqlite:///{folder / 'bank.db'}"
    with application_on(url):
        places = make_places()
    with running(url, folder / "log") as server:
        yield Demonstration(server, places)
        assert server.complaints() == []


@pytest.fixture
def open_window(chromium: Browser) -> Iterator[OpenWindow]:
    """Open a window on a time bank, as somebody else would have: `open_window(server, width=360)`.

    Whatever goes wrong in any of them, or leads to another host, fails the test.
    """
    opened: list[tuple[BrowserContext, Watch]] = []

    def open_one(
        server: Running, *, width: int = 1280, height: int = 900, scripts: bool = True, expecting: tuple[int, ...] = ()
    ) -> Page:
        options: dict[str, Any] = {"viewport": {"width": width, "height": height}, "java_script_enabled": scripts}
        context = chromium.new_context(base_url=server.address, **options)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        opened.append((context, Watch(context, server.address, expecting)))
        return context.new_page()

    yield open_one
    for context, _watch in opened:
        context.close()
    problems = [problem for _context, watch in opened for problem in watch.problems]
    assert problems == []
