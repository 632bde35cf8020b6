"""What every command does at its edge: find the bank, say what is wrong, write all or nothing."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy.exc import ProgrammingError
from tqdm import tqdm

from timebank.attempts import DatabaseTrouble, Trouble, attempted, let_go
from timebank.audit.service import Origin, origin
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.errors import RuleBroken
from timebank.imports.load import FileChanged
from timebank.imports.spreadsheet import Table

# A command may have printed half of a list when the connection is lost, and would print it twice.
PASSING = frozenset({Trouble.BUSY})

Command = TypeVar("Command", bound=Callable[..., Any])

bank_option = click.option("--bank", "bank_code", required=True, metavar="CODE", help="The time bank's code.")


def says_what_is_wrong(command: Command) -> Command:
    """Turn a broken rule, or a database that is not set up or away, into a message and exit code 1.

    Nothing is written then. A command that others were in the way of is done again as a whole, within a bound.
    """

    @wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        context = click.get_current_context()
        origin.set(Origin(came_from=f"{context.command_path} by {_operator()}"))
        try:
            return attempted(partial(command, *args, **kwargs), passing=PASSING)
        except (RuleBroken, FileChanged) as broken:
            let_go()
            raise click.ClickException(broken.text if isinstance(broken, RuleBroken) else str(broken)) from None
        except (DatabaseTrouble, ProgrammingError) as error:
            let_go()
            raise click.ClickException(_what_the_database_said(error)) from None

    return guarded  # type: ignore[return-value]


def _what_the_database_said(error: DatabaseTrouble | ProgrammingError) -> str:
    cause = error.__cause__ if isinstance(error, DatabaseTrouble) else error
    said = getattr(cause, "orig", None) or cause
    if "no such table" in str(said) or "does not exist" in str(said):
        return "The database is not set up. Run: flask db upgrade"
    if isinstance(error, DatabaseTrouble) and not error.nothing_is_kept:
        return f"The database was in trouble when some of it was, or may have been, written. Look what is there: {said}"
    if isinstance(error, DatabaseTrouble) and error.trouble == Trouble.BUSY:
        return f"The database is busy with others. Nothing was written. Try again: {said}"
    return f"The database did not answer: {said}"


def _operator() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user id {os.getuid()}"


def bank_of(code: str) -> Bank:
    """Return the bank of that code. Raises a ClickException that lists the codes there are."""
    bank = banks.bank_with_code(code)
    if bank is None:
        codes = ", ".join(bank.code for bank in banks.every_bank()) or "none yet"
        raise click.ClickException(f"There is no time bank with the code {code}. There are: {codes}")
    return bank


@contextmanager
def progress(description: str, total: int, *, unit: str = "lines") -> Iterator[Callable[[int], None]]:
    """Show a progress bar on a terminal, and nothing where nobody watches."""
    with tqdm(total=total, desc=description, unit=f" {unit}", file=sys.stderr, disable=None) as bar:

        def tick(count: int) -> None:
            bar.update(count)

        yield tick


def count_lines(path: Path) -> int:
    """Return how many lines a file has, for the progress bar."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def warn_of_unknown_columns(table: Table) -> None:
    """Say which columns are not read, so that a misspelt one is noticed."""
    if table.unknown:
        click.echo(f"These columns are not read: {', '.join(table.unknown)}", err=True)
