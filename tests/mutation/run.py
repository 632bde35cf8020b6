"""Plant every bug of the list, one at a time in a copy of the repository, and see whether the tests notice.

script/mutate                      all of them; exits with 1 when fewer than 95 % are killed
script/mutate seals.py "a floor"   those whose file or name holds one of these
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from tests.databases import postgres_server
from tests.mutation.every import MUTATIONS
from tests.mutation.mutation import Mutation

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", "node_modules", "__pycache__", "instance", ".*_cache", ".hypothesis"
)

WANTED_PERCENT = 95
# Tests that pass in some seconds have so long with a bug, and so many times as long, before they count as endless.
SECONDS, TIMES_AS_LONG = 30, 5
LONGEST_SECONDS = 600

GUARDS = "timebank/ledger/guards.py"

# This one compares the text of every guard, and so would kill whatever changes one.
COMPARES_TEXTS = "tests/ledger/test_guards.py::test_every_guard_that_the_migration_makes_is_watched_over"
PYTEST = ["-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--hypothesis-seed=1"]

KILLED, ENDLESS, CRASHED = "killed", "killed: endless", "killed: crashed"
SURVIVED, BROKEN = "survived", "broken"

# What pytest exits with when all passed, when one failed, and when it was not asked for any test that there is.
PASSED, FAILED, ASKED_WRONGLY = 0, 1, (4, 5)


@dataclass(frozen=True)
class Outcome:
    """What came of one mutation, and in how many seconds."""

    mutation: Mutation
    result: str
    seconds: float
    said: str

    @property
    def is_killed(self) -> bool:
        """Whether the tests noticed."""
        return self.result in (KILLED, ENDLESS, CRASHED)


class Copy:
    """A copy of the repository in which one bug at a time is planted."""

    def __init__(self, folder: Path, postgres_url: str) -> None:
        self.folder = folder
        self._program: subprocess.Popen[str] | None = None
        shutil.copytree(ROOT, folder, ignore=NOT_COPIED, symlinks=True)
        self.environment = os.environ | {"TIMEBANK_TEST_POSTGRES_URL": postgres_url, "PYTHONPATH": str(folder)}

    def run(self, mutation: Mutation, seconds: float) -> Outcome:
        """Plant the bug, run its tests for so many seconds at most, and take it out again."""
        began = time.monotonic()
        files = {*(change.file for change in mutation.changes), GUARDS}
        before = {self.folder / file: (self.folder / file).read_bytes() for file in files}
        try:
            mutation.plant(self.folder)
            result, said = self._result(mutation, seconds)
        finally:
            for path, text in before.items():
                path.write_bytes(text)
                # A change of the same length within a second would not be seen to be one.
                Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
        return Outcome(mutation, result, time.monotonic() - began, said)

    def stop(self) -> None:
        """End what runs in this copy, and whatever that started and left behind."""
        if self._program is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._program.pid, signal.SIGKILL)

    def run_tests(self, tests: str, seconds: float) -> tuple[int, str]:
        """Return what pytest exits with after these tests, and what it said. Raises subprocess.TimeoutExpired."""
        return self._python(*PYTEST, "--deselect", COMPARES_TEXTS, *shlex.split(tests), seconds=seconds)

    def _result(self, mutation: Mutation, seconds: float) -> tuple[str, str]:
        try:
            if mutation.guards_of:
                code, said = self._python("-m", "tests.mutation.digests", *mutation.guards_of, seconds=seconds)
                if code:
                    return BROKEN, said
            code, said = self.run_tests(mutation.tests, seconds)
        except subprocess.TimeoutExpired:
            return ENDLESS, f"not done in {seconds:.0f} seconds"
        if code in ASKED_WRONGLY:
            return BROKEN, said
        return {PASSED: SURVIVED, FAILED: KILLED}.get(code, CRASHED), said

    def _python(self, *arguments: str, seconds: float) -> tuple[int, str]:
        self._program = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        with self._program as program:
            try:
                said, _ = program.communicate(timeout=seconds)
            finally:
                self.stop()
        self._program = None
        return program.returncode, said


class Copies:
    """As many copies as there are processors. Whoever uses one gives it back, whatever happened."""

    def __init__(self, count: int, folder: Path, postgres_url: str) -> None:
        self._all = [Copy(folder / str(number), postgres_url) for number in range(count)]
        self._free: SimpleQueue[Copy] = SimpleQueue()
        for copy in self._all:
            self._free.put(copy)

    @contextlib.contextmanager
    def one(self) -> Iterator[Copy]:
        """Give a copy that nobody else uses."""
        copy = self._free.get()
        try:
            yield copy
        finally:
            self._free.put(copy)

    def each(self, act: Callable[[T], None], things: Iterable[T]) -> None:
        """Act on each thing, on several at once. The first exception is raised, and the rest of them are left."""
        with ThreadPoolExecutor(len(self._all)) as pool:
            try:
                for done in as_completed([pool.submit(act, thing) for thing in things]):
                    done.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                for copy in self._all:
                    copy.stop()
                raise


def say(line: str) -> None:
    """Print a line, whole, though several threads do."""
    print(f"{line}\n", end="", flush=True)


def chosen(words: Sequence[str]) -> list[Mutation]:
    """Return the mutations whose file or name holds one of the words; all of them where there are none."""
    return [
        mutation
        for mutation in MUTATIONS
        if not words or any(word in mutation.file or word in mutation.name for word in words)
    ]


def run_all(mutations: Sequence[Mutation], copies: Copies) -> list[Outcome]:
    """Run them, and print each as it comes; first the tests without any bug. Raises SystemExit where those fail."""
    patience: dict[str, float] = {}
    outcomes: list[Outcome] = []

    def first_pass(tests: str) -> None:
        began = time.monotonic()
        with copies.one() as copy:
            code, said = copy.run_tests(tests, LONGEST_SECONDS)
        if code != PASSED:
            raise SystemExit(f"Without any bug, these tests do not pass: {tests}\n{said}")
        took = time.monotonic() - began
        patience[tests] = SECONDS + TIMES_AS_LONG * took
        say(f"without any bug {took:5.1f} s  {tests}")

    def run(mutation: Mutation) -> None:
        with copies.one() as copy:
            outcome = copy.run(mutation, patience[mutation.tests])
        outcomes.append(outcome)
        say(f"{outcome.result:>15} {outcome.seconds:5.1f} s  {mutation.file}: {mutation.name}")
        if outcome.result in (BROKEN, CRASHED):
            say(outcome.said[-2000:])

    copies.each(first_pass, sorted({mutation.tests for mutation in mutations}))
    copies.each(run, mutations)
    return outcomes


def table(outcomes: Sequence[Outcome]) -> str:
    """Return how many were killed and survived in each file, in Markdown."""
    killed = Counter(outcome.mutation.file for outcome in outcomes if outcome.is_killed)
    every = Counter(outcome.mutation.file for outcome in outcomes)
    rows = [f"| {file} | {count} | {killed[file]} | {count - killed[file]} |" for file, count in sorted(every.items())]
    total = f"| all | {every.total()} | {killed.total()} | {every.total() - killed.total()} |"
    return "\n".join(["| file | planted | killed | survived |", "| --- | ---: | ---: | ---: |", *rows, total])


def main(words: Sequence[str]) -> int:
    """Run the chosen mutations, print the table, and return the exit code."""
    mutations = chosen(words)
    if not mutations:
        print(f"There is no planted bug whose file or name holds {' or '.join(words)}.")
        return 2
    began = time.monotonic()
    # Whoever ends this leaves no tests and no server running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="timebank-mutate-") as folder, postgres_server() as server:
        count = min(os.cpu_count() or 1, len(mutations))
        copies = Copies(count, Path(folder), server.url.render_as_string(hide_password=False))
        outcomes = run_all(mutations, copies)
    killed = sum(outcome.is_killed for outcome in outcomes)
    print(f"\n{table(outcomes)}\n")
    for outcome in outcomes:
        if not outcome.is_killed:
            print(f"{outcome.result}: {outcome.mutation.file}: {outcome.mutation.name}")
    minutes = (time.monotonic() - began) / 60
    print(f"killed {killed} of {len(outcomes)} ({100 * killed / len(outcomes):.1f} %) in {minutes:.0f} minutes")
    return 0 if 100 * killed >= WANTED_PERCENT * len(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
