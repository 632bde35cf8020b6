"""Make the first tables: banks, people, ledger, exchanges, gifts, audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "bank",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("rounding_minutes", sa.Integer(), nullable=False),
        sa.Column("oldest_day_days", sa.Integer(), nullable=False),
        sa.Column("longest_exchange_minutes", sa.Integer(), nullable=False),
        sa.Column("confirmation_needed", sa.Boolean(), nullable=False),
        sa.Column("approval_needed", sa.Boolean(), nullable=False),
        sa.Column("confirms_itself_after_days", sa.Integer(), nullable=True),
        sa.Column("expires_after_days", sa.Integer(), nullable=True),
        sa.Column("low_balance_minutes", sa.Integer(), nullable=False),
        sa.Column("high_balance_minutes", sa.Integer(), nullable=False),
        sa.Column("floor_minutes", sa.Integer(), nullable=True),
        sa.Column("opening_credit_minutes", sa.Integer(), nullable=False),
        sa.Column("help_contact", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank")),
        sa.UniqueConstraint("code", name=op.f("uq_bank_code")),
    )
    op.create_table(
        "person",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("sign_in_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_table(
        "account",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.CheckConstraint("kind IN ('member', 'organisation', 'community', 'opening')", name=op.f("ck_account_kind")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_account_bank_id_bank")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("bank_id", "number", name=op.f("uq_account_bank_id_number")),
        sa.UniqueConstraint("id", "bank_id", name=op.f("uq_account_id_bank_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_account_reference")),
    )
    op.create_table(
        "activity",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("service_area", sa.String(length=120), nullable=False),
        sa.Column("default_book", sa.String(), nullable=False),
        sa.Column("default_stage", sa.String(), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.CheckConstraint("default_book IN ('credit', 'record')", name=op.f("ck_activity_default_book")),
        sa.CheckConstraint(
            "default_stage IN ('commissioning', 'design', 'delivery', 'assessment')",
            name=op.f("ck_activity_default_stage"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_activity_bank_id_bank")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("bank_id", "name", name=op.f("uq_activity_bank_id_name")),
        sa.UniqueConstraint("reference", name=op.f("uq_activity_reference")),
    )
    op.create_table(
        "audit_record",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("membership_id", BIG_ID, nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("on_what", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("came_from", sa.String(), nullable=False),
        sa.Column("request_reference", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_audit_record_bank_id_bank")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_record")),
    )
    op.create_index("ix_audit_record_bank_id_at", "audit_record", ["bank_id", "at"])

    op.create_table(
        "closed_month",
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("closed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_closed_month_bank_id_bank")),
        sa.PrimaryKeyConstraint("bank_id", "last_day", name=op.f("pk_closed_month")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "submission",
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_submission_bank_id_bank")),
        sa.PrimaryKeyConstraint("bank_id", "key", name=op.f("pk_submission")),
    )
    op.create_table(
        "balance",
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("book", sa.String(), nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("minutes", BIG_ID, nullable=False),
        sa.Column("entries", BIG_ID, nullable=False),
        sa.Column("floor_minutes", BIG_ID, nullable=True),
        sa.CheckConstraint("book IN ('credit', 'record')", name=op.f("ck_balance_book")),
        sa.ForeignKeyConstraint(
            ["account_id", "bank_id"],
            ["account.id", "account.bank_id"],
            name=op.f("fk_balance_account_id_bank_id_account"),
        ),
        sa.PrimaryKeyConstraint("account_id", "book", name=op.f("pk_balance")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "membership",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("search_name", sa.String(length=360), nullable=False),
        sa.Column("search_short_name", sa.String(length=360), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("capacity", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("left_at", MOMENT, nullable=True),
        sa.Column("loaded_hash", sa.String(), nullable=True),
        sa.CheckConstraint(
            "capacity IN ('service_user', 'carer', 'neighbour', 'professional', 'not_stated')",
            name=op.f("ck_membership_capacity"),
        ),
        sa.CheckConstraint("role IN ('member', 'coordinator', 'administrator')", name=op.f("ck_membership_role")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_membership_account_id_account")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_membership_bank_id_bank")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_membership_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("account_id", name=op.f("uq_membership_account_id")),
        sa.UniqueConstraint("bank_id", "number", name=op.f("uq_membership_bank_id_number")),
        sa.UniqueConstraint("bank_id", "person_id", name=op.f("uq_membership_bank_id_person_id")),
        sa.UniqueConstraint("bank_id", "email", name=op.f("uq_membership_bank_id_email")),
        sa.UniqueConstraint("reference", name=op.f("uq_membership_reference")),
    )
    op.create_index("ix_membership_bank_id_search_name", "membership", ["bank_id", "search_name"])
    op.create_index("ix_membership_email", "membership", ["email"])

    op.create_table(
        "exchange",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("activity_id", BIG_ID, nullable=False),
        sa.Column("service_area", sa.String(length=120), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("book", sa.String(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("paid", sa.Boolean(), nullable=False),
        sa.Column("mandated", sa.Boolean(), nullable=False),
        sa.Column("consultation", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.Column("logged_by_id", BIG_ID, nullable=True),
        sa.Column("logged_at", MOMENT, nullable=False),
        sa.Column("decided_by_id", BIG_ID, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("external_id", sa.String(length=120), nullable=True),
        sa.Column("loaded_hash", sa.String(), nullable=True),
        sa.CheckConstraint("book IN ('credit', 'record')", name=op.f("ck_exchange_book")),
        sa.CheckConstraint(
            "stage IN ('commissioning', 'design', 'delivery', 'assessment')", name=op.f("ck_exchange_stage")
        ),
        sa.CheckConstraint(
            "status IN ('logged', 'confirmed', 'queried', 'approved', 'declined', 'withdrawn', 'expired', 'reversed')",
            name=op.f("ck_exchange_status"),
        ),
        sa.CheckConstraint("minutes >= 1", name=op.f("ck_exchange_minutes")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_exchange_activity_id_activity")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_exchange_bank_id_bank")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["membership.id"], name=op.f("fk_exchange_decided_by_id_membership")
        ),
        sa.ForeignKeyConstraint(["logged_by_id"], ["membership.id"], name=op.f("fk_exchange_logged_by_id_membership")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange")),
        sa.UniqueConstraint("bank_id", "external_id", name=op.f("uq_exchange_bank_id_external_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_exchange_reference")),
    )
    op.create_index("ix_exchange_queue", "exchange", ["bank_id", "status", "happened_on", "id"])

    op.create_table(
        "gift",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("from_account_id", BIG_ID, nullable=False),
        sa.Column("to_account_id", BIG_ID, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("given_by_id", BIG_ID, nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("reversed_at", MOMENT, nullable=True),
        sa.Column("reversed_by_id", BIG_ID, nullable=True),
        sa.Column("reversal_reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint("kind IN ('donation', 'grant')", name=op.f("ck_gift_kind")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_gift_bank_id_bank")),
        sa.ForeignKeyConstraint(["from_account_id"], ["account.id"], name=op.f("fk_gift_from_account_id_account")),
        sa.ForeignKeyConstraint(["given_by_id"], ["membership.id"], name=op.f("fk_gift_given_by_id_membership")),
        sa.ForeignKeyConstraint(["reversed_by_id"], ["membership.id"], name=op.f("fk_gift_reversed_by_id_membership")),
        sa.ForeignKeyConstraint(["to_account_id"], ["account.id"], name=op.f("fk_gift_to_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift")),
        sa.UniqueConstraint("reference", name=op.f("uq_gift_reference")),
    )
    op.create_index("ix_gift_bank_id", "gift", ["bank_id"])

    op.create_table(
        "organisation",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("contact_id", BIG_ID, nullable=True),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_organisation_account_id_account")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_organisation_bank_id_bank")),
        sa.ForeignKeyConstraint(["contact_id"], ["membership.id"], name=op.f("fk_organisation_contact_id_membership")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("account_id", name=op.f("uq_organisation_account_id")),
        sa.UniqueConstraint("bank_id", "name", name=op.f("uq_organisation_bank_id_name")),
        sa.UniqueConstraint("reference", name=op.f("uq_organisation_reference")),
    )
    op.create_table(
        "snapshot",
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("book", sa.String(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("minutes", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "book"], ["balance.account_id", "balance.book"], name="fk_snapshot_balance"
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "last_day"],
            ["closed_month.bank_id", "closed_month.last_day"],
            name=op.f("fk_snapshot_bank_id_last_day_closed_month"),
        ),
        sa.PrimaryKeyConstraint("account_id", "book", "last_day", name=op.f("pk_snapshot")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "transfer",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("book", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("from_account_id", BIG_ID, nullable=False),
        sa.Column("to_account_id", BIG_ID, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("posted_at", MOMENT, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("linked_by", sa.String(), nullable=False),
        sa.Column("reverses_id", BIG_ID, nullable=True),
        sa.CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name=op.f("ck_transfer_reversal")),
        sa.CheckConstraint("book IN ('credit', 'record')", name=op.f("ck_transfer_book")),
        sa.CheckConstraint(
            "kind IN ('exchange', 'history', 'donation', 'grant', 'opening', 'reversal')", name=op.f("ck_transfer_kind")
        ),
        sa.CheckConstraint("from_account_id <> to_account_id", name=op.f("ck_transfer_two_accounts")),
        sa.CheckConstraint("minutes BETWEEN 1 AND 100000000", name=op.f("ck_transfer_minutes")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_transfer_bank_id_bank")),
        sa.ForeignKeyConstraint(
            ["from_account_id", "bank_id"], ["account.id", "account.bank_id"], name="fk_transfer_from_account"
        ),
        sa.ForeignKeyConstraint(
            ["from_account_id", "book"], ["balance.account_id", "balance.book"], name="fk_transfer_from_balance"
        ),
        sa.ForeignKeyConstraint(["reverses_id"], ["transfer.id"], name=op.f("fk_transfer_reverses_id_transfer")),
        sa.ForeignKeyConstraint(
            ["to_account_id", "bank_id"], ["account.id", "account.bank_id"], name="fk_transfer_to_account"
        ),
        sa.ForeignKeyConstraint(
            ["to_account_id", "book"], ["balance.account_id", "balance.book"], name="fk_transfer_to_balance"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sa.UniqueConstraint("bank_id", "key", name=op.f("uq_transfer_bank_id_key")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_transfer_reverses_id")),
    )
    op.create_index("ix_transfer_bank_id_linked_by", "transfer", ["bank_id", "linked_by"])

    op.create_table(
        "entry",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("transfer_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("book", sa.String(), nullable=False),
        sa.Column("number", BIG_ID, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("balance_minutes", BIG_ID, nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "book"], ["balance.account_id", "balance.book"], name="fk_entry_balance"
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_entry_bank_id_bank")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], name=op.f("fk_entry_transfer_id_transfer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sa.UniqueConstraint("account_id", "book", "number", name=op.f("uq_entry_account_id_book_number")),
        sa.UniqueConstraint("transfer_id", "account_id", name=op.f("uq_entry_transfer_id_account_id")),
    )
    op.create_index("ix_entry_statement", "entry", ["account_id", "book", "effective_on", "number", "minutes"])

    op.create_table(
        "exchange_step",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("exchange_id", BIG_ID, nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "step IN ('logged', 'confirmed', 'confirmed for', 'confirmed by rule', 'queried', 'denied', 'answered', "
            "'approved', 'declined', 'withdrawn', 'expired', 'reversed')",
            name=op.f("ck_exchange_step_step"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_exchange_step_bank_id_bank")),
        sa.ForeignKeyConstraint(["by_id"], ["membership.id"], name=op.f("fk_exchange_step_by_id_membership")),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_exchange_step_exchange_id_exchange")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_step")),
    )
    op.create_index("ix_exchange_step_exchange_id", "exchange_step", ["exchange_id"])

    op.create_table(
        "party",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("exchange_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("capacity", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_how", sa.String(), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by_id", BIG_ID, nullable=True),
        sa.CheckConstraint("answer IN ('waiting', 'confirmed', 'queried', 'denied')", name=op.f("ck_party_answer")),
        sa.CheckConstraint("answered_how IN ('party', 'coordinator', 'rule')", name=op.f("ck_party_answered_how")),
        sa.CheckConstraint(
            "capacity IN ('service_user', 'carer', 'neighbour', 'professional', 'not_stated')",
            name=op.f("ck_party_capacity"),
        ),
        sa.CheckConstraint("side IN ('giver', 'receiver')", name=op.f("ck_party_side")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_party_account_id_account")),
        sa.ForeignKeyConstraint(["answered_by_id"], ["membership.id"], name=op.f("fk_party_answered_by_id_membership")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_party_bank_id_bank")),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_party_exchange_id_exchange")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
        sa.UniqueConstraint("exchange_id", "account_id", name=op.f("uq_party_exchange_id_account_id")),
    )
    op.create_index("ix_party_account_id_answer", "party", ["account_id", "answer"])


def downgrade() -> None:
    op.drop_index("ix_party_account_id_answer", "party")

    op.drop_table("party")
    op.drop_index("ix_exchange_step_exchange_id", "exchange_step")

    op.drop_table("exchange_step")
    op.drop_index("ix_entry_statement", "entry")

    op.drop_table("entry")
    op.drop_index("ix_transfer_bank_id_linked_by", "transfer")

    op.drop_table("transfer")
    op.drop_table("snapshot")
    op.drop_table("organisation")
    op.drop_index("ix_gift_bank_id", "gift")

    op.drop_table("gift")
    op.drop_index("ix_exchange_queue", "exchange")

    op.drop_table("exchange")
    op.drop_index("ix_membership_bank_id_search_name", "membership")

    op.drop_table("membership")
    op.drop_table("balance")
    op.drop_table("submission")
    op.drop_table("closed_month")
    op.drop_index("ix_audit_record_bank_id_at", "audit_record")

    op.drop_table("audit_record")
    op.drop_table("activity")
    op.drop_table("account")
    op.drop_table("person")
    op.drop_table("bank")
