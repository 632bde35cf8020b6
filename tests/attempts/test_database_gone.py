"""The database is killed, or its disk is full, under a running application: nothing acknowledged is lost."""

from __future__ import annotations

import http.client
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.attempts.mortal import MortalServer, fill, mortal_server, small_disk
from tests.conftest import application_on, migrate
from tests.journeys.people import Neighbours, make_neighbours
from tests.journeys.server import Answer, Running, Visitor, run_flask, running
from tests.make import PASSWORD

pytestmark = pytest.mark.slow

COORDINATORS = 3
SECONDS_TO_RECOVER = 10
KILLS = 3
CSS = "/static/css/common-hours.css"


@pytest.fixture(scope="module")
def mortal() -> Iterator[MortalServer]:
    with mortal_server() as mortal:
        yield mortal


@contextmanager
def database_of(mortal: MortalServer, name: str) -> Iterator[str]:
    """A migrated database on that server, whose COMMIT waits until it is written down."""
    mortal.server.run(f"CREATE DATABASE {name}")
    mortal.server.run(f"ALTER DATABASE {name} SET synchronous_commit = on")
    url = mortal.server.url_of(name)
    migrate(url)
    yield url


class Coordinators:
    """Several who approve one exchange after another, and try each again until it is acknowledged."""

    def __init__(self, server: Running, neighbours: Neighbours, references: list[str]) -> None:
        self.server = server
        ruth = signed_in(server, neighbours)
        self.token, self.cookies = ruth.token("/help"), ruth.cookies
        self.left = list(reversed(references))
        self.acknowledged: list[str] = []
        self.told_to_try_again: list[Answer] = []
        self.other: list[Answer] = []
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._approve) for _ in range(COORDINATORS)]
        for thread in self.threads:
            thread.start()

    def _approve(self) -> None:
        visitor = Visitor(self.server, self.cookies)
        while not self.stop.is_set():
            try:
                reference = self.left.pop()
            except IndexError:
                return
            while not self.stop.is_set() and not self._is_acknowledged(visitor, reference):
                time.sleep(0.05)

    def _is_acknowledged(self, visitor: Visitor, reference: str) -> bool:
        try:
            answer = visitor.send_form(f"/approvals/{reference}", token=self.token, decision="approve", message="")
        except (OSError, http.client.HTTPException):
            return False
        if answer.status == 302:
            self.acknowledged.append(reference)
        elif answer.status == 503:
            self.told_to_try_again.append(answer)
        else:
            self.other.append(answer)
        return answer.status == 302

    def wait_for(self, count: int) -> None:
        until(lambda: len(self.acknowledged) >= count or not self.left or bool(self.other))
        assert self.other == []

    def end(self) -> None:
        for thread in self.threads:
            thread.join(90)
        self.stop.set()
        assert not any(thread.is_alive() for thread in self.threads)


def signed_in(server: Running, neighbours: Neighbours) -> Visitor:
    visitor = Visitor(server)
    visitor.sign_in(neighbours.ruth.email, PASSWORD)
    return visitor


def until(so: Callable[[], bool], seconds: int = 60) -> float:
    """Wait until it is so, and return for how long."""
    began = time.monotonic()
    while not so():
        assert time.monotonic() - began < seconds, "it never came"
        time.sleep(0.02)
    return time.monotonic() - began


def assert_everything_without_a_database_is_served(visitor: Visitor) -> None:
    for path in ("/help", "/privacy", "/accessibility", CSS):
        assert visitor.get(path).status == 200, path
    health = visitor.get("/healthz")
    assert health.status == 503
    for path in ("/", "/hours"):
        answer = visitor.get(path)
        assert answer.status == 503, path
        assert "Please try again" in answer.text
        assert "ch-reference__code" in answer.text


def test_a_server_that_is_killed_and_comes_back_costs_nothing_that_was_acknowledged(
    mortal: MortalServer, only_our_settings: None, tmp_path: Path
) -> None:
    with database_of(mortal, "killed") as url:
        with application_on(url):
            neighbours = make_neighbours()
            references = [neighbours.confirmed_exchange() for _ in range(60)]
        with running(url, tmp_path / "log") as server:
            coordinators = Coordinators(server, neighbours, references)
            for kill in range(1, KILLS + 1):
                coordinators.wait_for(kill * 8)
                mortal.kill()
                assert_everything_without_a_database_is_served(Visitor(server, coordinators.cookies))
                mortal.start()
                until(lambda: Visitor(server).get("/healthz").status == 200, SECONDS_TO_RECOVER)
            coordinators.end()
            assert server.complaints() == []
            assert_the_log_names_nobody(server, neighbours)
        assert coordinators.other == []
        assert coordinators.told_to_try_again
        assert sorted(coordinators.acknowledged) == sorted(references)
        assert_posted_once(url, neighbours, references)


def assert_the_log_names_nobody(server: Running, neighbours: Neighbours) -> None:
    logged = server.log.read_text(errors="replace")
    assert '"event": "database"' in logged
    for somebody in (neighbours.ruth, neighbours.jean, neighbours.dilys):
        assert somebody.email not in logged
        assert somebody.name not in logged


def assert_posted_once(url: str, neighbours: Neighbours, references: list[str]) -> None:
    with application_on(url):
        assert {reference: neighbours.transfers_of(reference) for reference in references} == dict.fromkeys(
            references, 1
        )
        assert neighbours.balance(neighbours.jean) == 60 * len(references)
    verified = run_flask(url, "ledger", "verify")
    assert verified.returncode == 0, verified.stderr


def test_a_command_says_that_the_server_is_away(mortal: MortalServer, only_our_settings: None) -> None:
    with database_of(mortal, "commanded") as url:
        assert run_flask(url, "banks", "create", "ELMS", "--name", "Elms").returncode == 0
        mortal.kill()
        try:
            refused = run_flask(url, "banks", "create", "OAKS", "--name", "Oaks")
        finally:
            mortal.start()
        assert refused.returncode == 1
        assert refused.stderr.startswith("Error: The database did not answer")
        assert "Traceback" not in refused.stderr
        assert run_flask(url, "banks", "list").stdout.count("\n") == 1


def test_on_a_full_disk_people_read_and_when_there_is_room_they_write_again(
    sqlite_template: Path, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", kilobytes=4096) as disk:
        shutil.copyfile(sqlite_template, disk / "bank.db")
        url = f"sqlite:///{disk / 'bank.db'}"
        with application_on(url):
            neighbours = make_neighbours()
            references = [neighbours.confirmed_exchange() for _ in range(30)]
        with running(url, tmp_path / "log") as server:
            visitor = signed_in(server, neighbours)
            coordinators = Coordinators(server, neighbours, references)
            coordinators.wait_for(5)
            filler = fill(disk)
            until(lambda: len(coordinators.told_to_try_again) > 5)
            for path in ("/", "/hours", "/approvals", f"/approvals/{references[0]}", "/help", CSS):
                assert visitor.get(path).status == 200, path
            assert all("Nothing can be written down" in answer.text for answer in coordinators.told_to_try_again)
            filler.unlink()
            coordinators.end()
            assert server.complaints() == []
            assert_the_log_names_nobody(server, neighbours)
        assert coordinators.other == []
        assert sorted(coordinators.acknowledged) == sorted(references)
        with suppress(FileNotFoundError):
            filler.unlink()
        assert_posted_once(url, neighbours, references)
