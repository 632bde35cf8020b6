"""Let a member be paused at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _new_columns() -> tuple[sa.Column, ...]:
    return (
        sa.Column("paused_at", MOMENT, nullable=True),
        sa.Column("paused_by_id", BIG_ID, nullable=True),
        sa.Column("paused_reason", sa.String(length=500), nullable=False, server_default=sa.text("''")),
    )


def upgrade() -> None:
    for column in _new_columns():
        op.add_column("membership", column)


def downgrade() -> None:
    for column in _new_columns():
        op.drop_column("membership", column.name)
