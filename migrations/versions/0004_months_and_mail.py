"""Close months: statements that were issued, how each member wants theirs, who helps whom, and mail that waits to go.

What a statement was issued with is never changed or deleted, as what is in the ledger: only when it was first read, and
why it was issued again, which are words. A statement is proven with a key that its bank alone has.
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

# What was issued stays as it was.
_KEPT = (
    "id",
    "bank_id",
    "account_id",
    "last_day",
    "number",
    "reference",
    "code",
    "digest",
    "issued_at",
    "issued_by_id",
)


def _new_columns() -> dict[str, tuple[sa.Column, ...]]:
    return {
        "bank": (
            sa.Column("closes_itself_on_day", sa.Integer(), nullable=True),
            sa.Column("reminds_before_days", sa.Integer(), nullable=True),
            sa.Column("proof_key", sa.String(length=64), nullable=False, server_default=sa.text("''")),
        ),
        "membership": (
            sa.Column("address", sa.String(length=300), nullable=False, server_default=sa.text("''")),
            sa.Column("postcode", sa.String(length=12), nullable=False, server_default=sa.text("''")),
        ),
        "party": (sa.Column("thanks", sa.String(length=500), nullable=False, server_default=sa.text("''")),),
    }


def upgrade() -> None:
    for table, columns in _new_columns().items():
        for column in columns:
            op.add_column(table, column)
    _give_every_bank_a_key()
    _statements()
    _helpers()
    _closings()
    _mail()
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _give_every_bank_a_key() -> None:
    bank = sa.table("bank", sa.column("id"), sa.column("proof_key"))
    connection = op.get_bind()
    for bank_id in connection.scalars(sa.select(bank.c.id)).all():
        key = secrets.token_hex(32)
        connection.execute(sa.update(bank).where(bank.c.id == bank_id).values(proof_key=key))


def _statements() -> None:
    op.create_table(
        "issued_statement",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("issued_by_id", BIG_ID, nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("ck_issued_statement_number")),
        sa.ForeignKeyConstraint(
            ["account_id", "bank_id"],
            ["account.id", "account.bank_id"],
            name=op.f("fk_issued_statement_account_id_bank_id_account"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "last_day"],
            ["closed_month.bank_id", "closed_month.last_day"],
            name=op.f("fk_issued_statement_bank_id_last_day_closed_month"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_statement")),
        sa.UniqueConstraint(
            "bank_id",
            "last_day",
            "account_id",
            "number",
            name=op.f("uq_issued_statement_bank_id_last_day_account_id_number"),
        ),
        sa.UniqueConstraint("code", name=op.f("uq_issued_statement_code")),
        sa.UniqueConstraint("reference", name=op.f("uq_issued_statement_reference")),
    )
    op.create_index("ix_issued_statement_account_id", "issued_statement", ["account_id"])
    op.create_table(
        "statement_choice",
        sa.Column("membership_id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("large_print", sa.Boolean(), nullable=False),
        sa.Column("hides_sign", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("chosen_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "how IN ('email_with_pdf', 'email', 'paper', 'online')", name=op.f("ck_statement_choice_how")
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_statement_choice_bank_id_bank")),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["membership.id"], name=op.f("fk_statement_choice_membership_id_membership")
        ),
        sa.PrimaryKeyConstraint("membership_id", name=op.f("pk_statement_choice")),
        sa.UniqueConstraint("reference", name=op.f("uq_statement_choice_reference")),
    )


def _helpers() -> None:
    op.create_table(
        "helper",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("helped_id", BIG_ID, nullable=False),
        sa.Column("helper_id", BIG_ID, nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("added_by_id", BIG_ID, nullable=True),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("helped_id <> helper_id", name=op.f("ck_helper_two_people")),
        sa.ForeignKeyConstraint(["added_by_id"], ["membership.id"], name=op.f("fk_helper_added_by_id_membership")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_helper_bank_id_bank")),
        sa.ForeignKeyConstraint(["helped_id"], ["membership.id"], name=op.f("fk_helper_helped_id_membership")),
        sa.ForeignKeyConstraint(["helper_id"], ["membership.id"], name=op.f("fk_helper_helper_id_membership")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_helper")),
        sa.UniqueConstraint("reference", name=op.f("uq_helper_reference")),
    )
    op.create_index("ix_helper_helped_id", "helper", ["helped_id"])
    op.create_index("ix_helper_helper_id", "helper", ["helper_id"])


def _closings() -> None:
    op.create_table(
        "month_closing",
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("message", sa.String(length=1000), nullable=False),
        sa.Column("reminded_at", MOMENT, nullable=True),
        sa.Column("closed_by_id", BIG_ID, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("issued_through_id", BIG_ID, nullable=False),
        sa.Column("statements", sa.Integer(), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_month_closing_bank_id_bank")),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["membership.id"], name=op.f("fk_month_closing_closed_by_id_membership")
        ),
        sa.PrimaryKeyConstraint("bank_id", "last_day", name=op.f("pk_month_closing")),
    )


def _mail() -> None:
    op.create_table(
        "outgoing_mail",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("membership_id", BIG_ID, nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=False),
        sa.Column("problem", sa.String(length=300), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'failed', 'bounced', 'dropped')",
            name=op.f("ck_outgoing_mail_state"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_outgoing_mail_bank_id_bank")),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["membership.id"], name=op.f("fk_outgoing_mail_membership_id_membership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mail")),
        sa.UniqueConstraint("bank_id", "key", name=op.f("uq_outgoing_mail_bank_id_key")),
        sa.UniqueConstraint("reference", name=op.f("uq_outgoing_mail_reference")),
    )
    op.create_index("ix_outgoing_mail_state_next_attempt_at", "outgoing_mail", ["state", "next_attempt_at"])
    op.create_index("ix_outgoing_mail_kind_about", "outgoing_mail", ["kind", "about"])


def _guard_sqlite() -> None:
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in _KEPT)
    for name, when in (
        ("unchanged", f"BEFORE UPDATE ON issued_statement WHEN {changed}"),
        ("stays", "BEFORE DELETE ON issued_statement"),
        # Replacing a row would delete it without asking the guard above where a connection has no recursive triggers.
        (
            "not_replaced",
            "BEFORE INSERT ON issued_statement WHEN EXISTS (SELECT 1 FROM issued_statement "
            "WHERE id = NEW.id OR code = NEW.code OR reference = NEW.reference OR (bank_id = NEW.bank_id "
            "AND last_day = NEW.last_day AND account_id = NEW.account_id AND number = NEW.number))",
        ),
    ):
        op.execute(
            f"CREATE TRIGGER issued_statement_{name} {when} BEGIN "
            f"SELECT RAISE(ABORT, 'ledger: issued_statement is never changed or deleted'); END"
        )


def _guard_postgresql() -> None:
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    new, old = (", ".join(f"{row}.{column}" for column in _KEPT) for row in ("NEW", "OLD"))
    op.execute(
        f"CREATE FUNCTION ledger_check_issued_statement() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        f"SET search_path = {schema}, pg_temp AS $$ BEGIN IF ({new}) IS DISTINCT FROM ({old}) THEN "
        f"RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', "
        f"MESSAGE = 'ledger: issued_statement is never changed or deleted'; END IF; RETURN NEW; END $$"
    )
    for name, when in (
        (
            "unchanged",
            "BEFORE UPDATE ON issued_statement FOR EACH ROW EXECUTE FUNCTION ledger_check_issued_statement()",
        ),
        ("stays", "BEFORE DELETE ON issued_statement FOR EACH ROW EXECUTE FUNCTION ledger_refuse()"),
        ("not_emptied", "BEFORE TRUNCATE ON issued_statement FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"),
    ):
        op.execute(f"CREATE TRIGGER issued_statement_{name} {when}")


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in ("outgoing_mail", "month_closing", "helper", "statement_choice", "issued_statement"):
        op.drop_table(table)
    if is_postgresql:
        op.execute("DROP FUNCTION ledger_check_issued_statement()")
    for table, columns in _new_columns().items():
        for column in columns:
            op.drop_column(table, column.name)
