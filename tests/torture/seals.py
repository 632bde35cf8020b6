"""Seals, taken while the run goes on, with their heads kept outside of the database."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.journeys.server import ROOT
from tests.torture.processes import Application

# The bank, the number of its last seal, and its digest.
_HEAD = re.compile(r"^\S+:\d+:[0-9a-f]{64}$", re.MULTILINE)


def flask(application: Application, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the time bank's, and return how it ended."""
    return subprocess.run(
        [sys.executable, "-m", "flask", *command],
        cwd=ROOT,
        env=application.environment,
        capture_output=True,
        text=True,
        timeout=3600,
        check=False,
    )


def can_seal(application: Application) -> bool:
    """Return whether this version of the time bank has seals."""
    return re.search(r"^  seal\b", flask(application, "ledger", "--help").stdout, re.MULTILINE) is not None


class Sealing:
    """A seal now and then, in a process of its own, which the nemesis does not spare when it kills the database."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.heads: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    def go_on(self) -> None:
        """Begin the next seal when the one before has ended, and keep the head of that."""
        if self.process is not None:
            if self.process.poll() is None:
                return
            # A seal that was cut off by a kill says nothing, and the next one takes its transfers.
            self._keep_heads()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flask", "ledger", "seal"],
            cwd=ROOT,
            env=self.application.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def finish(self) -> None:
        if self.process is not None:
            self._keep_heads()

    def _keep_heads(self) -> None:
        assert self.process is not None
        said, _errors = self.process.communicate(timeout=120)
        self.heads += _HEAD.findall(said)


def verify(application: Application, heads: list[str]) -> str | None:
    """Return what `flask ledger verify` complains about, with every head that was kept; None when there is nothing."""
    given = [part for head in dict.fromkeys(heads) for part in ("--head", head)]
    verified = flask(application, "ledger", "verify", *given)
    return None if verified.returncode == 0 else (verified.stderr or verified.stdout)[-2000:]
