"""Bugs in the guards: what the triggers of each database no longer refuse, or write wrongly."""

from __future__ import annotations

from dataclasses import replace

from tests.mutation.mutation import Change, Mutation, mutations_of

TABLES = "migrations/versions/0001_first_tables.py"
FIRST = "migrations/versions/0002_ledger_guards.py"
SECOND = "migrations/versions/0003_seals_and_roles.py"

# Behind a guard, what the ledger's own service does, and what somebody at the database's console tries.
_TESTS = (
    "tests/ledger/test_guards.py tests/ledger/test_together.py tests/ledger/test_service.py tests/ledger/test_months.py "
    "-k '{} and not watched_over and not taken_away and not is_what_refuses'"
)


def _sqlite(name: str, old: str, new: str, file: str = FIRST, *more: Change, tests: str = "") -> Mutation:
    """Return a mutation of a guard of SQLite."""
    planted = mutations_of(file, tests or _TESTS.format("sqlite"))(f"SQLite: {name}", old, new, *more)
    return replace(planted, guards_of=("sqlite",))


def _postgresql(name: str, old: str, new: str, *more: Change, tests: str = "") -> Mutation:
    """Return a mutation of a guard of PostgreSQL."""
    planted = mutations_of(SECOND, tests or _TESTS.format("postgresql"))(f"PostgreSQL: {name}", old, new, *more)
    return replace(planted, guards_of=("postgresql",))


_IN_SQLITES_TRANSFER = "SELECT RAISE(ABORT, 'ledger: {}')\n        WHERE"


def _never(refusal: str) -> tuple[str, str]:
    """Return the words of a refusal on SQLite, and the same on a condition that is never met."""
    words = _IN_SQLITES_TRANSFER.format(refusal)
    return words, f"{words} 1 = 2 AND"


def _table(name: str, constraint: str) -> Mutation:
    """Return a mutation that leaves a constraint of the ledger's tables out, on both databases."""
    tests = "tests/ledger/test_guards.py tests/ledger/test_service.py -k 'not taken_away and not is_what_refuses'"
    planted = mutations_of(TABLES, tests)(f"tables: {name}", f"        {constraint},\n", "")
    return replace(planted, guards_of=("sqlite", "postgresql"))


TABLES_MUTATIONS = (
    _table(
        "a transfer of no minutes, or of fewer",
        'sa.CheckConstraint("minutes BETWEEN 1 AND 100000000", name=op.f("ck_transfer_minutes"))',
    ),
    _table(
        "from an account to itself",
        'sa.CheckConstraint("from_account_id <> to_account_id", name=op.f("ck_transfer_two_accounts"))',
    ),
    _table(
        "a reversal of nothing",
        'sa.CheckConstraint("(kind = \'reversal\') = (reverses_id IS NOT NULL)", name=op.f("ck_transfer_reversal"))',
    ),
    _table("a key that was used", 'sa.UniqueConstraint("bank_id", "key", name=op.f("uq_transfer_bank_id_key"))'),
    _table("a second reversal", 'sa.UniqueConstraint("reverses_id", name=op.f("uq_transfer_reverses_id"))'),
    _table(
        "an account's number twice", 'sa.UniqueConstraint("bank_id", "number", name=op.f("uq_account_bank_id_number"))'
    ),
)

