"""Everything that the doctor looks at, in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app

from timebank import clock
from timebank.doctor import queries, records
from timebank.doctor.findings import Finding, fatal, ok
from timebank.doctor.machine import disk_findings, mail_findings
from timebank.doctor.settings import settings_findings
from timebank.extensions import db


def findings() -> Iterator[Finding]:
    """Yield what there is to say, one after another: a mail server that does not answer takes its time."""
    config, instance = current_app.config, Path(current_app.instance_path)
    is_production = config["TIMEBANK_IS_PRODUCTION"]
    yield from settings_findings(config, is_debugging=current_app.debug, instance=instance)
    yield from disk_findings(_places(instance))
    problem = queries.answers()
    if problem is not None:
        yield fatal("database", f"does not answer: {problem}", "Start it, and check TIMEBANK_DATABASE_URL.")
    else:
        yield ok("database", f"answers ({db.engine.dialect.name})")
        yield from _findings_in_the_database(is_production=is_production)
    yield from mail_findings(config["TIMEBANK_MAIL_SERVER"], is_production=is_production)


def _findings_in_the_database(*, is_production: bool) -> Iterator[Finding]:
    folder = ScriptDirectory(current_app.extensions["migrate"].directory)
    there = set(MigrationContext.configure(db.session.connection()).get_current_heads())
    wanted, known = set(folder.get_heads()), {script.revision for script in folder.walk_revisions()}
    if there - known:
        yield fatal(
            "migrations", f"the database is newer than this program: {', '.join(there)}", "Install the newer version."
        )
        return
    if there != wanted:
        yield fatal("migrations", "the database is not up to date", "Run: flask db upgrade")
        return
    yield ok("migrations", f"up to date ({', '.join(wanted)})")
    yield from records.guard_findings()
    yield from records.role_findings(is_production=is_production)
    # The database tells the time at which its transaction began.
    db.session.rollback()
    yield from records.clock_findings(clock.now())
    yield from records.seal_findings(clock.now())
    yield from records.backup_findings(clock.now())
    yield from records.closing_findings(clock.now())
    yield from records.waiting_mail_findings(clock.now())
    db.session.rollback()


def _places(instance: Path) -> dict[str, Path]:
    """Return the folders that files are written into: a database elsewhere has a disk that is not seen from here."""
    places = {"instance/": instance} if instance.exists() else {}
    database = db.engine.url.database
    if db.engine.dialect.name == "sqlite" and database and database != ":memory:":
        places["the database"] = Path(database).absolute().parent
    return places
