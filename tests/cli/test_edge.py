"""What every command says when something is not as it must be."""

from __future__ import annotations

import pytest
from flask.testing import FlaskCliRunner

from tests import make
from tests.conftest import application_on
from timebank.extensions import db

WITH_A_BANK = [
    ["members", "add", "--name", "Jean"],
    ["exchanges", "settle"],
    ["statements", "show", "0001", "2026-03"],
    ["ledger", "balances"],
]


@pytest.mark.parametrize("arguments", WITH_A_BANK, ids=" ".join)
def test_a_code_that_no_bank_has_is_answered_with_those_that_there_are(cli, arguments):
    for code in ("SOUTH", "NORTH"):
        make.make_bank(code=code)
    result = cli.invoke(args=[*arguments, "--bank", "ELMS"])
    assert result.exit_code == 1
    assert result.stderr == "Error: There is no time bank with the code ELMS. There are: NORTH, SOUTH\n"


@pytest.mark.parametrize("what", ["members", "exchanges"])
def test_loading_for_a_bank_that_is_not_there_says_so_too(cli, tmp_path, what):
    file = tmp_path / "file.csv"
    file.write_text("")
    result = cli.invoke(args=[what, "load", str(file), "--bank", "ELMS"])
    assert result.exit_code == 1
    assert result.stderr == "Error: There is no time bank with the code ELMS. There are: none yet\n"


def test_the_case_of_a_code_does_not_matter(cli):
    make.make_bank(code="ELMS")
    assert cli.invoke(args=["ledger", "balances", "--bank", " elms "]).exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["banks", "create", "ELMS", "--name", "Elms"],
        ["banks", "list"],
        ["members", "set-password", "jean@example.org", "--password", "an hour for an hour"],
        ["ledger", "verify"],
        ["demo", "load"],
        *([*arguments, "--bank", "ELMS"] for arguments in WITH_A_BANK),
    ],
    ids=" ".join,
)
def test_a_database_without_tables_is_answered_with_what_to_run(empty_database, arguments):
    with application_on(empty_database) as app:
        result = FlaskCliRunner(app).invoke(args=arguments)
        db.session.rollback()
    assert result.exit_code == 1
    assert result.stderr == "Error: The database is not set up. Run: flask db upgrade\n"


def test_a_database_that_is_away_is_named_as_what_is_wrong(tmp_path):
    with application_on(f"sqlite:///{tmp_path / 'no such folder' / 'bank.db'}") as app:
        result = FlaskCliRunner(app).invoke(args=["banks", "list"])
        db.session.rollback()
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The database did not answer: ")


def test_a_file_that_is_not_there_is_named(cli):
    make.make_bank(code="ELMS")
    result = cli.invoke(args=["members", "load", "nowhere.csv", "--bank", "ELMS"])
    assert result.exit_code == 2
    assert "File 'nowhere.csv' does not exist" in result.stderr
