"""What was acknowledged is there after the application is killed, once; nothing is half done."""

from __future__ import annotations

import http.client
import threading
from pathlib import Path

import pytest

from tests.conftest import application_on
from tests.journeys.people import Neighbours, make_neighbours
from tests.journeys.server import Running, Visitor, run_flask, running
from tests.make import PASSWORD

pytestmark = pytest.mark.slow

MINUTES = 60
APPROVED_BEFORE = 5
APPROVED_AT_ONCE = 3


@pytest.fixture
def neighbours(database_url: str) -> Neighbours:
    """The small bank, in a database of its own, for a server of its own."""
    with application_on(database_url):
        return make_neighbours()


def test_an_approval_that_was_acknowledged_survives_kill_nine_and_no_other_is_half_done(
    database_url: str, neighbours: Neighbours, tmp_path: Path
) -> None:
    with application_on(database_url):
        references = [neighbours.confirmed_exchange(minutes=MINUTES) for _number in range(20)]
    with running(database_url, tmp_path / "log") as server:
        acknowledged = _approve_until_it_is_killed(server, neighbours, references)
    assert APPROVED_BEFORE <= len(acknowledged) < len(references)

    with application_on(database_url):
        posted = {reference: neighbours.transfers_of(reference) for reference in references}
        assert set(posted.values()) <= {0, 1}
        assert all(posted[reference] == 1 for reference in acknowledged)
        assert neighbours.balance(neighbours.jean) == MINUTES * sum(posted.values())
    _assert_the_ledger_adds_up(database_url)

    with running(database_url, tmp_path / "log") as server:
        visitor = Visitor(server)
        visitor.sign_in(neighbours.ruth.email, PASSWORD)
        for reference in references:
            text = visitor.get(f"/approvals/{reference}").text
            assert ("Approved, and written in the ledger" in text) == bool(posted[reference])
        # Whoever does not trust it and sends the approval again changes nothing.
        path = f"/approvals/{acknowledged[-1]}"
        assert visitor.send_form(path, token=visitor.token(path), decision="approve").location == path
        assert "This was already approved by Ruth Adeyemi" in visitor.get(path).text
        assert server.complaints() == []
    with application_on(database_url):
        assert neighbours.transfers_of(acknowledged[-1]) == 1


def _approve_until_it_is_killed(server: Running, neighbours: Neighbours, references: list[str]) -> list[str]:
    """Approve several at once, kill the server as soon as a few are acknowledged, and return those."""
    ruth = Visitor(server)
    ruth.sign_in(neighbours.ruth.email, PASSWORD)
    token = ruth.token(f"/approvals/{references[0]}")
    acknowledged: list[str] = []
    counting = threading.Lock()

    def approve_each(mine: list[str]) -> None:
        visitor = Visitor(server, ruth.cookies)
        for reference in mine:
            try:
                answer = visitor.send_form(f"/approvals/{reference}", token=token, decision="approve")
            except (OSError, http.client.HTTPException):
                return
            assert answer.location == "/approvals", answer.text
            with counting:
                acknowledged.append(reference)
                if len(acknowledged) == APPROVED_BEFORE:
                    server.kill()

    threads = [
        threading.Thread(target=approve_each, args=(references[first::APPROVED_AT_ONCE],))
        for first in range(APPROVED_AT_ONCE)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    return acknowledged


def _assert_the_ledger_adds_up(database_url: str) -> None:
    verified = run_flask(database_url, "ledger", "verify")
    assert verified.returncode == 0, verified.stderr
    assert "The ledger adds up." in verified.stdout
