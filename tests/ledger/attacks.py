"""SQL that a ledger must refuse, as somebody with a database console would write it.

Names in braces are ids of the scene. `guard` is the trigger that refuses; without one it is a constraint of the table.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

BOTH = ("sqlite", "postgresql")
SQLITE = ("sqlite",)
POSTGRESQL = ("postgresql",)

# On PostgreSQL these would still hold a row in its place when its guard is gone.
ENTRY_NAMES_TRANSFER = "ALTER TABLE entry DROP CONSTRAINT fk_entry_transfer_id_transfer"
MONTH_IS_NAMED = (
    "ALTER TABLE snapshot DROP CONSTRAINT fk_snapshot_bank_id_last_day_closed_month; "
    "ALTER TABLE issued_statement DROP CONSTRAINT fk_issued_statement_bank_id_last_day_closed_month"
)
GUARD_NUMBERS_TRANSFER = "ALTER TABLE transfer ALTER COLUMN id SET DEFAULT nextval('transfer_id_seq')"
BALANCE_NAMES_ACCOUNT = "ALTER TABLE balance DROP CONSTRAINT fk_balance_account_id_bank_id_account"

# PostgreSQL gives an account its number, whatever is asked for.
NEWEST = "(SELECT max(id) FROM account)"


@dataclass(frozen=True)
class Attack:
    """One or several statements, the last of which must be refused."""

    name: str
    sql: tuple[str, ...]
    guard: str | None = None
    dialects: tuple[str, ...] = BOTH
    # A constraint that refuses too, and has to go before the guard can be seen to be what refuses.
    also_refused_by: str | None = None


def attack(
    name: str,
    *sql: str,
    guard: str | None = None,
    dialects: tuple[str, ...] = BOTH,
    also_refused_by: str | None = None,
) -> Attack:
    """Return an attack."""
    return Attack(name, sql, guard, dialects, also_refused_by)


def a_transfer(verb: str = "INSERT", **changes: str) -> str:
    """Return SQL that inserts a lawful transfer but for the changes."""
    values = {
        "bank_id": "{bank}",
        "book": "'credit'",
        "kind": "'exchange'",
        "from_account_id": "{receiver}",
        "to_account_id": "{giver}",
        "minutes": "10",
        "happened_on": "'2026-03-08'",
        "effective_on": "'2026-03-08'",
        "posted_at": "'2026-03-09 00:00:00'",
        "key": "'forged'",
        "request_hash": "'forged'",
        "linked_by": "'forged'",
        "reverses_id": "NULL",
    } | changes
    return f"{verb} INTO transfer ({', '.join(values)}) VALUES ({', '.join(values.values())})"


def an_entry(verb: str = "INSERT", **changes: str) -> str:
    """Return SQL that inserts a forged entry: for an account that had no part in the transfer, but for the changes."""
    values = {
        "bank_id": "{bank}",
        "transfer_id": "{transfer}",
        "account_id": "{newcomer}",
        "book": "'credit'",
        "number": "1",
        "minutes": "45",
        "balance_minutes": "45",
        "effective_on": "'2026-03-05'",
    } | changes
    return f"{verb} INTO entry ({', '.join(values)}) VALUES ({', '.join(values.values())})"


def a_balance(minutes: int = 0, entries: int = 0, verb: str = "INSERT", account: str = "{newcomer}") -> str:
    """Return SQL that inserts a balance."""
    return (
        f"{verb} INTO balance (account_id, book, bank_id, minutes, entries) "
        f"VALUES ({account}, 'credit', {{bank}}, {minutes}, {entries})"
    )


def an_account(verb: str = "INSERT", **changes: str) -> str:
    """Return SQL that inserts an account without balances."""
    values = {
        "id": "9999",
        "bank_id": "{bank}",
        "number": "'forged'",
        "kind": "'member'",
        "reference": "'forged'",
        "opened_at": "'2026-03-09 00:00:00'",
    } | changes
    return f"{verb} INTO account ({', '.join(values)}) VALUES ({', '.join(values.values())})"


def a_closed_month(last_day: str) -> str:
    """Return SQL that closes a month."""
    return f"INSERT INTO closed_month (bank_id, last_day, closed_at) VALUES ({{bank}}, {last_day}, '2026-03-09')"


def a_seal(**changes: str) -> str:
    """Return SQL that inserts a seal over nothing new but for the changes."""
    values = {
        "bank_id": "{bank}",
        "number": "2",
        "last_transfer_id": "{reversal}",
        "last_account_id": "{newcomer}",
        "last_day": "'2026-01-31'",
        "transfers": "0",
        "digest": f"'{'0' * 64}'",
        "marks": "''",
        "sealed_at": "'2026-03-09 00:00:00'",
    } | changes
    return f"INSERT INTO seal ({', '.join(values)}) VALUES ({', '.join(values.values())})"


def replacing(table: str, columns: str, changed: str, where: str) -> str:
    """Return SQLite's way of overwriting a row: the same row again, with something changed."""
    return f"INSERT OR REPLACE INTO {table} ({columns}) SELECT {changed} FROM {table} WHERE {where}"


