"""The demonstration bank."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from timebank import clock
from timebank.banks import queries as banks
from timebank.cli.edge import progress, says_what_is_wrong
from timebank.demonstration import build, contrasts
from timebank.demonstration.story import CODE
from timebank.extensions import db
from timebank.sign_in.passwords import hash_password

group = AppGroup("demo", help="Load an invented time bank to look at.")


@group.command("load")
@click.option("--if-new", is_flag=True, help="Do nothing when there is a time bank already.")
@says_what_is_wrong
def load(if_new: bool) -> None:
    """Load the demonstration bank: an invented doctors' surgery, with the last twelve months."""
    _refuse_in_production()
    if banks.every_bank():
        if if_new:
            return
        raise click.ClickException("There is a time bank already. The demonstration bank is for a new database.")
    load_demonstration()
    show_sign_ins()


@group.command("sign-ins")
@says_what_is_wrong
def sign_ins() -> None:
    """Say how to sign in to the demonstration bank, if it is here."""
    show_sign_ins()


@group.command("evidence")
@says_what_is_wrong
def load_contrasts() -> None:
    """Load three more invented time banks, whose evidence comes out differently."""
    _refuse_in_production()
    if any(banks.bank_with_code(invented.code) for invented in contrasts.EVERY):
        raise click.ClickException("The three banks are here already.")
    now, password_hash = clock.now(), hash_password(build.PASSWORD)
    with progress("Making three banks", len(contrasts.EVERY) * contrasts.MONTHS, unit="months") as tick:
        for invented in contrasts.EVERY:
            contrasts.build_contrast(invented, now=now, password_hash=password_hash, tick=tick)
    db.session.commit()
    click.echo(f"Three banks are ready. Sign in as their coordinators, with the password {build.PASSWORD}:")
    for invented in contrasts.EVERY:
        click.echo(f"  {contrasts.coordinator_of(invented):<28}{invented.name}")


def _refuse_in_production() -> None:
    if current_app.config["TIMEBANK_IS_PRODUCTION"]:
        raise click.ClickException(
            "The demonstration bank has passwords that everybody knows. It is not for production."
        )


def load_demonstration() -> None:
    """Make the demonstration bank, and show how far it is."""
    with progress("Making the demonstration bank", build.MONTHS, unit="months") as tick:
        build.build_demonstration(now=clock.now(), tick=tick)
    db.session.commit()


def show_sign_ins() -> None:
    """Say how to sign in to the demonstration bank, if it is here."""
    if banks.bank_with_code(CODE) is None:
        return
    click.echo(f"The demonstration bank is ready. Sign in with any of these, and the password {build.PASSWORD}:")
    for email, who in build.SIGN_INS.items():
        click.echo(f"  {email:<28}{who}")
