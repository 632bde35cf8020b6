"""How Alembic reaches the application's database and tables."""

from __future__ import annotations

from alembic import context
from flask import current_app

import timebank.models  # noqa: F401  (every table must be known before they are compared)
from timebank.extensions import owners_connection

database = current_app.extensions["migrate"].db


def run_migrations() -> None:
    """Run the migrations in one transaction, so that a failed one leaves the database as it was."""
    with owners_connection() as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_as_batch=True,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run_migrations()
