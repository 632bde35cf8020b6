"""Let people ask to join, and members be cleared for what an activity involves.

What somebody is, enquired or active or paused, is no column: it is read from the facts, each with its day. Nothing is
set for those who are members already, so that all of them are active, and no activity involves anything until somebody
says so.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _words(name: str, kind: sa.types.TypeEngine) -> sa.Column:
    return sa.Column(name, kind, nullable=False, server_default=sa.text("''"))


def _new_columns() -> dict[str, tuple[sa.Column, ...]]:
    return {
        "bank": (
            sa.Column("takes_enquiries", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("enquiries_kept_days", sa.Integer(), nullable=False, server_default=sa.text("180")),
            _words("agreement", sa.Text()),
            sa.Column("agreement_changed_on", sa.Date(), nullable=True),
        ),
        "activity": (
            _words("involves", sa.String(length=80)),
            _words("check_reason", sa.String(length=500)),
        ),
        "membership": (
            sa.Column("limited_at", MOMENT, nullable=True),
            sa.Column("died_on", sa.Date(), nullable=True),
        ),
        "exchange": (
            _words("waiver", sa.Text()),
            sa.Column("waived_by_id", BIG_ID, nullable=True),
            sa.Column("waived_at", MOMENT, nullable=True),
        ),
    }


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _keys(table: str) -> tuple[sa.Constraint, ...]:
    return (
        _to(table, "bank_id", "bank"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("reference", name=op.f(f"uq_{table}_reference")),
    )


def _identity() -> tuple[sa.Column, ...]:
    return (
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
    )


def upgrade() -> None:
    for table, columns in _new_columns().items():
        for column in columns:
            op.add_column(table, column)
    _make_clearances()
    _make_enquiries()


def _make_clearances() -> None:
    kinds = "'group', 'public_place', 'home_visit', 'drives', 'handles_money'"
    op.create_table(
        "clearance",
        *_identity(),
        sa.Column("membership_id", BIG_ID, nullable=False),
        sa.Column("involvement", sa.String(), nullable=False),
        sa.Column("cleared_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("cleared_by_id", BIG_ID, nullable=True),
        sa.Column("cleared_at", MOMENT, nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint(f"involvement IN ({kinds})", name=op.f("ck_clearance_involvement")),
        sa.CheckConstraint("until_on IS NULL OR until_on >= cleared_on", name=op.f("ck_clearance_order")),
        _to("clearance", "membership_id", "membership"),
        _to("clearance", "cleared_by_id", "membership"),
        *_keys("clearance"),
    )
    op.create_index("ix_clearance_membership_id", "clearance", ["membership_id"])
    op.create_table(
        "dbs_check",
        *_identity(),
        sa.Column("membership_id", BIG_ID, nullable=False),
        sa.Column("activity_id", BIG_ID, nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("recorded_by_id", BIG_ID, nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        _to("dbs_check", "membership_id", "membership"),
        _to("dbs_check", "activity_id", "activity"),
        _to("dbs_check", "recorded_by_id", "membership"),
        *_keys("dbs_check"),
    )
    op.create_index("ix_dbs_check_membership_id", "dbs_check", ["membership_id"])


def _make_enquiries() -> None:
    op.create_table(
        "enquiry",
        *_identity(),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("enquired_at", MOMENT, nullable=False),
        sa.Column("entered_by_id", BIG_ID, nullable=True),
        sa.Column("interviewed_on", sa.Date(), nullable=True),
        sa.Column("interviewed_by_id", BIG_ID, nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("orientation_on", sa.Date(), nullable=True),
        sa.Column("agreed_on", sa.Date(), nullable=True),
        sa.Column("agreement_of_on", sa.Date(), nullable=True),
        sa.Column("touched_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("membership_id", BIG_ID, nullable=True),
        _to("enquiry", "entered_by_id", "membership"),
        _to("enquiry", "interviewed_by_id", "membership"),
        _to("enquiry", "membership_id", "membership"),
        *_keys("enquiry"),
    )
    op.create_index("ix_enquiry_bank_id", "enquiry", ["bank_id"])
    op.create_index("ix_enquiry_membership_id", "enquiry", ["membership_id"])
    op.create_table(
        "referee",
        *_identity(),
        sa.Column("enquiry_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("named_at", MOMENT, nullable=False),
        sa.Column("links", sa.Integer(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.Column("secret_hash", sa.String(length=64), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("in_confidence", sa.Boolean(), nullable=False),
        sa.Column("taken_by_id", BIG_ID, nullable=True),
        _to("referee", "enquiry_id", "enquiry"),
        _to("referee", "taken_by_id", "membership"),
        *_keys("referee"),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_referee_secret_hash")),
    )
    op.create_index("ix_referee_enquiry_id", "referee", ["enquiry_id"])


def downgrade() -> None:
    for table in ("referee", "enquiry", "dbs_check", "clearance"):
        op.drop_table(table)
    for table, columns in _new_columns().items():
        for column in columns:
            op.drop_column(table, column.name)
