"""The settings of every connection that what the ledger promises hangs on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tests.databases import Server
from timebank import extensions
from timebank.attempts import attempted
from timebank.extensions import db


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("busy_timeout", 15_000),
    ],
)
def test_every_connection_to_sqlite_is_durable_and_guarded(app: Flask, pragma: str, value: object) -> None:
    for _ in range(2):
        with db.engine.connect() as connection:
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value
        db.engine.dispose()


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_sqlite_knows_letters_beyond_ascii(app: Flask) -> None:
    assert db.session.scalar(text("SELECT lower('ÉCOLE Ŵyn')")) == "école ŵyn"
    assert db.session.scalar(text("SELECT lower(NULL)")) is None


def test_sixteen_threads_keep_a_connection_each(app: Flask) -> None:
    def sixteen() -> set[Any]:
        with ExitStack() as together:
            opened = [together.enter_context(db.engine.connect()) for _ in range(16)]
            return {connection.connection.driver_connection for connection in opened}

    # The objects themselves, so that none of them can be another at the same place in memory.
    first = sixteen()
    assert sixteen() == first


@pytest.mark.parametrize("dialect", ["postgresql"])
class TestLostConnections:
    """PostgreSQL was started again, or somebody cut a connection that the pool still holds."""

    @pytest.fixture
    def lose(self, app: Flask, postgres: Server) -> Callable[[int], None]:
        """Open so many connections, give them back, and let the server end them."""

        def lose_so_many(count: int) -> None:
            with ExitStack() as open_together:
                connections = [open_together.enter_context(db.engine.connect()) for _ in range(count)]
                pids = [connection.scalar(text("SELECT pg_backend_pid()")) for connection in connections]
            for pid in pids:
                postgres.run(f"SELECT pg_terminate_backend({pid}, 10000)")

        return lose_so_many

    def test_one_that_was_idle_is_asked_first_and_replaced_unseen(
        self, lose: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lose(3)
        monkeypatch.setattr(extensions, "SECONDS_UNTIL_ASKED_AGAIN", 0)
        for _ in range(3):
            with db.engine.connect() as connection:
                assert connection.scalar(text("SELECT 1")) == 1

    def test_one_that_answered_a_moment_ago_is_not_asked(self, lose: Callable[[int], None]) -> None:
        lose(1)
        with pytest.raises(OperationalError), db.engine.connect() as connection:
            connection.scalar(text("SELECT 1"))

    def test_what_meets_one_of_those_is_done_again_once_however_many_are_lost(
        self, lose: Callable[[int], None]
    ) -> None:
        lose(5)
        tried = []

        def act() -> int:
            tried.append("once more")
            return db.session.execute(text("SELECT 1")).scalar_one()

        assert attempted(act) == 1
        assert len(tried) == 2
