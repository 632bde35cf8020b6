"""Print statements."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from timebank.cli.edge import bank_of, bank_option, says_what_is_wrong
from timebank.exports.files import whole_file
from timebank.exports.statement_files import FORMATS, Whose
from timebank.extensions import read_only
from timebank.ledger import queries as ledger
from timebank.ledger.months import Month
from timebank.statements.queries import statement_of
from timebank.statements.text import as_json, as_text

PRINTED = ["text", "json", "csv", "xlsx", "journal"]

group = AppGroup("statements", help="Print monthly statements.")


@group.command("show")
@click.argument("account")
@click.argument("month")
@bank_option
@click.option("--format", "form", type=click.Choice(PRINTED), default="text", help="How to print it.")
@click.option("--output", metavar="FILE", help="File to write instead of printing it.")
@says_what_is_wrong
def show(account: str, month: str, bank_code: str, form: str, output: str | None) -> None:
    """Print the statement of the account with the number ACCOUNT for MONTH, written 2026-10."""
    read_only()
    bank = bank_of(bank_code)
    found = ledger.account_with_number(bank.id, account)
    if found is None:
        raise click.ClickException(f"{bank.code} has no account with the number {account}.")
    try:
        parsed = Month.parse(month)
    except ValueError:
        raise click.ClickException(f"{month} is not a month. Write it like 2026-10.") from None
    statement = statement_of(bank, found, parsed, viewer=None, in_full=True)
    if form == "text":
        content = as_text(statement).encode()
    elif form == "json":
        content = (json.dumps(as_json(statement, bank_code=bank.code), indent=2, ensure_ascii=False) + "\n").encode()
    else:
        content = FORMATS[form].made(statement, Whose(bank_code=bank.code, account_kind=found.kind))
    _write(content, output, is_text=form != "xlsx")


def _write(content: bytes, output: str | None, *, is_text: bool) -> None:
    if output is not None:
        with whole_file(Path(output)) as file:
            file.buffer.write(content)
    elif is_text or not sys.stdout.isatty():
        click.echo(content, nl=False)
    else:
        raise click.ClickException("A workbook is not for a terminal. Name a file with --output.")
