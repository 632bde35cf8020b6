"""Making a backup, looking at one, and what is done with one before it is put in place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import URL

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.backups import container, places, postgresql, queries, script, side, sqlite
from timebank.backups.container import Backup, Sink
from timebank.backups.manifest import Contents, Data, Manifest
from timebank.backups.refusals import NewerBackup, NotWhatTheManifestSays, OtherKindOfDatabase
from timebank.backups.side import SidePlace
from timebank.extensions import db
from timebank.sign_in import service as sign_in

FINISHED = "backup"
KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True)
class Made:
    """A backup that was made, and found whole."""

    manifest: Manifest
    digest: str


def create_backup(path: Path, url: URL, *, at: dt.datetime) -> Made:
    """Write the whole database into a new file that only its owner can read, and look at it again.

    The file has its name only when it is whole. Raises FileInTheWay, BackupNotWritten, DatabaseNotSetUp,
    DatabaseDamaged, DatabaseInMemory, DatabaseAway, PgDumpMissing, PgDumpFailed or NotTheOwner.
    """
    places.refuse_to_overwrite(path)
    with places.explained(path.absolute().parent), places.unfinished(path) as folder:
        finished = folder / FINISHED
        with _source(url, folder) as source:
            describe = partial(_manifest, source, url, at)
            container.write(finished, source.name, source.fill, describe)
        with container.opened(finished) as backup:
            _compare_rows(backup)
            made = Made(backup.manifest, backup.digest)
        places.publish(finished, path)
    return made


def check_backup(backup: Backup) -> None:
    """Read all of a backup and compare it with its manifest, on a machine with or without its kind of database.

    Raises NotABackup, NotWhatTheManifestSays, DatabaseDamaged or BackupNotWritten.
    """
    if backup.manifest.dialect == "sqlite":
        with places.explained(backup.path.absolute().parent), places.unfinished(backup.path) as folder:
            _compare(backup.manifest.contents, sqlite.looked_into(backup, folder))
    else:
        _compare_rows(backup)


def refuse_what_does_not_fit(manifest: Manifest, *, dialect: str, revisions: set[str]) -> None:
    """Raise OtherKindOfDatabase or NewerBackup when this version cannot restore the backup into that database."""
    if manifest.dialect != dialect:
        raise OtherKindOfDatabase(
            theirs=KINDS.get(manifest.dialect, manifest.dialect), ours=KINDS.get(dialect, dialect)
        )
    if manifest.contents.revision not in revisions:
        raise NewerBackup(revision=manifest.contents.revision)


@contextmanager
def side_place(backup: Backup, url: URL, *, replace: bool) -> Iterator[SidePlace]:
    """Give the backup as a database that nobody sees yet; without `put_in_place()` it is gone afterwards.

    Raises DatabaseHasData, DatabaseInUse, DatabaseUnreadable, DatabaseInMemory, DatabaseAway, NotTheOwner, OtherSchema
    or BackupNotRestored.
    """
    restored = sqlite.restored if backup.manifest.dialect == "sqlite" else postgresql.restored
    with restored(backup, url, replace=replace) as side_place:
        yield side_place


def make_ready(manifest: Manifest) -> None:
    """Compare the database of the current application with the manifest, and bring it up to date.

    Whatever else a restored time bank needs before anybody sees it is done here, before its ledger is verified.
    Raises NotWhatTheManifestSays.
    """
    if found := queries.damage():
        raise NotWhatTheManifestSays(difference="; ".join(found))
    # Somebody else's tables in the same schema were left as they were, and are in no manifest.
    _compare(manifest.contents, queries.contents().of({*manifest.contents.tables, *db.metadata.tables}))
    # The migrations have a connection of their own, and must not wait for this one.
    db.session.rollback()
    side.bring_up_to_date()


def write_down_backup(made: Made, *, at: dt.datetime) -> None:
    """Add to the audit that a backup was made."""
    _record(Action.BACKUP_MADE, made.digest, at, made_at=made.manifest.made_at.isoformat())


def write_down_restore(backup: Backup, replaced: Contents, *, at: dt.datetime) -> None:
    """Add to the audit of the restored time bank where it comes from, and how much was thrown away for it.

    Whatever was ended or used since the backup was made would be good again in it, so everybody signs in anew.
    """
    sign_in.end_everything()
    details = {"made_at": backup.manifest.made_at.isoformat(), "transfers_replaced": replaced.tables.get("transfer", 0)}
    _record(Action.BACKUP_RESTORED, backup.digest, at, **details)


def _record(action: Action, digest: str, at: dt.datetime, **details: object) -> None:
    audit.record(action, bank_id=None, by=None, on_what="database", reference=digest[:16], at=at, **details)


@dataclass(frozen=True)
class _Source:
    """A database that holds still while it is copied."""

    name: str
    server: str
    schema: str
    contents: Contents
    fill: Callable[[Sink], None]


@contextmanager
def _source(url: URL, folder: Path) -> Iterator[_Source]:
    if url.get_backend_name() == "sqlite":
        copy, contents = sqlite.copied(url, folder)
        yield _Source(sqlite.NAME, sqlite.server(), "", contents, partial(sqlite.fill, copy))
    else:
        with postgresql.at_one_moment(url) as moment:
            yield _Source(postgresql.NAME, moment.server, moment.schema, moment.contents, moment.fill)


def _manifest(source: _Source, url: URL, at: dt.datetime, data: Data) -> Manifest:
    return Manifest(
        made_at=at,
        dialect=url.get_backend_name(),
        server=source.server,
        schema=source.schema,
        contents=source.contents,
        data=data,
    )


def _compare(said: Contents, found: Contents) -> None:
    if differences := said.differences(found):
        raise NotWhatTheManifestSays(difference="; ".join(differences))


def _compare_rows(backup: Backup) -> None:
    """Read the data to its end, and compare the rows of a script with the manifest."""
    said = backup.manifest.contents
    with backup.data() as data:
        if backup.manifest.dialect == "sqlite":
            while data.read(container.BLOCK):
                pass
        else:
            _compare(said, Contents(said.revision, script.rows(data), said.heads))
