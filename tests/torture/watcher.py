"""Looks at the ledger while everything else goes on, and writes down what it saw.

Run as `python -m tests.torture.watcher DATABASE_URL FILE`. The address may be of a database that is away now and then.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

from sqlalchemy.exc import OperationalError

from tests.torture.snapshots import broken_laws, engine_for_reading, transfers_counted

# The larger the ledger has become, the less often it is read: at most this part of the time.
PART_OF_THE_TIME = 0.06
SECONDS_BETWEEN = 1.0


class Watcher:
    """Takes one snapshot after the other until it is told to stop."""

    def __init__(self, database_url: str, file: Path) -> None:
        self.engine = engine_for_reading(database_url)
        self.file = file
        self.stopping = False
        self.transfers = 0

    def stop(self, *_signal: object) -> None:
        self.stopping = True

    def watch(self) -> None:
        while not self.stopping:
            began = time.monotonic()
            try:
                self.look()
            except OperationalError:
                # The database was killed while we were reading, or is away: that is what it is put through.
                self.engine.dispose()
            took = time.monotonic() - began
            wait_until = time.monotonic() + max(SECONDS_BETWEEN, took / PART_OF_THE_TIME)
            while time.monotonic() < wait_until and not self.stopping:
                time.sleep(0.05)

    def look(self) -> None:
        with self.engine.connect() as connection:
            wrong = broken_laws(connection)
            transfers = transfers_counted(connection)
        if transfers < self.transfers:
            wrong.append(f"there were {self.transfers} transfers, and now there are {transfers}")
        self.transfers = max(self.transfers, transfers)
        with self.file.open("a") as file:
            file.write(json.dumps({"transfers": transfers, "wrong": wrong}) + "\n")


def main() -> None:
    watcher = Watcher(sys.argv[1], Path(sys.argv[2]))
    signal.signal(signal.SIGTERM, watcher.stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watcher.watch()


if __name__ == "__main__":
    main()
