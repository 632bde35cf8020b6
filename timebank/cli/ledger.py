"""Look into the ledger, and prove that it adds up."""

from __future__ import annotations

import csv
import sys
from itertools import chain

import click
from flask.cli import AppGroup

from timebank import clock
from timebank.banks import queries as banks
from timebank.cli.edge import bank_of, bank_option, progress, says_what_is_wrong
from timebank.cli.exports import export
from timebank.exchanges import reasons
from timebank.extensions import db, owners_connection, read_one_moment
from timebank.ledger import queries, roles, seals
from timebank.ledger.verify import Head, Verification

group = AppGroup("ledger", help="Look into the ledger, and prove that it adds up.")
group.add_command(export)


@group.command("balances")
@bank_option
@click.option("--format", "form", type=click.Choice(["csv"]), default="csv", help="How to print them.")
@click.option("--by-month", is_flag=True, help="At the end of each month, from the first entry's to the last's.")
@says_what_is_wrong
def balances(bank_code: str, form: str, by_month: bool) -> None:
    """Print the number of every account and its minutes in each book."""
    read_one_moment()
    bank = bank_of(bank_code)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if by_month:
        writer.writerow(["number", "month", "credit_minutes", "record_minutes", "kind"])
        for end in queries.balances_by_month(bank.id):
            writer.writerow([end.number, end.month, end.credit_minutes, end.record_minutes, end.kind])
        return
    writer.writerow(["number", "credit_minutes", "record_minutes", "kind"])
    for number, kind, credit, record in queries.balances_by_number(bank.id):
        writer.writerow([number, credit, record, kind])


@group.command("seal")
@click.option("--bank", "bank_code", metavar="CODE", help="Only this time bank.")
@says_what_is_wrong
def seal(bank_code: str | None) -> None:
    """Seal what was posted since the last seal, and print each bank's head, to be kept somewhere else."""
    codes = [bank_of(bank_code).code] if bank_code else [bank.code for bank in banks.every_bank()]
    db.session.rollback()
    for code in codes:
        bank_id = bank_of(code).id
        with progress(f"Sealing {code}", seals.unsealed(bank_id), unit="transfers") as tick:
            while (new := seals.seal(bank_id, sealed_at=clock.now())) is not None:
                # Each on its own, so that others can post in between.
                db.session.commit()
                tick(new.transfers)
        head = seals.head_of(bank_id)
        db.session.commit()
        click.echo(f"{code}:{head}" if head else f"{code} has nothing to seal yet.")


@group.command("protect")
@click.option("--role", required=True, help="The role of PostgreSQL that the application will sign in as.")
@says_what_is_wrong
def protect(role: str) -> None:
    """Let a role run the application, with no right to change or delete what is in the ledger; make it if need be."""
    with owners_connection() as connection:
        roles.protect(connection, role)
    click.echo(f"{role} may run the application, and may not change or delete what is in the ledger.")


@group.command("verify")
@click.option(
    "--head",
    "heads",
    multiple=True,
    metavar="CODE:NUMBER:DIGEST",
    help="The head of a bank's seals as a statement, an export or a backup shows it. Can be given several times.",
)
@click.option(
    "--ledger-only", is_flag=True, help="Without comparing exchanges and gifts with what was posted for them."
)
@says_what_is_wrong
def verify_ledger(heads: tuple[str, ...], ledger_only: bool) -> None:
    """Check every transfer, entry, balance and seal; exit with 1 and name every row that is wrong."""
    read_one_moment()
    verification = Verification(_heads(heads))
    found = 0
    with progress("Checking", queries.count_transfers(), unit="transfers") as tick:
        for problem in chain(verification.problems(tick), () if ledger_only else reasons.problems()):
            found += 1
            click.echo(f"{problem.row} {problem.what}", err=True)
    counted = verification.counts
    click.echo(
        f"{counted.transfers} transfers, {counted.entries} entries, {counted.accounts} accounts, "
        f"{counted.seals} seals checked."
    )
    if found:
        raise click.ClickException(f"{found} problems in the ledger.")
    click.echo("The ledger adds up.")


def _heads(written: tuple[str, ...]) -> list[Head]:
    heads = []
    for each in written:
        try:
            head = Head.parse(each)
        except ValueError:
            raise click.BadParameter(
                f"{each} is not a head. Write the bank's code, the seal's number and its digest: ELMS:12:9f3c…"
            ) from None
        bank_of(head.bank)
        heads.append(head)
    return heads
