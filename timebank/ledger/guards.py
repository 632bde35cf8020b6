"""The triggers that guard the ledger and the audit, so that it is noticed when one is gone, switched off or changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import text

from timebank.extensions import db

TABLES = (
    "account",
    "audit_record",
    "balance",
    "closed_month",
    "entry",
    "issued_statement",
    "seal",
    "snapshot",
    "transfer",
)

# {guard: digest of its text}. When a migration changes one, tests/ledger/test_guards.py says what the new one is.
SQLITE_GUARDS: dict[str, str] = {
    "account_has_a_number": "d40e18152aa21dbb",
    "account_keeps_its_place": "77488ce55876309d",
    "account_not_replaced": "734534c7ce81e649",
    "account_stays": "1c63823ea570aef6",
    "audit_record_has_a_number": "e71cc35060677852",
    "audit_record_not_replaced": "4fed6520a6189790",
    "audit_record_stays": "0886957d1819b404",
    "audit_record_unchanged": "f07c15fdab71be13",
    "balance_begins_at_nothing": "4e96ff2f57d64c51",
    "balance_follows_entries": "0bf3518c194cbbda",
    "balance_stays": "3a2daf135a6a9403",
    "closed_month_follows_the_last": "7f13229696b1752a",
    "closed_month_stays": "135fae6728253eeb",
    "closed_month_unchanged": "aa2e4d16ed79dcd1",
    "entry_belongs_to_a_transfer": "5f637ca0dad0a28f",
    "entry_stays": "b269b725e4e11531",
    "entry_unchanged": "5b8666f421264595",
    "issued_statement_not_replaced": "95c08eb64710ab15",
    "issued_statement_stays": "b8906176cab3b765",
    "issued_statement_unchanged": "1cb0c9788de6fd3e",
    "seal_follows_the_last": "c25d28932470c9a1",
    "seal_stays": "e8a12657fa0a8587",
    "seal_unchanged": "5b30739a43914266",
    "snapshot_adds_up": "ef42a6f0e420bec8",
    "snapshot_stays": "110d8097b44bd385",
    "snapshot_unchanged": "23eed6939275225b",
    "transfer_is_lawful": "2f606e23d5579c4a",
    "transfer_stays": "3ef72abc6ce2e42e",
    "transfer_unchanged": "8aea3c2382033b7b",
    "transfer_writes_entries": "10abb9eb82bc59f2",
}

# {guard: digest of where it stands, what it does, and as whom}
POSTGRESQL_GUARDS: dict[str, str] = {
    "account_is_numbered": "13371635db01ee1e",
    "account_keeps_its_place": "fa5aea6af05a0d18",
    "account_not_emptied": "148521826ce9b699",
    "account_stays": "5ee9934474c01cb1",
    "audit_record_not_emptied": "1b25cae6ec73d9f8",
    "audit_record_stays": "851e6c3b91eee963",
    "audit_record_unchanged": "f58d1b506b03d1f1",
    "balance_begins_at_nothing": "383960a95e177c3d",
    "balance_follows_entries": "42ddfaae0bfe455f",
    "balance_not_emptied": "7594b9a535d1f726",
    "balance_stays": "8bcd075aee604181",
    "closed_month_follows_the_last": "e8a92c67b3a0d29e",
    "closed_month_not_emptied": "b3b3e8e6b946cbb1",
    "closed_month_stays": "356f13c24c9aad17",
    "closed_month_unchanged": "d0d76c2c899d3af9",
    "entry_belongs_to_a_transfer": "7eaa0cebaa257113",
    "entry_not_emptied": "4a0390f7a0253611",
    "entry_stays": "b7d31bd030e77d5e",
    "entry_unchanged": "63da5139fbdb060c",
    "issued_statement_not_emptied": "b0a74cf6cc3d2d54",
    "issued_statement_stays": "785f9ec72864e2c3",
    "issued_statement_unchanged": "e286d7446d23872c",
    "seal_follows_the_last": "188193b83f7d159a",
    "seal_not_emptied": "f68c6ce032bf69ee",
    "seal_stays": "a5b45447595a8e85",
    "seal_unchanged": "d19bb357e49e68be",
    "snapshot_adds_up": "4d58096ceafd219b",
    "snapshot_not_emptied": "9ccc930498d66f59",
    "snapshot_stays": "efae8506db1a7107",
    "snapshot_unchanged": "aa86811464cdd61a",
    "transfer_is_lawful": "9d3078cf138d7c6e",
    "transfer_not_emptied": "99e20390f59670cc",
    "transfer_stays": "97914c4abe603e6c",
    "transfer_unchanged": "7054baaa4c8eeb85",
    "transfer_writes_entries": "00b7d1f6e7b9d9a0",
}

_TEXT_IN_SQLITE = f"""
    SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ({", ".join(f"'{t}'" for t in TABLES)})
"""

# Text that is the same in every version of PostgreSQL, and whatever the schema and the owner are called.
_TEXT_IN_POSTGRESQL = f"""
    SELECT t.tgname, concat_ws('|', c.relname, t.tgtype, t.tgqual IS NULL, t.tgnewtable, p.proname, p.prosecdef,
      p.prosrc, array_to_string(p.proconfig, ',') = format('search_path=%I, pg_temp', current_schema()),
      p.proowner = c.relowner)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND c.relnamespace = current_schema::regnamespace
      AND c.relname IN ({", ".join(f"'{t}'" for t in TABLES)})
"""


def wanted_guards() -> dict[str, str]:
    """Return {guard: digest of its text} of every guard that this kind of database has."""
    return POSTGRESQL_GUARDS if db.engine.dialect.name == "postgresql" else SQLITE_GUARDS


def present_guards() -> dict[str, str]:
    """Return {trigger: digest of its text} of every trigger on the ledger's tables that is there and switched on."""
    query = _TEXT_IN_POSTGRESQL if db.engine.dialect.name == "postgresql" else _TEXT_IN_SQLITE
    return {name: hashlib.sha256(words.encode()).hexdigest()[:16] for name, words in db.session.execute(text(query))}


def missing_guards() -> list[str]:
    """Return the names of guards that somebody removed, switched off or changed."""
    present = present_guards()
    return sorted(name for name, digest in wanted_guards().items() if present.get(name) != digest)


def guard_problems() -> Iterator[tuple[str, str]]:
    """Yield each guard that is not as the migrations made it, and each trigger that no migration made, with why."""
    wanted, present = wanted_guards(), present_guards()
    for name in sorted(wanted | present):
        if name not in present:
            yield name, "is missing from the database"
        elif name not in wanted:
            yield name, "is none of the ledger's, and could do anything"
        elif wanted[name] != present[name]:
            yield name, "is not as it was made"
