"""Write the whole ledger for other programs."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click
from flask.cli import with_appcontext

from timebank import clock
from timebank.cli.edge import bank_of, bank_option, progress, says_what_is_wrong
from timebank.exports import beancount, journal, spreadsheet
from timebank.exports.contents import Contents, contents_of
from timebank.exports.files import whole_file
from timebank.extensions import read_one_moment
from timebank.ledger import seals

FORMATS: dict[str, Callable[[Contents], Iterator[str]]] = {
    "hledger": journal.text_of,
    "beancount": beancount.text_of,
    "csv": spreadsheet.text_of,
}
STANDARD_OUTPUT = "-"


@click.command("export")
@bank_option
@click.option("--format", "form", type=click.Choice(list(FORMATS)), required=True, help="Which program it is for.")
@click.option("--output", metavar="FILE", required=True, help="File to write, or - for the standard output.")
@with_appcontext
@says_what_is_wrong
def export(bank_code: str, form: str, output: str) -> None:
    """Write the whole ledger of a bank, both books, for programs that check our arithmetic.

    What is for hledger is for ledger too. Both, and beancount, compare every balance at the end of each closed month.
    csv has one row for each transfer.
    """
    read_one_moment()
    bank = bank_of(bank_code)
    contents = contents_of(bank, seal_head=seals.head_of(bank.id), made_at=clock.now())
    pieces = 1 + contents.transfers + (0 if form == "csv" else contents.snapshots)
    with _opened(output) as file, progress("Writing", pieces, unit="pieces") as tick:
        for text in FORMATS[form](contents):
            file.write(text)
            tick(1)
    written = (
        f"{contents.transfers} transfers between {len(contents.accounts)} accounts of {contents.bank_code} written."
    )
    click.echo(written, err=output == STANDARD_OUTPUT)


@contextmanager
def _opened(output: str) -> Iterator[TextIO]:
    if output != STANDARD_OUTPUT:
        with whole_file(Path(output)) as file:
            yield file
        return
    # The programs read UTF-8, whatever the terminal's own is.
    file = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    try:
        yield file
    finally:
        file.detach()
