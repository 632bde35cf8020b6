"""Keep figures that were released to outside readers, and whether the bank shows them to everybody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("bank", sa.Column("publishes_evidence", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "evidence_release",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("period", sa.String(length=20), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("head", sa.String(length=100), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_evidence_release_bank_id_bank")),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["membership.id"], name=op.f("fk_evidence_release_made_by_id_membership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_release")),
        sa.UniqueConstraint(
            "bank_id",
            "starts_on",
            "last_day",
            name=op.f("uq_evidence_release_bank_id_starts_on_last_day"),
        ),
        sa.UniqueConstraint("reference", name=op.f("uq_evidence_release_reference")),
    )


def downgrade() -> None:
    op.drop_table("evidence_release")
    op.drop_column("bank", "publishes_evidence")
