"""The migrations make the tables that the models describe, and every step goes up and down with data in it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import alembic.command
import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from tests.conftest import application_on
from tests.ledger.books import assert_adds_up
from tests.make import (
    AT,
    PASSWORD,
    approved_exchange,
    begin_session,
    draft_transfer,
    enter_cost,
    let_sign_in,
    log_exchange,
    make_activity,
    make_administrator,
    make_bank,
    make_coordinator,
    make_member,
    make_organisation,
    post,
    tell_story,
)
from timebank import MIGRATIONS, models
from timebank.banks.models import Bank, Involvement
from timebank.concerns import service as concerns
from timebank.evidence.periods import parse
from timebank.evidence.service import release_evidence
from timebank.exchanges import service as exchanges
from timebank.extensions import db
from timebank.gifts import service as gifts
from timebank.joining.models import Enquiry, Referee
from timebank.ledger import queries, seals
from timebank.ledger import service as ledger
from timebank.ledger.guards import missing_guards
from timebank.ledger.months import Month
from timebank.mail.models import OutgoingMail
from timebank.members import profiles
from timebank.members.models import Clearance, DbsCheck, Helper, Membership, Role
from timebank.privacy.models import Erasure
from timebank.sign_in import reset, second_factor
from timebank.sign_in.models import SecondFactor
from timebank.statements.models import How, IssuedStatement, MonthClosing, StatementChoice
from timebank.submissions import service as submissions

LATER = AT + dt.timedelta(days=40)


def go_up(to: str = "head") -> None:
    db.session.remove()
    flask_migrate.upgrade(directory=str(MIGRATIONS), revision=to)


def go_down(to: str) -> None:
    db.session.remove()
    flask_migrate.downgrade(directory=str(MIGRATIONS), revision=to)


def scripts() -> ScriptDirectory:
    return ScriptDirectory(str(MIGRATIONS))


def revisions() -> list[str]:
    """Return the revisions from the first to the last."""
    return [script.revision for script in scripts().walk_revisions()][::-1]


@pytest.fixture
def app(owners_app: Flask) -> Flask:
    """Whoever changes tables owns them."""
    return owners_app


def put_something_in_every_table() -> None:
    bank = make_bank(opening_credit_minutes=60)
    coordinator, giver, receiver = make_coordinator(bank), make_member(bank), make_member(bank, name="Siân Bevan")
    organisation = make_organisation(bank, contact=giver)
    let_sign_in(giver)
    approved_exchange(bank, giver=giver, receiver=[receiver, organisation], minutes=90, approved_by=coordinator)
    mistake = approved_exchange(bank, giver=receiver, receiver=giver, minutes=30, approved_by=coordinator)
    log_exchange(bank, giver=giver, receiver=receiver, note="Ffenestri")
    ledger.close_month(bank.id, Month.of(AT.date()), closed_at=LATER)
    exchanges.reverse_exchange(bank, mistake, reversed_by=coordinator, message="Twice", at=LATER)
    gifts.donate_hours(bank, giver=giver, to_account_id=receiver.account_id, minutes=15, reason="Thanks", at=LATER)
    submissions.accept(bank.id, "0123456789abcdef", {"a": 1}, at=LATER)
    put_something_in_the_tables_of_statements(bank, giver, receiver)
    make_administrator(bank)
    concern = concerns.report_concern(giver, what="x", about="", concerned=receiver, at=LATER)
    concerns.add_note(concern, what="y", is_settled=True, by=coordinator, at=LATER)
    tell_story(giver)
    enter_cost(bank, entered_by=coordinator)
    release_evidence(bank, parse("2025"), released_by=coordinator, at=LATER)
    put_something_in_the_tables_of_joining(bank, receiver)
    begin_session(giver)
    profiles.choose(receiver, profiles.Choices(area="Canton", shows_area=True), at=LATER)
    second_factor.renew_recovery_codes(giver, at=LATER)
    db.session.add(SecondFactor(person_id=giver.person_id, seed="a" * 40, last_step=1, set_up_at=LATER))
    reset.ask_for_reset(giver.email or "", at=LATER)
    db.session.commit()


def put_something_in_the_tables_of_joining(bank: Bank, member: Membership) -> None:
    day, activity = AT.date(), make_activity(bank)
    enquiry = Enquiry(bank_id=bank.id, name="x", enquired_at=LATER, touched_at=LATER)
    enquiry.referees.append(Referee(bank_id=bank.id, name="y", named_at=LATER))
    kept = {"bank_id": bank.id, "membership_id": member.id}
    db.session.add_all(
        [
            enquiry,
            Clearance(**kept, involvement=Involvement.DRIVES, cleared_on=day, cleared_at=LATER),
            DbsCheck(**kept, activity=activity, why="z", checked_on=day, until_on=day, recorded_at=LATER),
        ]
    )
    db.session.flush()


def put_something_in_the_tables_of_statements(bank: Bank, giver: Membership, receiver: Membership) -> None:
    last_day = Month.of(AT.date()).last_day
    db.session.add_all(
        [
            IssuedStatement(
                bank_id=bank.id,
                account_id=giver.account_id,
                last_day=last_day,
                number=1,
                code="0123456789ABCDEF",
                digest="a" * 64,
                issued_at=LATER,
            ),
            StatementChoice(membership_id=giver.id, bank_id=bank.id, how=How.PAPER, chosen_at=LATER),
            MonthClosing(bank_id=bank.id, last_day=last_day),
            Erasure(bank_id=bank.id, membership_id=receiver.id, gave_balance=False, erased_at=LATER),
            Helper(bank_id=bank.id, helped_id=giver.id, helper_id=receiver.id, added_at=LATER),
            OutgoingMail(
                bank_id=bank.id,
                membership_id=giver.id,
                key="one",
                kind="statement",
                next_attempt_at=LATER,
                created_at=LATER,
            ),
        ]
    )
    db.session.flush()


# They go with the migration that made them, when it goes down.
TABLES_OF_JOINING = {"clearance", "dbs_check", "enquiry", "referee"}
TABLES_OF_CONCERNS = {"concern", "concern_note"}
TABLES_OF_EVIDENCE = {"evidence_release", "story", "cost"}
TABLES_OF_SIGN_IN = {"session", "emailed_link", "second_factor", "recovery_code"}
TABLES_OF_ROLES = {"profile"}
TABLES_OF_STATEMENTS = {"issued_statement", "statement_choice", "month_closing", "helper", "outgoing_mail", "erasure"}
TABLES_THAT_GO = (
    TABLES_OF_STATEMENTS
    | TABLES_OF_CONCERNS
    | TABLES_OF_SIGN_IN
    | TABLES_OF_JOINING
    | TABLES_OF_ROLES
    | TABLES_OF_EVIDENCE
)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table, by the table's name."""
    rows = {}
    for table in db.metadata.sorted_tables:
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
        found = db.session.execute(text(f'SELECT {columns} FROM "{table.name}" ORDER BY {keys}'))
        rows[table.name] = [tuple(str(value) for value in row) for row in found]
    db.session.commit()
    return rows


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names())


