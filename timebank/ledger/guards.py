"""The names of the triggers that guard the ledger and the audit, so that their absence is noticed."""

from __future__ import annotations

from sqlalchemy import text

from timebank.extensions import db

# Both databases have all of these.
GUARDS = frozenset(
    {
        "account_keeps_its_place",
        "account_stays",
        "audit_record_stays",
        "audit_record_unchanged",
        "balance_begins_at_nothing",
        "balance_follows_entries",
        "balance_stays",
        "closed_month_follows_the_last",
        "closed_month_stays",
        "closed_month_unchanged",
        "entry_belongs_to_a_transfer",
        "entry_stays",
        "entry_unchanged",
        "snapshot_adds_up",
        "snapshot_stays",
        "snapshot_unchanged",
        "transfer_is_lawful",
        "transfer_stays",
        "transfer_unchanged",
        "transfer_writes_entries",
    }
)

# SQLite alone can replace a row, and on a connection without our settings nobody would see the old one go.
SQLITE_GUARDS = frozenset(
    {
        "account_has_a_number",
        "account_not_replaced",
        "audit_record_has_a_number",
        "audit_record_not_replaced",
    }
)

# PostgreSQL alone can empty a table in one word.
POSTGRESQL_GUARDS = frozenset(
    f"{table}_not_emptied"
    for table in ("account", "audit_record", "balance", "closed_month", "entry", "snapshot", "transfer")
)

_PRESENT = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": """SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
                     WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
                     AND c.relnamespace = current_schema::regnamespace""",
}


def missing_guards() -> list[str]:
    """Return the names of guards that somebody removed or switched off."""
    dialect = db.engine.dialect.name
    wanted = GUARDS | (POSTGRESQL_GUARDS if dialect == "postgresql" else SQLITE_GUARDS)
    present = set(db.session.scalars(text(_PRESENT[dialect])))
    return sorted(wanted - present)
