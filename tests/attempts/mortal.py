"""A PostgreSQL server that can be killed and started again, and a disk that is soon full."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import URL

from tests import databases
from tests.databases import Server


@dataclass
class MortalServer:
    """A server of a test's own, in a folder of its own."""

    programs: Path
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def server(self) -> Server:
        return Server(
            URL.create(
                "postgresql+psycopg",
                username=databases.SUPERUSER,
                database="postgres",
                query={"host": str(self.folder)},
            )
        )

    def start(self) -> None:
        """Start it, after a kill too, and wait until it answers."""
        self.process = databases._start(self.programs, self.folder, databases._owner(), databases.FAST_AND_FORGETFUL)
        databases._wait_until_ready(self.server, self.process, self.folder)

    def kill(self) -> None:
        """End the server and everybody who works for it at once, as when the machine loses its power."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)


@contextmanager
def mortal_server() -> Iterator[MortalServer]:
    """Give a running server whose data is that of nobody else."""
    programs = databases.installed_programs() or databases.embedded_programs()
    if programs is None:
        pytest.skip(databases.NONE_FOUND)
    folder = Path(tempfile.mkdtemp(prefix="timebank-", dir=databases._place_for_folders()))
    mortal = MortalServer(programs, folder)
    owner = databases._owner()
    try:
        if owner is not None:
            mortal.programs = databases._within_reach(programs, folder, owner)
            databases._give(folder, owner)
        databases._make_cluster(mortal.programs, folder, owner)
        mortal.start()
        yield mortal
    finally:
        with suppress(ProcessLookupError, AssertionError):
            mortal.kill()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def small_disk(folder: Path, *, kilobytes: int) -> Iterator[Path]:
    """Give a folder in which so much has room. Only root can make one; others skip the test."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"A small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Fill the disk to the last byte, and return the file that can be taken away again."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler
