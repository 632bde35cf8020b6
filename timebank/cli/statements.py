"""Print statements."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from timebank import clock
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.cli.edge import bank_of, bank_option, progress, says_what_is_wrong
from timebank.exports.files import whole_file
from timebank.exports.statement_files import FORMATS, Whose
from timebank.extensions import db, read_only
from timebank.ledger import queries as ledger
from timebank.ledger import seals
from timebank.ledger.months import Month
from timebank.mail.sending import mail_is_on
from timebank.months import queries as month_queries
from timebank.months import service as months
from timebank.statements import readers
from timebank.statements.models import MonthClosing
from timebank.statements.queries import statement_of
from timebank.statements.reminders import queue_reminders
from timebank.statements.sending import queue_statements
from timebank.statements.text import as_json, as_text

PRINTED = ["text", "json", "csv", "xlsx", "journal"]

group = AppGroup("statements", help="Close months, and print and send their statements.")


def parsed_month(written: str) -> Month:
    """Return the month that was written like 2026-10. Raises a ClickException for anything else."""
    try:
        return Month.parse(written)
    except ValueError:
        raise click.ClickException(f"{written} is not a month. Write it like 2026-10.") from None


@group.command("close")
@click.argument("month")
@bank_option
@says_what_is_wrong
def close(month: str, bank_code: str) -> None:
    """Close MONTH, written 2026-10, and issue its statements; go on where an interrupted closing stopped."""
    close_in_parts(bank_of(bank_code), parsed_month(month))


def close_in_parts(bank: Bank, month: Month) -> None:
    """Seal what was posted, close the month, and issue its statements, each part for itself."""
    # Before the month is frozen, so that others wait as short a time as can be.
    seal_in_parts(bank)
    closing = months.close_month(bank, month, closed_by=None, at=clock.now())
    db.session.commit()
    issue_in_parts(bank, closing)
    click.echo(f"{bank.code}: {month} is closed. {closing.statements} statements are issued.")


def seal_in_parts(bank: Bank) -> None:
    """Seal what the bank posted, each part for itself, and show how far it is."""
    with progress(f"Sealing {bank.code}", seals.unsealed(bank.id), unit="transfers") as tick:
        while (new := seals.seal(bank.id, sealed_at=clock.now())) is not None:
            db.session.commit()
            tick(new.transfers)
    db.session.commit()


def issue_in_parts(bank: Bank, closing: MonthClosing) -> None:
    """Issue the statements of a closed month, each part for itself, and show how far it is."""
    how_far = months.progress_of(bank, closing)
    with progress(f"Issuing statements of {closing.month}", how_far.of, unit="accounts") as tick:
        tick(how_far.done)
        while looked_at := months.go_on(bank, closing, at=clock.now()):
            db.session.commit()
            tick(looked_at)
    db.session.commit()


@group.command("daily")
@click.option("--bank", "bank_code", metavar="CODE", help="Only this time bank.")
@says_what_is_wrong
def daily(bank_code: str | None) -> None:
    """Do what the banks' rules say is due today, and finish what was interrupted. Run it every day.

    It reminds people, closes months, issues statements, and queues their mail where a bank closes its months by itself.
    """
    codes = [bank_of(bank_code).code] if bank_code else [bank.code for bank in banks.every_bank()]
    for code in codes:
        bank = bank_of(code)
        remind(bank)
        for closing in month_queries.unfinished_closings(bank):
            issue_in_parts(bank, closing)
            click.echo(f"{code}: the statements of {closing.month} are issued.")
        while (due := months.month_due(bank, today=bank.day_of(clock.now()))) is not None:
            close_in_parts(bank, due)
        # Asked each day anew, so that whatever was killed between closing and queueing is made up for.
        closed_through = ledger.closed_through(bank.id)
        if bank.closes_itself_on_day is not None and closed_through is not None and mail_is_on():
            queued = queue_in_parts(bank, Month.of(closed_through))
            db.session.commit()
            if queued:
                click.echo(f"{code}: {queued} pieces of mail are queued.")


def remind(bank: Bank) -> None:
    """Queue the reminders of this month and the last, where the bank's rules say that it is time for them."""
    this = Month.of(bank.day_of(clock.now()))
    for month in (this.plus(-1), this):
        queued = queue_reminders(bank, month, at=clock.now()) if mail_is_on() else 0
        db.session.commit()
        if queued:
            click.echo(f"{bank.code}: {queued} people are reminded of {month}.")


def queue_in_parts(bank: Bank, month: Month) -> int:
    """Queue the mail of a month's statements, each part for itself; return how many pieces are new."""
    queued = 0
    with progress("Queueing", readers.count_statements(bank, month), unit="statements") as tick:
        for looked_at, new in queue_statements(bank, month, at=clock.now()):
            db.session.commit()
            queued += new
            tick(looked_at)
    return queued


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
    statement = statement_of(bank, found, parsed_month(month), viewer=None, in_full=True)
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


@group.command("send")
@click.argument("month")
@bank_option
@says_what_is_wrong
def send(month: str, bank_code: str) -> None:
    """Queue the mail of all statements of MONTH, written 2026-10, for `flask mail send`; again, it queues the rest."""
    parsed = parsed_month(month)
    if not mail_is_on():
        raise click.ClickException("No mail server is set. Set TIMEBANK_MAIL_SERVER.")
    bank = bank_of(bank_code)
    statements = readers.count_statements(bank, parsed)
    if not statements:
        raise click.ClickException(f"{bank.code} has issued no statements for {parsed}.")
    click.echo(f"{statements} statements, {queue_in_parts(bank, parsed)} pieces of mail queued.")
