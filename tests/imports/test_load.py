"""All of a file or nothing, however long it is and whatever happens meanwhile."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests import make
from tests.conftest import application_on
from tests.imports.sheets import everything, exchange, member, sheet
from tests.ledger.plain import run_plainly
from timebank import clock
from timebank.extensions import db
from timebank.imports import load
from timebank.imports.exchanges import ExchangeLoader
from timebank.imports.load import FileChanged
from timebank.imports.members import MemberLoader

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1024 * 1024


def nothing(_count: object) -> None:
    """Nobody watches."""


@pytest.fixture
def bank(app):
    bank = make.make_bank()
    for number in ("0001", "0002"):
        make.make_member(bank, number=number)
    db.session.commit()
    return bank


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "file.csv"


@pytest.fixture
def load_through_command(request):
    """The command, beside the module of the same name."""
    return request.getfixturevalue("load")


def test_looking_counts_lines_as_it_goes(bank, file):
    file.write_text(sheet([exchange(number) for number in range(1203)]))
    ticks: list[int] = []
    outcome = load.look(ExchangeLoader(bank, file, at=clock.now()), tick=ticks.append, show=nothing)
    assert (outcome.new, outcome.unchanged, outcome.wrong) == (1203, 0, 0)
    assert ticks == [1000, 203]


def test_problems_are_shown_in_the_order_of_their_lines(bank, file):
    rows = [exchange(number) for number in range(6)]
    rows[1]["hours"] = rows[5]["hours"] = "0"
    lines = sheet(rows).splitlines()
    lines[4] += ",too,many"
    file.write_text("\n".join(lines))
    problems: list[load.Problem] = []
    load.look(ExchangeLoader(bank, file, at=clock.now()), tick=nothing, show=problems.append)
    assert [problem.line for problem in problems] == [3, 5, 7]


@pytest.mark.parametrize("then", ["hours,wrong", "more,cells,than,columns"])
def test_a_file_that_changes_between_looking_and_writing_is_not_written(bank, file, then):
    rows = [exchange(number) for number in range(700)]
    file.write_text(sheet(rows))
    loader = ExchangeLoader(bank, file, at=clock.now())
    load.look(loader, tick=nothing, show=nothing)
    lines = sheet(rows).splitlines()
    lines[650] = lines[650].rpartition(",")[0] + "," + {"hours,wrong": "0"}.get(then, "1,1,1")
    file.write_text("\n".join(lines))
    with pytest.raises(FileChanged, match=r"line 651"):
        load.write(loader, tick=nothing)


def test_a_number_that_somebody_takes_between_looking_and_writing_keeps_the_file_out(bank, file):
    file.write_text(sheet([member(number) for number in range(10, 30)]))
    loader = MemberLoader(bank, file, at=clock.now())
    assert load.look(loader, tick=nothing, show=nothing).wrong == 0
    make.make_member(bank, number="0020")
    with pytest.raises(FileChanged, match=r"Nothing was written: line 12, column number"):
        load.write(loader, tick=nothing)


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_dry_run_does_not_wait_for_whoever_writes_and_lets_nobody_wait(bank, load_through_command, database_url):
    # The test itself has read the bank, and lets go of it, so that it is not the one who waits.
    db.session.refresh(bank)
    db.session.expunge(bank)
    db.session.rollback()
    writing = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    # Whoever writes holds SQLite's only place to write until they commit.
    writing.execute("BEGIN IMMEDIATE")
    result = load_through_command("exchanges", bank, sheet([exchange(1)]), "--dry-run")
    assert result.exit_code == 0, result.output
    writing.close()


# What another guard of the ledger would do: refuse the one transfer of 61 minutes.
REFUSING = {
    "sqlite": [
        """CREATE TRIGGER refuses_61 BEFORE INSERT ON transfer WHEN NEW.minutes = 61
           BEGIN SELECT RAISE(ABORT, 'ledger: account is closed'); END"""
    ],
    "postgresql": [
        """CREATE FUNCTION refuse_61() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'ledger: account is closed'; END $$""",
        """CREATE TRIGGER refuses_61 BEFORE INSERT ON transfer FOR EACH ROW WHEN (NEW.minutes = 61)
           EXECUTE FUNCTION refuse_61()""",
    ],
}


def test_a_refusal_of_the_ledger_in_the_last_lines_takes_the_first_ones_with_it(
    bank, load_through_command, dialect, database_url
):
    run_plainly(database_url, *REFUSING[dialect])
    rows = [exchange(number, activity="Something new") for number in range(1200)]
    rows[1150]["hours"] = "1:01"
    before = everything()
    result = load_through_command("exchanges", bank, sheet(rows))
    assert result.exit_code == 1
    assert result.stderr == "Error: This account is closed, so no hours can be recorded in it\n"
    assert everything() == before


# Run in a process of its own, which says at the end how much memory it held at most.
LOADING = """
import resource, sys
from pathlib import Path
from timebank import create_app
app = create_app()
result = app.test_cli_runner().invoke(args=["exchanges", "load", sys.argv[1], "--bank", sys.argv[2]])
assert result.exit_code == 0, result.output
status = Path("/proc/self/status")
if status.exists():
    # On Linux, getrusage() of a child begins with what its parent held.
    print(next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM")))
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak_bytes(url: str, lines: int, file: Path) -> int:
    """Load so many exchanges in a new process, and return the most memory that it held."""
    with application_on(url):
        bank = make.make_bank(code="LONG")
        for number in range(1, 51):
            make.make_member(bank, number=f"{number:04d}")
        db.session.commit()
    rows = (
        exchange(
            number,
            giver=f"{number % 50 + 1:04d}",
            receiver=f"{(number + 7) % 50 + 1:04d}",
            happened_on=f"20{number % 20 + 5:02d}-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
            activity=f"Activity {number % 30}",
        )
        for number in range(lines)
    )
    file.write_text(sheet(rows))
    settings = os.environ | {"TIMEBANK_DATABASE_URL": url.replace("+psycopg", "")}
    command = [sys.executable, "-c", LOADING, str(file), "LONG"]
    done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.slow
def test_ten_times_as_many_lines_take_hardly_more_memory(fresh_database, file):
    with fresh_database() as short, fresh_database() as long:
        little, much = peak_bytes(short, 1_000, file), peak_bytes(long, 10_000, file)
    assert much - little < 30 * MEGABYTE
