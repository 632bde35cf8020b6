"""The ledger's tables.

The application inserts transfers and nothing else. Triggers in the migration write the two entries, move the two
balances, and refuse everything that a ledger must never do; docs/ledger.md lists them.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from timebank.columns import BigId, Id, Moment, Reference, one_of
from timebank.extensions import Model

# SQLite would give these tables a second key of its own, by which a row can be replaced past the guards.
_BY_KEY_ALONE = {"sqlite_with_rowid": False}


class Book(StrEnum):
    """Credit hours can be earned and spent; record hours count as evidence and change nobody's credit."""

    CREDIT = "credit"
    RECORD = "record"


class AccountKind(StrEnum):
    """Whose minutes an account holds."""

    MEMBER = "member"
    ORGANISATION = "organisation"
    COMMUNITY = "community"
    OPENING = "opening"


class TransferKind(StrEnum):
    """Why minutes moved. History, opening credit and reversals may go past a hard floor; the others may not."""

    EXCHANGE = "exchange"
    HISTORY = "history"
    DONATION = "donation"
    GRANT = "grant"
    OPENING = "opening"
    REVERSAL = "reversal"


class Account(Model):
    """A place in the ledger that holds minutes, with one balance in each book."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("bank_id", "number"),
        # Lets a transfer name its bank and its account in one foreign key, so that it cannot cross banks.
        UniqueConstraint("id", "bank_id"),
        one_of("kind", AccountKind),
    )

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    number: Mapped[str]
    kind: Mapped[str]
    reference: Mapped[Reference]
    opened_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]


class Balance(Model):
    """How many minutes an account holds in one book, after how many entries. Only the triggers move it."""

    __tablename__ = "balance"
    __table_args__ = (
        one_of("book", Book),
        ForeignKeyConstraint(["account_id", "bank_id"], ["account.id", "account.bank_id"]),
        _BY_KEY_ALONE,
    )

    account_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    book: Mapped[str] = mapped_column(primary_key=True)
    bank_id: Mapped[int] = mapped_column(BigId)
    minutes: Mapped[int] = mapped_column(BigId, default=0)
    entries: Mapped[int] = mapped_column(BigId, default=0)
    floor_minutes: Mapped[int | None] = mapped_column(BigId)


class Transfer(Model):
    """Minutes moved from one account to another, in one book. Never changed, never deleted; reversed at most once."""

    __tablename__ = "transfer"
    __table_args__ = (
        UniqueConstraint("bank_id", "key"),
        one_of("book", Book),
        one_of("kind", TransferKind),
        CheckConstraint("minutes BETWEEN 1 AND 100000000", name="minutes"),
        CheckConstraint("from_account_id <> to_account_id", name="two_accounts"),
        CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="reversal"),
        # These two pairs of keys are what refuses a transfer across banks or books.
        ForeignKeyConstraint(
            ["from_account_id", "bank_id"], ["account.id", "account.bank_id"], name="fk_transfer_from_account"
        ),
        ForeignKeyConstraint(
            ["to_account_id", "bank_id"], ["account.id", "account.bank_id"], name="fk_transfer_to_account"
        ),
        ForeignKeyConstraint(
            ["from_account_id", "book"], ["balance.account_id", "balance.book"], name="fk_transfer_from_balance"
        ),
        ForeignKeyConstraint(
            ["to_account_id", "book"], ["balance.account_id", "balance.book"], name="fk_transfer_to_balance"
        ),
        Index("ix_transfer_bank_id_linked_by", "bank_id", "linked_by"),
    )

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    book: Mapped[str]
    kind: Mapped[str]
    from_account_id: Mapped[int] = mapped_column(BigId)
    to_account_id: Mapped[int] = mapped_column(BigId)
    minutes: Mapped[int]
    happened_on: Mapped[dt.date]
    effective_on: Mapped[dt.date]
    posted_at: Mapped[Moment]
    key: Mapped[str]
    request_hash: Mapped[str]
    linked_by: Mapped[str]
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("transfer.id"), unique=True)


class Entry(Model):
    """One side of a transfer in one account: signed minutes, its running number, and the balance after it."""

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("transfer_id", "account_id"),
        UniqueConstraint("account_id", "book", "number"),
        # A statement is a month of effective_on in this order, and its opening balance a sum over the same index.
        Index("ix_entry_statement", "account_id", "book", "effective_on", "number", "minutes"),
        ForeignKeyConstraint(["account_id", "book"], ["balance.account_id", "balance.book"], name="fk_entry_balance"),
    )

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    transfer_id: Mapped[int] = mapped_column(ForeignKey("transfer.id"))
    account_id: Mapped[int] = mapped_column(BigId)
    book: Mapped[str]
    number: Mapped[int] = mapped_column(BigId)
    minutes: Mapped[int]
    balance_minutes: Mapped[int] = mapped_column(BigId)
    effective_on: Mapped[dt.date]


class ClosedMonth(Model):
    """A month that takes no more transfers. Every month before a closed one is closed too."""

    __tablename__ = "closed_month"
    __table_args__ = (_BY_KEY_ALONE,)

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    last_day: Mapped[dt.date] = mapped_column(primary_key=True)
    closed_at: Mapped[Moment]


class Snapshot(Model):
    """An account's balance in one book at the end of a closed month, where later statements start from."""

    __tablename__ = "snapshot"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "last_day"], ["closed_month.bank_id", "closed_month.last_day"]),
        ForeignKeyConstraint(
            ["account_id", "book"], ["balance.account_id", "balance.book"], name="fk_snapshot_balance"
        ),
        _BY_KEY_ALONE,
    )

    account_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    book: Mapped[str] = mapped_column(primary_key=True)
    last_day: Mapped[dt.date] = mapped_column(primary_key=True)
    bank_id: Mapped[int] = mapped_column(BigId)
    minutes: Mapped[int] = mapped_column(BigId)


class Seal(Model):
    """A link of the bank's chain of digests: over every transfer, account and closed month since the seal before it.

    `last_day` is the last day of the last month that was closed by then. `marks` are the first bytes of the digest of
    each of them, in order, so that a damaged one can be named.
    """

    __tablename__ = "seal"
    __table_args__ = (CheckConstraint("length(digest) = 64", name="digest"), _BY_KEY_ALONE)

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    number: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    last_transfer_id: Mapped[int] = mapped_column(BigId)
    last_account_id: Mapped[int] = mapped_column(BigId)
    last_day: Mapped[dt.date | None]
    transfers: Mapped[int] = mapped_column(BigId)
    digest: Mapped[str] = mapped_column(String(64))
    marks: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sealed_at: Mapped[Moment]

    @property
    def head(self) -> str:
        """The seal in writing, for keeping outside of the database: its number and its digest."""
        return f"{self.number}:{self.digest}"
