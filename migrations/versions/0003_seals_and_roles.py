"""Seal the ledger, and let it be guarded from the very role that the application signs in as.

Seals are a chain of digests over what was posted; docs/ledger.md says what is in one. For it, transfers and accounts
are numbered in the order in which they are committed: on PostgreSQL the number is drawn inside of the lock that a seal
waits for, so whatever is posted after a seal has a higher number than everything in it.

On PostgreSQL the guards run as the owner of the tables, so the application's role needs no right to write an entry or
to move a balance. They write the entries of all transfers of a statement together: within one transaction PostgreSQL
keeps every version of a balance that was moved, and a long spreadsheet would be slower with each line if each line
moved them by itself.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

# Posting in a bank shares this lock; closing a month and sealing take it alone.
_BANK_LOCK = 5460231

SQLITE_REPLACED = ("transfer_writes_entries", "account_keeps_its_place", "account_has_a_number")

_ENTRY_FOR_SQLITE = """
    INSERT INTO entry (bank_id, transfer_id, account_id, book, number, minutes, balance_minutes, effective_on)
      SELECT NEW.bank_id, NEW.id, b.account_id, b.book, b.entries + 1, {minutes}, b.minutes + {minutes},
        NEW.effective_on
      FROM balance b WHERE b.account_id = NEW.{side}_account_id AND b.book = NEW.book;
    UPDATE balance SET entries = entries + 1, minutes = minutes + {minutes}
      WHERE account_id = NEW.{side}_account_id AND book = NEW.book;
"""

SQLITE = [
    """
    CREATE TRIGGER transfer_writes_entries AFTER INSERT ON transfer BEGIN
      SELECT RAISE(ABORT, 'ledger: not whole minutes') WHERE typeof(NEW.minutes) <> 'integer';
      -- A number below the last one would slip in behind a seal.
      SELECT RAISE(ABORT, 'ledger: no such number') WHERE NEW.id < 1 OR NEW.id <> (SELECT max(id) FROM transfer);
    """
    + _ENTRY_FOR_SQLITE.format(side="from", minutes="(-NEW.minutes)")
    + _ENTRY_FOR_SQLITE.format(side="to", minutes="NEW.minutes")
    + """
      SELECT RAISE(ABORT, 'ledger: below the floor')
        WHERE NEW.kind IN ('exchange', 'donation', 'grant') AND EXISTS (
          SELECT 1 FROM balance WHERE account_id = NEW.from_account_id AND book = NEW.book
            AND floor_minutes IS NOT NULL AND minutes < floor_minutes);
    END
    """,
    """
    CREATE TRIGGER account_has_a_number AFTER INSERT ON account
    WHEN NEW.id < 1 OR NEW.id <> (SELECT max(id) FROM account) BEGIN
      SELECT RAISE(ABORT, 'ledger: no such number');
    END
    """,
    """
    CREATE TRIGGER account_keeps_its_place BEFORE UPDATE ON account
    WHEN NEW.id <> OLD.id OR NEW.bank_id <> OLD.bank_id OR NEW.kind <> OLD.kind OR NEW.number IS NOT OLD.number
      OR NEW.reference IS NOT OLD.reference OR NEW.opened_at IS NOT OLD.opened_at BEGIN
      SELECT RAISE(ABORT, 'ledger: an account keeps its bank, number and kind');
    END
    """,
    """
    CREATE TRIGGER seal_follows_the_last BEFORE INSERT ON seal
    WHEN NEW.number IS NOT 1 + (SELECT coalesce(max(number), 0) FROM seal WHERE bank_id = NEW.bank_id)
      OR EXISTS (SELECT 1 FROM seal WHERE bank_id = NEW.bank_id AND (last_transfer_id > NEW.last_transfer_id
                 OR last_account_id > NEW.last_account_id OR last_day > coalesce(NEW.last_day, ''))) BEGIN
      SELECT RAISE(ABORT, 'ledger: seals follow one another');
    END
    """,
    *(
        f"CREATE TRIGGER seal_{name} BEFORE {act} ON seal BEGIN "
        f"SELECT RAISE(ABORT, 'ledger: seal is never changed or deleted'); END"
        for name, act in (("unchanged", "UPDATE"), ("stays", "DELETE"))
    ),
]

_REFUSE = "RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = "

# What somebody makes among their own temporary tables is looked at last, or it could stand in for the ledger's.
_AS_OWNER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp"

# Both sides of every transfer that one statement inserted.
_SIDES = """
          SELECT bank_id, id AS transfer_id, from_account_id AS account_id, book, -minutes AS minutes, effective_on
            FROM fresh
          UNION ALL
          SELECT bank_id, id, to_account_id, book, minutes, effective_on FROM fresh
