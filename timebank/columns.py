"""Column types that every table shares."""

from __future__ import annotations

import datetime as dt
import secrets
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Integer, String, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator

# SQLite numbers rows by itself only where the column is exactly INTEGER.
BigId = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[dt.datetime]):
    """A moment, kept and given back in UTC with its zone, on databases that know zones and on those that do not."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Return the moment as the database keeps it."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Return the moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def new_reference() -> str:
    """Return a random name for a row, safe in an address: it gives away neither order nor number."""
    return secrets.token_hex(8)


# Rows from before the column was there have nothing in it.
NOTHING_WRITTEN = text("''")

Id = Annotated[int, mapped_column(BigId, primary_key=True)]
Reference = Annotated[str, mapped_column(String(32), unique=True, default=new_reference)]
Moment = Annotated[dt.datetime, mapped_column(UtcDateTime())]


def one_of(column: str, kinds: type[StrEnum], **options: Any) -> CheckConstraint:
    """Return a constraint that lets `column` hold only the values of `kinds`."""
    values = ", ".join(f"'{kind.value}'" for kind in kinds)
    return CheckConstraint(f"{column} IN ({values})", name=options.pop("name", column), **options)
