"""The real hledger, ledger and Beancount, asked whether a file is right and what its accounts hold."""

from __future__ import annotations

import csv
import functools
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

# {(account, unit): minutes}, without what is nothing.
Balances = dict[tuple[str, str], int]

UNITS = ("CREDIT", "RECORD")

# Beancount has a program to check a file, and none of its own to ask it.
_ASK_BEANCOUNT = """
import json, sys
from beancount import loader
from beancount.core import realization
entries, errors, _ = loader.load_file(sys.argv[1])
assert not errors, errors
rows = [
    (account.account, position.units.currency, str(position.units.number))
    for account in realization.iter_children(realization.realize(entries), leaf_only=True)
    for position in account.balance
]
print(json.dumps(rows))
"""


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program as on a terminal that reads UTF-8."""
    program, *arguments = map(str, command)
    return subprocess.run(
        [find(program), *arguments],
        env=os.environ | {"LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def find(name: str) -> str:
    """Return where the program is. Without it the test is skipped, or fails where CI=true."""
    # What is installed with Python's packages is beside the Python that runs, whether or not that is on the PATH.
    found = shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if found:
        return found
    what_to_do = f"No {name}. Install it (on Debian and Ubuntu: apt-get install {name})."
    if os.environ.get("CI") == "true":
        pytest.fail(what_to_do, pytrace=False)
    pytest.skip(what_to_do)


@dataclass(frozen=True)
class Program:
    """A program that reads an export, and how it is asked."""

    name: str
    form: str
    check: Callable[[Path], subprocess.CompletedProcess[str]]
    balances: Callable[[Path], Balances]
    accounts: Callable[[Path], set[str]]


def _hledger_balances(path: Path) -> Balances:
    found = _answer("hledger", "-f", path, "balance", "--flat", "--no-total", "-O", "csv")
    amounts = (
        (account, *amount.split(" "))
        for account, amounts in list(csv.reader(io.StringIO(found)))[1:]
        for amount in amounts.split(", ")
    )
    return {(account, unit): int(minutes) for account, minutes, unit in amounts}


def _ledger_balances(path: Path) -> Balances:
    balances = {}
    for unit in UNITS:
        asked = ("balance", "--flat", "--no-total", "--limit", f'commodity == "{unit}"')
        found = _answer("ledger", "-f", path, *asked, "--format", "%(account)\t%(quantity(display_total))\n")
        balances |= {
            (account, unit): int(minutes) for account, minutes in (line.split("\t") for line in found.splitlines())
        }
    return balances


def _beancount_balances(path: Path) -> Balances:
    rows = json.loads(_answer(sys.executable, "-c", _ASK_BEANCOUNT, path))
    return {(account, unit): int(minutes) for account, unit, minutes in rows}


def _beancount_accounts(path: Path) -> set[str]:
    asking = (
        "import sys; from beancount import loader; from beancount.core.data import Open; "
        "print(*[e.account for e in loader.load_file(sys.argv[1])[0] if isinstance(e, Open)], sep='\\n')"
    )
    return set(_answer(sys.executable, "-c", asking, path).splitlines())


def _answer(*command: str | Path) -> str:
    done = run(*command)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def _journal_accounts(path: Path) -> set[str]:
    # ledger lists only what has an entry, so it is asked what hledger makes of the same file.
    return set(_answer("hledger", "-f", path, "accounts", "--declared").splitlines())


PROGRAMS = {
    program.name: program
    for program in (
        Program(
            "hledger",
            "hledger",
            lambda path: run("hledger", "-f", path, "check", "--strict", "ordereddates"),
            _hledger_balances,
            _journal_accounts,
        ),
        Program(
            "ledger",
            "hledger",
            lambda path: run("ledger", "--pedantic", "-f", path, "balance"),
            _ledger_balances,
            _journal_accounts,
        ),
        Program(
            "beancount",
            "beancount",
            lambda path: run("bean-check", path),
            _beancount_balances,
            _beancount_accounts,
        ),
    )
}

every_program = functools.partial(
    pytest.mark.parametrize, "program", [pytest.param(p, id=n) for n, p in PROGRAMS.items()]
)
