"""Processes to kill, and to start again: the application as docs/running-a-time-bank.md runs it, and PostgreSQL."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL

from tests import databases
from tests.journeys.server import ROOT, environment

SECONDS_TO_START = 60
WORKERS, THREADS = 3, 4

# Ports below those that the system gives to clients, so that nobody takes ours while the application is down.
PORTS = range(15_000, 30_000)

# Nothing that was acknowledged may be lost; checkpoints are often, so that coming back is quick.
DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "listen_addresses": "",
    "max_connections": "80",
    "shared_buffers": "128MB",
    "checkpoint_timeout": "30s",
    "log_min_messages": "warning",
}


def children_of(pid: int) -> list[int]:
    """Return the processes that this one has started and that are still there, as the kernel lists them."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def kill_all(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def free_port() -> int:
    """Return a port that nobody listens on."""
    while True:
        port = random.SystemRandom().choice(PORTS)
        with socket.socket() as trying, contextlib.suppress(OSError):
            trying.bind(("127.0.0.1", port))
            return port


class Application:
    """Gunicorn with its workers. Whatever is planted is in the process's own start file, not in the application."""

    def __init__(self, database_url: str, folder: Path, *, planted: str = "") -> None:
        self.database_url, self.folder, self.port = database_url, folder, free_port()
        self.log = folder / "server.log"
        self.planted, self.secret = planted, secrets.token_hex(32)
        self.templates = folder / "templates"
        self.templates.mkdir(exist_ok=True)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.database_url) | {
            "TIMEBANK_LOG_LEVEL": "WARNING",
            # The run's own secret, so that sessions outlive every process.
            "TIMEBANK_SECRET_KEY": self.secret,
            "TORTURE_PLANTED": self.planted,
            "TORTURE_TEMPLATES": str(self.templates),
        }

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}"),
                    *("--workers", str(WORKERS), "--threads", str(THREADS), "--no-control-socket"),
                    # Loaded once for all workers, so that one that was killed is back at once.
                    *("--preload", "--log-level", "error"),
                    "tests.torture.served:app",
                ],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def wait_until_it_answers(self) -> None:
        give_up_at = time.monotonic() + SECONDS_TO_START
        while not self.answers():
            if self.process is None or self.process.poll() is not None or time.monotonic() > give_up_at:
                raise RuntimeError(f"The time bank did not start:\n{self.log.read_text(errors='replace')[-4000:]}")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Return whether it can reach its database."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def workers(self) -> list[int]:
        return children_of(self.process.pid) if self.process else []

    def kill(self) -> None:
        """Kill master and workers at once, as when the machine loses its power."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            for worker in self.workers():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


class Postgres:
    """A PostgreSQL of our own with durable settings, which can be killed as a whole."""

    def __init__(self, folder: Path, programs: Path) -> None:
        # Its socket's path has to be short.
        self.folder, self.programs = folder, programs
        self.owner = databases._owner()
        self.process: subprocess.Popen[bytes] | None = None
        self.url = URL.create(
            "postgresql+psycopg", username=databases.SUPERUSER, database="postgres", query={"host": str(folder)}
        )

    def start(self) -> None:
        settings = [part for name, value in DURABLE.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", "-k", self.folder, *settings],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **databases._as(self.owner),
            )

    def wait_until_it_answers(self) -> None:
        assert self.process is not None
        databases._wait_until_ready(databases.Server(self.url), self.process, self.folder)

    def kill(self) -> None:
        """Kill the server and the process of every connection at once; each has a group of its own."""
        assert self.process is not None
        everybody = [self.process.pid, *children_of(self.process.pid)]
        kill_all(everybody)
        # A connection's process that began meanwhile ends by itself when it sees that the server is gone.
        self.process.wait()

    def connections(self) -> list[int]:
        """Return the processes that serve a connection each."""
        found = []
        for pid in children_of(self.process.pid) if self.process else []:
            with contextlib.suppress(OSError):
                if b"[local]" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(pid)
        return found

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(SECONDS_TO_START)


@contextlib.contextmanager
def own_postgres() -> Iterator[Postgres]:
    """Give a PostgreSQL in a folder of its own, which stays when something fails. Raises NoPostgres."""
    programs = databases.installed_programs() or databases.embedded_programs()
    if programs is None:
        raise databases.NoPostgres(databases.NONE_FOUND)
    folder = Path(tempfile.mkdtemp(prefix="torture-", dir=databases._place_for_folders()))
    owner = databases._owner()
    if owner is not None:
        programs = databases._within_reach(programs, folder, owner)
        databases._give(folder, owner)
    databases._make_cluster(programs, folder, owner)
    postgres = Postgres(folder, programs)
    postgres.start()
    try:
        postgres.wait_until_it_answers()
        yield postgres
    finally:
        postgres.stop()


def forget(folder: Path | str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
