"""Every format of a statement shows the same numbers as every other, and as the page."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner

from tests import make
from tests.exports.programs import PROGRAMS
from tests.exports.scene import ODD_NUMBERS, open_numbered
from tests.exports.statement_readers import READERS, Numbers, cells_of_xlsx, from_journal, from_json, from_page
from tests.statements.issued import choose
from tests.web.reading import Page
from timebank.exchanges import service as exchanges
from timebank.exports.statement_files import FORMATS
from timebank.gifts import service as gifts
from timebank.ledger import queries as ledger
from timebank.ledger import service as ledger_service
from timebank.ledger.models import Book
from timebank.ledger.months import Month
from timebank.statements.models import How
from timebank.statements.names import file_name

APRIL = dt.datetime(2026, 4, 7, 12, tzinfo=dt.UTC)
CODE = "ELMS"

# What a file looks like does not depend on where its numbers come from.
on_one_database = pytest.mark.parametrize("dialect", ["sqlite"])


@pytest.fixture
def scene(app: Flask) -> dict[str, Any]:
    """A bank in which there is everything that a statement can show, and names that mean something to programs."""
    bank = make.make_bank(code=CODE)
    ruth = make.make_coordinator(bank, name="Ruth Adeyemi")
    jean = make.make_member(bank, name="=1+1; date:2020-01-01", number="-0042")
    haddad = make.make_member(bank, name="محمد حداد 🌹", number="مريم٣")
    surgery = make.make_organisation(bank, name="@Surgery | Elm", contact=jean)
    garden = make.make_activity(bank, name="* Gardening ; tag: x")
    details = {"approved_by": ruth, "activity": garden}
    make.give_hours(bank, jean, 200)
    note = "-1 hedge\n; undeclared: tag\n\n  = 5 CREDIT\tand “quotes”, 'one'"
    one = make.approved_exchange(bank, giver=jean, receiver=haddad, minutes=95, note=note, **details)
    one.party_of([haddad.account_id]).thanks = "+Thank you\nvery: much ; indeed"
    make.approved_exchange(bank, giver=jean, receiver=haddad, minutes=20, book=Book.RECORD, **details)
    make.approved_exchange(bank, giver=haddad, receiver=[jean, surgery], minutes=33, **details)
    pot = ledger.community_account(bank.id)
    gifts.donate_hours(bank, giver=jean, to_account_id=pot.id, minutes=30, reason="=cmd()", at=make.AT)
    ledger_service.close_month(bank.id, Month(2026, 3), closed_at=APRIL)
    late = dt.date(2026, 3, 30)
    make.approved_exchange(bank, giver=haddad, receiver=jean, minutes=600, at=APRIL, happened_on=late, **details)
    exchanges.reverse_exchange(bank, one, reversed_by=ruth, message="Twice", at=APRIL)
    choose(haddad, How.PAPER, large_print=True)
    accounts = [jean.account, haddad.account, ruth.account, pot, ledger.opening_account(bank.id), surgery.account]
    return {"bank": bank, "ruth": ruth, "jean": jean, "haddad": haddad, "accounts": accounts}


def made(client: FlaskClient, reference: str, month: str, ending: str) -> bytes:
    answer = client.get(f"/statements/{reference}/{month}/statement.{ending}")
    assert answer.status_code == 200
    return answer.data


def by_hledger(path: Path, content: bytes) -> Numbers:
    """What hledger makes of a journal, which it must find right."""
    path.write_bytes(content)
    for program in (PROGRAMS["hledger"], PROGRAMS["ledger"]):
        checked = program.check(path)
        assert (checked.returncode, checked.stderr) == (0, ""), checked.stderr
    return from_journal(content, PROGRAMS["hledger"].balances(path))


def assert_all_agree(client: FlaskClient, cli: FlaskCliRunner, path: Path, account: Any, month: str) -> Numbers:
    """Fail unless every format and the page show the numbers that the command prints as data."""
    arguments = ["statements", "show", "--bank", CODE, "--format", "json", "--", account.number, month]
    numbers = from_json(json.loads(cli.invoke(args=arguments).stdout))
    for ending, read in READERS.items():
        assert read(made(client, account.reference, month, ending)) == numbers, ending
    page = from_page(Page(client.get(f"/statements/{account.reference}/{month}")))
    assert page == numbers
    books = {book: numbers[book] for book in ("credit", "record")}
    assert by_hledger(path, made(client, account.reference, month, "journal")) == books
    return numbers


def test_every_format_and_the_page_show_the_same_numbers(client, sign_in, cli, tmp_path, scene):
    sign_in(client, scene["ruth"])
    entries = dict.fromkeys(("2026-02", "2026-03", "2026-04"), 0)
    for account in scene["accounts"]:
        for month in entries:
            numbers = assert_all_agree(client, cli, tmp_path / "one.journal", account, month)
            entries[month] += sum(len(numbers[book]["entries"]) for book in Book)
    assert entries == {"2026-02": 0, "2026-03": 12, "2026-04": 4}


@on_one_database
def test_a_journal_takes_every_number_that_an_account_may_have(client, sign_in, tmp_path, app, dialect):
    bank = make.make_bank(code=CODE)
    sign_in(client, make.make_coordinator(bank))
    for account in open_numbered(bank, *ODD_NUMBERS[::3]):
        make.give_hours(bank, account, 7)
        numbers = by_hledger(tmp_path / "one.journal", made(client, account.reference, "2026-03", "journal"))
        assert numbers["credit"]["closing"] == 7


@on_one_database
def test_a_journal_with_a_wrong_balance_is_objected_to(client, sign_in, tmp_path, scene):
    sign_in(client, scene["ruth"])
    content = made(client, scene["jean"].account.reference, "2026-03", "journal").decode()
    head, closing, amount = re.split(r"(closing balance\n.* = )(?=-?\d+ CREDIT)", content)
    path = tmp_path / "wrong.journal"
    path.write_text(f"{head}{closing}1{amount}")
    assert PROGRAMS["hledger"].check(path).returncode != 0


@on_one_database
def test_the_same_statement_gives_the_same_bytes(client, sign_in, scene):
    sign_in(client, scene["ruth"])
    for ending in FORMATS:
        first, second = (made(client, scene["jean"].account.reference, "2026-03", ending) for _ in range(2))
        assert first == second


@on_one_database
def test_nothing_in_a_table_is_a_formula(client, sign_in, scene):
    sign_in(client, scene["ruth"])
    for account in scene["accounts"]:
        text = made(client, account.reference, "2026-03", "csv").decode("utf-8-sig")
        for row in csv.reader(io.StringIO(text)):
            for cell in row:
                assert re.fullmatch(r"-?\d+", cell) or not cell.startswith(("=", "+", "-", "@")), cell
        workbook = made(client, account.reference, "2026-03", "xlsx")
        with zipfile.ZipFile(io.BytesIO(workbook)) as file:
            sheet = file.read("xl/worksheets/sheet1.xml")
        assert b"<f>" not in sheet
        assert b"<f " not in sheet
    cells = {
        cell
        for row in cells_of_xlsx(made(client, scene["haddad"].account.reference, "2026-03", "xlsx"))
        for cell in row
    }
    assert "=1+1; date:2020-01-01" in cells


@on_one_database
def test_a_file_is_called_by_the_number_and_nobody_s_name(client, sign_in, scene):
    sign_in(client, scene["jean"])
    for ending, form in FORMATS.items():
        answer = client.get(f"/statements/{scene['jean'].account.reference}/2026-03/statement.{ending}")
        assert answer.headers["Content-Disposition"] == f"attachment; filename=statement-ELMS-0042-2026-03.{ending}"
        assert answer.content_type == form.media_type
        assert answer.headers["Cache-Control"] == "no-store"
    assert file_name(bank_code="A/B", number="مريم", month=Month(2026, 3), ending="pdf") == "statement-A-B-2026-03.pdf"


def test_a_file_is_only_for_those_who_may_read_the_page(client, sign_in, scene):
    sign_in(client, scene["jean"])
    own, other = scene["jean"].account.reference, scene["haddad"].account.reference
    assert client.get(f"/statements/{own}/2026-03/statement.csv").status_code == 200
    for path in (
        f"{other}/2026-03/statement.csv",
        f"{own}/2026-13/statement.csv",
        f"{own}/2999-01/statement.csv",
        f"{own}/2026-03/statement.exe",
        f"{own}/2026-03/statement.",
    ):
        assert client.get(f"/statements/{path}").status_code == 404, path


@on_one_database
def test_a_member_s_file_has_the_names_that_they_may_see(app, client, sign_in, scene):
    sign_in(client, scene["haddad"])
    text = made(client, scene["haddad"].account.reference, "2026-03", "txt").decode()
    assert "You gave: 33 minutes" in text
    assert "Ruth Adeyemi" not in text
    coordinator = app.test_client()
    sign_in(coordinator, scene["ruth"])
    text = made(coordinator, scene["jean"].account.reference, "2026-03", "txt").decode()
    assert "Thank you from محمد حداد 🌹: +Thank you\nvery: much ; indeed\n" in text
    assert "  -1 hedge ; undeclared: tag = 5 CREDIT and “quotes”, 'one'\n" in text


@on_one_database
def test_the_command_writes_into_a_file_what_it_prints(cli, tmp_path, scene):
    for form in ("text", "json", "csv", "xlsx", "journal"):
        command, whose = ["statements", "show", "--bank", CODE, "--format", form], ["--", "-0042", "2026-03"]
        path = tmp_path / form
        written = cli.invoke(args=[*command, "--output", str(path), *whose])
        assert (written.exit_code, written.output) == (0, "")
        assert path.read_bytes() == cli.invoke(args=[*command, *whose]).stdout_bytes
    assert cli.invoke(args=[*command, "--output", str(tmp_path / "nowhere" / "file"), *whose]).exit_code == 1
