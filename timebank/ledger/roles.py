"""The role that runs the application on PostgreSQL: it may do everything but change what is in the ledger.

Guards refuse a change whoever asks, but whoever owns the tables can switch them off. So the application does not sign
in as their owner: its own role has no right to change, delete or empty what the ledger holds, nor to write an entry or
move a balance, which the guards do for it.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, text

from timebank.errors import RuleBroken

# What is not listed here are words about people and exchanges, which may be changed and erased.
RIGHTS = {
    "account": "SELECT, INSERT, UPDATE (closed_at)",
    "alembic_version": "SELECT",
    "audit_record": "SELECT, INSERT, UPDATE (came_from)",
    "balance": "SELECT, INSERT, UPDATE (floor_minutes)",
    "closed_month": "SELECT, INSERT",
    "entry": "SELECT",
    "erasure": "SELECT, INSERT",
    "issued_statement": "SELECT, INSERT, UPDATE (read_at, reason)",
    "seal": "SELECT, INSERT",
    "snapshot": "SELECT, INSERT",
    "transfer": "SELECT, INSERT",
}
ALL_RIGHTS = "SELECT, INSERT, UPDATE, DELETE"

# These are numbered by the guards.
NUMBERED_BY_GUARDS = ("account_id_seq", "entry_id_seq", "transfer_id_seq")


class NotOnSqlite(RuleBroken):
    """SQLite knows no roles: whoever may write the file may do anything to it."""

    message = _l("Roles are for PostgreSQL. On SQLite, keep the file where only the application can reach it")


class RoleTooMighty(RuleBroken):
    """Somebody who may switch the guards off is not kept from anything."""

    message = _l(
        "The role %(role)s owns the tables, may become their owner or make tables beside them, or is a superuser. "
        "Choose another role to run the application with"
    )


def protect(connection: Connection, role: str) -> None:
    """Give the role what it needs to run the application and no more; make it, if it is not there.

    The connection is the owner's. Raises NotOnSqlite or RoleTooMighty; then nothing is changed.
    """
    if connection.dialect.name != "postgresql":
        raise NotOnSqlite()
    quoted, schema = connection.execute(
        text("SELECT quote_ident(CAST(:role AS text)), quote_ident(current_schema())"), {"role": role}
    ).one()
    if not connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role}):
        connection.execute(text(f"CREATE ROLE {quoted} LOGIN"))
    if connection.scalar(text("SELECT has_schema_privilege(:role, current_schema(), 'CREATE')"), {"role": role}):
        # Before version 15 everybody could make tables and functions there.
        connection.execute(text(f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC"))
    if connection.scalar(text(_TOO_MIGHTY), {"role": role}):
        raise RoleTooMighty(role=role)
    connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {quoted}"))
    connection.execute(text(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {quoted}"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {quoted}"))
    for table, name in connection.execute(text(_TABLES)):
        connection.execute(text(f"GRANT {RIGHTS.get(table, ALL_RIGHTS)} ON {schema}.{name} TO {quoted}"))
    for sequence, name in connection.execute(text(_SEQUENCES)):
        if sequence not in NUMBERED_BY_GUARDS:
            connection.execute(text(f"GRANT USAGE ON SEQUENCE {schema}.{name} TO {quoted}"))


def is_too_mighty(connection: Connection) -> bool | None:
    """Return whether whoever is signed in could switch the guards off; None on SQLite, which knows no roles."""
    if connection.dialect.name != "postgresql":
        return None
    role = connection.scalar(text("SELECT current_user"))
    return bool(connection.scalar(text(_TOO_MIGHTY), {"role": role}))


_TABLES = "SELECT tablename, quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()"
_SEQUENCES = "SELECT sequencename, quote_ident(sequencename) FROM pg_sequences WHERE schemaname = current_schema()"
_TOO_MIGHTY = """
    SELECT r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR has_schema_privilege(r.oid, current_schema(), 'CREATE')
      OR EXISTS (SELECT 1 FROM pg_tables t WHERE t.schemaname = current_schema()
                 AND pg_has_role(r.oid, t.tableowner, 'MEMBER'))
    FROM pg_roles r WHERE r.rolname = :role"""
