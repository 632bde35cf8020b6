"""The way every file is loaded from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from timebank.cli.edge import count_lines, progress, warn_of_unknown_columns
from timebank.extensions import db, read_only
from timebank.imports import load
from timebank.imports.spreadsheet import Problem


def load_file(path: Path, loader: load.Loader[Any], *, dry_run: bool, what: str, record: Callable[[int], None]) -> None:
    """Look at every line, name every problem, then write all of it or nothing; `record` writes the audit."""
    lines = count_lines(path)
    with progress("Checking", lines) as tick:
        outcome = load.look(loader, tick=tick, show=_show)
    warn_of_unknown_columns(loader.table)
    if outcome.wrong:
        db.session.rollback()
        raise click.ClickException(f"{outcome.wrong} problems. Nothing was written.")
    if dry_run:
        db.session.rollback()
        click.echo(f"Dry run: {outcome.new} {what} would be loaded, {outcome.unchanged} are there already.")
        return
    written = 0
    if outcome.new:
        with progress("Writing", lines) as tick:
            written = load.write(loader, tick=tick)
        record(written)
    db.session.commit()
    click.echo(f"{written} {what} loaded, {outcome.unchanged} were there already.")


def _show(problem: Problem) -> None:
    click.echo(str(problem), err=True)


def begin(dry_run: bool) -> None:
    """Begin the command's transaction; a dry run must not keep anybody else from writing."""
    if dry_run:
        read_only()
