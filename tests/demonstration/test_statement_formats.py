"""Statements of the demonstration bank are the same in every format."""

from __future__ import annotations

import pytest

from tests.conftest import application_on
from tests.demonstration.test_exports import LEAP_DAY
from tests.exports import test_statement_formats as formats
from tests.web.reading import token_of
from timebank.banks.queries import bank_with_code
from timebank.demonstration.build import PASSWORD
from timebank.demonstration.story import CODE
from timebank.ledger import queries as ledger
from timebank.ledger.models import Book

pytestmark = pytest.mark.slow


# What is odd is compared on both databases; here it is how much there is.
@pytest.mark.parametrize("dialect", ["sqlite"])
def test_every_format_shows_the_same_numbers_in_the_demonstration_bank(made, copied, dialect, tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "CODE", CODE)
    with application_on(copied(made(dialect, LEAP_DAY))) as app:
        bank, client, cli = bank_with_code(CODE), app.test_client(), app.test_cli_runner()
        details = {"email": "coordinator@example.org", "password": PASSWORD, "csrf_token": token_of_sign_in(client)}
        assert client.post("/sign-in", data=details).status_code == 302
        assert token_of(client)
        seen = 0
        for number in ("0001", "0002", "community"):
            account = ledger.account_with_number(bank.id, number)
            numbers = formats.assert_all_agree(client, cli, tmp_path / "one.journal", account, "2028-01")
            seen += sum(len(numbers[book]["entries"]) for book in Book)
        assert seen > 10


def token_of_sign_in(client) -> str:
    text = client.get("/sign-in").text
    return text.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
