"""The client processes, each of which is started again when it was killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.journeys.server import ROOT

SECONDS_TO_STOP = 150


class Clients:
    """As many processes as there are clients. Each life of a client has a history of its own."""

    def __init__(self, folder: Path, how_many: int, *, seed: str, port: int, sent_again: float) -> None:
        self.folder, self.seed, self.port, self.sent_again = folder, seed, port, sent_again
        self.lives = [0] * how_many
        self.log = folder / "clients.log"
        self.processes: list[subprocess.Popen[bytes]] = [self._begin(client) for client in range(how_many)]
        self.fell: list[str] = []

    def _begin(self, client: int) -> subprocess.Popen[bytes]:
        self.lives[client] += 1
        arguments = (self.folder, client, self.lives[client], self.seed, self.port, self.sent_again)
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.torture.client", *map(str, arguments)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def kill_one(self, chance: random.Random) -> None:
        """Kill a client in the middle of what it does, and start it again."""
        client = chance.randrange(len(self.processes))
        self.processes[client].send_signal(signal.SIGKILL)
        self.processes[client].wait()
        self.processes[client] = self._begin(client)

    def keep_alive(self) -> None:
        """Notice a client that ended by itself, which none should, and start it again."""
        for client, process in enumerate(self.processes):
            if process.poll() is not None:
                self.fell.append(f"client {client} ended by itself with {process.returncode}; see {self.log}")
                self.processes[client] = self._begin(client)

    def stop(self) -> None:
        """Let each finish what it has begun."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        stop_at = time.monotonic() + SECONDS_TO_STOP
        for client, process in enumerate(self.processes):
            try:
                code = process.wait(max(0.1, stop_at - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
            # One that had only just begun may not have learned yet what to do with the signal.
            if code not in (0, -signal.SIGTERM):
                self.fell.append(f"client {client} ended with {code}; see {self.log}")
