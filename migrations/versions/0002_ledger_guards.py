"""Let the database itself write entries, move balances, and refuse what a ledger must never do.

The two dialects say the same in their own words. Each refusal begins with "ledger:", which the application turns into
a message for people.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Rows of these tables are added and never changed or deleted.
ADDED_ONLY = ("transfer", "entry", "closed_month", "snapshot", "audit_record")

_ENTRY_FOR_SQLITE = """
    INSERT INTO entry (bank_id, transfer_id, account_id, book, number, minutes, balance_minutes, effective_on)
      SELECT NEW.bank_id, NEW.id, b.account_id, b.book, b.entries + 1, {minutes}, b.minutes + {minutes},
        NEW.effective_on
      FROM balance b WHERE b.account_id = NEW.{side}_account_id AND b.book = NEW.book;
    UPDATE balance SET entries = entries + 1, minutes = minutes + {minutes}
      WHERE account_id = NEW.{side}_account_id AND book = NEW.book;
"""

SQLITE = [
    # BEFORE INSERT sees INSERT OR REPLACE before it deletes anything, whatever the connection's settings are.
    """
    CREATE TRIGGER transfer_is_lawful BEFORE INSERT ON transfer BEGIN
      SELECT RAISE(ABORT, 'ledger: key was used')
        WHERE EXISTS (SELECT 1 FROM transfer WHERE id = NEW.id OR (bank_id = NEW.bank_id AND key = NEW.key));
      SELECT RAISE(ABORT, 'ledger: already reversed')
        WHERE EXISTS (SELECT 1 FROM transfer WHERE reverses_id = NEW.reverses_id);
      -- Each of the two accounts has a balance in this book, and both are in this bank.
      SELECT RAISE(ABORT, 'ledger: not in this bank')
        WHERE (SELECT count(*) FROM account a JOIN balance b ON b.account_id = a.id AND b.bank_id = a.bank_id
               WHERE a.id IN (NEW.from_account_id, NEW.to_account_id) AND a.bank_id = NEW.bank_id
                 AND b.book = NEW.book)
              <> CASE WHEN NEW.from_account_id = NEW.to_account_id THEN 1 ELSE 2 END;
      SELECT RAISE(ABORT, 'ledger: account is closed')
        WHERE EXISTS (SELECT 1 FROM account
                      WHERE id IN (NEW.from_account_id, NEW.to_account_id) AND closed_at IS NOT NULL);
      -- SQLite keeps whatever it is given, in whatever column.
      SELECT RAISE(ABORT, 'ledger: no such day')
        WHERE NEW.happened_on IS NOT date(NEW.happened_on) OR NEW.effective_on IS NOT date(NEW.effective_on)
          OR NEW.happened_on NOT BETWEEN '1970-01-01' AND '9998-12-31';
      SELECT RAISE(ABORT, 'ledger: month is closed')
        WHERE EXISTS (SELECT 1 FROM closed_month WHERE bank_id = NEW.bank_id AND last_day >= NEW.effective_on);
      SELECT RAISE(ABORT, 'ledger: counts on another day')
        WHERE NEW.effective_on IS NOT coalesce(
          (SELECT date(max(last_day), '+1 day') FROM closed_month
           WHERE bank_id = NEW.bank_id AND last_day >= NEW.happened_on),
          NEW.happened_on);
      SELECT RAISE(ABORT, 'ledger: not the opposite of what it reverses')
        WHERE NEW.reverses_id IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM transfer t WHERE t.id = NEW.reverses_id AND t.bank_id = NEW.bank_id AND t.book = NEW.book
            AND t.minutes = NEW.minutes AND t.from_account_id = NEW.to_account_id
            AND t.to_account_id = NEW.from_account_id AND t.reverses_id IS NULL);
    END
    """,
    "CREATE TRIGGER transfer_writes_entries AFTER INSERT ON transfer BEGIN"
    """
      SELECT RAISE(ABORT, 'ledger: not whole minutes') WHERE typeof(NEW.minutes) <> 'integer';
      -- Before it is inserted, a row without a number seems to have the number -1, so a row of that number would seem
      -- to be replaced by every other.
      SELECT RAISE(ABORT, 'ledger: no such number') WHERE NEW.id < 1;
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
    CREATE TRIGGER entry_belongs_to_a_transfer BEFORE INSERT ON entry BEGIN
      SELECT RAISE(ABORT, 'ledger: entry is not of its transfer')
        WHERE EXISTS (SELECT 1 FROM entry WHERE id = NEW.id
                      OR (transfer_id = NEW.transfer_id AND account_id = NEW.account_id))
          OR NOT EXISTS (
            SELECT 1 FROM transfer t JOIN balance b ON b.account_id = NEW.account_id AND b.book = NEW.book
            WHERE t.id = NEW.transfer_id AND t.book = NEW.book AND t.effective_on = NEW.effective_on
              AND t.bank_id = NEW.bank_id
              AND NEW.minutes = CASE NEW.account_id WHEN t.from_account_id THEN -t.minutes
                                                    WHEN t.to_account_id THEN t.minutes END
              AND NEW.number = b.entries + 1 AND NEW.balance_minutes = b.minutes + NEW.minutes);
    END
    """,
    *(
        f"CREATE TRIGGER {table}_has_a_number AFTER INSERT ON {table} WHEN NEW.id < 1 BEGIN "
        f"SELECT RAISE(ABORT, 'ledger: no such number'); END"
        for table in ("account", "audit_record")
    ),
    """
    CREATE TRIGGER balance_begins_at_nothing BEFORE INSERT ON balance
    WHEN NEW.minutes <> 0 OR NEW.entries <> 0
      OR EXISTS (SELECT 1 FROM balance WHERE account_id = NEW.account_id AND book = NEW.book)
      OR NOT EXISTS (SELECT 1 FROM account WHERE id = NEW.account_id AND bank_id = NEW.bank_id) BEGIN
      SELECT RAISE(ABORT, 'ledger: a balance begins at nothing');
    END
    """,
    """
    CREATE TRIGGER balance_follows_entries BEFORE UPDATE ON balance
    WHEN NEW.account_id <> OLD.account_id OR NEW.book <> OLD.book OR NEW.bank_id <> OLD.bank_id
      OR ((NEW.minutes <> OLD.minutes OR NEW.entries <> OLD.entries) AND (
        NEW.entries <> OLD.entries + 1 OR NOT EXISTS (
          SELECT 1 FROM entry WHERE account_id = NEW.account_id AND book = NEW.book AND number = NEW.entries
            AND balance_minutes = NEW.minutes)))
    BEGIN
      SELECT RAISE(ABORT, 'ledger: a balance follows its entries');
    END
    """,
    """
    CREATE TRIGGER account_keeps_its_place BEFORE UPDATE ON account
    WHEN NEW.id <> OLD.id OR NEW.bank_id <> OLD.bank_id OR NEW.kind <> OLD.kind
      OR EXISTS (SELECT 1 FROM account WHERE id <> NEW.id
                 AND ((bank_id = NEW.bank_id AND number = NEW.number) OR reference = NEW.reference)) BEGIN
      SELECT RAISE(ABORT, 'ledger: an account keeps its bank and kind');
    END
    """,
    # These two only refuse OR REPLACE, which deletes unseen on a connection without our settings.
    """
    CREATE TRIGGER account_not_replaced BEFORE INSERT ON account
    WHEN EXISTS (SELECT 1 FROM account WHERE id = NEW.id OR (bank_id = NEW.bank_id AND number = NEW.number)
                 OR reference = NEW.reference) BEGIN
      SELECT RAISE(ABORT, 'ledger: account is never replaced');
    END
    """,
    """
    CREATE TRIGGER audit_record_not_replaced BEFORE INSERT ON audit_record
    WHEN EXISTS (SELECT 1 FROM audit_record WHERE id = NEW.id) BEGIN
      SELECT RAISE(ABORT, 'ledger: audit_record is never replaced');
    END
    """,
    """
    CREATE TRIGGER snapshot_adds_up BEFORE INSERT ON snapshot
    WHEN NOT EXISTS (SELECT 1 FROM balance b
                     WHERE b.account_id = NEW.account_id AND b.book = NEW.book AND b.bank_id = NEW.bank_id)
      OR NOT EXISTS (SELECT 1 FROM closed_month WHERE bank_id = NEW.bank_id AND last_day = NEW.last_day)
      OR NEW.minutes <> (SELECT coalesce(sum(minutes), 0) FROM entry WHERE account_id = NEW.account_id
                         AND book = NEW.book AND effective_on <= NEW.last_day) BEGIN
      SELECT RAISE(ABORT, 'ledger: a snapshot is what the entries add up to');
    END
    """,
    """
    CREATE TRIGGER closed_month_follows_the_last BEFORE INSERT ON closed_month
    WHEN EXISTS (SELECT 1 FROM closed_month WHERE bank_id = NEW.bank_id AND last_day >= NEW.last_day)
      OR NEW.last_day IS NOT date(NEW.last_day, 'start of month', '+1 month', '-1 day')
      OR NEW.last_day NOT BETWEEN '1970-01-31' AND '9998-11-30' BEGIN
      SELECT RAISE(ABORT, 'ledger: months are closed one after another');
    END
    """,
    *(
        f"CREATE TRIGGER {table}_{name} BEFORE {act} ON {table} BEGIN "
        f"SELECT RAISE(ABORT, 'ledger: {table} is never changed or deleted'); END"
        for table in ADDED_ONLY
        for name, act in (("unchanged", "UPDATE"), ("stays", "DELETE"))
    ),
    *(
        f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} BEGIN "
        f"SELECT RAISE(ABORT, 'ledger: {table} is never deleted'); END"
        for table in ("account", "balance")
    ),
]

# Posting in a bank shares this lock and closing a month takes it alone, so that no posting slips into a month while
# it is being closed. The number only has to differ from that of other advisory locks in the database.
_MONTH_LOCK = 5460231

_ENTRY_FOR_POSTGRESQL = """
      INSERT INTO entry (bank_id, transfer_id, account_id, book, number, minutes, balance_minutes, effective_on)
        SELECT NEW.bank_id, NEW.id, b.account_id, b.book, b.entries + 1, {minutes}, b.minutes + {minutes},
               NEW.effective_on
        FROM balance b WHERE b.account_id = NEW.{side}_account_id AND b.book = NEW.book;
      UPDATE balance SET entries = entries + 1, minutes = minutes + {minutes}
        WHERE account_id = NEW.{side}_account_id AND book = NEW.book;
