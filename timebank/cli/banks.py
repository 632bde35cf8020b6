"""Make time banks."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from timebank import clock
from timebank.banks import queries, service
from timebank.cli.edge import says_what_is_wrong
from timebank.extensions import db
from timebank.web.languages import DEFAULT_LANGUAGE, DEFAULT_ZONE, LANGUAGES

group = AppGroup("banks", help="Make and list time banks.")


@group.command("create")
@click.argument("code")
@click.option("--name", required=True, help="What the time bank is called.")
@click.option("--time-zone", default=DEFAULT_ZONE, show_default=True, help="Where its days begin and end.")
@click.option("--language", default=DEFAULT_LANGUAGE, type=click.Choice(list(LANGUAGES)), help="Its language.")
@says_what_is_wrong
def create(code: str, name: str, time_zone: str, language: str) -> None:
    """Make an empty time bank with the short code CODE."""
    bank = service.create_bank(code=code, name=name, time_zone=time_zone, language=language, at=clock.now())
    db.session.commit()
    click.echo(f"Time bank {bank.code} made: {bank.name}, {bank.time_zone}.")


@group.command("list")
@says_what_is_wrong
def list_banks() -> None:
    """List the time banks of this installation."""
    for bank in queries.every_bank():
        click.echo(f"{bank.code}\t{bank.name}\t{bank.time_zone}")
