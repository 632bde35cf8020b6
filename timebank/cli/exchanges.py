"""Load past exchanges, and let the bank's rules settle what waits too long."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click
from flask.cli import AppGroup

from timebank import clock
from timebank.attempts import attempted
from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.cli.edge import bank_of, bank_option, says_what_is_wrong
from timebank.cli.files import begin, load_file
from timebank.exchanges import service
from timebank.extensions import db
from timebank.imports.exchanges import ExchangeLoader

group = AppGroup("exchanges", help="Load past exchanges, and settle what waits too long.")


@group.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@bank_option
@click.option("--dry-run", is_flag=True, help="Look at every line and write nothing.")
@says_what_is_wrong
def load_exchanges(file: Path, bank_code: str, dry_run: bool) -> None:
    """Load past exchanges from a CSV FILE and post them in the ledger.

    Columns: id, happened_on, giver, receiver, and hours or minutes; optionally giver_capacity, receiver_capacity,
    activity, service_area, stage, book, paid, mandated, consultation, confirmed_by. All of it is loaded, or nothing.
    The same file again changes nothing.
    """
    begin(dry_run)
    bank, now = bank_of(bank_code), clock.now()

    def record(count: int) -> None:
        audit.record(
            Action.EXCHANGES_LOADED,
            bank_id=bank.id,
            by=None,
            on_what="bank",
            reference=bank.code,
            at=now,
            exchanges=count,
        )

    load_file(file, ExchangeLoader(bank, file, at=now), dry_run=dry_run, what="exchanges", record=record)


@group.command("settle")
@click.option("--bank", "bank_code", metavar="CODE", help="Only this time bank; otherwise all of them.")
@says_what_is_wrong
def settle(bank_code: str | None) -> None:
    """Confirm, or let expire, what the banks' rules say. Run it once a day."""
    for bank in [bank_of(bank_code)] if bank_code else banks.every_bank():
        code, confirmed, expired = attempted(partial(_settle, bank))
        click.echo(f"{code}: {confirmed} confirmed by rule, {expired} expired.")


def _settle(bank: Bank) -> tuple[str, int, int]:
    confirmed, expired = service.settle_by_rule(bank, at=clock.now())
    code = bank.code
    db.session.commit()
    return code, confirmed, expired
