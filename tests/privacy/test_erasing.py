"""Somebody who is erased is nowhere any more, and nothing that others rely on is changed by it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import event, select, text

from tests import make
from tests.privacy.scene import (
    ABOUT_HER,
    DETAILS,
    FIRST_NAME,
    LATER,
    MAIL_PROBLEM,
    MARCH,
    ORIGIN,
    PRIVATE,
    WRITTEN,
    Scene,
    build_scene,
)
from tests.web.reading import assert_refused_beside, everything, look, path_of, send
from timebank.audit.models import Action, AuditRecord
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.ledger.models import Book
from timebank.members import service as members
from timebank.members.models import Membership, Person
from timebank.months.service import close_month
from timebank.privacy import erasing, queries, records
from timebank.privacy.models import Erasure
from timebank.privacy.naming import without, words_that_name
from timebank.privacy.scrubbing import scrub
from timebank.sign_in.service import SignInRefused, check_sign_in
from timebank.statements.issue import issue_again
from timebank.statements.queries import digest_now, latest_issue, statement_of

FORGOTTEN = DETAILS | WRITTEN | ABOUT_HER | {FIRST_NAME, FIRST_NAME.lower(), MAIL_PROBLEM, ORIGIN, "Mill Lane"}


@pytest.fixture
def scene(app: Flask) -> Scene:
    return build_scene()


def erase(member: Membership, *, gives_balance: bool = False, by: Membership | None = None) -> Erasure:
    erasure = erasing.erase(member, gives_balance=gives_balance, erased_by=by, at=LATER)
    db.session.commit()
    return erasure


def raw(database_url: str) -> str:
    """All that is kept: on SQLite the bytes of the file and of its log, on PostgreSQL every row of every table."""
    if database_url.startswith("sqlite"):
        path = Path(database_url.removeprefix("sqlite:///"))
        log = Path(f"{path}-wal")
        content = path.read_bytes() + (log.read_bytes() if log.exists() else b"")
        return content.decode("utf-8", "replace")
    db.session.commit()
    names = db.session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")).all()
    rows = [row for name in names for row in db.session.execute(text(f'SELECT * FROM "{name}"'))]
    db.session.commit()
    return "\n".join(str(tuple(row)) for row in rows)


def marks_in(database_url: str, marks: set[str]) -> set[str]:
    kept = raw(database_url)
    return {mark for mark in marks if mark in kept}


@pytest.fixture
def freeing_without_overwriting(app: Flask, dialect: str) -> Iterator[None]:
    """Let SQLite leave what is freed where it is, as it does unless it was built otherwise."""
    if dialect != "sqlite":
        yield
        return

    def as_usually_built(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA secure_delete = OFF")

    event.listen(db.engine, "connect", as_usually_built)
    db.session.remove()
    db.engine.dispose()
    yield
    event.remove(db.engine, "connect", as_usually_built)


@pytest.mark.usefixtures("freeing_without_overwriting")
def test_nothing_of_the_person_is_left_in_the_database(app: Flask, database_url: str, dialect: str) -> None:
    scene = build_scene()
    assert marks_in(database_url, FORGOTTEN) == FORGOTTEN
    erase(scene.person)
    db.session.remove()
    if dialect == "sqlite":
        # To empty its log does not do: in the file itself it has freed the place, and not overwritten it.
        with db.engine.connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert marks_in(database_url, FORGOTTEN) != set()
    assert scrub()
    assert marks_in(database_url, FORGOTTEN) == set()
    # What is somebody else's is still there.
    assert marks_in(database_url, PRIVATE) == PRIVATE


def test_the_ledger_and_everybody_s_statements_are_what_they_were(
    scene: Scene, cli: FlaskCliRunner, client: FlaskClient
) -> None:
    accounts = [member.account for member in (scene.person, scene.neighbour, scene.third)]
    before = [(digest_now(scene.bank, account, MARCH), issued_code(account)) for account in accounts]
    erase(scene.person)
    assert [(digest_now(scene.bank, account, MARCH), issued_code(account)) for account in accounts] == before
    for _digest, code in before:
        assert "This code belongs to a genuine statement" in send(client, "/verify", {"code": code}).text
    checked = cli.invoke(args=["ledger", "verify"])
    assert checked.exit_code == 0, checked.output


def issued_code(account: Any) -> str:
    issued = latest_issue(account, MARCH)
    assert issued is not None
    return issued.code


def test_other_people_s_statements_say_a_former_member(scene: Scene) -> None:
    erase(scene.person)
    for viewer, in_full in ((scene.neighbour, False), (scene.coordinator, True)):
        shown = statement_of(scene.bank, scene.neighbour.account, MARCH, viewer=viewer, in_full=in_full)
        who = [line.line.with_whom for part in shown.books for line in part.lines]
        assert f"A former member ({scene.person.number})" in who
        assert FIRST_NAME not in str(shown)


def test_pages_of_others_show_a_former_member(scene: Scene, client: FlaskClient, sign_in: Any) -> None:
    erase(scene.person)
    sign_in(client, scene.neighbour)
    page = look(client, f"/hours/{scene.exchanges[1].reference}")
    assert "a former member" in page.text
    assert not any(mark in page.text for mark in FORGOTTEN)
    # What the neighbour wrote is still theirs, without the name in it.
    assert "answer-by-ned named-between: with …, whose number is …" in page.text
    notes = [row for row in everything()["exchange"] if "private-note-by-ned" in str(row)]
    assert "private-note-by-ned named-elsewhere: … told us" in str(notes)


def test_the_balance_goes_where_it_was_said(scene: Scene) -> None:
    pot = ledger.community_account(scene.bank.id)
    had, had_pot = (ledger.balance_of(id_, Book.CREDIT) for id_ in (scene.person.account_id, pot.id))
    assert had > 0
    stays = scene.neighbour
    stays_minutes = ledger.balance_of(stays.account_id, Book.CREDIT)
    erase(stays)
    # Whoever left before has given nothing yet.
    members.leave(scene.person, recorded_by=scene.coordinator, at=LATER)
    erase(scene.person, gives_balance=True)
    assert ledger.balance_of(stays.account_id, Book.CREDIT) == stays_minutes
    assert ledger.balance_of(scene.person.account_id, Book.CREDIT) == 0
    assert ledger.balance_of(pot.id, Book.CREDIT) == had_pot + had
    assert scene.person.account.closed_at == LATER


def test_nobody_signs_in_any_more_and_the_number_is_not_given_again(scene: Scene) -> None:
    email = make.let_sign_in(scene.person)
    erase(scene.person)
    with pytest.raises(SignInRefused):
        check_sign_in(email=email, password=make.PASSWORD, at=LATER)
    assert scene.person.person.password_hash is None
    again = make.make_member(scene.bank, name="Zelda Again", email=email)
    assert again.number != scene.person.number


def test_the_sign_in_to_another_bank_goes_on(scene: Scene) -> None:
    email = make.let_sign_in(scene.person)
    elsewhere = make.make_member(make.make_bank(), name="Zelda Elsewhere", email=email)
    make.let_sign_in(elsewhere)
    assert len(check_sign_in(email=email, password=make.PASSWORD, at=LATER)) == 2
    assert elsewhere.person_id == scene.person.person_id
    erase(scene.person)
    assert [member.id for member in check_sign_in(email=email, password=make.PASSWORD, at=LATER)] == [elsewhere.id]
    # Nothing leads from the one to the other.
    assert elsewhere.person_id != scene.person.person_id
    assert set(db.session.scalars(select(Person.id))) == set(db.session.scalars(select(Membership.person_id)))


def test_what_was_done_stays_in_the_audit_without_from_where(scene: Scene) -> None:
    theirs = select(AuditRecord).where(AuditRecord.membership_id == scene.person.id).order_by(AuditRecord.id)
    before = [(record.id, record.action) for record in db.session.scalars(theirs)]
    erase(scene.person, by=make.make_administrator(scene.bank))
    after = db.session.scalars(theirs).all()
    assert [(record.id, record.action) for record in after] == before
    assert {record.came_from for record in after} == {""}
    [record] = db.session.scalars(select(AuditRecord).where(AuditRecord.action == Action.MEMBER_ERASED))
    assert record.reference == scene.person.reference


def test_nothing_else_of_the_audit_can_be_changed_with_it(scene: Scene) -> None:
    before = everything()["audit_record"]
    for change in (
        "came_from = 'elsewhere'",
        "came_from = '', action = 'x'",
        "came_from = '', details = '{}'",
        "came_from = '', request_reference = 'x'",
        "details = '{}'",
    ):
        with pytest.raises(Exception, match="audit_record"):
            db.session.execute(text(f"UPDATE audit_record SET {change}"))
        db.session.rollback()
    assert everything()["audit_record"] == before


def test_an_erased_person_is_not_erased_again_and_not_brought_back(scene: Scene) -> None:
    erase(scene.person)
    with pytest.raises(erasing.AlreadyErased):
        erase(scene.person)
    with pytest.raises(members.ErasedForGood):
        members.come_back(scene.person, recorded_by=scene.coordinator, at=LATER)
    with pytest.raises(members.ErasedForGood):
        members.change_member(
            scene.person, name="Zelda", phone="", capacity=scene.third.capacity, changed_by=scene.coordinator, at=LATER
        )


def test_months_go_on_after_somebody_was_erased(scene: Scene) -> None:
    erase(scene.person)
    close_month(scene.bank, MARCH.plus(1), closed_by=None, at=LATER + dt.timedelta(days=30))
    issue_again(scene.bank, scene.person.account, MARCH, reason="Asked for", issued_by=scene.coordinator, at=LATER)


def test_an_administrator_erases_on_a_page_and_nobody_else(scene: Scene, client: FlaskClient, sign_in: Any) -> None:
    ada = make.make_administrator(scene.bank, name="Ada Okafor")
    path, number = f"/people/{scene.person.reference}/erase", scene.person.number
    sign_in(client, ada)
    assert path in client.get(f"/people/{scene.person.reference}").text
    answer = send(client, path, {"balance": "stays", "number": scene.neighbour.number})
    assert_refused_beside(answer, "number", "not the number of this member")
    assert_refused_beside(send(client, path, {"number": number}), "balance", "Choose what happens")
    answer = send(client, path, {"balance": "community", "number": number})
    assert path_of(answer) == f"/people/{scene.person.reference}"
    page = look(client, path_of(answer))
    assert page.heading.startswith("A former member")
    assert not any(mark in page.text for mark in FORGOTTEN)
    [(code, erasure)] = queries.every_erasure()
    assert (code, erasure.erased_by_id, erasure.gave_balance) == ("ELM", ada.id, True)
    assert "erased already" in look(client, path).text


def test_nobody_erases_themselves(scene: Scene) -> None:
    ada = make.make_administrator(scene.bank)
    with pytest.raises(erasing.OwnErasure):
        erase(ada, by=ada)
    with pytest.raises(members.LastAdministrator):
        erase(ada)


def test_the_command_erases_and_leaves_nothing_in_the_file(
    scene: Scene, cli: FlaskCliRunner, database_url: str
) -> None:
    arguments = ["privacy", "erase", scene.person.number, "--bank", "ELM", "--balance", "stays"]
    db.session.commit()
    refused = cli.invoke(args=arguments, input="n\n")
    assert refused.exit_code == 1
    assert FIRST_NAME in raw(database_url)
    db.session.remove()
    done = cli.invoke(args=[*arguments, "--yes"])
    assert done.exit_code == 0, done.output
    db.session.remove()
    assert marks_in(database_url, FORGOTTEN) == set()


def test_a_list_of_erasures_names_nobody_and_erases_again_what_a_backup_brought_back(
    scene: Scene, cli: FlaskCliRunner, tmp_path: Path
) -> None:
    file = tmp_path / "erasures.csv"
    erase(scene.person)
    listed = cli.invoke(args=["privacy", "erasures", "--output", str(file)])
    assert listed.exit_code == 0, listed.output
    assert not any(mark in file.read_text() for mark in FORGOTTEN)
    [line] = records.read(file.read_text())
    assert (line.bank_code, line.reference) == ("ELM", scene.person.reference)
    # As an older backup would: the person is back, and the bank knows of no erasure.
    number, reference = scene.neighbour.number, scene.neighbour.reference
    lines = file.read_text() + f"ELM,{scene.neighbour.id},{reference},no,{LATER.isoformat()}\n"
    file.write_text(lines + f"ELM,{scene.third.id},{'0' * 16},no,{LATER.isoformat()}\n")
    done = cli.invoke(args=["privacy", "replay", str(file)])
    assert done.exit_code == 0, done.output
    assert "1 of 3 erased again" in done.output
    db.session.expire_all()
    assert scene.neighbour.name == f"A former member ({number})"
    assert scene.third.name == "Tess Thirdmark"
    assert "0 of 3" in cli.invoke(args=["privacy", "replay", str(file)]).output


@pytest.mark.parametrize("wrong", ["", "a,b\n", ",".join(records.COLUMNS) + "\nELM,x,y,no,2026-01-01T00:00:00+00:00\n"])
def test_a_file_that_is_no_such_list_is_refused(app: Flask, cli: FlaskCliRunner, tmp_path: Path, wrong: str) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text(wrong)
    done = cli.invoke(args=["privacy", "replay", str(file)])
    assert done.exit_code == 1
    assert re.search(r"Line \d is none of a list", done.output)


def test_a_name_is_taken_out_as_whole_words() -> None:
    named = words_that_name("Dr Ann-Marie O'Neill Li")
    assert named == {"Ann-Marie", "O'Neill"}
    assert without("ann-marie and Ann-Maries", named) == "… and Ann-Maries"
    assert without("عائشة came", words_that_name("عائشة بنت")) == "… came"
    assert without("(a.b+c) a.b+c", {"a.b+c"}) == "(…) …"
    assert without("nothing", set()) == "nothing"
