"""Print statements."""

from __future__ import annotations

import json

import click
from flask.cli import AppGroup

from timebank.cli.edge import bank_of, bank_option, says_what_is_wrong
from timebank.extensions import read_only
from timebank.ledger import queries as ledger
from timebank.ledger.months import Month
from timebank.statements.queries import statement_of
from timebank.statements.text import as_json, as_text

group = AppGroup("statements", help="Print monthly statements.")


@group.command("show")
@click.argument("account")
@click.argument("month")
@bank_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
@says_what_is_wrong
def show(account: str, month: str, bank_code: str, form: str) -> None:
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
    if form == "json":
        click.echo(json.dumps(as_json(statement, bank_code=bank.code), indent=2, ensure_ascii=False))
    else:
        click.echo(as_text(statement), nl=False)
