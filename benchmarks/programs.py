"""Programs that are run and measured from outside."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks import crowd

ROOT = Path(__file__).resolve().parent.parent
BESIDE = ROOT / ".venv-benchmarks" / "bin"


class NotHere(Exception):
    """Something that a benchmark compares with is not on this machine, or not yet in this application."""


class Failed(Exception):
    """A program that is measured did not do what it was asked."""


class ClientsFailed(Failed):
    """A client met an error, as somebody who uses the application would have."""


@dataclass(frozen=True)
class Run:
    """How long a program took, and how much memory it had at most."""

    seconds: float
    most_megabytes: float
    output: str


def program(name: str) -> str:
    """Return where the program is: beside the application, or on the PATH. Raises NotHere."""
    found = shutil.which(name, path=str(BESIDE)) or shutil.which(name)
    if found is None:
        raise NotHere(f"{name} is not installed")
    return found


@cache
def secret() -> str:
    """Return a secret key for the applications of this run."""
    return secrets.token_hex(32)


def environment(database_url: str = "") -> dict[str, str]:
    """Return the environment in which our own programs run on a database."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TIMEBANK_", "FLASK_"))}
    return kept | {
        "TIMEBANK_SECRET_KEY": secret(),
        "TIMEBANK_DATABASE_URL": database_url,
        "TIMEBANK_LOG_LEVEL": "ERROR",
        "FLASK_APP": str(ROOT / "wsgi.py"),
        "BEANCOUNT_DISABLE_LOAD_CACHE": "1",
    }


def run(command: Sequence[str], *, database_url: str = "", output: Path) -> Run:
    """Run a program to its end. What it prints is kept in a file. Raises Failed."""
    launched = subprocess.run(
        [sys.executable, "-S", str(ROOT / "benchmarks" / "launch.py"), str(output), *command],
        env=environment(database_url),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    ended = json.loads(launched.stdout)
    if ended["code"]:
        raise Failed(f"{' '.join(command)}: {output.read_text(errors='replace')[-1500:]}")
    return Run(ended["seconds"], ended["most_megabytes"], str(output))


def flask(*words: str, database_url: str, output: Path) -> Run:
    """Run one of our own commands: `flask("ledger", "verify", …)`. Raises NotHere where there is none of that name."""
    try:
        return run([sys.executable, "-m", "flask", *words], database_url=database_url, output=output)
    except Failed as failed:
        if "No such command" in str(failed):
            raise NotHere(f"there is no flask {' '.join(words[:2])}") from None
        raise


def ask(module: str, asked: dict[str, Any], *, python: str = sys.executable) -> crowd.Crowd:
    """Let a client program of ours gather the crowd that is asked for, and return what it did. Raises Failed."""
    done = subprocess.run(
        [python, "-m", module, json.dumps(asked)],
        env=environment(asked.get("url", "")),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(f"{module}: {done.stderr[-1500:]}")
    return crowd.read(done.stdout.splitlines()[-1])
