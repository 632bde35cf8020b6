"""Print statements on paper, and tell whether a file is one that the bank made."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from timebank import clock
from timebank.cli.edge import bank_of, bank_option, progress, says_what_is_wrong
from timebank.cli.statements import parsed_month
from timebank.exports.files import whole_binary_file
from timebank.extensions import read_one_moment, read_only
from timebank.ledger import queries as ledger
from timebank.statements.letters import statement_as_pdf
from timebank.statements.print_run import Sort, print_contacts, print_labels, print_statements, recipients
from timebank.statements.proof import Proof, Verdict, prove
from timebank.statements.signed_file import Signed, read_signed

A_FILE = click.Path(dir_okay=False, path_type=Path)

# No statement of ours is as large, and a file is read as a whole.
LARGEST_FILE_BYTES = 200 * 1024 * 1024


@click.command("pdf")
@click.argument("account")
@click.argument("month")
@bank_option
@click.option("--output", metavar="FILE", required=True, type=A_FILE, help="File to write.")
@click.option("--large-print", is_flag=True, default=None, help="In large print, whatever the member chose.")
@with_appcontext
@says_what_is_wrong
def pdf(account: str, month: str, bank_code: str, output: Path, large_print: bool | None) -> None:
    """Write the statement of the account with the number ACCOUNT for MONTH, written 2026-10, as a PDF."""
    read_one_moment()
    bank, parsed = bank_of(bank_code), parsed_month(month)
    found = ledger.account_with_number(bank.id, account)
    if found is None:
        raise click.ClickException(f"{bank.code} has no account with the number {account}.")
    today = bank.day_of(clock.now())
    made = statement_as_pdf(bank, found, parsed, printed_on=today, large_print=large_print)
    with whole_binary_file(output) as file:
        file.write(made)
    click.echo(f"The statement of account {account} for {parsed} is written.")


@click.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
@says_what_is_wrong
def verify(file: Path) -> None:
    """Say whether the PDF in FILE is a statement as the bank made it, and whether the ledger still says the same."""
    read_only()
    if file.stat().st_size > LARGEST_FILE_BYTES:
        raise click.ClickException(f"{file} is larger than any statement.")
    signed = read_signed(file.read_bytes())
    if signed is None:
        raise click.ClickException(f"{file} is not a statement as a bank here made it: it does not end as they do.")
    proof = prove(signed.code)
    if proof.bank is None or proof.issued is None:
        raise click.ClickException(f"No statement was issued with the code {signed.code}.")
    click.echo(f"Statement for {proof.issued.month}, issue {proof.issued.number}, of {proof.bank.code}.")
    wrong = _say_what_is_so(signed, proof)
    if wrong:
        raise click.ClickException(" ".join(wrong))
    click.echo("This statement is genuine.")


def _say_what_is_so(signed: Signed, proof: Proof) -> list[str]:
    """Print what holds, and return what does not."""
    assert proof.bank is not None
    wrong = []
    if signed.is_as_made(proof_key=proof.bank.proof_key):
        click.echo("The file is byte for byte as the bank made it.")
    else:
        wrong.append("The file was changed after the bank made it, or somebody else made it.")
    if proof.verdict == Verdict.CHANGED:
        wrong.append("The ledger no longer says what it said when this statement was issued.")
    else:
        click.echo("The ledger still says what it said when this statement was issued.")
    if proof.verdict == Verdict.REPLACED:
        wrong.append("It was issued again later: the later one counts.")
    return wrong


@click.command("print-run")
@click.argument("month")
@bank_option
@click.option("--output", metavar="FILE", required=True, type=A_FILE, help="File to write.")
@click.option(
    "--sort", type=click.Choice([sort.value for sort in Sort]), default=Sort.POSTCODE.value, help="In which order."
)
@click.option("--one-sided", is_flag=True, help="For a printer that prints one side: no empty pages.")
@click.option("--labels", metavar="FILE", type=A_FILE, help="Write address labels too, 21 on a sheet.")
@click.option("--contact-sheet", metavar="FILE", type=A_FILE, help="Write a list for reading out by telephone too.")
@with_appcontext
@says_what_is_wrong
def print_run(
    month: str,
    bank_code: str,
    output: Path,
    sort: str,
    one_sided: bool,
    labels: Path | None,
    contact_sheet: Path | None,
) -> None:
    """Write one PDF with the statements for MONTH, written 2026-10, of everybody who gets theirs on paper."""
    read_one_moment()
    bank, parsed, today = bank_of(bank_code), parsed_month(month), clock.now()
    printed_on = bank.day_of(today)
    people = recipients(bank, parsed, sort=Sort(sort))
    with whole_binary_file(output) as file, progress("Printing", len(people), unit="people") as tick:
        contacts = print_statements(
            bank, parsed, people, to=file, one_sided=one_sided, printed_on=printed_on, tick=tick
        )
    if labels is not None:
        with whole_binary_file(labels) as file:
            print_labels(bank, people, to=file, printed_on=printed_on)
    if contact_sheet is not None:
        with whole_binary_file(contact_sheet) as file:
            print_contacts(bank, parsed, contacts, to=file, printed_on=printed_on)
    without = sum(not person.member.address.strip() for person in people)
    click.echo(f"{len(contacts)} statements for {len(people)} people are written.")
    if without:
        click.echo(
            f"{without} of these people have no address: nothing stands in the window of their envelopes.", err=True
        )


COMMANDS = (pdf, print_run, verify)
