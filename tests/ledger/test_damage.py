"""Damage that breaks one clause of one law and as little else as can be, so that no clause is there for nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from tests.ledger.attacks import a_transfer
from tests.ledger.damage import taken_out
from tests.ledger.plain import run_plainly, run_unguarded
from tests.ledger.scene import Scene, build_scene
from tests.make import AT, draft_transfer, make_account, make_bank, post
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.ledger import replay, seals
from timebank.ledger import service as ledger
from timebank.ledger.models import Account, Book, Entry, Seal, Transfer
from timebank.ledger.months import Month
from timebank.ledger.verify import Head, Verification

COMMUNITY_THERE = "(SELECT id FROM account WHERE bank_id = {other_bank} AND kind = 'community')"
NOT_OPPOSITE = "transfer {reversal} says it reverses transfer {reversed} but is not its opposite"
NOT_ITS_DAY = "transfer {transfer} counts neither on the day it happened nor on the first day after"
BETWEEN = "transfer {transfer} is between accounts of another bank, of one account with itself, of no book or kind"


def transfer_set(change: str, which: str = "transfer") -> str:
    return f"UPDATE transfer SET {change} WHERE id = {{{which}}}"


DAMAGE = {
    "an account of no bank": ("UPDATE account SET bank_id = 4711 WHERE id = {newcomer}", "is in no bank, or of no"),
    "two community accounts": (
        "UPDATE account SET kind = 'community' WHERE id = {newcomer}",
        "bank {code} does not have exactly one community account",
    ),
    "two accounts that opening credit comes from": (
        "UPDATE account SET kind = 'opening' WHERE id = {community}",
        "bank {code} does not have exactly one community account",
    ),
    "from an account that there is not": (transfer_set("from_account_id = 4711"), BETWEEN),
    "to an account that there is not": (transfer_set("to_account_id = 4711"), BETWEEN),
    "from another bank": (transfer_set("from_account_id = {stranger}"), BETWEEN),
    "to another bank": (transfer_set("to_account_id = {stranger}"), BETWEEN),
    "with itself": (transfer_set("from_account_id = to_account_id"), BETWEEN),
    "of no minutes": (transfer_set("minutes = 0"), BETWEEN),
    "of too many minutes": (transfer_set("minutes = 100000001"), BETWEEN),
    "in a third book": (transfer_set("book = 'third'"), BETWEEN),
    "of no kind": (transfer_set("kind = 'gift'"), BETWEEN),
    "a reversal that says it is an exchange": (
        transfer_set("kind = 'exchange'", "reversal"),
        "transfer {reversal} is a reversal that reverses nothing, or reverses and says that it is something else",
    ),
    "a reversal of what there is not": (
        transfer_set("reverses_id = 4711", "reversal"),
        "transfer {reversal} says it reverses transfer 4711 but is not its opposite",
    ),
    "a reversal of a reversal": (
        transfer_set("kind = 'reversal', reverses_id = {reversal}", "reversed"),
        "transfer {reversed} says it reverses transfer {reversal} but is not its opposite",
    ),
    "a reversal to somebody else": (transfer_set("to_account_id = {newcomer}", "reversal"), NOT_OPPOSITE),
    "a reversal from somebody else": (transfer_set("from_account_id = {newcomer}", "reversal"), NOT_OPPOSITE),
    "a reversal of other minutes": (transfer_set("minutes = 31", "reversal"), NOT_OPPOSITE),
    "a reversal in the other book": (transfer_set("book = 'record'", "reversal"), NOT_OPPOSITE),
    "counts before it happened": (transfer_set("effective_on = '2026-03-04'"), NOT_ITS_DAY),
    "counts later, though its month was open": (transfer_set("effective_on = '2026-03-06'"), NOT_ITS_DAY),
    "counts after a month that was closed before": (transfer_set("effective_on = '2026-02-01'"), NOT_ITS_DAY),
    "counts a day after the first open one": (
        transfer_set("happened_on = '2026-01-20', effective_on = '2026-02-02'"),
        NOT_ITS_DAY,
    ),
    "counts after a month that another bank closed": (
        a_transfer(
            id="{reversal} + 100",
            bank_id="{other_bank}",
            from_account_id="{stranger}",
            to_account_id=COMMUNITY_THERE,
            happened_on="'2026-01-15'",
            effective_on="'2026-02-01'",
        ),
        "counts neither on the day it happened",
    ),
    "a snapshot of another bank's account": (
        "UPDATE account SET bank_id = {other_bank} WHERE id = {giver}",
        "snapshot of account {number} in the credit book at 2026-01-31 is 90 minutes, but the entries until then "
        "add up to 90, or it is of no closed month of the account's bank",
    ),
    "a snapshot of an open month": (
        "INSERT INTO snapshot (account_id, book, last_day, bank_id, minutes) "
        "VALUES ({giver}, 'credit', '2026-02-28', {bank}, 90)",
        "snapshot of account {number} in the credit book at 2026-02-28 is 90 minutes",
    ),
    "no snapshot in one of the books": (
        "DELETE FROM snapshot WHERE account_id = {giver} AND book = 'record'",
        "closed month 2026-01-31 of bank {code} has no snapshot of account {number} in the record book",
    ),
    "no snapshots of one of the months": (
        "INSERT INTO closed_month (bank_id, last_day, closed_at) VALUES ({bank}, '2026-02-28', '2026-03-01 00:00:00')",
        "closed month 2026-02-28 of bank {code} has no snapshot of account {number} in the credit book",
    ),
    "the first transfer taken out with all it did": (
        taken_out("{sealed}"),
        "between account with the id {floored} and transfer {after_sealed} 1 rows that were sealed are gone",
    ),
}


@pytest.fixture
def scene(app: Flask) -> Scene:
    return build_scene()


def problems(*heads: Head) -> list[str]:
    return [f"{problem.row} {problem.what}" for problem in Verification(heads).problems()]


def some(words: str, told: list[str]) -> bool:
    return any(words in line for line in told)


@pytest.mark.parametrize("damage", DAMAGE)
def test_each_clause_of_a_law_names_what_breaks_it(scene: Scene, damage: str, database_url: str) -> None:
    sql, named = DAMAGE[damage]
    number = db.session.scalar(select(Account.number).where(Account.id == scene.giver))
    code = db.session.scalar(select(Bank.code).where(Bank.id == scene.bank))
    run_unguarded(database_url, *scene.written_into(sql).split("; "))
    words = named.format(**vars(scene), number=number, code=code, after_sealed=scene.sealed + 1)
    assert some(words, problems())


# Whatever stands in a column of SQLite's that should hold a number, a day or a moment.
COLUMNS = {
    "transfer": "minutes bank_id from_account_id to_account_id reverses_id happened_on effective_on posted_at",
    "entry": "minutes number balance_minutes account_id effective_on",
    "balance": "minutes entries",
}


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(
    ("table", "column"), [(table, column) for table in COLUMNS for column in COLUMNS[table].split()]
)
def test_each_column_of_sqlite_that_holds_something_else_is_named(
    scene: Scene, table: str, column: str, database_url: str
) -> None:
    which = {"transfer": "id = {transfer}", "entry": "id = {entry}"}.get(table, "account_id = {giver}")
    run_unguarded(database_url, scene.written_into(f"UPDATE {table} SET {column} = 'x' WHERE {which}"))
    told = problems()
    row = scene.written_into({"transfer": "transfer {transfer}", "entry": "entry {entry}"}.get(table, "balance of"))
    assert [line for line in told if line.startswith(row) and "holds something that is no whole number" in line]


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_a_second_reversal_is_named_where_the_key_against_it_is_gone(scene: Scene, database_url: str) -> None:
    again = a_transfer(
        id="{reversal} + 100",
        kind="'reversal'",
        reverses_id="{reversed}",
        minutes="30",
        from_account_id="{giver}",
        to_account_id="{receiver}",
    )
    run_unguarded(
        database_url, "ALTER TABLE transfer DROP CONSTRAINT uq_transfer_reverses_id", scene.written_into(again)
    )
    assert some(f"reverses transfer {scene.reversed}, which another one reverses too", problems())


# One transfer of an hour, changed together with everything that has to fit it.
IN_BOTH = "UPDATE transfer SET effective_on = '{0}', happened_on = '{1}'; UPDATE entry SET effective_on = '{0}'"
AS_MUCH = (
    "UPDATE transfer SET minutes = {0}; UPDATE entry SET minutes = minutes / 60 * {0}; "
    "UPDATE entry SET balance_minutes = balance_minutes / 60 * {1}; UPDATE balance SET minutes = minutes / 60 * {1}"
)
ENTRY_BREAKS = "breaks the running number or the running balance of account"
FITTING = {
    "too many minutes": (AS_MUCH.format(100000001, 100000001), "or of no such minutes"),
    "a third book": (
        "UPDATE transfer SET book = 'third'; UPDATE entry SET book = 'third'; "
        "UPDATE balance SET book = 'third' WHERE entries > 0",
        "of no book or kind",
    ),
    "a day later": (IN_BOTH.format("2026-03-06", "2026-03-05"), "counts neither on the day it happened"),
    "after another bank's month": (IN_BOTH.format("2026-03-01", "2026-02-10"), "counts neither on the day"),
    "after a month before": (IN_BOTH.format("2026-02-01", "2026-03-05"), "counts neither on the day it happened"),
    "another running number of who gives": ("UPDATE entry SET number = 7 WHERE minutes < 0", ENTRY_BREAKS),
    "another running number of who gets": ("UPDATE entry SET number = 7 WHERE minutes > 0", ENTRY_BREAKS),
    "another running balance of who gives": ("UPDATE entry SET balance_minutes = 7 WHERE minutes < 0", ENTRY_BREAKS),
    "another running balance of who gets": ("UPDATE entry SET balance_minutes = 7 WHERE minutes > 0", ENTRY_BREAKS),
    "a day after the first open one": (IN_BOTH.format("2026-02-02", "2026-01-20"), "counts neither on the day"),
}
PARTS = "holds something that is no whole number"
FITTING_ON_SQLITE = {
    "half a minute": (AS_MUCH.format(60.5, 60), f"transfer 1 {PARTS}"),
    "half a running number of who gives": ("UPDATE entry SET number = 1.5 WHERE minutes < 0", f"entry 1 {PARTS}"),
    "half a running number of who gets": ("UPDATE entry SET number = 1.5 WHERE minutes > 0", f"entry 2 {PARTS}"),
    "half a minute in the running balance of who gives": (
        "UPDATE entry SET balance_minutes = -60.5 WHERE minutes < 0",
        f"entry 1 {PARTS}",
    ),
    "half a minute in the running balance of who gets": (
        "UPDATE entry SET balance_minutes = 60.5 WHERE minutes > 0",
        f"entry 2 {PARTS}",
    ),
    "half a minute in a balance": ("UPDATE balance SET minutes = 60.5 WHERE minutes > 0", PARTS),
    "half an entry in a balance": ("UPDATE balance SET entries = 1.5 WHERE minutes > 0", PARTS),
    "a day written otherwise": (IN_BOTH.format("2026-03-5", "2026-03-5"), f"transfer 1 {PARTS}"),
    "no moment": ("UPDATE transfer SET posted_at = 'soon'", f"transfer 1 {PARTS}"),
}
EVERY_FITTING = [
    *((dialect, name) for dialect in ("sqlite", "postgresql") for name in FITTING),
    *(("sqlite", name) for name in FITTING_ON_SQLITE),
]


@pytest.mark.parametrize(("dialect", "fitting"), EVERY_FITTING)
def test_a_law_is_broken_though_everything_else_fits(app: Flask, fitting: str, database_url: str) -> None:
    bank, other = make_bank(), make_bank()
    ledger.close_month(bank.id, Month(2026, 1), closed_at=AT)
    ledger.close_month(other.id, Month(2026, 2), closed_at=AT)
    post(bank, draft_transfer(make_account(bank), make_account(bank), happened_on=dt.date(2026, 3, 5)))
    db.session.commit()
    sql, named = (FITTING | FITTING_ON_SQLITE)[fitting]
    run_unguarded(database_url, *sql.split("; "))
    assert some(named, problems())


class TestALongerHistory:
    """Three closed months, with something on their first and last days, and several seals of two banks."""

    @pytest.fixture
    def bank(self, app: Flask) -> Bank:
        return make_bank()

    @pytest.fixture
    def accounts(self, bank: Bank) -> list[Account]:
        one, other = make_account(bank), make_account(bank)
        for number in (1, 2, 3):
            month = Month(2026, number)
            for day in (month.first_day, month.last_day):
                for book in Book:
                    post(bank, draft_transfer(one, other, minutes=number, happened_on=day, book=book))
            ledger.close_month(bank.id, month, closed_at=AT)
        # Opened after the closes, and with its own late entry.
        newcomer = make_account(bank)
        post(bank, draft_transfer(one, newcomer, minutes=9, happened_on=dt.date(2026, 1, 31)))
        db.session.commit()
        return [one, other, newcomer]

    def test_is_as_it_must_be(self, accounts: list[Account]) -> None:
        verification = Verification()
        assert list(verification.problems()) == []
        counts = verification.counts
        assert (counts.transfers, counts.entries, counts.accounts, counts.seals) == (13, 26, 5, 3)

    @pytest.mark.parametrize("at_once", [1, 2, 5, 13])
    def test_is_read_in_parts(self, accounts: list[Account], at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(replay, "TRANSFERS_AT_ONCE", at_once)
        verification, read = Verification(), []
        assert list(verification.problems(read.append)) == []
        assert sum(read) == verification.counts.transfers == 13
        assert max(read) <= at_once

    def test_a_missing_snapshot_is_named_where_the_only_entry_was_on_the_last_day(
        self, bank: Bank, accounts: list[Account], database_url: str
    ) -> None:
        lonely, giver = make_account(bank), accounts[0]
        number, id_ = lonely.number, lonely.id
        post(bank, draft_transfer(giver, lonely, minutes=5, happened_on=dt.date(2026, 4, 30)))
        ledger.close_month(bank.id, Month(2026, 4), closed_at=AT)
        run_unguarded(database_url, f"DELETE FROM snapshot WHERE account_id = {id_} AND book = 'credit'")
        assert some(f"has no snapshot of account {number} in the credit book", problems())

    def test_what_follows_a_transfer_that_was_taken_out_is_not_all_called_wrong(
        self, bank: Bank, accounts: list[Account], database_url: str
    ) -> None:
        one, other = accounts[:2]
        for minutes in (11, 12, 13, 14):
            post(bank, draft_transfer(one, other, minutes=minutes, happened_on=dt.date(2026, 4, 1)))
        gone = db.session.scalar(select(Transfer.id).where(Transfer.minutes == 11))
        run_unguarded(database_url, *taken_out(str(gone)).split("; "))
        told = [line for line in problems() if "breaks the running number" in line]
        first = db.session.scalars(select(Entry.id).join(Transfer).where(Transfer.minutes == 12).order_by(Entry.id))
        assert [line.split()[1] for line in told] == [str(id_) for id_ in first]

    def test_a_seal_that_was_written_anew_does_not_fit_the_next(
        self, bank: Bank, accounts: list[Account], database_url: str
    ) -> None:
        """A forger who makes the first seal right again would have to make every later one right."""
        code, bank_id = bank.code, bank.id
        last = db.session.scalar(select(Seal.last_transfer_id).where(Seal.bank_id == bank_id, Seal.number == 1))
        run_unguarded(database_url, f"UPDATE transfer SET posted_at = '2026-01-01 00:00:00' WHERE id = {last}")
        digest, marks = sealed_again(bank_id)
        written = f"x'{marks.hex()}'" if db.engine.dialect.name == "sqlite" else f"'\\x{marks.hex()}'"
        run_unguarded(
            database_url,
            f"UPDATE seal SET digest = '{digest}', marks = {written} WHERE bank_id = {bank_id} AND number = 1",
        )
        told = problems()
        assert told == [
            f"seal 2 of bank {code} is not the digest of what it covers and of the seal before it: a seal was changed"
        ]

    def test_what_the_last_seal_covers_is_looked_at_though_nothing_was_posted_since(
        self, bank: Bank, accounts: list[Account], database_url: str
    ) -> None:
        code = bank.code
        last = db.session.scalar(select(func.max(Transfer.id)))
        for _seal in seals.seal_everything(bank.id, sealed_at=AT):
            pass
        db.session.commit()
        run_unguarded(database_url, f"UPDATE transfer SET posted_at = '2026-01-01 00:00:00' WHERE id = {last}")
        assert f"transfer {last} is not as it was when it was sealed (seal 4 of bank {code})" in problems()

    def test_the_head_of_each_bank_is_its_own(self, bank: Bank, accounts: list[Account]) -> None:
        other = make_bank()
        for _seal in seals.seal_everything(other.id, sealed_at=AT):
            pass
        heads = [Head.parse(f"{each.code}:{seals.head_of(each.id)}") for each in (bank, other)]
        first = db.session.scalars(select(Seal).where(Seal.bank_id == bank.id, Seal.number == 1)).one()
        own = Head.parse(f"{bank.code}:{first.head}")
        assert problems(*heads, own) == []
        borrowed = Head(other.code, 1, first.digest)
        assert problems(borrowed) == [
            f"seal 1 of bank {other.code} is not the one whose head was given: the ledger was written anew, up to "
            f"transfer 0 or before it. Give the heads of earlier seals to learn from where"
        ]

    def test_what_is_not_sealed_is_looked_at_though_another_bank_sealed_later(
        self, bank: Bank, accounts: list[Account], database_url: str
    ) -> None:
        late = db.session.scalars(select(Transfer.id).order_by(Transfer.id.desc())).first()
        other = make_bank()
        post(other, draft_transfer(make_account(other), make_account(other)))
        for _seal in seals.seal_everything(other.id, sealed_at=AT):
            pass
        db.session.commit()
        run_unguarded(database_url, f"UPDATE transfer SET linked_by = 'x' WHERE id = {late}")
        assert problems() == [f"transfer {late} is not what was asked for when it was posted"]


def sealed_again(bank_id: int) -> tuple[str, bytes]:
    """Return the digest and the marks that the first seal would have over what is there now."""
    first = db.session.scalars(select(Seal).where(Seal.bank_id == bank_id, Seal.number == 1)).one()
    values = {"bank_id": bank_id, "account": first.last_account_id, "transfer": first.last_transfer_id}
    accounts, transfers = (
        db.session.scalars(text(query), values).all()
        for query in (
            f"SELECT {seals.lines().account} FROM account a WHERE a.bank_id = :bank_id AND a.id <= :account "
            "ORDER BY a.id",
            f"SELECT {seals.lines().transfer} FROM transfer t WHERE t.bank_id = :bank_id AND t.id <= :transfer "
            "ORDER BY t.id",
        )
    )
    months = [line for _, line in seals.months_between(bank_id, None, first.last_day)]
    rows = [*accounts, *transfers, *months]
    return seals.digest_of(bank_id, 1, seals.FIRST, rows), b"".join(map(seals.mark_of, rows))


def test_a_seal_is_computed_as_it_ever_was(app: Flask) -> None:
    """Heads are kept for years by people who cannot be told that they are computed otherwise now."""
    rows = ["account|7|é", "8|x"]
    assert seals.digest_of(5, 12, "ab" * 32, rows) == (
        "5245281e092cef4321a2e7021eaf3acdadcad9492f0913c5711054936cbc02d3"
    )
    assert seals.mark_of(rows[0]).hex() == "8c2447fd"


GUARDS_CHANGED = {
    "after instead of before": (
        "DROP TRIGGER transfer_stays ON transfer; CREATE TRIGGER transfer_stays AFTER DELETE ON transfer "
        "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
        "DROP TRIGGER transfer_stays ON transfer; CREATE TRIGGER transfer_stays BEFORE DELETE ON transfer "
        "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    ),
    "on a condition": (
        "DROP TRIGGER transfer_stays ON transfer; CREATE TRIGGER transfer_stays BEFORE DELETE ON transfer "
        "FOR EACH ROW WHEN (OLD.id < 0) EXECUTE FUNCTION ledger_refuse()",
        "DROP TRIGGER transfer_stays ON transfer; CREATE TRIGGER transfer_stays BEFORE DELETE ON transfer "
        "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    ),
    "as whoever asks": (
        "ALTER FUNCTION ledger_refuse() SECURITY INVOKER",
        "ALTER FUNCTION ledger_refuse() SECURITY DEFINER",
    ),
    "with tables of its own": (
        "ALTER FUNCTION ledger_refuse() SET search_path = pg_temp, public",
        "ALTER FUNCTION ledger_refuse() SET search_path = public, pg_temp",
    ),
    "of another owner": (
        "ALTER FUNCTION ledger_refuse() OWNER TO pg_monitor",
        "ALTER FUNCTION ledger_refuse() OWNER TO CURRENT_USER",
    ),
}


@pytest.fixture
def changed_guard(app: Flask, database_url: str, how: str) -> Iterator[None]:
    """Change a guard, and back again, for not everything about one is seen by who lends out databases."""
    change, back = GUARDS_CHANGED[how]
    run_plainly(database_url, change)
    yield
    run_plainly(database_url, back)


@pytest.mark.parametrize("dialect", ["postgresql"])
@pytest.mark.parametrize("how", GUARDS_CHANGED)
def test_a_guard_that_acts_otherwise_is_named(changed_guard: None) -> None:
    assert some("guard transfer_stays is not as it was made", problems())
