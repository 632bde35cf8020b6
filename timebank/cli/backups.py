"""Keep the whole time bank in one file, and get it back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click
from alembic.script import ScriptDirectory
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import URL, inspect, make_url
from sqlalchemy.exc import SQLAlchemyError

from timebank import clock
from timebank.backups import queries, service
from timebank.backups.container import opened
from timebank.backups.manifest import Manifest
from timebank.cli.edge import says_what_is_wrong
from timebank.extensions import db, read_only
from timebank.ledger import roles
from timebank.privacy import erasing
from timebank.privacy import queries as privacy
from timebank.privacy.records import Erased, erased_of
from timebank.privacy.scrubbing import scrub

group = AppGroup("backup", help="Keep the whole time bank in one file, and get it back.")

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@group.command("create")
@click.argument("file", type=click.Path(path_type=Path))
@says_what_is_wrong
def create(file: Path) -> None:
    """Write a backup of everything, as it is at one moment, into a new FILE, and check it.

    Everybody can go on working meanwhile. The file holds people's data, and is not encrypted.
    """
    made = service.create_backup(file, _owners_url(), at=clock.now())
    click.echo(f"Backup made and checked: {file}, {file.stat().st_size} bytes, {made.manifest.contents.words}.")
    _show_heads(made.manifest)
    service.write_down_backup(made, at=clock.now())
    db.session.commit()


@group.command("check")
@_file
@says_what_is_wrong
def check(file: Path) -> None:
    """Read all of the backup in FILE, and compare it with what it says about itself. No database is needed."""
    with opened(file) as backup:
        service.check_backup(backup)
        manifest = backup.manifest
    click.echo(f"The backup is whole. It was made at {_moment(manifest.made_at)} from {manifest.server}.")
    click.echo(f"Migration {manifest.contents.revision}; {manifest.contents.words}.")
    _show_heads(manifest)


@group.command("restore")
@_file
@click.option("--replace", is_flag=True, help="Throw away the time bank that is in the database now.")
@click.option("--despite-problems", is_flag=True, help="Put it in place although its ledger does not add up.")
@says_what_is_wrong
def restore(file: Path, replace: bool, despite_problems: bool) -> None:
    """Put the backup in FILE in place of what is in the database, in one step.

    It is restored where nobody sees it, compared with what was counted when it was made, brought up to date, and its
    ledger is verified. Only then it is put in place; until then nothing is changed.
    """
    url, now = _owners_url(), clock.now()
    erased = _erased_here() if replace else []
    role = db.engine.url.username if url.username != db.engine.url.username else None
    with opened(file) as backup:
        manifest = backup.manifest
        service.refuse_what_does_not_fit(manifest, dialect=url.get_backend_name(), revisions=_revisions())
        with service.side_place(backup, url, replace=replace) as side:
            with side.app.app_context():
                service.make_ready(manifest)
                if role is not None:
                    # A backup of an older version knows nothing of the tables that were made just now.
                    roles.protect(db.session.connection(), role)
                erased_again = erasing.replay(erased, at=now)
                problems = _show_problems()
                service.write_down_restore(backup, side.replaced, at=now)
                db.session.commit()
                if erased_again:
                    _overwrite_what_was_erased()
            if problems and not despite_problems:
                raise click.ClickException(
                    f"{problems} problems in the ledger of the backup. Nothing was changed. Use another backup, or "
                    "restore this one all the same with --despite-problems."
                )
            side.put_in_place()
    _say_what_is_there_now(manifest, now)
    _say_who_is_erased(erased_again, len(erased))
    for right in side.rights_not_given:
        click.echo(f"This right could not be given, as there is no such role here: {right}", err=True)
    if problems:
        raise click.ClickException(f"The backup was restored, with {problems} problems in its ledger.")


def _say_what_is_there_now(manifest: Manifest, now: dt.datetime) -> None:
    click.echo(f"Restored and verified: {manifest.contents.words}.")
    if manifest.contents.revision != max(_revisions()):
        click.echo(f"The backup's tables were those of migration {manifest.contents.revision}, and are up to date now.")
    _show_heads(manifest)
    click.echo(
        f"The backup was made at {_moment(manifest.made_at)}, {_long(now - manifest.made_at)} ago. "
        "What people entered or changed since then is not in it: tell them to look, and enter it again."
    )


def _say_who_is_erased(erased_again: int, known: int) -> None:
    if erased_again:
        click.echo(f"Of {known} who are erased in the time bank that was replaced, {erased_again} were erased again.")
    click.echo("If others were erased after the backup was made: flask privacy replay FILE")


def _erased_here() -> list[Erased]:
    """Return who was erased in the database that is in place, as far as it can still be read."""
    url = db.engine.url
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        # Looking would make an empty one.
        return []
    try:
        read_only()
        if not inspect(db.session.connection()).has_table("erasure"):
            return []
        return erased_of(privacy.every_erasure())
    except SQLAlchemyError as error:
        click.echo(f"Who was erased here could not be read: {error.__cause__ or error}", err=True)
        return []
    finally:
        db.session.remove()
        # What is replaced must be used by nobody.
        db.engine.dispose()


def _overwrite_what_was_erased() -> None:
    db.session.remove()
    scrub()


def _owners_url() -> URL:
    """Return the address by which the owner of the tables reaches them, which the application itself may not be."""
    written = current_app.config.get("TIMEBANK_OWNER_DATABASE_URL")
    if not written:
        return db.engine.url
    url = make_url(written)
    return url.set(drivername="postgresql+psycopg") if url.drivername.startswith("postgres") else url


def _revisions() -> set[str]:
    """Return every migration that this version knows."""
    folder = ScriptDirectory(current_app.extensions["migrate"].directory)
    return {script.revision for script in folder.walk_revisions()}


def _show_problems() -> int:
    found = 0
    for problem in queries.ledger_problems():
        found += 1
        click.echo(f"{problem.row} {problem.what}", err=True)
    return found


def _show_heads(manifest: Manifest) -> None:
    for code, head in manifest.contents.heads.items():
        click.echo(f"Head of the seals: {code}:{head}")


def _moment(at: dt.datetime) -> str:
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"


def _long(since: dt.timedelta) -> str:
    """Say how long something is, as exactly as people want to know it."""
    minutes = max(0, since // dt.timedelta(minutes=1))
    hours = minutes // 60
    if hours >= 48:
        return f"{hours // 24} days"
    return f"{hours} hours" if hours >= 2 else f"{minutes} minutes"
