"""Seals: a chain whose head, kept by somebody else, shows that nothing before it was touched."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import select, text

from tests.ledger.books import assert_adds_up
from tests.ledger.damage import taken_out
from tests.ledger.plain import run_plainly, run_unguarded
from tests.ledger.race import run_together
from tests.ledger.scene import Scene, build_scene
from tests.make import AT, TODAY, draft_transfer, make_account, make_bank, post
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.ledger import queries, seals
from timebank.ledger import service as ledger
from timebank.ledger.lines import lines
from timebank.ledger.models import Account, ClosedMonth, Seal, Transfer
from timebank.ledger.months import Month

LATER = AT + dt.timedelta(days=1)
POSTERS = 4


@pytest.fixture
def bank(app: Flask) -> Bank:
    return make_bank()


def some_transfers(bank: Bank, count: int) -> None:
    giver, receiver = make_account(bank), make_account(bank)
    post(bank, *(draft_transfer(receiver, giver, minutes=5 + number) for number in range(count)))


def test_a_seal_covers_what_was_posted_since_the_last_one(bank: Bank) -> None:
    some_transfers(bank, 3)
    first = seals.seal(bank.id, sealed_at=AT)
    assert first is not None
    assert (first.number, first.transfers, first.last_transfer_id) == (1, 3, 3)
    assert seals.head_of(bank.id) == f"1:{first.digest}"
    assert seals.seal(bank.id, sealed_at=AT) is None
    some_transfers(bank, 2)
    assert seals.unsealed(bank.id) == 2
    second = seals.seal(bank.id, sealed_at=LATER)
    assert second is not None
    assert (second.number, second.transfers, second.digest == first.digest) == (2, 2, False)
    assert seals.unsealed(bank.id) == 0
    assert_adds_up()


def test_before_the_first_seal_there_is_no_head(bank: Bank) -> None:
    assert seals.head_of(bank.id) is None
    assert seals.head_of(bank.id + 1) is None


def test_what_a_seal_covers_is_written_the_same_way_on_both_databases(bank: Bank) -> None:
    """So that a chain goes on when a bank moves from one to the other."""
    account, other = make_account(bank), make_account(bank)
    post(bank, draft_transfer(other, account, minutes=90, key="k|1", happened_on=TODAY))
    ledger.close_month(bank.id, Month.of(TODAY), closed_at=LATER)
    row = db.session.scalars(select(Transfer)).one()
    line = db.session.execute(text(f"SELECT {lines().transfer} FROM transfer t")).scalar_one()
    assert line == (
        f"{row.id}|{bank.id}|credit|exchange|{other.id}|{account.id}|90|2026-03-10|2026-03-10|"
        f"2026-03-10 12:00:00.000000|3:k|1|64:{row.request_hash}|{len(row.linked_by)}:{row.linked_by}|0"
    )
    of_account = text(f"SELECT {lines().account} FROM account a WHERE a.id = {account.id}")
    assert db.session.execute(of_account).scalar_one() == (
        f"account|{account.id}|{bank.id}|member|{len(account.number)}:{account.number}|16:{account.reference}|"
        f"{account.opened_at:%Y-%m-%d %H:%M:%S.%f}"
    )
    ((last_day, of_month),) = seals.months_between(bank.id, None, dt.date.max)
    assert (last_day, of_month) == ("2026-03-31", f"month|{bank.id}|2026-03-31|2026-03-11 12:00:00.000000|8")


def test_long_ledgers_are_sealed_in_parts(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "TRANSFERS_IN_A_SEAL", 4)
    some_transfers(bank, 10)
    made = list(seals.seal_everything(bank.id, sealed_at=AT))
    assert [each.transfers for each in made] == [4, 4, 2]
    assert [each.number for each in made] == [1, 2, 3]
    assert_adds_up()


@pytest.mark.parametrize("posted", [3, 4, 5, 10])
def test_a_closed_month_is_sealed_after_everything_in_it(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, posted: int
) -> None:
    """Or the head on its statements would not cover every line of them."""
    monkeypatch.setattr(seals, "TRANSFERS_IN_A_SEAL", 4)
    some_transfers(bank, posted)
    month = Month.of(TODAY)
    ledger.close_month(bank.id, month, closed_at=LATER)
    covering = seals.seal_of_month(bank.id, month.last_day)
    assert covering is not None
    assert (covering.last_transfer_id, covering.head) == (posted, seals.head_of(bank.id))
    assert_adds_up()


def test_each_bank_has_a_chain_of_its_own(app: Flask, bank: Bank) -> None:
    other = make_bank()
    some_transfers(bank, 2)
    some_transfers(other, 1)
    first, second = (seals.seal(each.id, sealed_at=AT) for each in (bank, other))
    assert first is not None
    assert second is not None
    assert (first.transfers, second.transfers) == (2, 1)
    some_transfers(bank, 1)
    assert_adds_up()


def test_closing_a_month_seals_it(bank: Bank) -> None:
    some_transfers(bank, 2)
    month = Month.of(TODAY)
    assert seals.seal_of_month(bank.id, month.last_day) is None
    ledger.close_month(bank.id, month, closed_at=LATER)
    covering = seals.seal_of_month(bank.id, month.last_day)
    assert covering is not None
    assert (covering.last_day, covering.head) == (month.last_day, seals.head_of(bank.id))
    some_transfers(bank, 1)
    seals.seal(bank.id, sealed_at=LATER)
    # A later seal covers it too, but the month's own stays the first.
    again = seals.seal_of_month(bank.id, month.last_day)
    assert again is not None
    assert again.number == covering.number


def test_a_seal_covers_every_month_that_its_bank_has_closed_since(bank: Bank) -> None:
    """Months that were closed before there were seals are all in the first."""
    other = make_bank()
    for each, number in ((bank, 1), (bank, 2), (other, 3)):
        db.session.add(ClosedMonth(bank_id=each.id, last_day=Month(2026, number).last_day, closed_at=AT))
        db.session.flush()
    accounts = queries.account_ids(bank.id)
    new = seals.seal(bank.id, sealed_at=AT)
    assert new is not None
    assert new.last_day == Month(2026, 2).last_day
    assert len(new.marks) == seals.MARK_BYTES * (len(accounts) + 2)
    assert seals.seal(bank.id, sealed_at=AT) is None


def test_nothing_is_left_behind_a_seal_however_many_post_meanwhile(app: Flask, bank: Bank) -> None:
    bank_id = bank.id
    pairs = [(make_account(bank).id, make_account(bank).id) for _ in range(POSTERS)]
    done = threading.Event()

    def keep_posting(place: int) -> None:
        giver, receiver = (db.session.get_one(Account, id_) for id_ in pairs[place])
        drafts = [draft_transfer(receiver, giver, minutes=1, key=f"{place}-{number}") for number in range(40)]
        for draft in drafts:
            ledger.post_transfers(bank_id, [draft], posted_at=AT)
            db.session.commit()

    def keep_sealing() -> int:
        made = 0
        while not done.is_set():
            made += seals.seal(bank_id, sealed_at=AT) is not None
            db.session.commit()
        return made

    posters = [lambda place=place: keep_posting(place) for place in range(POSTERS)]

    def post_all_and_say_so() -> None:
        others = [threading.Thread(target=in_its_own_context, args=(poster,)) for poster in posters]
        for other in others:
            other.start()
        for other in others:
            other.join()
        done.set()

    def in_its_own_context(act: Callable[[], None]) -> None:
        with app.app_context():
            act()

    results = run_together(app, [keep_sealing, post_all_and_say_so])
    assert [result for result in results if isinstance(result, Exception)] == []
    assert results[0] > 1
    for _seal in seals.seal_everything(bank_id, sealed_at=AT):
        pass
    assert sum(db.session.scalars(select(Seal.transfers))) == POSTERS * 40
    assert_adds_up()


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_a_seal_does_not_wait_for_ever_in_front_of_everybody_else(
    app: Flask, bank: Bank, cli: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seals, "_PATIENCE", "100ms")
    some_transfers(bank, 1)
    code, bank_id = bank.code, bank.id
    db.session.commit()
    with db.engine.connect() as posting:
        posting.execute(text("SELECT pg_advisory_xact_lock_shared(5460231, :bank)"), {"bank": bank_id})
        refused = cli.invoke(args=["ledger", "seal", "--bank", code])
    assert refused.exit_code == 1
    assert "A long posting is going on, so nothing could be sealed" in refused.stderr
    assert cli.invoke(args=["ledger", "seal", "--bank", code]).stdout.startswith(f"{code}:1:")


def test_the_command_seals_every_bank_and_prints_the_heads(bank: Bank, cli: FlaskCliRunner) -> None:
    some_transfers(bank, 2)
    empty = make_bank()
    code, other = bank.code, empty.code
    sealed = cli.invoke(args=["ledger", "seal"])
    assert sealed.exit_code == 0, sealed.output
    head, bank_id = seals.head_of(bank.id), bank.id
    assert f"{code}:{head}\n" in sealed.stdout
    # Its own accounts are there to be sealed.
    assert f"{other}:1:" in sealed.stdout
    again = cli.invoke(args=["ledger", "seal", "--bank", code])
    assert again.stdout == f"{code}:{head}\n"
    assert seals.head_of(bank_id) == head


class TestHeads:
    @pytest.fixture
    def scene(self, app: Flask) -> Scene:
        scene = build_scene()
        seals.seal(scene.bank, sealed_at=LATER)
        db.session.commit()
        return scene

    @pytest.fixture
    def code(self, scene: Scene) -> str:
        return str(db.session.get_one(Bank, scene.bank).code)

    @pytest.fixture
    def heads(self, scene: Scene) -> list[str]:
        """The heads that somebody kept, oldest first."""
        chain = select(Seal).where(Seal.bank_id == scene.bank).order_by(Seal.number)
        return [each.head for each in db.session.scalars(chain)]

    def verify(self, cli: FlaskCliRunner, code: str, *heads: str) -> tuple[int, str]:
        given = [part for head in heads for part in ("--head", f"{code}:{head}")]
        checked = cli.invoke(args=["ledger", "verify", "--ledger-only", *given])
        return checked.exit_code, checked.stderr

    def test_a_head_that_was_kept_is_found_again(self, cli: FlaskCliRunner, code: str, heads: list[str]) -> None:
        assert self.verify(cli, code, *heads) == (0, "")
        # As a statement prints it: half of the digest, in groups.
        number, _, digest = heads[1].partition(":")
        grouped = " ".join(digest[at : at + 4] for at in range(0, 32, 4))
        assert self.verify(cli, code, f"{number}: {grouped}") == (0, "")

    def test_another_head_is_not(self, cli: FlaskCliRunner, code: str, heads: list[str]) -> None:
        exit_code, said = self.verify(cli, code, f"1:{'0' * 64}")
        assert exit_code == 1
        assert f"seal 1 of bank {code} is not the one whose head was given" in said

    @pytest.mark.parametrize("written", ["", "12", "1:xyz", "1:abc", f"1:{'g' * 64}", f"-1:{'0' * 64}"])
    def test_what_is_no_head_is_said_to_be_none(self, cli: FlaskCliRunner, code: str, written: str) -> None:
        checked = cli.invoke(args=["ledger", "verify", "--head", f"{code}:{written}"])
        assert checked.exit_code == 2
        assert "is not a head" in checked.stderr

    def test_a_head_of_no_bank(self, cli: FlaskCliRunner, code: str) -> None:
        checked = cli.invoke(args=["ledger", "verify", "--head", f"nowhere:1:{'0' * 64}"])
        assert checked.exit_code == 1
        assert code in checked.stderr

    def test_only_a_head_tells_that_everything_was_written_anew(
        self, scene: Scene, cli: FlaskCliRunner, code: str, heads: list[str], database_url: str
    ) -> None:
        run_unguarded(
            database_url,
            scene.written_into("UPDATE transfer SET posted_at = '2026-03-08 00:00:00' WHERE id = {transfer}"),
            f"DELETE FROM seal WHERE bank_id = {scene.bank} AND number = 2",
        )
        seals.seal(scene.bank, sealed_at=LATER)
        db.session.commit()
        assert self.verify(cli, code) == (0, "")
        assert self.verify(cli, code, heads[0]) == (0, "")
        exit_code, said = self.verify(cli, code, *heads)
        assert exit_code == 1
        assert f"seal 2 of bank {code} is not the one whose head was given" in said
        assert "Give the heads of earlier seals" in said

    def test_only_a_head_tells_that_the_end_was_taken_away(
        self, scene: Scene, cli: FlaskCliRunner, code: str, heads: list[str], database_url: str
    ) -> None:
        ids = db.session.scalars(select(Transfer.id).where(Transfer.id > scene.sealed + 1).order_by(Transfer.id.desc()))
        gone = [statement for id_ in ids for statement in taken_out(str(id_)).split("; ")]
        run_unguarded(database_url, *gone, f"DELETE FROM seal WHERE bank_id = {scene.bank} AND number = 2")
        assert self.verify(cli, code) == (0, "")
        exit_code, said = self.verify(cli, code, *heads)
        assert exit_code == 1
        assert f"seal 2 of bank {code} is not there, though its head was given" in said

    def test_a_seal_taken_out_of_the_middle(
        self, scene: Scene, cli: FlaskCliRunner, code: str, database_url: str
    ) -> None:
        run_unguarded(database_url, f"DELETE FROM seal WHERE bank_id = {scene.bank} AND number = 1")
        exit_code, said = self.verify(cli, code)
        assert exit_code == 1
        assert f"seal 1 of bank {code} is not there, though later ones are" in said

    def test_a_seal_with_other_marks_names_the_seal(
        self, scene: Scene, cli: FlaskCliRunner, code: str, database_url: str, dialect: str
    ) -> None:
        empty = "x''" if dialect == "sqlite" else "''"
        run_unguarded(
            database_url,
            f"UPDATE seal SET marks = {empty} WHERE bank_id = {scene.bank} AND number = 2",
            scene.written_into("UPDATE transfer SET key = 'x' WHERE id = {transfer}"),
        )
        exit_code, said = self.verify(cli, code)
        assert exit_code == 1
        assert f"seal 2 of bank {code} is not the digest of what it covers" in said
        assert f"transfer {scene.transfer} is not as it was" in said


@pytest.fixture
def scene(app: Flask) -> Scene:
    return build_scene()


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_a_guard_that_does_something_else_is_named(scene: Scene, cli: FlaskCliRunner, database_url: str) -> None:
    run_plainly(
        database_url,
        "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    )
    said = cli.invoke(args=["ledger", "verify", "--ledger-only"]).stderr
    assert "guard transfer_unchanged is not as it was made\n" in said
    assert "guard seal_stays is not as it was made\n" in said


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_guard_in_other_words_is_named(scene: Scene, cli: FlaskCliRunner, database_url: str) -> None:
    run_plainly(
        database_url,
        "DROP TRIGGER entry_stays",
        "CREATE TRIGGER entry_stays BEFORE DELETE ON entry WHEN OLD.id < 0 BEGIN SELECT RAISE(ABORT, 'no'); END",
    )
    assert "guard entry_stays is not as it was made\n" in cli.invoke(args=["ledger", "verify"]).stderr


STRANGERS = {
    "sqlite": ["CREATE TRIGGER helper AFTER INSERT ON entry BEGIN SELECT 1; END"],
    "postgresql": [
        "CREATE FUNCTION helper() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "CREATE TRIGGER helper BEFORE INSERT ON transfer FOR EACH ROW EXECUTE FUNCTION helper()",
    ],
}


def test_a_trigger_that_no_migration_made_is_named(
    scene: Scene, cli: FlaskCliRunner, database_url: str, dialect: str
) -> None:
    run_plainly(database_url, *STRANGERS[dialect])
    said = cli.invoke(args=["ledger", "verify", "--ledger-only"]).stderr
    assert "guard helper is none of the ledger's, and could do anything\n" in said
