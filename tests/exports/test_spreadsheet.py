"""One row for each transfer, in which a spreadsheet finds nothing to reckon with."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections import Counter

from sqlalchemy import func, select

from tests import make
from tests.exports.scene import ODD_NUMBERS, build_bank, export, open_numbered, our_balances, post
from tests.house.source import ROOT
from timebank.exports.names import account_name
from timebank.exports.spreadsheet import COLUMNS, neutralised
from timebank.extensions import db
from timebank.ledger.models import Account, Book, Transfer


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def original(cell: str) -> str:
    return cell.removeprefix("'")


def test_every_row_adds_up_to_our_balances(cli, tmp_path):
    bank = build_bank()
    rows = rows_of(export(cli, tmp_path / "ledger.csv", form="csv"))
    assert len(rows) == db.session.scalar(select(func.count()).select_from(Transfer))
    accounts = db.session.execute(select(Account.kind, Account.number).where(Account.bank_id == bank.id))
    names = {account_name(kind, number): number for kind, number in accounts}
    sums = Counter()
    for row in rows:
        sums[original(row["from_number"]), row["book"].upper()] -= int(row["minutes"])
        sums[original(row["to_number"]), row["book"].upper()] += int(row["minutes"])
    ours = {(names[name], unit): minutes for (name, unit), minutes in our_balances(cli).items()}
    assert {place: minutes for place, minutes in sums.items() if minutes} == {
        place: minutes for place, minutes in ours.items() if minutes
    }


def test_an_empty_bank_has_the_names_of_the_columns(cli, tmp_path):
    make.make_bank(code="ELMS")
    assert export(cli, tmp_path / "ledger.csv", form="csv") == ",".join(COLUMNS) + "\n"


def test_says_everything_of_a_transfer_but_what_is_secret(cli, tmp_path):
    bank = make.make_bank(code="ELMS")
    jean, ana = open_numbered(bank, "0001", "0002")
    at = dt.datetime(2026, 3, 9, 23, 59, 58, 7, tzinfo=dt.UTC)
    draft = make.draft_transfer(
        jean, ana, minutes=60, book=Book.RECORD, happened_on=dt.date(2026, 3, 8), key="the-key", linked_by="0123abcd"
    )
    make.post(bank, draft, at=at)
    make.ledger.reverse_transfers(bank.id, "0123abcd", reversed_on=make.TODAY, posted_at=at)
    first, second = db.session.scalars(select(Transfer.id).order_by(Transfer.id))
    text = export(cli, tmp_path / "ledger.csv", form="csv")
    assert text.splitlines()[1:] == [
        f"ELMS,{first},record,exchange,0001,0002,60,2026-03-08,2026-03-08,2026-03-09T23:59:58.000007Z,0123abcd,",
        f"ELMS,{second},record,reversal,0002,0001,60,2026-03-10,2026-03-10,2026-03-09T23:59:58.000007Z,0123abcd,{first}",
    ]
    assert "the-key" not in text
    columns = {column.name for column in Transfer.__table__.columns}
    exported = {"bank_id", "id", "from_account_id", "to_account_id", "reverses_id"} | set(COLUMNS)
    assert columns - exported == {"key", "request_hash"}


def test_no_cell_is_a_formula_and_every_number_can_be_read_back(cli, tmp_path):
    bank = make.make_bank(code="ELMS")
    (jean,) = open_numbered(bank, "0001")
    numbers = [*ODD_NUMBERS, "\r1", "''", "\n2"]
    for number, account in zip(numbers, open_numbered(bank, *numbers), strict=True):
        linked_by = f"=cmd|{number}"
        post(bank, jean, account, 1, make.TODAY, linked_by=linked_by)
    rows = rows_of(export(cli, tmp_path / "ledger.csv", form="csv"))
    assert [original(row["to_number"]) for row in rows] == numbers
    for row in rows:
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert row["linked_by"].startswith("'=")


def test_what_a_cell_begins_with_decides():
    for formula in ("=1", "+1", "-1", "@a", "\t=1", "\r=1", "'=1"):
        assert neutralised(formula) == f"'{formula}"
    for plain in ("", "0042", "a=1", " =1", "🦔"):
        assert neutralised(plain) == plain


def test_the_document_names_every_column_and_no_other():
    text = (ROOT / "docs" / "exports.md").read_text()
    table = text.partition("| column | holds |")[2].partition("\n\n")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == COLUMNS