SQLITE_MUTATIONS = (
    _sqlite("a key can be used again", *_never("key was used")),
    _sqlite(
        "a transfer can be replaced",
        "WHERE id = NEW.id OR (bank_id = NEW.bank_id AND key = NEW.key));\n      SELECT",
        "WHERE bank_id = NEW.bank_id AND key = NEW.key);\n      SELECT",
    ),
    _sqlite("a key is every bank's", "(bank_id = NEW.bank_id AND key = NEW.key)", "key = NEW.key"),
    _sqlite("a transfer is reversed twice", *_never("already reversed")),
    _sqlite("accounts of two banks", *_never("not in this bank")),
    _sqlite("accounts of another bank", "AND a.bank_id = NEW.bank_id\n", "\n"),
    _sqlite(
        "a closed account", "WHERE EXISTS (SELECT 1 FROM account\n", "WHERE 1 = 2 AND EXISTS (SELECT 1 FROM account\n"
    ),
    _sqlite(
        "a closed account gives",
        "WHERE id IN (NEW.from_account_id, NEW.to_account_id) AND closed_at IS NOT NULL);\n      -- SQLite",
        "WHERE id = NEW.to_account_id AND closed_at IS NOT NULL);\n      -- SQLite",
    ),
    _sqlite("no such day of help", "WHERE NEW.happened_on IS NOT date(NEW.happened_on) OR NEW.eff", "WHERE NEW.eff"),
    _sqlite("long ago", "\n          OR NEW.happened_on NOT BETWEEN '1970-01-01' AND '9998-12-31';", ";"),
    _sqlite("counts on any day", *_never("counts on another day")),
    _sqlite("counts a day late", "date(max(last_day), '+1 day')", "date(max(last_day), '+2 day')"),
    _sqlite(
        "another bank's months",
        "SELECT date(max(last_day), '+1 day') FROM closed_month\n           WHERE bank_id = NEW.bank_id AND last_day",
        "SELECT date(max(last_day), '+1 day') FROM closed_month\n           WHERE last_day",
    ),
    _sqlite(
        "a reversal of anything",
        "WHERE NEW.reverses_id IS NOT NULL AND NOT EXISTS (\n",
        "WHERE 1 = 2 AND NOT EXISTS (\n",
    ),
    _sqlite(
        "a reversal in the other book",
        "WHERE t.id = NEW.reverses_id AND t.bank_id = NEW.bank_id AND t.book = NEW.book\n            AND t.minutes = NEW.minutes AND t.from_account_id = NEW.to_account_id\n            AND t.to_account_id = NEW.from_account_id AND t.reverses_id IS NULL);\n    END",
        "WHERE t.id = NEW.reverses_id AND t.bank_id = NEW.bank_id\n            AND t.minutes = NEW.minutes AND t.from_account_id = NEW.to_account_id\n            AND t.to_account_id = NEW.from_account_id AND t.reverses_id IS NULL);\n    END",
    ),
    _sqlite(
        "a reversal of part",
        "AND t.minutes = NEW.minutes AND t.from_account_id = NEW.to_account_id\n            AND t.to_account_id = NEW.from_account_id AND t.reverses_id IS NULL);\n    END",
        "AND t.from_account_id = NEW.to_account_id\n            AND t.to_account_id = NEW.from_account_id AND t.reverses_id IS NULL);\n    END",
    ),
    _sqlite(
        "a reversal of a reversal",
        "AND t.to_account_id = NEW.from_account_id AND t.reverses_id IS NULL);\n    END",
        "AND t.to_account_id = NEW.from_account_id);\n    END",
    ),
    _sqlite(
        "an entry of any transfer",
        "          OR NOT EXISTS (\n            SELECT 1 FROM transfer t JOIN",
        "          OR EXISTS (\n            SELECT 1 FROM transfer t JOIN account a ON a.id < 0 JOIN",
    ),
    _sqlite(
        "an entry can be replaced",
        "WHERE EXISTS (SELECT 1 FROM entry WHERE id = NEW.id\n",
        "WHERE EXISTS (SELECT 1 FROM entry WHERE 1 = 2\n",
    ),
    _sqlite(
        "a balance that begins with minutes", "WHEN NEW.minutes <> 0 OR NEW.entries <> 0\n", "WHEN NEW.entries <> 0\n"
    ),
    _sqlite(
        "a balance that begins with entries", "WHEN NEW.minutes <> 0 OR NEW.entries <> 0\n", "WHEN NEW.minutes <> 0\n"
    ),
    _sqlite(
        "a balance in another bank",
        "      OR NOT EXISTS (SELECT 1 FROM account WHERE id = NEW.account_id AND bank_id = NEW.bank_id) BEGIN",
        " BEGIN",
    ),
    _sqlite(
        "a balance can be replaced",
        "      OR EXISTS (SELECT 1 FROM balance WHERE account_id = NEW.account_id AND book = NEW.book)\n",
        "",
    ),
    _sqlite(
        "a balance that moves without an entry",
        "NEW.entries <> OLD.entries + 1 OR NOT EXISTS (\n          SELECT 1 FROM entry WHERE account_id = NEW.account_id AND book = NEW.book AND number = NEW.entries\n            AND balance_minutes = NEW.minutes)))\n    BEGIN",
        "NEW.entries <> OLD.entries + 1))\n    BEGIN",
    ),
    _sqlite(
        "a balance that goes back",
        "NEW.entries <> OLD.entries + 1 OR NOT EXISTS (\n          SELECT 1 FROM entry WHERE account_id = NEW.account_id AND book = NEW.book AND number = NEW.entries\n            AND balance_minutes = NEW.minutes)))\n    BEGIN",
        "NOT EXISTS (\n          SELECT 1 FROM entry WHERE account_id = NEW.account_id AND book = NEW.book AND number = NEW.entries\n            AND balance_minutes = NEW.minutes)))\n    BEGIN",
    ),
    _sqlite(
        "a snapshot of the other book",
        "AND book = NEW.book AND effective_on <= NEW.last_day) BEGIN",
        "AND effective_on <= NEW.last_day) BEGIN",
    ),
    _sqlite(
        "a snapshot without the last day", "effective_on <= NEW.last_day) BEGIN", "effective_on < NEW.last_day) BEGIN"
    ),
    _sqlite(
        "a snapshot that says anything",
        "OR NEW.minutes <> (SELECT coalesce(sum(minutes), 0) FROM entry WHERE account_id = NEW.account_id\n                         AND book = NEW.book AND effective_on <= NEW.last_day) BEGIN",
        "BEGIN",
    ),
    _sqlite(
        "a snapshot of an open month",
        "      OR NOT EXISTS (SELECT 1 FROM closed_month WHERE bank_id = NEW.bank_id AND last_day = NEW.last_day)\n",
        "",
    ),
    _sqlite(
        "a month before a closed one",
        "WHEN EXISTS (SELECT 1 FROM closed_month WHERE bank_id = NEW.bank_id AND last_day >= NEW.last_day)\n      OR NEW.last_day IS NOT",
        "WHEN NEW.last_day IS NOT",
    ),
    _sqlite(
        "half a month", "      OR NEW.last_day IS NOT date(NEW.last_day, 'start of month', '+1 month', '-1 day')\n", ""
    ),
    _sqlite("the last month that there can be", "AND '9998-11-30' BEGIN", "AND '9998-12-31' BEGIN"),
    _sqlite(
        "parts of a minute",
        "SELECT RAISE(ABORT, 'ledger: not whole minutes') WHERE typeof(NEW.minutes) <> 'integer';",
        "",
        SECOND,
    ),
    _sqlite(
        "a number behind a seal",
        "WHERE NEW.id < 1 OR NEW.id <> (SELECT max(id) FROM transfer);",
        "WHERE NEW.id < 0;",
        SECOND,
    ),
    _sqlite(
        "an account behind a seal",
        "WHEN NEW.id < 1 OR NEW.id <> (SELECT max(id) FROM account) BEGIN",
        "WHEN NEW.id < 0 BEGIN",
        SECOND,
    ),
    _sqlite(
        "a floor holds gifts alone",
        "WHERE NEW.kind IN ('exchange', 'donation', 'grant') AND EXISTS (",
        "WHERE NEW.kind IN ('donation', 'grant') AND EXISTS (",
        SECOND,
    ),
    _sqlite(
        "a floor does not hold donations",
        "WHERE NEW.kind IN ('exchange', 'donation', 'grant') AND EXISTS (",
        "WHERE NEW.kind IN ('exchange', 'grant') AND EXISTS (",
        SECOND,
    ),
    _sqlite(
        "a floor does not hold grants",
        "WHERE NEW.kind IN ('exchange', 'donation', 'grant') AND EXISTS (",
        "WHERE NEW.kind IN ('exchange', 'donation') AND EXISTS (",
        SECOND,
    ),
    _sqlite(
        "a floor holds history",
        "WHERE NEW.kind IN ('exchange', 'donation', 'grant') AND EXISTS (",
        "WHERE NEW.kind <> 'reversal' AND EXISTS (",
        SECOND,
    ),
    _sqlite(
        "a floor holds reversals",
        "WHERE NEW.kind IN ('exchange', 'donation', 'grant') AND EXISTS (",
        "WHERE NEW.kind IN ('exchange', 'donation', 'grant', 'reversal') AND EXISTS (",
        SECOND,
    ),
    _sqlite(
        "a floor is a minute higher",
        "AND floor_minutes IS NOT NULL AND minutes < floor_minutes);",
        "AND floor_minutes IS NOT NULL AND minutes <= floor_minutes);",
        SECOND,
    ),
    _sqlite(
        "a floor holds who receives",
        "SELECT 1 FROM balance WHERE account_id = NEW.from_account_id AND book = NEW.book\n            AND floor_minutes IS NOT NULL AND minutes",
        "SELECT 1 FROM balance WHERE account_id = NEW.to_account_id AND book = NEW.book\n            AND floor_minutes IS NOT NULL AND minutes",
        SECOND,
    ),
    _sqlite("an account changes its number", " OR NEW.number IS NOT OLD.number\n", "\n", SECOND),
    _sqlite(
        "an account changes its bank",
        " OR NEW.bank_id <> OLD.bank_id OR NEW.kind <> OLD.kind OR NEW.number",
        " OR NEW.kind <> OLD.kind OR NEW.number",
        SECOND,
    ),
    _sqlite(
        "a seal is left out",
        "WHEN NEW.number IS NOT 1 + (SELECT coalesce(max(number), 0) FROM seal WHERE bank_id = NEW.bank_id)\n      OR EXISTS",
        "WHEN EXISTS",
        SECOND,
    ),
    _sqlite(
        "a seal covers less",
        "(last_transfer_id > NEW.last_transfer_id\n                 OR last_account_id",
        "(last_account_id",
        SECOND,
    ),
    _sqlite(
        "a seal covers fewer accounts",
        "                 OR last_account_id > NEW.last_account_id OR last_day > coalesce(NEW.last_day, ''))",
        "                 OR last_day > coalesce(NEW.last_day, ''))",
        SECOND,
    ),
    _sqlite("a seal covers fewer months", " OR last_day > coalesce(NEW.last_day, ''))", ")", SECOND),
    _sqlite(
        "snapshots leave out the last day, in the service too",
        "effective_on <= NEW.last_day) BEGIN",
        "effective_on < NEW.last_day) BEGIN",
        FIRST,
        Change("timebank/ledger/service.py", "Entry.effective_on <= last_day)", "Entry.effective_on < last_day)"),
    ),
)

