"""Look into the ledger, and prove that it adds up."""

from __future__ import annotations

import csv
import sys

import click
from flask.cli import AppGroup

from timebank.cli.edge import bank_of, bank_option, says_what_is_wrong
from timebank.extensions import read_only
from timebank.ledger import queries, verify

group = AppGroup("ledger", help="Look into the ledger, and prove that it adds up.")


@group.command("balances")
@bank_option
@click.option("--format", "form", type=click.Choice(["csv"]), default="csv", help="How to print them.")
@says_what_is_wrong
def balances(bank_code: str, form: str) -> None:
    """Print the number of every account and its minutes in each book."""
    read_only()
    bank = bank_of(bank_code)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["number", "credit_minutes", "record_minutes", "kind"])
    for number, kind, credit, record in queries.balances_by_number(bank.id):
        writer.writerow([number, credit, record, kind])


@group.command("verify")
@says_what_is_wrong
def verify_ledger() -> None:
    """Check every transfer, entry and balance; exit with 1 and name every row that is wrong."""
    read_only()
    counted = verify.counts()
    found = 0
    for problem in verify.problems():
        found += 1
        click.echo(f"{problem.row} {problem.what}", err=True)
    click.echo(f"{counted.transfers} transfers, {counted.entries} entries, {counted.accounts} accounts checked.")
    if found:
        raise click.ClickException(f"{found} problems in the ledger.")
    click.echo("The ledger adds up.")
