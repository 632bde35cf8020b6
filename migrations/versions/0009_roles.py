"""Let there be more roles, helpers who act for somebody, and profiles in which each chooses what others see."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

ROLES_BEFORE = "role IN ('member', 'coordinator', 'administrator')"
ROLES = "role IN ('member', 'board_reader', 'deputy', 'coordinator', 'administrator', 'system_administrator')"
ACTING_ENDS = "may_act = false OR until_on IS NOT NULL"


def _set_check(before: str, after: str) -> None:
    """Let the roles be these from now on.

    SQLite cannot change a check, and making the table anew would break every key that leads to it. What a check says
    does not touch what is kept, so its words are changed where SQLite keeps them, as its own documentation advises.
    """
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_membership_role"), "membership", type_="check")
        op.create_check_constraint(op.f("ck_membership_role"), "membership", after)
        return
    _rewrite_table("membership", before, after)


def _rewrite_table(table: str, before: str, after: str) -> None:
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ? AND instr(sql, ?)",
        (before, after, table, before),
    )
    if changed.rowcount != 1:
        raise RuntimeError(f"the table {table} is not as this step expects it")
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")


def _new_columns() -> tuple[tuple[str, sa.Column], ...]:
    return (
        ("membership", sa.Column("shows_full_name", sa.Boolean(), nullable=False, server_default=sa.false())),
        ("session", sa.Column("acting_by_id", BIG_ID, nullable=True)),
        ("party", sa.Column("answered_through_id", BIG_ID, nullable=True)),
        ("exchange_step", sa.Column("through_id", BIG_ID, nullable=True)),
    )


def upgrade() -> None:
    _set_check(ROLES_BEFORE, ROLES)
    for table, column in _new_columns():
        op.add_column(table, column)
    with op.batch_alter_table("helper") as helper:
        helper.add_column(sa.Column("may_act", sa.Boolean(), nullable=False, server_default=sa.false()))
        helper.create_check_constraint(op.f("ck_helper_acting_ends"), ACTING_ENDS)
    op.create_table(
        "profile",
        sa.Column("membership_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("area", sa.String(length=80), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("offers", sa.Text(), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("shows_phone", sa.Boolean(), nullable=False),
        sa.Column("shows_email", sa.Boolean(), nullable=False),
        sa.Column("shows_area", sa.Boolean(), nullable=False),
        sa.Column("shows_about", sa.Boolean(), nullable=False),
        sa.Column("shows_offers", sa.Boolean(), nullable=False),
        sa.Column("search_words", sa.Text(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_profile_bank_id_bank")),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_profile_membership_id_membership")),
        sa.PrimaryKeyConstraint("membership_id", name=op.f("pk_profile")),
    )
    op.create_index("ix_profile_bank_id", "profile", ["bank_id"])


def downgrade() -> None:
    op.drop_index("ix_profile_bank_id", "profile")
    op.drop_table("profile")
    with op.batch_alter_table("helper") as helper:
        helper.drop_constraint(op.f("ck_helper_acting_ends"), type_="check")
        helper.drop_column("may_act")
    for table, column in _new_columns():
        op.drop_column(table, column.name)
    # Whoever holds a role that was not there before holds none.
    op.execute("UPDATE membership SET role = 'member' WHERE role NOT IN ('member', 'coordinator', 'administrator')")
    _set_check(ROLES, ROLES_BEFORE)
