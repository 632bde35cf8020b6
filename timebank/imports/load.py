"""The way every file is loaded: look at every line first, then write all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

from flask_babel import gettext

from timebank.extensions import look_things_up
from timebank.imports.spreadsheet import ROWS_AT_ONCE, Problem, Row, Table

Item = TypeVar("Item")
Tick = Callable[[int], None]


@dataclass
class Outcome:
    """What looking at a file, or loading it, came to."""

    new: int = 0
    unchanged: int = 0
    wrong: int = 0


class Loader(Protocol[Item]):
    """What is particular to one kind of file."""

    table: Table

    def begin_again(self) -> None:
        """Forget what was seen, before the file is read a second time."""

    def check(self, rows: list[Row]) -> tuple[list[Item], int, list[Problem]]:
        """Return what the rows say that is new, how many say nothing new, and what is wrong."""

    def write(self, items: list[Item]) -> None:
        """Write what is new."""


def look(loader: Loader[Item], *, tick: Tick, show: Callable[[Problem], None]) -> Outcome:
    """Look at every line and write nothing; `show` is told of each problem as it is found."""
    outcome = Outcome()
    loader.begin_again()
    for rows in _chunks(loader.table.rows()):
        items, unchanged, problems = loader.check(rows)
        outcome.new += len(items)
        outcome.unchanged += unchanged
        _report(outcome, loader.table, problems, show)
        tick(len(rows))
    _report(outcome, loader.table, [], show)
    return outcome


def write(loader: Loader[Item], *, tick: Tick) -> int:
    """Write what look() found to be new and right, a few hundred lines at a time, and return how many there were.

    Raises FileChanged when the file is no longer what was looked at.
    """
    written = 0
    loader.begin_again()
    for number, rows in enumerate(_chunks(loader.table.rows())):
        items, _unchanged, problems = loader.check(rows)
        _require_no_problem([*loader.table.problems, *problems])
        loader.write(items)
        written += len(items)
        tick(len(rows))
        if number == 0 and len(rows) == ROWS_AT_ONCE:
            look_things_up()
    _require_no_problem(loader.table.problems)
    return written


def _require_no_problem(problems: list[Problem]) -> None:
    if problems:
        raise FileChanged(problems[0])


class FileChanged(RuntimeError):
    """Between looking and writing, the file or the bank changed, so that nothing is written."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(
            gettext(
                "The file or the time bank changed meanwhile. Nothing was written: %(problem)s", problem=str(problem)
            )
        )


def _report(outcome: Outcome, table: Table, problems: list[Problem], show: Callable[[Problem], None]) -> None:
    found, table.problems = [*table.problems, *problems], []
    for problem in sorted(found, key=lambda problem: problem.line):
        show(problem)
    outcome.wrong += len(found)


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, ROWS_AT_ONCE)):
        yield chunk
