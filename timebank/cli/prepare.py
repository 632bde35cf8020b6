"""Get an installation on one person's machine ready to be served: what script/server runs before the server."""

from __future__ import annotations

import logging

import click
import flask_migrate
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import inspect

from timebank import clock
from timebank.banks import queries as banks
from timebank.cli.demo import load_demonstration, show_sign_ins
from timebank.cli.edge import says_what_is_wrong
from timebank.exchanges import service
from timebank.extensions import db


@click.command("prepare")
@click.option("--demo/--no-demo", default=True, help="Whether a new database gets the demonstration bank.")
@with_appcontext
@says_what_is_wrong
def prepare(demo: bool) -> None:
    """Bring the database up to date, fill a new one with the demonstration bank, and settle what is due."""
    is_new = not inspect(db.engine).has_table("bank")
    click.echo("Bringing the database up to date", err=True)
    logging.disable(logging.INFO)
    flask_migrate.upgrade()
    if is_new and demo and not current_app.config["TIMEBANK_IS_PRODUCTION"]:
        click.echo("Making the demonstration bank, which takes a few seconds", err=True)
        load_demonstration()
    for bank in banks.every_bank():
        service.settle_by_rule(bank, at=clock.now())
    db.session.commit()
    if not banks.every_bank():
        click.echo("There is no time bank yet. Make one, and its first administrator:")
        click.echo('  .venv/bin/flask banks create CODE --name "…" --time-zone Europe/London')
        click.echo('  .venv/bin/flask members add --bank CODE --name "…" --email … --role administrator')
        click.echo("  .venv/bin/flask members set-password …")
    show_sign_ins()
