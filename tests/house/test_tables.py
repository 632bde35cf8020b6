"""Every table keeps to the rules of the house."""

from __future__ import annotations

import pytest
from sqlalchemy import Float, Integer, Numeric

from timebank import models
from timebank.extensions import db

TABLES = {table.name: table for table in db.metadata.sorted_tables}

# ADR 3: a person signs in to several banks; and a bank is what everything else belongs to.
OF_NO_BANK = {"person", "second_factor", "recovery_code", "bank"}
# Somebody who is refused at the door is in no bank yet.
PERHAPS_OF_NO_BANK = {"audit_record"}


def test_every_row_belongs_to_a_bank_but_a_persons_sign_in():
    assert {name for name, table in TABLES.items() if "bank_id" not in table.columns} == OF_NO_BANK
    nullable = {name for name, table in TABLES.items() if name not in OF_NO_BANK and table.columns["bank_id"].nullable}
    assert nullable == PERHAPS_OF_NO_BANK


def test_every_table_is_in_the_list_of_tables():
    listed = {getattr(models, name).__tablename__ for name in models.__all__}
    assert listed == set(TABLES)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_no_column_holds_a_number_with_a_point(name):
    for column in TABLES[name].columns:
        assert not isinstance(column.type, Float | Numeric), column


@pytest.mark.parametrize("name", sorted(TABLES))
def test_time_is_whole_minutes_with_its_unit_in_its_name(name):
    for column in TABLES[name].columns:
        words = column.name.split("_")
        assert not {"hours", "seconds", "duration"} & set(words), column
        if "minutes" in words:
            assert words[-1] == "minutes"
            assert isinstance(column.type, Integer), column


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_day_ends_in_on_and_a_moment_in_at(name):
    for column in TABLES[name].columns:
        if column.type.python_type.__name__ == "datetime":
            assert column.name.endswith("at"), column
        if column.type.python_type.__name__ == "date":
            assert column.name.endswith("_on") or column.name == "last_day", column


def test_the_ledger_has_no_column_for_words():
    ledger = [
        table for name, table in TABLES.items() if name in ("transfer", "entry", "balance", "snapshot", "closed_month")
    ]
    words = {
        column.name
        for table in ledger
        for column in table.columns
        if column.type.python_type is str and not column.foreign_keys
    }
    assert words == {"book", "kind", "key", "request_hash", "linked_by"}