@pytest.fixture
def empty_app(empty_database: str) -> Any:
    with application_on(empty_database) as app:
        yield app


def test_the_migrations_make_exactly_the_tables_of_the_models(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, db.metadata) == []


def test_the_migrations_make_exactly_the_constraints_of_the_models(app: Flask, empty_database: str) -> None:
    """Alembic does not compare checks, nor the names of keys."""
    migrated = constraints()
    with application_on(empty_database):
        db.create_all()
        assert constraints() == migrated


def constraints() -> dict[str, Any]:
    """Return every check, key and index of every table, as the database tells them."""
    inspector = inspect(db.engine)
    return {
        table.name: (
            {check["name"]: check["sqltext"] for check in inspector.get_check_constraints(table.name)},
            {key["name"]: key["constrained_columns"] for key in inspector.get_foreign_keys(table.name)},
            {unique["name"]: unique["column_names"] for unique in inspector.get_unique_constraints(table.name)},
            {index["name"]: index["column_names"] for index in inspector.get_indexes(table.name)},
            inspector.get_pk_constraint(table.name)["name"],
        )
        for table in db.metadata.sorted_tables
    }


def test_every_table_is_known_to_the_models_module() -> None:
    assert {getattr(models, name).__tablename__ for name in models.__all__} == set(db.metadata.tables)


def test_something_is_put_in_every_table(app: Flask) -> None:
    """Otherwise the tests below would not show that it survives."""
    put_something_in_every_table()
    assert [table for table, rows in everything().items() if not rows] == []


def test_every_step_goes_down_and_up_again_with_data_in_it(app: Flask) -> None:
    put_something_in_every_table()
    before = everything()
    # The seals go with their table. What they sealed can be sealed again.
    seal = before.pop("seal")[-1]
    for table in TABLES_THAT_GO:
        assert before.pop(table)
    keys = [row[-1] for row in before.pop("bank")]
    steps = revisions()
    for lower, upper in zip(steps[-2::-1], steps[:0:-1], strict=True):
        go_down(lower)
        go_up(upper)
        go_down(lower)
    go_up()
    after = everything()
    assert after.pop("seal") == []
    for table in TABLES_THAT_GO:
        assert after.pop(table) == []
    # A bank that had no key gets another.
    new_keys = [row[-1] for row in after.pop("bank")]
    assert len(new_keys) == len(keys)
    assert {len(key) for key in new_keys} == {64}
    assert after == before
    assert missing_guards() == []
    assert seals.seal(int(seal[0]), sealed_at=LATER)
    assert_adds_up()


