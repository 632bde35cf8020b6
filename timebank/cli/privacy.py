"""What is held about one person: handed over, and forgotten."""

from __future__ import annotations

import os
from pathlib import Path

import click
from flask.cli import AppGroup

from timebank import clock
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.cli.edge import bank_of, bank_option, says_what_is_wrong
from timebank.cli.files import begin
from timebank.exports.files import whole_binary_file, whole_file
from timebank.extensions import db
from timebank.members import queries as members
from timebank.members.models import Membership
from timebank.privacy import archive, erasing, queries, records, retention, service
from timebank.privacy.forms import STAYS, TO_THE_COMMUNITY
from timebank.privacy.scrubbing import scrub

group = AppGroup("privacy", help="Hand over what is held about one person, or forget it.")


def _member(bank: Bank, number: str) -> Membership:
    member = members.member_with_number(bank, number)
    if member is None:
        raise click.ClickException(f"{bank.code} has no member {number}.")
    return member


@group.command("export")
@click.argument("number")
@bank_option
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", required=True, help="ZIP file to write.")
@says_what_is_wrong
def export(number: str, bank_code: str, output: Path) -> None:
    """Write all that the bank holds about the member NUMBER, those who left too, into a file for its owner alone."""
    now = clock.now()
    member = _member(bank_of(bank_code), number)
    service.record_export(member, exported_by=None, at=now)
    db.session.flush()
    content = archive.archive_of(member, at=now)
    with whole_binary_file(output) as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
    db.session.commit()
    click.echo(f"Everything about member {member.number} of {member.bank.code} written: {output}.")


@group.command("erase")
@click.argument("number")
@bank_option
@click.option(
    "--balance",
    type=click.Choice([TO_THE_COMMUNITY, STAYS]),
    required=True,
    help="Donate what they have to the community account, or leave it in their closed account.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@says_what_is_wrong
def erase(number: str, bank_code: str, balance: str, yes: bool) -> None:
    """Take away all that the bank knows about the member NUMBER, for good.

    The ledger stays as it is, and everybody else's statements say "a former member".
    """
    member = _member(bank_of(bank_code), number)
    if not yes:
        click.confirm(f"Erase {member.name}, member {member.number} of {bank_code}, for good?", abort=True)
    erasing.erase(member, gives_balance=balance == TO_THE_COMMUNITY, erased_by=None, at=clock.now())
    db.session.commit()
    click.echo(f"Member {number} of {bank_code} is erased. Keep the list of flask privacy erasures beside the backups.")
    _scrub()


@group.command("erasures")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="File to write; otherwise printed.")
@says_what_is_wrong
def erasures(output: Path | None) -> None:
    """List who was erased, by number and reference and without a name, for flask privacy replay."""
    text = records.text_of(queries.every_erasure())
    if output is None:
        click.echo(text, nl=False)
        return
    with whole_file(output) as file:
        file.write(text)
    click.echo(f"{len(text.splitlines()) - 1} erasures written: {output}.")


@group.command("replay")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@says_what_is_wrong
def replay(file: Path) -> None:
    """Erase again those in FILE, a list of flask privacy erasures, whom an older backup has brought back."""
    listed = records.read(file.read_text())
    done = erasing.replay(listed, at=clock.now())
    db.session.commit()
    click.echo(f"{done} of {len(listed)} erased again. The others were erased already, or are not in this database.")
    _scrub()


@group.command("retain")
@click.option("--bank", "bank_code", metavar="CODE", help="Only this time bank.")
@click.option("--dry-run", is_flag=True, help="Say how much would be taken away, and change nothing.")
@click.option("--apply", "applies", is_flag=True, help="Take it away.")
@says_what_is_wrong
def retain(bank_code: str | None, dry_run: bool, applies: bool) -> None:
    """Take away what was kept for long enough, by the rules that the privacy page tells everybody."""
    if dry_run == applies:
        raise click.UsageError("Say --dry-run or --apply.")
    begin(dry_run)
    now = clock.now()
    for bank in [bank_of(bank_code)] if bank_code else banks.every_bank():
        found = retention.apply(bank, at=now) if applies else retention.count(bank, at=now)
        click.echo(f"{bank.code}: {'taken away' if applies else 'would be taken away'}")
        for rule, number in found.items():
            click.echo(f"{number:9,}  {rule.what} (after {rule.days_in(bank)} days)")
    db.session.commit()
    if applies:
        _scrub()


@group.command("scrub")
@says_what_is_wrong
def scrub_file() -> None:
    """Overwrite what was freed in SQLite's file. PostgreSQL does so by itself, in time."""
    _scrub()


def _scrub() -> None:
    db.session.remove()
    if not scrub():
        raise click.ClickException(
            "Others are using the database, so traces may be left in its file. Run later: flask privacy scrub"
        )
