"""Let a member be paused at once, and keep concerns, which a safeguarding lead reads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _new_columns() -> tuple[sa.Column, ...]:
    return (
        sa.Column("is_safeguarding_lead", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("paused_at", MOMENT, nullable=True),
        sa.Column("paused_by_id", BIG_ID, nullable=True),
        sa.Column("paused_reason", sa.String(length=500), nullable=False, server_default=sa.text("''")),
    )


def upgrade() -> None:
    for column in _new_columns():
        op.add_column("membership", column)
    op.create_index("ix_audit_record_at", "audit_record", ["at"])
    op.create_table(
        "concern",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("concerned_id", BIG_ID, nullable=True),
        sa.Column("reported_by_id", BIG_ID, nullable=False),
        sa.Column("reported_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_concern_bank_id_bank")),
        sa.ForeignKeyConstraint(["concerned_id"], ["membership.id"], name=op.f("fk_concern_concerned_id_membership")),
        sa.ForeignKeyConstraint(
            ["reported_by_id"], ["membership.id"], name=op.f("fk_concern_reported_by_id_membership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concern")),
        sa.UniqueConstraint("reference", name=op.f("uq_concern_reference")),
    )
    op.create_index("ix_concern_bank_id", "concern", ["bank_id"])
    op.create_table(
        "concern_note",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("concern_id", BIG_ID, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_concern_note_bank_id_bank")),
        sa.ForeignKeyConstraint(["by_id"], ["membership.id"], name=op.f("fk_concern_note_by_id_membership")),
        sa.ForeignKeyConstraint(["concern_id"], ["concern.id"], name=op.f("fk_concern_note_concern_id_concern")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concern_note")),
    )
    op.create_index("ix_concern_note_concern_id", "concern_note", ["concern_id"])


def downgrade() -> None:
    op.drop_index("ix_audit_record_at", "audit_record")
    op.drop_table("concern_note")
    op.drop_table("concern")
    for column in _new_columns():
        op.drop_column("membership", column.name)