"""

_REFUSE = "RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = "

POSTGRESQL = [
    f"""
    CREATE FUNCTION ledger_check_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      -- Two transfers between the same accounts wait for each other here, always in the same order. The lock leaves
      -- the key free: closing a month refers to balances while the transfers of open months wait for it.
      PERFORM 1 FROM balance WHERE account_id IN (NEW.from_account_id, NEW.to_account_id)
        ORDER BY account_id, book FOR NO KEY UPDATE;
      PERFORM pg_advisory_xact_lock_shared({_MONTH_LOCK}, NEW.bank_id::int);
      -- Each of the two accounts has a balance in this book, and both are in this bank.
      IF (SELECT count(*) FROM balance
          WHERE account_id IN (NEW.from_account_id, NEW.to_account_id) AND book = NEW.book AND bank_id = NEW.bank_id)
         <> (CASE WHEN NEW.from_account_id = NEW.to_account_id THEN 1 ELSE 2 END) THEN
        {_REFUSE} 'ledger: not in this bank';
      END IF;
      IF EXISTS (SELECT 1 FROM account
                 WHERE id IN (NEW.from_account_id, NEW.to_account_id) AND closed_at IS NOT NULL) THEN
        {_REFUSE} 'ledger: account is closed';
      END IF;
      IF NEW.happened_on NOT BETWEEN '1970-01-01' AND '9998-12-31' THEN
        {_REFUSE} 'ledger: no such day';
      END IF;
      IF EXISTS (SELECT 1 FROM closed_month WHERE bank_id = NEW.bank_id AND last_day >= NEW.effective_on) THEN
        {_REFUSE} 'ledger: month is closed';
      END IF;
      IF NEW.effective_on <> coalesce(
          (SELECT max(last_day) + 1 FROM closed_month WHERE bank_id = NEW.bank_id AND last_day >= NEW.happened_on),
          NEW.happened_on) THEN
        {_REFUSE} 'ledger: counts on another day';
      END IF;
      IF NEW.reverses_id IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM transfer t WHERE t.id = NEW.reverses_id AND t.bank_id = NEW.bank_id AND t.book = NEW.book
            AND t.minutes = NEW.minutes AND t.from_account_id = NEW.to_account_id
            AND t.to_account_id = NEW.from_account_id AND t.reverses_id IS NULL) THEN
        {_REFUSE} 'ledger: not the opposite of what it reverses';
      END IF;
      RETURN NEW;
    END $$
    """,
    "CREATE FUNCTION ledger_write_entries() RETURNS trigger LANGUAGE plpgsql AS $$\n    BEGIN"
    + _ENTRY_FOR_POSTGRESQL.format(side="from", minutes="(-NEW.minutes)")
    + _ENTRY_FOR_POSTGRESQL.format(side="to", minutes="NEW.minutes")
    + f"""
      IF NEW.kind IN ('exchange', 'donation', 'grant') AND EXISTS (
          SELECT 1 FROM balance WHERE account_id = NEW.from_account_id AND book = NEW.book
            AND floor_minutes IS NOT NULL AND minutes < floor_minutes) THEN
        {_REFUSE} 'ledger: below the floor';
      END IF;
      RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION ledger_check_entry() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (
          SELECT 1 FROM transfer t JOIN balance b ON b.account_id = NEW.account_id AND b.book = NEW.book
          WHERE t.id = NEW.transfer_id AND t.book = NEW.book AND t.effective_on = NEW.effective_on
            AND t.bank_id = NEW.bank_id
            AND NEW.minutes = CASE NEW.account_id WHEN t.from_account_id THEN -t.minutes
                                                  WHEN t.to_account_id THEN t.minutes END
            AND NEW.number = b.entries + 1 AND NEW.balance_minutes = b.minutes + NEW.minutes) THEN
        {_REFUSE} 'ledger: entry is not of its transfer';
      END IF;
      RETURN NEW;
    END $$
    """,
    f"""
    CREATE FUNCTION ledger_check_balance() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NEW.minutes <> 0 OR NEW.entries <> 0 THEN
          {_REFUSE} 'ledger: a balance begins at nothing';
        END IF;
      ELSIF NEW.account_id <> OLD.account_id OR NEW.book <> OLD.book OR NEW.bank_id <> OLD.bank_id
        OR ((NEW.minutes <> OLD.minutes OR NEW.entries <> OLD.entries) AND (
          NEW.entries <> OLD.entries + 1 OR NOT EXISTS (
            SELECT 1 FROM entry WHERE account_id = NEW.account_id AND book = NEW.book AND number = NEW.entries
              AND balance_minutes = NEW.minutes))) THEN
        {_REFUSE} 'ledger: a balance follows its entries';
      END IF;
      RETURN NEW;
    END $$
    """,
    f"""
    CREATE FUNCTION ledger_check_account() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.id <> OLD.id OR NEW.bank_id <> OLD.bank_id OR NEW.kind <> OLD.kind THEN
        {_REFUSE} 'ledger: an account keeps its bank and kind';
      END IF;
      RETURN NEW;
    END $$
    """,
    f"""
    CREATE FUNCTION ledger_check_closed_month() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_advisory_xact_lock({_MONTH_LOCK}, NEW.bank_id::int);
      IF EXISTS (SELECT 1 FROM closed_month WHERE bank_id = NEW.bank_id AND last_day >= NEW.last_day)
         OR NEW.last_day NOT BETWEEN '1970-01-31' AND '9998-11-30' OR extract(day FROM NEW.last_day + 1) <> 1 THEN
        {_REFUSE} 'ledger: months are closed one after another';
      END IF;
      RETURN NEW;
    END $$
    """,
    f"""
    CREATE FUNCTION ledger_check_snapshot() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (SELECT 1 FROM balance b
                     WHERE b.account_id = NEW.account_id AND b.book = NEW.book AND b.bank_id = NEW.bank_id)
         OR NEW.minutes <> (SELECT coalesce(sum(minutes), 0) FROM entry WHERE account_id = NEW.account_id
                            AND book = NEW.book AND effective_on <= NEW.last_day) THEN
        {_REFUSE} 'ledger: a snapshot is what the entries add up to';
      END IF;
      RETURN NEW;
    END $$
    """,
    f"""
    CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      {_REFUSE} 'ledger: ' || TG_TABLE_NAME || ' is never changed or deleted';
    END $$
    """,
    "CREATE TRIGGER transfer_is_lawful BEFORE INSERT ON transfer FOR EACH ROW EXECUTE FUNCTION ledger_check_transfer()",
    "CREATE TRIGGER transfer_writes_entries AFTER INSERT ON transfer "
    "FOR EACH ROW EXECUTE FUNCTION ledger_write_entries()",
    "CREATE TRIGGER entry_belongs_to_a_transfer BEFORE INSERT ON entry "
    "FOR EACH ROW EXECUTE FUNCTION ledger_check_entry()",
    "CREATE TRIGGER balance_begins_at_nothing BEFORE INSERT ON balance "
    "FOR EACH ROW EXECUTE FUNCTION ledger_check_balance()",
    "CREATE TRIGGER balance_follows_entries BEFORE UPDATE ON balance "
    "FOR EACH ROW EXECUTE FUNCTION ledger_check_balance()",
    "CREATE TRIGGER account_keeps_its_place BEFORE UPDATE ON account "
    "FOR EACH ROW EXECUTE FUNCTION ledger_check_account()",
    "CREATE TRIGGER closed_month_follows_the_last BEFORE INSERT ON closed_month "
    "FOR EACH ROW EXECUTE FUNCTION ledger_check_closed_month()",
    "CREATE TRIGGER snapshot_adds_up BEFORE INSERT ON snapshot FOR EACH ROW EXECUTE FUNCTION ledger_check_snapshot()",
    *(
        f"CREATE TRIGGER {table}_{name} BEFORE {act} ON {table} FOR EACH ROW EXECUTE FUNCTION ledger_refuse()"
        for table in ADDED_ONLY
        for name, act in (("unchanged", "UPDATE"), ("stays", "DELETE"))
    ),
    *(
        f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION ledger_refuse()"
        for table in ("account", "balance")
    ),
    *(
        f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        for table in (*ADDED_ONLY, "account", "balance")
    ),
]

SQLITE_TRIGGERS = (
    "transfer_is_lawful",
    "transfer_writes_entries",
    "entry_belongs_to_a_transfer",
    "balance_begins_at_nothing",
    "balance_follows_entries",
    "account_keeps_its_place",
    "closed_month_follows_the_last",
    "snapshot_adds_up",
    "account_not_replaced",
    "audit_record_not_replaced",
    "account_has_a_number",
    "audit_record_has_a_number",
    "account_stays",
    "balance_stays",
    *(f"{table}_{name}" for table in ADDED_ONLY for name in ("unchanged", "stays")),
)


def upgrade() -> None:
    statements = POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for function in (
            "check_transfer",
            "write_entries",
            "check_entry",
            "check_balance",
            "check_account",
            "check_closed_month",
            "check_snapshot",
            "refuse",
        ):
            op.execute(f"DROP FUNCTION ledger_{function}() CASCADE")
        return
    for trigger in SQLITE_TRIGGERS:
        op.execute(f"DROP TRIGGER {trigger}")