"""

POSTGRESQL_FUNCTIONS = {
    "ledger_check_transfer": f"""
    DECLARE
      held integer;
      closed integer;
      closed_through date;
    BEGIN
      -- Two transfers between the same accounts wait for each other here, always in the same order. The lock leaves
      -- the key free: closing a month refers to balances while the transfers of open months wait for it.
      PERFORM 1 FROM balance WHERE account_id IN (NEW.from_account_id, NEW.to_account_id) AND book = NEW.book
        ORDER BY account_id FOR NO KEY UPDATE;
      PERFORM pg_advisory_xact_lock_shared({_BANK_LOCK}, NEW.bank_id::int);
      -- Only now, so that a seal, which waits for this lock, has seen every lower number that there will ever be.
      NEW.id := nextval('transfer_id_seq');
      -- After the locks and not with them, so as to see what was committed while they were waited for.
      SELECT count(*), count(a.closed_at), (SELECT max(last_day) FROM closed_month WHERE bank_id = NEW.bank_id)
        INTO held, closed, closed_through
        FROM balance b JOIN account a ON a.id = b.account_id
        WHERE b.account_id IN (NEW.from_account_id, NEW.to_account_id) AND b.book = NEW.book
          AND b.bank_id = NEW.bank_id;
      -- Each of the two accounts has a balance in this book, and both are in this bank.
      IF held <> (CASE WHEN NEW.from_account_id = NEW.to_account_id THEN 1 ELSE 2 END) THEN
        {_REFUSE} 'ledger: not in this bank';
      END IF;
      IF closed > 0 THEN
        {_REFUSE} 'ledger: account is closed';
      END IF;
      IF NEW.happened_on NOT BETWEEN '1970-01-01' AND '9998-12-31' THEN
        {_REFUSE} 'ledger: no such day';
      END IF;
      IF closed_through >= NEW.effective_on THEN
        {_REFUSE} 'ledger: month is closed';
      END IF;
      IF NEW.effective_on <> (CASE WHEN closed_through >= NEW.happened_on THEN closed_through + 1
                                   ELSE NEW.happened_on END) THEN
        {_REFUSE} 'ledger: counts on another day';
      END IF;
      IF NEW.reverses_id IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM transfer t WHERE t.id = NEW.reverses_id AND t.bank_id = NEW.bank_id AND t.book = NEW.book
            AND t.minutes = NEW.minutes AND t.from_account_id = NEW.to_account_id
            AND t.to_account_id = NEW.from_account_id AND t.reverses_id IS NULL) THEN
        {_REFUSE} 'ledger: not the opposite of what it reverses';
      END IF;
      RETURN NEW;
    END""",
    "ledger_write_entries": f"""
    DECLARE
      one transfer;
      below boolean;
    BEGIN
      -- One transfer is what most statements insert, and has a shorter way.
      IF (SELECT count(*) FROM (SELECT 1 FROM fresh LIMIT 2) few) = 1 THEN
        SELECT * INTO one FROM fresh;
        WITH moved AS (
          UPDATE balance b SET entries = b.entries + 1,
            minutes = b.minutes + CASE b.account_id WHEN one.from_account_id THEN -one.minutes ELSE one.minutes END
          WHERE b.account_id IN (one.from_account_id, one.to_account_id) AND b.book = one.book
          RETURNING b.account_id, b.minutes, b.entries, b.floor_minutes),
        written AS (
          INSERT INTO entry (bank_id, transfer_id, account_id, book, number, minutes, balance_minutes, effective_on)
          SELECT one.bank_id, one.id, m.account_id, one.book, m.entries,
                 CASE m.account_id WHEN one.from_account_id THEN -one.minutes ELSE one.minutes END, m.minutes,
                 one.effective_on
          FROM moved m ORDER BY m.account_id <> one.from_account_id)
        SELECT bool_or(m.account_id = one.from_account_id AND m.minutes < m.floor_minutes) INTO below FROM moved m;
        IF below AND one.kind IN ('exchange', 'donation', 'grant') THEN
          {_REFUSE} 'ledger: below the floor';
        END IF;
        RETURN NULL;
      END IF;
      INSERT INTO entry (bank_id, transfer_id, account_id, book, number, minutes, balance_minutes, effective_on)
        SELECT side.bank_id, side.transfer_id, side.account_id, side.book, b.entries + row_number() OVER running,
               side.minutes, b.minutes + sum(side.minutes) OVER running, side.effective_on
        FROM ({_SIDES}) side JOIN balance b ON b.account_id = side.account_id AND b.book = side.book
        WINDOW running AS (PARTITION BY side.account_id, side.book ORDER BY side.transfer_id ROWS UNBOUNDED PRECEDING)
        ORDER BY side.transfer_id, side.minutes;
      UPDATE balance b SET entries = b.entries + moved.entries, minutes = b.minutes + moved.minutes
        FROM (SELECT account_id, book, count(*) AS entries, sum(minutes) AS minutes
              FROM ({_SIDES}) side GROUP BY account_id, book) moved
        WHERE b.account_id = moved.account_id AND b.book = moved.book;
      IF EXISTS (
          SELECT 1 FROM fresh t JOIN balance b ON b.account_id = t.from_account_id AND b.book = t.book
          JOIN entry e ON e.transfer_id = t.id AND e.account_id = t.from_account_id
          WHERE t.kind IN ('exchange', 'donation', 'grant') AND b.floor_minutes IS NOT NULL
            AND e.balance_minutes < b.floor_minutes) THEN
        {_REFUSE} 'ledger: below the floor';
      END IF;
      RETURN NULL;
    END""",
    # Entries are written and balances moved inside of the trigger above, and nowhere else.
    "ledger_check_entry": f"""
    BEGIN
      IF pg_trigger_depth() < 2 THEN
        {_REFUSE} 'ledger: entry is not of its transfer';
      END IF;
      RETURN NEW;
    END""",
    "ledger_check_balance": f"""
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NEW.minutes <> 0 OR NEW.entries <> 0 THEN
          {_REFUSE} 'ledger: a balance begins at nothing';
        END IF;
      ELSIF pg_trigger_depth() < 2 AND (NEW.account_id, NEW.book, NEW.bank_id, NEW.minutes, NEW.entries)
          IS DISTINCT FROM (OLD.account_id, OLD.book, OLD.bank_id, OLD.minutes, OLD.entries) THEN
        {_REFUSE} 'ledger: a balance follows its entries';
      END IF;
      RETURN NEW;
    END""",
    "ledger_number_account": f"""
    BEGIN
      PERFORM pg_advisory_xact_lock_shared({_BANK_LOCK}, NEW.bank_id::int);
      NEW.id := nextval('account_id_seq');
      RETURN NEW;
    END""",
    "ledger_check_account": f"""
    BEGIN
      IF (NEW.id, NEW.bank_id, NEW.kind, NEW.number, NEW.reference, NEW.opened_at)
          IS DISTINCT FROM (OLD.id, OLD.bank_id, OLD.kind, OLD.number, OLD.reference, OLD.opened_at) THEN
        {_REFUSE} 'ledger: an account keeps its bank, number and kind';
      END IF;
      RETURN NEW;
    END""",
    "ledger_check_closed_month": f"""
    BEGIN
      PERFORM pg_advisory_xact_lock({_BANK_LOCK}, NEW.bank_id::int);
      IF EXISTS (SELECT 1 FROM closed_month WHERE bank_id = NEW.bank_id AND last_day >= NEW.last_day)
         OR NEW.last_day NOT BETWEEN '1970-01-31' AND '9998-11-30' OR extract(day FROM NEW.last_day + 1) <> 1 THEN
        {_REFUSE} 'ledger: months are closed one after another';
      END IF;
      RETURN NEW;
    END""",
    "ledger_check_snapshot": f"""
    BEGIN
      IF NOT EXISTS (SELECT 1 FROM balance b
                     WHERE b.account_id = NEW.account_id AND b.book = NEW.book AND b.bank_id = NEW.bank_id)
         OR NEW.minutes <> (SELECT coalesce(sum(minutes), 0) FROM entry WHERE account_id = NEW.account_id
                            AND book = NEW.book AND effective_on <= NEW.last_day) THEN
        {_REFUSE} 'ledger: a snapshot is what the entries add up to';
      END IF;
      RETURN NEW;
    END""",
    "ledger_check_seal": f"""
    BEGIN
      PERFORM pg_advisory_xact_lock({_BANK_LOCK}, NEW.bank_id::int);
      IF NEW.number <> 1 + (SELECT coalesce(max(number), 0) FROM seal WHERE bank_id = NEW.bank_id)
        OR EXISTS (SELECT 1 FROM seal WHERE bank_id = NEW.bank_id AND (last_transfer_id > NEW.last_transfer_id
                   OR last_account_id > NEW.last_account_id
                   OR last_day > coalesce(NEW.last_day, '-infinity'))) THEN
        {_REFUSE} 'ledger: seals follow one another';
      END IF;
      RETURN NEW;
    END""",
    "ledger_refuse": f"""
    BEGIN
      {_REFUSE} 'ledger: ' || TG_TABLE_NAME || ' is never changed or deleted';
    END""",
}

POSTGRESQL_TRIGGERS = {
    "transfer_is_lawful": "BEFORE INSERT ON transfer FOR EACH ROW EXECUTE FUNCTION ledger_check_transfer()",
    "transfer_writes_entries": "AFTER INSERT ON transfer REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT "
    "EXECUTE FUNCTION ledger_write_entries()",
    "entry_belongs_to_a_transfer": "BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION ledger_check_entry()",
    "balance_begins_at_nothing": "BEFORE INSERT ON balance FOR EACH ROW EXECUTE FUNCTION ledger_check_balance()",
    "balance_follows_entries": "BEFORE UPDATE ON balance FOR EACH ROW EXECUTE FUNCTION ledger_check_balance()",
    "account_is_numbered": "BEFORE INSERT ON account FOR EACH ROW EXECUTE FUNCTION ledger_number_account()",
    "account_keeps_its_place": "BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION ledger_check_account()",
    "closed_month_follows_the_last": "BEFORE INSERT ON closed_month FOR EACH ROW "
    "EXECUTE FUNCTION ledger_check_closed_month()",
    "snapshot_adds_up": "BEFORE INSERT ON snapshot FOR EACH ROW EXECUTE FUNCTION ledger_check_snapshot()",
    "seal_follows_the_last": "BEFORE INSERT ON seal FOR EACH ROW EXECUTE FUNCTION ledger_check_seal()",
}
for _table in ("transfer", "entry", "closed_month", "snapshot", "audit_record", "seal", "account", "balance"):
    _refused = "FOR EACH {} EXECUTE FUNCTION ledger_refuse()"
    if _table not in ("account", "balance"):
        POSTGRESQL_TRIGGERS[f"{_table}_unchanged"] = f"BEFORE UPDATE ON {_table} {_refused.format('ROW')}"
    POSTGRESQL_TRIGGERS[f"{_table}_stays"] = f"BEFORE DELETE ON {_table} {_refused.format('ROW')}"
    POSTGRESQL_TRIGGERS[f"{_table}_not_emptied"] = f"BEFORE TRUNCATE ON {_table} {_refused.format('STATEMENT')}"

# A role that does not own the tables may not count their rows anew, and a long load would be slow without.
_COUNT_ROWS = "BEGIN ANALYZE; END"

# These numbers are drawn by a guard.
_NUMBERED = ("transfer", "account")


def upgrade() -> None:
    op.create_table(
        "seal",
        sa.Column("bank_id", BIG_ID, nullable=False),
        sa.Column("number", BIG_ID, nullable=False),
        sa.Column("last_transfer_id", BIG_ID, nullable=False),
        sa.Column("last_account_id", BIG_ID, nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("transfers", BIG_ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", MOMENT, nullable=False),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_seal_digest")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_seal_bank_id_bank")),
        sa.PrimaryKeyConstraint("bank_id", "number", name=op.f("pk_seal")),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        _drop_guards_of_postgresql(_before().POSTGRESQL)
        as_owner = _AS_OWNER.format(schema=op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())")))
        for name, body in POSTGRESQL_FUNCTIONS.items():
            op.execute(f"CREATE FUNCTION {name}() RETURNS trigger {as_owner} AS $$ {body} $$")
        op.execute(f"CREATE FUNCTION ledger_count_rows() RETURNS void {as_owner} AS $$ {_COUNT_ROWS} $$")
        for name, when in POSTGRESQL_TRIGGERS.items():
            op.execute(f"CREATE TRIGGER {name} {when}")
        for table in _NUMBERED:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN id DROP DEFAULT")
        return
    for trigger in SQLITE_REPLACED:
        op.execute(f"DROP TRIGGER {trigger}")
    for statement in SQLITE:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in (*POSTGRESQL_FUNCTIONS, "ledger_count_rows"):
            op.execute(f"DROP FUNCTION {name}() CASCADE")
        for table in _NUMBERED:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN id SET DEFAULT nextval('{table}_id_seq')")
        op.drop_table("seal")
        for statement in _before().POSTGRESQL:
            op.execute(statement)
        return
    for trigger in SQLITE_REPLACED:
        op.execute(f"DROP TRIGGER {trigger}")
    op.drop_table("seal")
    for statement in _before().SQLITE:
        if any(f"CREATE TRIGGER {trigger} " in statement for trigger in SQLITE_REPLACED):
            op.execute(statement)


def _before():  # type: ignore[no-untyped-def]
    """Return the migration before this one, as Alembic has loaded it from its file."""
    return context.script.get_revision(down_revision).module


def _drop_guards_of_postgresql(statements: list[str]) -> None:
    """Drop the functions that the statements made, and with them the triggers that call them."""
    for statement in statements:
        words = statement.split(maxsplit=3)
        if words[:2] == ["CREATE", "FUNCTION"]:
            op.execute(f"DROP FUNCTION {words[2]} CASCADE")