def test_a_role_that_was_not_there_before_is_none_when_the_tables_go_down(app: Flask) -> None:
    bank = make_bank()
    roles = {make_member(bank, role=role).id: role for role in Role}
    db.session.commit()
    go_down("0007")
    with pytest.raises(IntegrityError):
        db.session.execute(text("UPDATE membership SET role = 'deputy'"))
    db.session.rollback()
    kept = {id_: role for id_, role in db.session.execute(text("SELECT id, role FROM membership"))}  # noqa: C416
    assert kept == {id_: role if role in ("coordinator", "administrator") else "member" for id_, role in roles.items()}
    db.session.commit()
    go_up()
    db.session.execute(text("UPDATE membership SET role = 'deputy'"))
    with pytest.raises(IntegrityError):
        db.session.execute(text("UPDATE membership SET role = 'king'"))
    db.session.rollback()


def test_after_going_down_and_up_the_ledger_takes_and_refuses_as_before(app: Flask) -> None:
    put_something_in_every_table()
    go_down("0001")
    go_up()
    bank = make_bank()
    giver, receiver = make_member(bank), make_member(bank)
    post(bank, draft_transfer(receiver, giver, minutes=25))
    assert queries.balances_of([giver.account_id])[giver.account_id]["credit"] == 25
    with pytest.raises(Exception, match="ledger:"):
        db.session.execute(text("DELETE FROM entry"))
    db.session.rollback()
    assert_adds_up()
    checked = app.test_cli_runner().invoke(args=["ledger", "verify"])
    assert checked.exit_code == 0, checked.output


def test_people_can_still_sign_in_after_going_down_and_up(app: Flask) -> None:
    from timebank.sign_in.service import check_sign_in

    bank = make_bank()
    email = let_sign_in(make_member(bank))
    db.session.commit()
    go_down("0001")
    go_up()
    assert len(check_sign_in(email=email, password=PASSWORD, at=LATER)) == 1


def test_all_the_way_down_leaves_nothing(app: Flask) -> None:
    put_something_in_every_table()
    go_down("base")
    assert tables() <= {"alembic_version"}
    if db.engine.dialect.name == "postgresql":
        left = "SELECT proname FROM pg_proc WHERE pronamespace = current_schema::regnamespace"
    else:
        left = "SELECT name FROM sqlite_master WHERE type IN ('trigger', 'index', 'view')"
    names = {name for name in db.session.scalars(text(left)) if "alembic_version" not in name}
    assert names == set()


def test_all_the_way_down_and_up_again_makes_an_empty_time_bank_of_the_same_shape(app: Flask) -> None:
    go_down("base")
    go_up()
    assert tables() == {*db.metadata.tables, "alembic_version"}
    put_something_in_every_table()
    assert_adds_up()


def test_each_revision_can_be_reached_on_its_own(empty_app: Flask) -> None:
    for revision in revisions():
        go_up(revision)
        assert db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == revision


def test_going_up_twice_changes_nothing(app: Flask) -> None:
    put_something_in_every_table()
    before = everything()
    go_up()
    assert everything() == before


def test_there_is_one_last_revision() -> None:
    assert len(scripts().get_heads()) == 1


def test_the_files_are_numbered_without_gaps_and_named_for_what_they_do() -> None:
    files = sorted(path.name for path in (MIGRATIONS / "versions").glob("*.py"))
    numbers = [f"{number:04d}" for number in range(1, len(files) + 1)]
    assert [name.partition("_")[0] for name in files] == numbers
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+\.py", name) for name in files)
    assert revisions() == numbers


def test_every_revision_follows_the_one_before_it_and_says_what_it_does() -> None:
    for script in scripts().walk_revisions():
        number = int(script.revision)
        assert script.down_revision == (f"{number - 1:04d}" if number > 1 else None)
        assert len(script.doc.splitlines()[0]) > 10
        assert callable(script.module.downgrade)


def test_alembic_itself_finds_nothing_to_add(app: Flask) -> None:
    migrate = app.extensions["migrate"].migrate
    alembic.command.check(migrate.get_config(str(MIGRATIONS)))
