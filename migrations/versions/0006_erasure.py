"""Forget a person: who was erased and when, without a name, and audit records that may forget where an act came from.

What was done, when and by which membership stays in the audit as it is: only from which address somebody acted can be
emptied, because that is about the person and not about the act. And a bank says who is responsible, whom to ask, and
where to complain.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

# All of an audit record but where the act came from.
_KEPT = ("id", "bank_id", "at", "membership_id", "action", "on_what", "reference", "details", "request_reference")
# What the privacy page says.
_OF_BANK = ("responsible", "privacy_contact", "complaints_to")
_MESSAGE = "ledger: audit_record is never changed or deleted"


def upgrade() -> None:
    for name in _OF_BANK:
        words = sa.Column(name, sa.String(length=200), nullable=False, server_default=sa.text("''"))
        op.add_column("bank", words)
    op.add_column("membership", sa.Column("erased_at", MOMENT, nullable=True))
    op.create_table(
        "erasure",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("membership_id", BIG_ID, nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("gave_balance", sa.Boolean(), nullable=False),
        sa.Column("erased_at", MOMENT, nullable=False),
        sa.Column("erased_by_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_erasure_bank_id_bank")),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_erasure_membership_id_membership")),
        sa.ForeignKeyConstraint(["erased_by_id"], ["membership.id"], name=op.f("fk_erasure_erased_by_id_membership")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sa.UniqueConstraint("reference", name=op.f("uq_erasure_reference")),
    )
    op.execute("DROP TRIGGER audit_record_unchanged" + _on_audit_record())
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in _KEPT)
        op.execute(
            f"CREATE TRIGGER audit_record_unchanged BEFORE UPDATE ON audit_record "
            f"WHEN NEW.came_from IS NOT '' OR {changed} BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END"
        )


def _on_audit_record() -> str:
    return " ON audit_record" if op.get_bind().dialect.name == "postgresql" else ""


def _guard_postgresql() -> None:
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    # A value of the type json is not equal to another, but its text is.
    new, old = (
        ", ".join(f"{row}.{column}" + ("::text" if column == "details" else "") for column in _KEPT)
        for row in ("NEW", "OLD")
    )
    op.execute(
        f"CREATE FUNCTION ledger_check_audit_record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        f"SET search_path = {schema}, pg_temp AS $$ BEGIN "
        f"IF NEW.came_from IS DISTINCT FROM '' OR ({new}) IS DISTINCT FROM ({old}) THEN "
        f"RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = '{_MESSAGE}'; "
        f"END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_record_unchanged BEFORE UPDATE ON audit_record "
        "FOR EACH ROW EXECUTE FUNCTION ledger_check_audit_record()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER audit_record_unchanged" + _on_audit_record())
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_check_audit_record()")
        op.execute(
            "CREATE TRIGGER audit_record_unchanged BEFORE UPDATE ON audit_record "
            "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()"
        )
    else:
        op.execute(
            f"CREATE TRIGGER audit_record_unchanged BEFORE UPDATE ON audit_record BEGIN "
            f"SELECT RAISE(ABORT, '{_MESSAGE}'); END"
        )
    op.drop_table("erasure")
    op.drop_column("membership", "erased_at")
    for name in _OF_BANK:
        op.drop_column("bank", name)
