"""What kills, pauses and starts again, at random moments, until it is told to stop."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.torture.clients import Clients
from tests.torture.processes import Application, Postgres

Fault = Callable[[], None]
LONGEST_PAUSE_SECONDS = 1.5


@dataclass
class Nemesis:
    """Every fault, how often it struck, and how long the time bank did not answer at most."""

    application: Application
    postgres: Postgres | None
    clients: Clients
    chance: random.Random
    struck: Counter[str] = field(default_factory=Counter)
    longest_outage_seconds: float = 0.0
    # Each kind of fault once, before chance alone decides.
    first: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.first = list(self.faults())
        self.chance.shuffle(self.first)

    def faults(self) -> dict[Fault, int]:
        """Return every kind of fault, and how often it strikes beside the others."""
        faults: dict[Fault, int] = {
            self.kill_a_worker: 35,
            self.kill_the_application: 20,
            self.kill_a_client: 20,
            self.pause_a_worker: 10,
        }
        if self.postgres is not None:
            faults |= {self.kill_the_database: 20, self.kill_a_connection: 5}
        return faults

    def strike_until(self, stop_at: float, *, every_seconds: float | None, between: Callable[[], None]) -> None:
        """Strike again and again, `every_seconds` on the average, as soon as what was killed before has come back."""
        faults = self.faults()
        while True:
            wait = stop_at if every_seconds is None else self.chance.uniform(0.5, 1.5) * every_seconds
            wait_until = time.monotonic() + wait
            while time.monotonic() < min(wait_until, stop_at):
                time.sleep(0.05)
                between()
            if time.monotonic() >= stop_at:
                return
            [fault] = self.first[-1:] or self.chance.choices(list(faults), list(faults.values()))
            struck_before = self.struck.total()
            fault()
            if self.first and self.struck.total() > struck_before:
                # One that found nobody to strike, such as a worker while all of them start, has its turn again.
                self.first.pop()
            self.clients.keep_alive()

    @property
    def has_struck_everything(self) -> bool:
        """Whether each kind of fault has struck at least once."""
        return not self.first

    def kill_a_worker(self) -> None:
        workers = self.application.workers()
        if workers:
            self._kill("a worker", self.chance.choice(workers))

    def kill_a_client(self) -> None:
        self.clients.kill_one(self.chance)
        self.struck["a client"] += 1

    def kill_the_application(self) -> None:
        self.application.kill()
        self.struck["the application"] += 1
        with self._outage():
            self.application.start()
            self.application.wait_until_it_answers()

    def kill_the_database(self) -> None:
        assert self.postgres is not None
        self.postgres.kill()
        self.struck["the database"] += 1
        with self._outage():
            self.postgres.start()
            self.postgres.wait_until_it_answers()
            self.application.wait_until_it_answers()

    def kill_a_connection(self) -> None:
        """Kill the process of one connection: PostgreSQL then ends every other one too, and recovers by itself."""
        assert self.postgres is not None
        busy = self.postgres.connections()
        if busy:
            self._kill("a connection", self.chance.choice(busy))
            with self._outage():
                self.postgres.wait_until_it_answers()
                self.application.wait_until_it_answers()

    def pause_a_worker(self) -> None:
        workers = self.application.workers()
        if workers:
            worker = self.chance.choice(workers)
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGSTOP)
                self.struck["pauses"] += 1
                time.sleep(self.chance.uniform(0.1, LONGEST_PAUSE_SECONDS))
                os.kill(worker, signal.SIGCONT)

    def _kill(self, what: str, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.struck[what] += 1

    @contextlib.contextmanager
    def _outage(self) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.longest_outage_seconds = max(self.longest_outage_seconds, time.monotonic() - began)

    @property
    def kills(self) -> int:
        return sum(count for what, count in self.struck.items() if what != "pauses")
