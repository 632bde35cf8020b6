"""Writers of one SQLite database take turns, across threads and processes, and nobody waits for the dead."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import stat
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from timebank import queueing
from timebank.queueing import QUEUE_SUFFIX, QueueingConnection

WRITERS = 8
SECONDS = 4


def connect(path: Path | str) -> QueueingConnection:
    connection = sqlite3.connect(path, factory=QueueingConnection, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout = {queueing.SQLITE_BUSY_MILLISECONDS}")
    return connection


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "bänk.db"
    connection = connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE note (words)")
    connection.close()
    return path


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for longer than this."""
    monkeypatch.setattr(queueing, "SQLITE_BUSY_MILLISECONDS", 300)


def count(path: Path) -> int:
    with sqlite3.connect(path) as connection:
        (found,) = connection.execute("SELECT count(*) FROM note").fetchone()
    connection.close()
    return int(found)


def write(connection: QueueingConnection) -> None:
    connection.begin_writing()
    connection.execute("INSERT INTO note VALUES ('🌻')")
    connection.commit()


def write_in_a_loop(path: Path, start: Any, results: Any) -> None:
    connection = connect(path)
    connection.execute("PRAGMA synchronous = FULL")
    start.wait()
    writes, longest, end = 0, 0.0, time.monotonic() + SECONDS
    while (began := time.monotonic()) < end:
        write(connection)
        longest = max(longest, time.monotonic() - began)
        writes += 1
    connection.close()
    results.put((writes, longest))


@pytest.mark.slow
def test_no_writer_starves(path: Path) -> None:
    """The bounds are far from what a quiet machine shows (benchmarks/sqlite_fairness.py); SQLite's own fails."""
    processes = multiprocessing.get_context("spawn")
    results, start = processes.Queue(), processes.Barrier(WRITERS)
    running = [processes.Process(target=write_in_a_loop, args=(path, start, results)) for _ in range(WRITERS)]
    for process in running:
        process.start()
    done = [results.get(timeout=60) for _ in running]
    for process in running:
        process.join()
    writes = [number for number, _ in done]
    assert count(path) == sum(writes)
    assert min(writes) >= max(writes) * 0.3, done
    assert max(longest for _, longest in done) <= 1.5, done


def test_threads_take_turns_too(path: Path) -> None:
    connections = [connect(path) for _ in range(6)]
    threads = [
        threading.Thread(target=lambda mine=connection: [write(mine) for _ in range(20)]) for connection in connections
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(path) == 120
    for connection in connections:
        connection.close()


def hold_for_ever(path: Path, holding: Any) -> None:
    connection = connect(path)
    connection.begin_writing()
    connection.execute("INSERT INTO note VALUES ('never')")
    holding.set()
    time.sleep(600)


def test_nobody_waits_for_the_dead(path: Path) -> None:
    processes = multiprocessing.get_context("spawn")
    holding = processes.Event()
    holder = processes.Process(target=hold_for_ever, args=(path, holding), daemon=True)
    holder.start()
    assert holding.wait(30)
    done: list[float] = []

    def wait_for_it() -> None:
        connection = connect(path)
        write(connection)
        done.append(time.monotonic())
        connection.close()

    waiting = threading.Thread(target=wait_for_it)
    waiting.start()
    time.sleep(0.2)
    assert done == []
    killed = time.monotonic()
    assert holder.pid
    os.kill(holder.pid, signal.SIGKILL)
    waiting.join(10)
    assert done
    assert done[0] - killed < 1
    holder.join()
    assert count(path) == 1


@pytest.mark.parametrize("end", ["rollback", "close"])
def test_the_turn_ends_with_the_transaction_however_it_ends(path: Path, impatient: None, end: str) -> None:
    first, second = connect(path), connect(path)
    first.begin_writing()
    getattr(first, end)()
    began = time.monotonic()
    write(second)
    assert time.monotonic() - began < 0.2
    first.close()
    second.close()


def test_waiting_has_a_limit_and_then_says_what_sqlite_says(path: Path, impatient: None) -> None:
    first, second, third = connect(path), connect(path), connect(path)
    first.begin_writing()
    for waiting in (second, third):
        began = time.monotonic()
        with pytest.raises(sqlite3.OperationalError) as told:
            waiting.begin_writing()
        assert told.value.sqlite_errorcode == sqlite3.SQLITE_BUSY
        assert 0.3 <= time.monotonic() - began < 0.6
    first.commit()
    write(second)
    write(third)
    assert second.execute("PRAGMA busy_timeout").fetchone() == (300,)
    for connection in (first, second, third):
        connection.close()


def test_whoever_writes_past_the_queue_is_waited_for_no_longer(path: Path, impatient: None) -> None:
    """Such as a person with the sqlite3 program."""
    person = sqlite3.connect(path, isolation_level=None)
    person.execute("BEGIN IMMEDIATE")
    first, second = connect(path), connect(path)
    began = time.monotonic()
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        first.begin_writing()
    assert time.monotonic() - began < 0.6
    person.execute("COMMIT")
    # Who was refused does not keep the turn.
    write(second)
    for connection in (person, first, second):
        connection.close()


def test_the_file_has_the_rights_and_the_owner_of_the_database(path: Path) -> None:
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 12345, 23456)
    connection = connect(path)
    write(connection)
    made = (path.parent / (path.name + QUEUE_SUFFIX)).stat()
    assert stat.S_IMODE(made.st_mode) == 0o640
    assert (made.st_uid, made.st_gid) == (path.stat().st_uid, path.stat().st_gid)
    assert made.st_size == 0
    connection.close()


def test_a_database_in_memory_has_no_queue_and_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    connection = connect(":memory:")
    connection.execute("CREATE TABLE note (words)")
    write(connection)
    assert list(tmp_path.iterdir()) == []
    connection.close()


def test_where_no_file_can_be_made_everybody_still_writes(path: Path) -> None:
    (path.parent / (path.name + QUEUE_SUFFIX)).symlink_to("/no/such/folder/queue")
    connection = connect(path)
    write(connection)
    assert count(path) == 1
    connection.close()