TRANSFER_COLUMNS = (
    "id, bank_id, book, kind, from_account_id, to_account_id, minutes, happened_on, effective_on, posted_at, "
    "key, request_hash, linked_by, reverses_id"
)
ENTRY_COLUMNS = "id, bank_id, transfer_id, account_id, book, number, minutes, balance_minutes, effective_on"
AUDIT_COLUMNS = "id, bank_id, at, membership_id, action, on_what, reference, details, came_from, request_reference"
ISSUED_COLUMNS = "id, bank_id, account_id, last_day, number, reference, code, digest, issued_at, reason"
SNAPSHOT_COLUMNS = "account_id, book, last_day, bank_id, minutes"

ATTACKS = [
    # What is written stays written.
    attack(
        "change a transfer's minutes",
        "UPDATE transfer SET minutes = 1 WHERE id = {transfer}",
        guard="transfer_unchanged",
    ),
    attack("change a transfer's day", "UPDATE transfer SET effective_on = '2026-03-04'", guard="transfer_unchanged"),
    attack(
        "rename a transfer", "UPDATE transfer SET linked_by = 'x' WHERE id = {transfer}", guard="transfer_unchanged"
    ),
    attack(
        "delete the last transfer",
        "DELETE FROM transfer WHERE id = {reversal}",
        guard="transfer_stays",
        also_refused_by=ENTRY_NAMES_TRANSFER,
    ),
    attack("delete every transfer", "DELETE FROM transfer"),
    attack("change an entry's minutes", "UPDATE entry SET minutes = 1 WHERE id = {entry}", guard="entry_unchanged"),
    attack(
        "change an entry's balance", "UPDATE entry SET balance_minutes = 1 WHERE id = {entry}", guard="entry_unchanged"
    ),
    attack("move an entry to the other book", "UPDATE entry SET book = 'record' WHERE id = {entry}"),
    attack("delete an entry", "DELETE FROM entry WHERE id = {entry}", guard="entry_stays"),
    attack(
        "change when a month closed", "UPDATE closed_month SET closed_at = '2026-03-09'", guard="closed_month_unchanged"
    ),
    attack("move a closed month", "UPDATE closed_month SET last_day = '2025-12-31'"),
    attack(
        "open a closed month",
        "DELETE FROM closed_month",
        guard="closed_month_stays",
        also_refused_by=MONTH_IS_NAMED,
    ),
    attack("change a snapshot", "UPDATE snapshot SET minutes = minutes + 60", guard="snapshot_unchanged"),
    attack("delete the snapshots", "DELETE FROM snapshot", guard="snapshot_stays"),
    attack("change the audit", "UPDATE audit_record SET action = 'x'", guard="audit_record_unchanged"),
    attack("delete from the audit", "DELETE FROM audit_record WHERE id = {audit_record}", guard="audit_record_stays"),
    attack(
        "change what a statement was issued with",
        "UPDATE issued_statement SET digest = 'x' WHERE id = {issued_statement}",
        guard="issued_statement_unchanged",
    ),
    attack(
        "take a statement back",
        "DELETE FROM issued_statement WHERE id = {issued_statement}",
        guard="issued_statement_stays",
    ),
    # A balance is what the entries say, and an account stays where it is.
    attack(
        "raise a balance",
        "UPDATE balance SET minutes = minutes + 600 WHERE account_id = {giver}",
        guard="balance_follows_entries",
    ),
    attack("close the last month there can be", a_closed_month("'9998-12-31'")),
    attack("count a year later", a_transfer(effective_on="'2027-03-08'")),
    attack("count a day later", a_transfer(effective_on="'2026-03-09'")),
    attack(
        "count a month that is closed a day too late",
        a_transfer(happened_on="'2026-01-08'", effective_on="'2026-02-02'"),
    ),
    attack("happen before there were time banks", a_transfer(happened_on="'1969-12-31'", effective_on="'2026-02-01'")),
    attack("count an entry more", "UPDATE balance SET entries = entries + 1 WHERE account_id = {giver}"),
    attack(
        "take a balance back",
        "UPDATE balance SET entries = 1, minutes = 90 WHERE account_id = {giver} AND book = 'credit'",
    ),
    attack(
        "move a balance to another account", "UPDATE balance SET account_id = {stranger} WHERE account_id = {newcomer}"
    ),
    attack("move a balance to another bank", "UPDATE balance SET bank_id = {other_bank} WHERE account_id = {newcomer}"),
    attack("delete a balance", "DELETE FROM balance WHERE account_id = {newcomer}", guard="balance_stays"),
    attack(
        "begin with hours from nowhere",
        an_account(),
        a_balance(minutes=600, account=NEWEST),
        guard="balance_begins_at_nothing",
    ),
    attack("begin with a number", an_account(), a_balance(entries=3, account=NEWEST)),
    attack("begin a balance in another bank", an_account(bank_id="{other_bank}"), a_balance(account=NEWEST)),
    attack("begin a balance twice", a_balance()),
    attack("begin a third book", an_account(), a_balance(account=NEWEST).replace("'credit'", "'third'")),
    attack("move an account to another bank", "UPDATE account SET bank_id = {other_bank} WHERE id = {newcomer}"),
    attack("move an account with hours", "UPDATE account SET bank_id = {other_bank} WHERE id = {giver}"),
    attack("give an account another id", "UPDATE account SET id = 9999 WHERE id = {newcomer}"),
    attack(
        "make an account another kind",
        "UPDATE account SET kind = 'opening' WHERE id = {newcomer}",
        guard="account_keeps_its_place",
    ),
    attack(
        "delete an account",
        "DELETE FROM account WHERE id = {newcomer}",
        guard="account_stays",
        also_refused_by=BALANCE_NAMES_ACCOUNT,
    ),
    attack("give an account another number", "UPDATE account SET number = 'x' WHERE id = {newcomer}"),
    attack("give an account another name", "UPDATE account SET reference = 'x' WHERE id = {newcomer}"),
    attack("open an account earlier", "UPDATE account SET opened_at = '2020-01-01 00:00:00' WHERE id = {newcomer}"),
    # Seals follow one another.
    attack("seal with another digest", f"UPDATE seal SET digest = '{'1' * 64}'", guard="seal_unchanged"),
    attack("take the last seal away", "DELETE FROM seal", guard="seal_stays"),
    attack("seal a number twice", a_seal(number="1")),
    attack("leave a seal out", a_seal(number="3"), guard="seal_follows_the_last"),
    attack("seal less than was sealed", a_seal(last_transfer_id="0")),
    attack("seal fewer accounts than were sealed", a_seal(last_account_id="0")),
    attack("seal an open month where a closed one was", a_seal(last_day="NULL")),
    attack("seal with half a digest", a_seal(digest="'abc'")),
    # Entries come from transfers alone.
    attack("forge an entry", an_entry(), guard="entry_belongs_to_a_transfer"),
    attack("forge an entry of no transfer", an_entry(transfer_id="9999")),
    attack("forge an entry in the wrong book", an_entry(book="'record'")),
    attack("forge an entry in an unknown book", an_entry(book="'third'")),
    attack("forge a second entry of one side", an_entry(account_id="{giver}", minutes="-45", number="9")),
    attack("forge an entry of a stranger", an_entry(account_id="{stranger}")),
    # A transfer is between two accounts of one bank, in one book, in an open month.
    attack("the same account twice", a_transfer(to_account_id="{receiver}")),
    attack("no minutes", a_transfer(minutes="0")),
    attack("fewer minutes than none", a_transfer(minutes="-1")),
    attack("from another bank", a_transfer(from_account_id="{stranger}")),
    attack("to another bank", a_transfer(to_account_id="{stranger}")),
    attack("between two other banks' accounts", a_transfer(bank_id="{other_bank}")),
    attack("from nowhere", a_transfer(from_account_id="9999")),
    attack("in an unknown book", a_transfer(book="'third'")),
    attack("in no book", a_transfer(book="NULL")),
    attack("of an unknown kind", a_transfer(kind="'gift'")),
    attack("to an account without a balance", an_account(), a_transfer(to_account_id=NEWEST)),
    attack("from a closed account", a_transfer(from_account_id="{closed}")),
    attack("to a closed account", a_transfer(to_account_id="{closed}")),
    attack(
        "in a closed month",
        a_transfer(happened_on="'2026-01-20'", effective_on="'2026-01-20'"),
        guard="transfer_is_lawful",
        also_refused_by=GUARD_NUMBERS_TRANSFER,
    ),
    attack("before a closed month", a_transfer(happened_on="'2025-12-20'", effective_on="'2025-12-20'")),
    attack("before it happened", a_transfer(happened_on="'2026-03-09'", effective_on="'2026-03-08'")),
    attack("below the floor", a_transfer(from_account_id="{floored}"), guard="transfer_writes_entries"),
    attack("a donation below the floor", a_transfer(from_account_id="{floored}", kind="'donation'")),
    attack("the same key again", a_transfer(), a_transfer()),
    # A reversal is the opposite of one transfer, once.
    attack("a reversal of nothing", a_transfer(kind="'reversal'")),
    attack("a reversal that says it is an exchange", a_transfer(reverses_id="{transfer}", minutes="45")),
    attack("a reversal of part", a_transfer(kind="'reversal'", reverses_id="{transfer}", minutes="5")),
    attack(
        "a reversal the same way round",
        a_transfer(
            kind="'reversal'",
            reverses_id="{transfer}",
            minutes="45",
            from_account_id="{giver}",
            to_account_id="{receiver}",
        ),
    ),
    attack(
        "a reversal in the other book",
        a_transfer(kind="'reversal'", reverses_id="{transfer}", minutes="45", book="'record'"),
    ),
    attack(
        "a reversal to somebody else",
        a_transfer(kind="'reversal'", reverses_id="{transfer}", minutes="45", to_account_id="{newcomer}"),
    ),
    attack(
        "a second reversal",
        a_transfer(
            kind="'reversal'",
            reverses_id="{reversed}",
            minutes="30",
            from_account_id="{giver}",
            to_account_id="{receiver}",
        ),
    ),
    attack(
        "a reversal of a reversal",
        a_transfer(kind="'reversal'", reverses_id="{reversal}", minutes="30"),
    ),
    # Months are closed in order, and a snapshot says what the entries say.
    attack(
        "close an earlier month",
        "INSERT INTO closed_month (bank_id, last_day, closed_at) VALUES ({bank}, '2025-12-31', '2026-03-09')",
        guard="closed_month_follows_the_last",
    ),
    attack(
        "close half a month",
        "INSERT INTO closed_month (bank_id, last_day, closed_at) VALUES ({bank}, '2026-02-15', '2026-03-09')",
    ),
    attack(
        "close 28 February in a leap year",
        "INSERT INTO closed_month (bank_id, last_day, closed_at) VALUES ({bank}, '2028-02-28', '2028-03-09')",
    ),
    attack(
        "forge a snapshot",
        f"INSERT INTO snapshot ({SNAPSHOT_COLUMNS}) VALUES ({{newcomer}}, 'credit', '2026-01-31', {{bank}}, 600)",
        guard="snapshot_adds_up",
    ),
    attack(
        "forge a snapshot of an open month",
        f"INSERT INTO snapshot ({SNAPSHOT_COLUMNS}) VALUES ({{newcomer}}, 'credit', '2026-02-28', {{bank}}, 0)",
    ),
    attack(
        "forge a snapshot in another bank",
        f"INSERT INTO snapshot ({SNAPSHOT_COLUMNS}) VALUES ({{stranger}}, 'credit', '2026-01-31', {{bank}}, 0)",
    ),
    # SQLite can replace a row in passing.
    attack(
        "replace a transfer",
        replacing("transfer", TRANSFER_COLUMNS, TRANSFER_COLUMNS.replace("minutes", "1"), "id = {transfer}"),
        dialects=SQLITE,
    ),
    attack(
        "replace a transfer by its key",
        "INSERT OR REPLACE INTO transfer (bank_id, book, kind, from_account_id, to_account_id, minutes, happened_on, "
        "effective_on, posted_at, key, request_hash, linked_by) SELECT bank_id, book, kind, from_account_id, "
        "to_account_id, 1, happened_on, effective_on, posted_at, key, request_hash, linked_by FROM transfer "
        "WHERE id = {transfer}",
        dialects=SQLITE,
    ),
    attack(
        "replace a reversal",
        a_transfer(
            "INSERT OR REPLACE",
            kind="'reversal'",
            reverses_id="{reversed}",
            minutes="30",
            from_account_id="{giver}",
            to_account_id="{receiver}",
        ),
        dialects=SQLITE,
    ),
    attack("replace a transfer by an update", "UPDATE OR REPLACE transfer SET key = 'x'", dialects=SQLITE),
    attack(
        "replace an entry",
        replacing("entry", ENTRY_COLUMNS, ENTRY_COLUMNS.replace(" minutes", " 1"), "id = {entry}"),
        dialects=SQLITE,
    ),
    attack(
        "replace an entry by its number",
        an_entry("INSERT OR REPLACE", account_id="{giver}", number="1", minutes="-45"),
        dialects=SQLITE,
    ),
    attack("replace a balance", a_balance(600, 1, "INSERT OR REPLACE", "{giver}"), dialects=SQLITE),
    attack("replace a balance with nothing", a_balance(0, 0, "INSERT OR REPLACE", "{giver}"), dialects=SQLITE),
    attack(
        "replace an account",
        an_account("INSERT OR REPLACE", id="{newcomer}", bank_id="{other_bank}"),
        guard="account_not_replaced",
        dialects=SQLITE,
    ),
    attack(
        "replace an account by its number",
        "INSERT OR REPLACE INTO account (bank_id, number, kind, reference, opened_at) "
        "SELECT bank_id, number, kind, 'x', opened_at FROM account WHERE id = {giver}",
        dialects=SQLITE,
    ),
    attack(
        "replace an account by an update",
        "UPDATE OR REPLACE account SET number = (SELECT number FROM account WHERE id = {giver}) WHERE id = {newcomer}",
        dialects=SQLITE,
    ),
    attack(
        "replace a closed month",
        "INSERT OR REPLACE INTO closed_month (bank_id, last_day, closed_at) "
        "VALUES ({bank}, '2026-01-31', '2026-03-09')",
        dialects=SQLITE,
    ),
    attack(
        "replace a snapshot",
        f"INSERT OR REPLACE INTO snapshot ({SNAPSHOT_COLUMNS}) VALUES ({{giver}}, 'credit', '2026-01-31', {{bank}}, 1)",
        dialects=SQLITE,
    ),
    attack(
        "replace an audit record",
        replacing("audit_record", AUDIT_COLUMNS, AUDIT_COLUMNS.replace("action", "'x'"), "id = {audit_record}"),
        guard="audit_record_not_replaced",
        dialects=SQLITE,
    ),
    attack(
        "replace a statement",
        replacing(
            "issued_statement",
            ISSUED_COLUMNS,
            ISSUED_COLUMNS.replace("digest", "'x'"),
            "id = {issued_statement}",
        ),
        guard="issued_statement_not_replaced",
        dialects=SQLITE,
    ),
    # SQLite keeps whatever it is given, and a row without a number seems to have the number -1 before it has its own.
    attack("move a part of a minute", a_transfer(minutes="1.5"), dialects=SQLITE),
    attack("move a word", a_transfer(minutes="'abc'"), dialects=SQLITE),
    attack("count on a day with something behind it", a_transfer(effective_on="'2026-03-08x'"), dialects=SQLITE),
    attack("happen on a day written otherwise", a_transfer(happened_on="'2026-03-8'"), dialects=SQLITE),
    attack("happen on no day", a_transfer(happened_on="'soon'", effective_on="'soon'"), dialects=SQLITE),
    attack("post under a number that no other could follow", a_transfer(id="-1"), dialects=SQLITE),
    attack(
        "open an account under a number that no other could follow",
        an_account(id="-1"),
        guard="account_has_a_number",
        dialects=SQLITE,
    ),
    attack(
        "write in the audit under a number that nothing else could follow",
        f"INSERT INTO audit_record ({AUDIT_COLUMNS}) SELECT "
        f"{AUDIT_COLUMNS.replace('id,', '-1,', 1)} FROM audit_record WHERE id = {{audit_record}}",
        guard="audit_record_has_a_number",
        dialects=SQLITE,
    ),
    attack("close no month", a_closed_month("'zzzz'"), dialects=SQLITE),
    attack("close a month with something behind it", a_closed_month("'2026-02-28x'"), dialects=SQLITE),
    # PostgreSQL can change a row in passing, and empty a table in one word.
    attack("count for ever", a_transfer(effective_on="'infinity'"), dialects=POSTGRESQL),
    attack(
        "happen before all time", a_transfer(happened_on="'-infinity'", effective_on="'-infinity'"), dialects=POSTGRESQL
    ),
    attack("close every month there will be", a_closed_month("'infinity'"), dialects=POSTGRESQL),
    attack(
        "overwrite a transfer",
        a_transfer(key="(SELECT key FROM transfer WHERE id = {transfer})")
        + " ON CONFLICT (bank_id, key) DO UPDATE SET minutes = 1",
        dialects=POSTGRESQL,
    ),
    attack(
        "overwrite a balance",
        a_balance() + " ON CONFLICT (account_id, book) DO UPDATE SET minutes = 600",
        dialects=POSTGRESQL,
    ),
    attack(
        "merge into a balance",
        "MERGE INTO balance b USING (SELECT 1) one ON b.account_id = {giver} "
        "WHEN MATCHED THEN UPDATE SET minutes = 600",
        dialects=POSTGRESQL,
    ),
    attack(
        "overwrite a closed month",
        "INSERT INTO closed_month (bank_id, last_day, closed_at) VALUES ({bank}, '2026-01-31', '2026-03-09') "
        "ON CONFLICT (bank_id, last_day) DO UPDATE SET closed_at = '2026-03-09'",
        dialects=POSTGRESQL,
    ),
    attack(
        "empty the statements", "TRUNCATE issued_statement", guard="issued_statement_not_emptied", dialects=POSTGRESQL
    ),
    attack("empty the audit", "TRUNCATE audit_record", guard="audit_record_not_emptied", dialects=POSTGRESQL),
    attack("empty the snapshots", "TRUNCATE snapshot", guard="snapshot_not_emptied", dialects=POSTGRESQL),
    attack("empty the entries", "TRUNCATE entry", guard="entry_not_emptied", dialects=POSTGRESQL),
    attack(
        "empty the whole ledger", "TRUNCATE transfer, entry, balance, account, snapshot CASCADE", dialects=POSTGRESQL
    ),
    attack("empty the banks and all they have", "TRUNCATE bank CASCADE", dialects=POSTGRESQL),
    *(
        attack(f"empty {table} and what hangs on it", f"TRUNCATE {table} CASCADE", dialects=POSTGRESQL)
        for table in ("transfer", "closed_month", "balance", "account")
    ),
]


def attacks(*, with_guard: bool = False) -> list[object]:
    """Return the attacks as parameters of a test, one for each kind of database that knows its words."""
    return [
        pytest.param(dialect, each, id=f"{each.name}-{dialect}".replace(" ", "_"))
        for each in ATTACKS
        for dialect in each.dialects
        if each.guard is not None or not with_guard
    ]
