"""hledger, ledger and Beancount read what is written for them, agree with every balance, and object to a wrong one."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from tests import make
from tests.exports.programs import every_program
from tests.exports.scene import ODD_NUMBERS, build_bank, export, open_numbered, our_balances, post
from timebank.ledger.models import Book
from timebank.ledger.months import Month


def assert_agrees(program, cli, path, *, bank: str = "ELMS") -> str:
    """Fail unless the program finds the export right, and in each account what we say is in it; return the export."""
    text = export(cli, path, form=program.form, bank=bank)
    checked = program.check(path)
    assert (checked.returncode, checked.stderr) == (0, ""), checked.stderr[:2000]
    ours = our_balances(cli, bank=bank)
    assert program.balances(path) == {place: minutes for place, minutes in ours.items() if minutes}
    assert program.accounts(path) == {name for name, _unit in ours}
    return text


@every_program()
def test_agrees_on_an_empty_bank(program, cli, tmp_path):
    make.make_bank(code="ELMS")
    assert_agrees(program, cli, tmp_path / "ledger")


@every_program()
def test_agrees_on_a_bank_with_everything_in_it(program, cli, tmp_path):
    build_bank()
    text = assert_agrees(program, cli, tmp_path / "ledger")
    # Two books at the end of each month, of as many accounts as there were; the newcomer came after.
    asserted = len(re.findall(r" = -?\d+ (?:CREDIT|RECORD)$|^\d{4}-\d\d-\d\d balance ", text, re.MULTILINE))
    assert asserted == 3 * 2 * (3 + 1 + 2 + len(ODD_NUMBERS))


@every_program()
def test_agrees_on_history_that_is_older_than_its_accounts(program, cli, tmp_path):
    bank = make.make_bank(code="ELMS")
    jean, ana = open_numbered(bank, "0001", "0002")
    post(bank, jean, ana, 60, dt.date(1970, 1, 1))
    post(bank, jean, ana, 60, dt.date(9998, 12, 31))
    assert_agrees(program, cli, tmp_path / "ledger")


@every_program()
def test_agrees_on_a_month_that_was_closed_before_anything_was_in_it(program, cli, tmp_path):
    bank = make.make_bank(code="ELMS")
    make.make_account(bank)
    make.ledger.close_month(bank.id, Month(1999, 12), closed_at=make.AT)
    assert_agrees(program, cli, tmp_path / "ledger")


@every_program()
def test_writes_nothing_of_another_bank(program, cli, tmp_path):
    build_bank("OTHER")
    build_bank("ELMS")
    before = export(cli, tmp_path / "before", form=program.form)
    other = make.bank_queries.bank_with_code("OTHER")
    post(other, *open_numbered(other, "9998", "9999"), 60, make.TODAY)
    after = assert_agrees(program, cli, tmp_path / "after")
    made_at = re.compile("^; Made at: .*$", re.MULTILINE)
    assert made_at.sub("", before) == made_at.sub("", after)


@every_program()
@pytest.mark.parametrize("book", list(Book))
def test_objects_to_a_wrong_balance_at_the_end_of_any_closed_month(program, book, cli, tmp_path):
    build_bank()
    text = export(cli, tmp_path / "ledger", form=program.form)
    unit = book.upper()
    assertions = {
        "hledger": rf"^(?P<day>\S+) month closed\n +(?P<name>\S+)  0 {unit} = (?P<minutes>-?\d+) {unit}$",
        "beancount": rf"^(?P<day>\S+) balance (?P<name>\S+)  (?P<minutes>-?\d+) {unit}$",
    }
    found = list(re.finditer(assertions[program.form], text, re.MULTILINE))
    days = {match["day"] for match in found}
    assert len(days) == 3
    for day in days:
        # The first account, and one that holds something where there is one.
        of_day = [match for match in found if match["day"] == day]
        for match in {of_day[0], *[match for match in of_day if match["minutes"] != "0"][-1:]}:
            start, end = match.span("minutes")
            path = tmp_path / "wrong"
            path.write_text(text[:start] + str(int(match["minutes"]) + 1) + text[end:], newline="")
            checked = program.check(path)
            assert checked.returncode != 0, match[0]
            assert match["name"] in checked.stderr + checked.stdout


@every_program()
def test_objects_when_a_transfer_of_a_closed_month_is_gone_or_counts_in_another(program, cli, tmp_path):
    build_bank()
    text = export(cli, tmp_path / "ledger", form=program.form)
    pieces = text.split("\n\n")
    (place,) = (number for number, piece in enumerate(pieces) if "  61 CREDIT" in piece)
    moved = pieces[place].replace("2024-02-29", "2024-03-01", 1)
    without = [*pieces[:place], *pieces[place + 1 :]]
    path = tmp_path / "wrong"
    for wrong in (without, [*without, moved] if program.form == "beancount" else without):
        path.write_text("\n\n".join(wrong), newline="")
        assert program.check(path).returncode != 0


@every_program()
def test_what_is_known_of_a_transfer_is_there_and_its_key_and_words_are_not(program, cli, tmp_path):
    bank = make.make_bank(code="ELMS", name="Elm Street")
    jean = make.make_member(bank, name="Jean Baptiste", number="0001")
    ana = make.make_member(bank, name="Ana", number="0002")
    at = dt.datetime(2026, 3, 9, 23, 59, 58, tzinfo=dt.UTC)
    draft = make.draft_transfer(
        jean, ana, minutes=60, happened_on=dt.date(2026, 3, 8), key="the-key", linked_by="0123abcd"
    )
    make.post(bank, draft, at=at)
    text = assert_agrees(program, cli, tmp_path / "ledger")
    for known in ("happened_on: 2026-03-08", "2026-03-09T23:59:58Z", "0123abcd", "exchange", "0001  -60 CREDIT"):
        assert known in text
    for secret in ("the-key", draft.request_hash, "Jean", "Baptiste", "Elm Street"):
        assert secret not in text
