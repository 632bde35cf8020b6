"""Keep stories of members and what the bank costs, and which of both stood beside figures that were released."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("evidence_release", sa.Column("stories", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("evidence_release", sa.Column("costs", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_table(
        "cost",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("assumption", sa.String(length=500), nullable=False),
        sa.Column("entered_by_id", BIG_ID, nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.CheckConstraint("kind IN ('one_off', 'running')", name=op.f("ck_cost_kind")),
        sa.CheckConstraint("pence BETWEEN 1 AND 1000000000000", name=op.f("ck_cost_pence")),
        sa.CheckConstraint("starts_on <= last_day", name=op.f("ck_cost_days")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_cost_bank_id_bank")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["membership.id"], name=op.f("fk_cost_entered_by_id_membership")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost")),
        sa.UniqueConstraint("reference", name=op.f("uq_cost_reference")),
    )
    op.create_index(op.f("ix_cost_bank_id"), "cost", ["bank_id"])
    op.create_table(
        "story",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("told_by_id", BIG_ID, nullable=False),
        sa.Column("written_by_id", BIG_ID, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("shown_to", sa.String(length=20), nullable=False),
        sa.Column("told_as", sa.String(length=120), nullable=False),
        sa.Column("consented_on", sa.Date(), nullable=False),
        sa.Column("told_at", MOMENT, nullable=False),
        sa.Column("shown_at", MOMENT, nullable=True),
        sa.Column("taken_back_at", MOMENT, nullable=True),
        sa.CheckConstraint("shown_to IN ('board', 'everybody')", name=op.f("ck_story_shown_to")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_story_bank_id_bank")),
        sa.ForeignKeyConstraint(["told_by_id"], ["membership.id"], name=op.f("fk_story_told_by_id_membership")),
        sa.ForeignKeyConstraint(["written_by_id"], ["membership.id"], name=op.f("fk_story_written_by_id_membership")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story")),
        sa.UniqueConstraint("reference", name=op.f("uq_story_reference")),
    )
    op.create_index(op.f("ix_story_bank_id"), "story", ["bank_id"])
    op.create_index(op.f("ix_story_told_by_id"), "story", ["told_by_id"])


def downgrade() -> None:
    op.drop_table("story")
    op.drop_table("cost")
    op.drop_column("evidence_release", "costs")
    op.drop_column("evidence_release", "stories")
