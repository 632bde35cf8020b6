"""Many clients at once, each a process of its own that does one thing again and again until the time is over.

Nothing but the standard library is imported here, because the programs that we are compared with have environments of
their own, and run their clients with this too.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

SECONDS_TO_BEGIN = 180

# Before the clock runs each client acts so often, so that connections are open and statements prepared.
WARM_UPS = 10

Act = Callable[[], Any]


@dataclass(frozen=True)
class Client:
    """What one client did."""

    acts: int
    errors: list[str]
    seconds: float
    longest_seconds: float
    median_seconds: float

    @property
    def rate(self) -> float:
        """Acts per second."""
        return self.acts / self.seconds


@dataclass(frozen=True)
class Crowd:
    """What all clients did."""

    clients: list[Client]

    @property
    def rate(self) -> float:
        """Acts per second, of all together."""
        return sum(client.rate for client in self.clients)

    @property
    def errors(self) -> list[str]:
        """What went wrong for any of them."""
        return [error for client in self.clients for error in client.errors]

    @property
    def longest_seconds(self) -> float:
        """The longest that any of them waited for one act."""
        return max(client.longest_seconds for client in self.clients)

    @property
    def median_seconds(self) -> float:
        """What half of the acts of the first client took less than."""
        return self.clients[0].median_seconds

    @property
    def slowest_to_fastest(self) -> float:
        """How much the slowest client did, as part of what the fastest did."""
        rates = [client.rate for client in self.clients]
        return min(rates) / max(rates)


def gather(make_act: Callable[[int], Act], *, clients: int, seconds: float) -> Crowd:
    """Start so many clients, let each make its own act and repeat it for so long, and return what they did."""
    context = multiprocessing.get_context("fork")
    together = context.Barrier(clients)
    processes = []
    ends = []
    for number in range(clients):
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_live, args=(make_act, number, seconds, together, there))
        process.start()
        there.close()
        processes.append(process)
        ends.append(here)
    # A client that died sends nothing, and reading from it raises EOFError: then there is no figure.
    done = [Client(**end.recv()) for end in ends]
    for process in processes:
        process.join()
    return Crowd(done)


def _live(make_act: Callable[[int], Act], number: int, seconds: float, together: Barrier, answer: Connection) -> None:
    act = make_act(number)
    for _ in range(WARM_UPS):
        act()
    together.wait(SECONDS_TO_BEGIN)
    waits, errors = [], []
    begin = now = time.monotonic()
    while now - begin < seconds:
        try:
            act()
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}"[:300])
        before, now = now, time.monotonic()
        waits.append(now - before)
    waits.sort()
    client = Client(
        acts=len(waits) - len(errors),
        errors=errors[:3],
        seconds=now - begin,
        longest_seconds=waits[-1],
        median_seconds=waits[len(waits) // 2],
    )
    answer.send(asdict(client))
    answer.close()


def answer(make_act_for: Callable[[dict[str, Any]], Callable[[int], Act]], arguments: Sequence[str]) -> None:
    """Print what the crowd did that the one argument describes, as JSON. This is how a client program ends."""
    asked = json.loads(arguments[0])
    crowd = gather(make_act_for(asked), clients=asked["clients"], seconds=asked["seconds"])
    sys.stdout.write(json.dumps([asdict(client) for client in crowd.clients]) + "\n")


def read(line: str) -> Crowd:
    """Return the crowd that a client program printed."""
    return Crowd([Client(**client) for client in json.loads(line)])
