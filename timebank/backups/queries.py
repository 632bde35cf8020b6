"""What is in a database, as it is counted for the manifest and again after a restore."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import column, func, inspect, select, table, text

from timebank.backups.manifest import Contents
from timebank.extensions import db
from timebank.ledger.verify import Problem, Verification

REVISIONS = "alembic_version"


def contents() -> Contents:
    """Return what is in this database. The revision is empty where no migration was run."""
    names = inspect(db.session.connection()).get_table_names()
    counts = {name: db.session.scalars(select(func.count()).select_from(table(name))).one() for name in names}
    revision = None
    if REVISIONS in names:
        revision = db.session.scalar(select(column("version_num")).select_from(table(REVISIONS)))
    return Contents(revision=revision or "", tables=counts, heads=_heads() if "seal" in names else {})


def damage() -> list[str]:
    """Return what SQLite finds wrong in how its file is built; PostgreSQL looks after its own."""
    if db.engine.dialect.name != "sqlite":
        return []
    return [line for line in db.session.scalars(text("PRAGMA integrity_check(5)")) if line != "ok"]


def ledger_problems() -> Iterator[Problem]:
    """Yield everything that is wrong in the ledgers of this database."""
    yield from Verification().problems()


def _heads() -> dict[str, str]:
    """Return the head of each bank's chain of seals, by the bank's code: the last number and its digest.

    A backup from before a migration is counted before it is brought up to date, so this cannot rely on the tables of
    today being there.
    """
    found = db.session.execute(
        text(
            """SELECT k.code, s.number, s.digest FROM bank k JOIN seal s ON s.bank_id = k.id
               WHERE s.number = (SELECT max(number) FROM seal WHERE bank_id = k.id) ORDER BY k.code"""
        )
    )
    return {code: f"{number}:{digest}" for code, number, digest in found}