POSTGRESQL_MUTATIONS = (
    _postgresql(
        "accounts of two banks",
        "IF held <> (CASE WHEN NEW.from_account_id = NEW.to_account_id THEN 1 ELSE 2 END) THEN",
        "IF held < 0 THEN",
    ),
    _postgresql("accounts of another bank", "\n          AND b.bank_id = NEW.bank_id;", ";"),
    _postgresql("a closed account", "IF closed > 0 THEN", "IF closed > 2 THEN"),
    _postgresql("one of two closed accounts", "IF closed > 0 THEN", "IF closed > 1 THEN"),
    _postgresql(
        "long ago",
        "IF NEW.happened_on NOT BETWEEN '1970-01-01' AND '9998-12-31' THEN",
        "IF NEW.happened_on > '9998-12-31' THEN",
    ),
    _postgresql(
        "a closed month",
        "IF closed_through >= NEW.effective_on THEN",
        "IF closed_through < NEW.effective_on - 1000000 THEN",
    ),
    _postgresql(
        "the last day of a closed month",
        "IF closed_through >= NEW.effective_on THEN",
        "IF closed_through > NEW.effective_on THEN",
    ),
    _postgresql("counts a day late", "THEN closed_through + 1\n", "THEN closed_through + 2\n"),
    _postgresql("counts on any day", "IF NEW.effective_on <> (CASE", "IF NEW.effective_on < (CASE"),
    _postgresql(
        "another bank's months",
        "(SELECT max(last_day) FROM closed_month WHERE bank_id = NEW.bank_id)",
        "(SELECT max(last_day) FROM closed_month)",
    ),
    _postgresql(
        "a reversal of anything",
        "IF NEW.reverses_id IS NOT NULL AND NOT EXISTS (",
        "IF NEW.reverses_id < 0 AND NOT EXISTS (",
    ),
    _postgresql(
        "a reversal in the other book",
        " AND t.book = NEW.book\n            AND t.minutes",
        "\n            AND t.minutes",
    ),
    _postgresql(
        "a reversal of part",
        "AND t.minutes = NEW.minutes AND t.from_account_id = NEW.to_account_id\n            AND t.to_account_id = NEW.from_account_id AND t.reverses_id IS NULL) THEN",
        "AND t.from_account_id = NEW.to_account_id\n            AND t.to_account_id = NEW.from_account_id AND t.reverses_id IS NULL) THEN",
    ),
    _postgresql("a reversal of a reversal", " AND t.reverses_id IS NULL) THEN", ") THEN"),
    _postgresql(
        "numbers are drawn before the wait",
        "      PERFORM pg_advisory_xact_lock_shared({_BANK_LOCK}, NEW.bank_id::int);\n      -- Only",
        "      -- Only",
        tests="tests/ledger/test_locks.py tests/ledger/test_races.py -k postgresql",
    ),
    _postgresql(
        "accounts are locked in any order",
        "ORDER BY account_id FOR NO KEY UPDATE;",
        "ORDER BY account_id <> NEW.from_account_id FOR NO KEY UPDATE;",
        tests="tests/ledger/test_locks.py -k postgresql",
    ),
    _postgresql(
        "locks that are held are passed over",
        "ORDER BY account_id FOR NO KEY UPDATE;",
        "ORDER BY account_id FOR NO KEY UPDATE SKIP LOCKED;",
        tests="tests/ledger/test_locks.py -k postgresql",
    ),
    _postgresql(
        "a number behind a seal",
        "      NEW.id := nextval('transfer_id_seq');\n",
        "      NEW.id := coalesce(NEW.id, nextval('transfer_id_seq'));\n",
    ),
    _postgresql(
        "an account behind a seal",
        "      NEW.id := nextval('account_id_seq');\n",
        "      NEW.id := coalesce(NEW.id, nextval('account_id_seq'));\n",
    ),
    _postgresql(
        "one transfer moves the wrong way",
        "minutes = b.minutes + CASE b.account_id WHEN one.from_account_id THEN",
        "minutes = b.minutes + CASE b.account_id WHEN one.to_account_id THEN",
    ),
    _postgresql(
        "the entries of one are in the other's order",
        "ORDER BY m.account_id <> one.from_account_id)",
        "ORDER BY m.account_id = one.from_account_id)",
        tests="tests/ledger/test_together.py -k postgresql",
    ),
    _postgresql("one transfer moves both books", " AND b.book = one.book\n", "\n"),
    _postgresql(
        "the floor of one holds who receives",
        "m.account_id = one.from_account_id AND m.minutes < m.floor_minutes",
        "m.minutes < m.floor_minutes",
    ),
    _postgresql(
        "the floor of one is a minute higher", "AND m.minutes < m.floor_minutes", "AND m.minutes <= m.floor_minutes"
    ),
    _postgresql(
        "the floor of one does not hold donations",
        "IF below AND one.kind IN ('exchange', 'donation', 'grant') THEN",
        "IF below AND one.kind IN ('exchange', 'grant') THEN",
    ),
    _postgresql(
        "the floor of one holds history",
        "IF below AND one.kind IN ('exchange', 'donation', 'grant') THEN",
        "IF below AND one.kind <> 'reversal' THEN",
    ),
    _postgresql(
        "the floor of one holds reversals",
        "IF below AND one.kind IN ('exchange', 'donation', 'grant') THEN",
        "IF below AND one.kind IN ('exchange', 'donation', 'grant', 'reversal') THEN",
    ),
    _postgresql("of several, running numbers stand still", "b.entries + row_number() OVER running", "b.entries + 1"),
    _postgresql(
        "of several, balances are the last one's",
        "b.minutes + sum(side.minutes) OVER running",
        "b.minutes + side.minutes",
    ),
    _postgresql(
        "of several, books run together",
        "PARTITION BY side.account_id, side.book ORDER BY",
        "PARTITION BY side.account_id ORDER BY",
        tests="tests/ledger/test_together.py -k postgresql",
    ),
    _postgresql(
        "of several, the newest comes first",
        "ORDER BY side.transfer_id ROWS UNBOUNDED PRECEDING)",
        "ORDER BY side.transfer_id DESC ROWS UNBOUNDED PRECEDING)",
    ),
    _postgresql(
        "of several, entries are not counted", "SET entries = b.entries + moved.entries", "SET entries = b.entries + 1"
    ),
    _postgresql(
        "of several, the floor is for the last",
        "            AND e.balance_minutes < b.floor_minutes) THEN",
        "            AND b.minutes < b.floor_minutes) THEN",
        tests="tests/ledger/test_together.py -k postgresql",
    ),
    _postgresql(
        "of several, the floor is a minute higher",
        "AND e.balance_minutes < b.floor_minutes",
        "AND e.balance_minutes <= b.floor_minutes",
        tests="tests/ledger/test_together.py -k postgresql",
    ),
    _postgresql(
        "of several, the floor holds history",
        "WHERE t.kind IN ('exchange', 'donation', 'grant') AND b.floor_minutes",
        "WHERE t.kind <> 'reversal' AND b.floor_minutes",
        tests="tests/ledger/test_together.py -k postgresql",
    ),
    _postgresql(
        "of several, the floor does not hold grants",
        "WHERE t.kind IN ('exchange', 'donation', 'grant') AND b.floor_minutes",
        "WHERE t.kind IN ('exchange', 'donation') AND b.floor_minutes",
        tests="tests/ledger/test_together.py -k postgresql",
    ),
    _postgresql("anybody writes an entry", "IF pg_trigger_depth() < 2 THEN", "IF pg_trigger_depth() < 1 THEN"),
    _postgresql("anybody moves a balance", "ELSIF pg_trigger_depth() < 2 AND", "ELSIF pg_trigger_depth() < 1 AND"),
    _postgresql(
        "a balance that begins with entries", "IF NEW.minutes <> 0 OR NEW.entries <> 0 THEN", "IF NEW.minutes <> 0 THEN"
    ),
    _postgresql(
        "an account changes its number", "NEW.kind, NEW.number, NEW.reference", "NEW.kind, OLD.number, NEW.reference"
    ),
    _postgresql(
        "a month before a closed one",
        "IF EXISTS (SELECT 1 FROM closed_month WHERE bank_id = NEW.bank_id AND last_day >= NEW.last_day)\n         OR NEW",
        "IF NEW",
    ),
    _postgresql("half a month", " OR extract(day FROM NEW.last_day + 1) <> 1 THEN", " THEN"),
    _postgresql(
        "a month is closed while somebody posts in it",
        "      PERFORM pg_advisory_xact_lock({_BANK_LOCK}, NEW.bank_id::int);\n      IF EXISTS (SELECT 1 FROM closed_month",
        "      IF EXISTS (SELECT 1 FROM closed_month",
        tests="tests/ledger/test_locks.py tests/ledger/test_races.py -k postgresql",
    ),
    _postgresql(
        "a snapshot that says anything",
        "         OR NEW.minutes <> (SELECT coalesce(sum(minutes), 0) FROM entry WHERE account_id = NEW.account_id\n                            AND book = NEW.book AND effective_on <= NEW.last_day) THEN",
        "         THEN",
    ),
    _postgresql(
        "snapshots leave out the last day, in the service too",
        "AND book = NEW.book AND effective_on <= NEW.last_day) THEN",
        "AND book = NEW.book AND effective_on < NEW.last_day) THEN",
        Change("timebank/ledger/service.py", "Entry.effective_on <= last_day)", "Entry.effective_on < last_day)"),
    ),
    _postgresql(
        "a seal is left out",
        "IF NEW.number <> 1 + (SELECT coalesce(max(number), 0) FROM seal WHERE bank_id = NEW.bank_id)\n        OR EXISTS",
        "IF EXISTS",
    ),
    _postgresql(
        "a seal covers less",
        "(last_transfer_id > NEW.last_transfer_id\n                   OR last_account_id",
        "(last_account_id",
    ),
    _postgresql(
        "a seal covers fewer months", "\n                   OR last_day > coalesce(NEW.last_day, '-infinity'))", ")"
    ),
    _postgresql(
        "guards act as whoever asks",
        "LANGUAGE plpgsql SECURITY DEFINER SET",
        "LANGUAGE plpgsql SET",
        tests="tests/ledger/test_service.py -k postgresql",
    ),
    _postgresql(
        "temporary tables stand in for the ledger's",
        "SET search_path = {schema}, pg_temp",
        "SET search_path = pg_temp, {schema}",
        tests="tests/ledger/test_roles.py -k 'not digest'",
    ),
)
