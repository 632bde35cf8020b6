"""hledger, ledger and Beancount agree with every balance of the demonstration bank."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.conftest import application_on
from tests.exports.programs import every_program
from tests.exports.scene import export, our_balances
from timebank.banks.queries import bank_with_code
from timebank.demonstration.story import CODE
from timebank.ledger import queries
from timebank.ledger import service as ledger

pytestmark = pytest.mark.slow

LEAP_DAY = dt.datetime(2028, 2, 29, 8, 0, tzinfo=dt.UTC)


@every_program()
def test_agrees_on_the_demonstration_bank_with_every_month_closed(program, made, copied, dialect, tmp_path):
    with application_on(copied(made(dialect, LEAP_DAY))) as app:
        bank = bank_with_code(CODE)
        months = sorted({end.month for end in queries.balances_by_month(bank.id)})
        assert len(months) >= 10
        for month in months:
            if not queries.is_closed(bank.id, month):
                ledger.close_month(bank.id, month, closed_at=LEAP_DAY)
        cli = app.test_cli_runner()
        text = export(cli, tmp_path / "ledger", form=program.form, bank=CODE)
        ours = our_balances(cli, bank=CODE)
    assert f"; Balances asserted: {len(ours) * len(months)}\n" in text
    checked = program.check(tmp_path / "ledger")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert program.balances(tmp_path / "ledger") == {place: minutes for place, minutes in ours.items() if minutes}
