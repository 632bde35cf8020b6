"""An export is of one moment, takes no more memory for more transfers, and holds nobody up."""

from __future__ import annotations

import contextvars
import tracemalloc
from collections.abc import Iterator

import pytest
from sqlalchemy.exc import DBAPIError

from tests import make
from tests.conftest import application_on
from tests.exports.scene import build_bank, open_numbered, post
from timebank.banks.queries import bank_with_code
from timebank.exports import beancount, journal, spreadsheet
from timebank.exports.contents import Contents, contents_of
from timebank.extensions import db, read_one_moment
from timebank.ledger.models import Account, Book
from timebank.ledger.months import Month

FORMS = {"hledger": journal.text_of, "beancount": beancount.text_of, "csv": spreadsheet.text_of}

every_form = pytest.mark.parametrize("text_of", FORMS.values(), ids=FORMS)


def contents_now() -> Contents:
    """What the bank holds, read in a transaction as the command's is."""
    db.session.commit()
    read_one_moment()
    return contents_of(bank_with_code("ELMS"), seal_head=None, made_at=make.AT)


@every_form
def test_what_others_write_meanwhile_is_not_in_it(text_of, app, database_url):
    build_bank()
    before = "".join(text_of(contents_now()))
    pieces = text_of(contents_now())
    text = next(pieces)

    def somebody_else() -> None:
        with application_on(database_url):
            bank = bank_with_code("ELMS")
            new, other = open_numbered(bank, "7001", "7002")
            post(bank, new, other, 777, make.TODAY)
            make.ledger.close_month(bank.id, Month(2026, 3), closed_at=make.AT)
            db.session.commit()

    contextvars.Context().run(somebody_else)
    assert text + "".join(pieces) == before
    after = "".join(text_of(contents_now()))
    assert "777" in after
    assert after != before


def test_its_transaction_cannot_write(app, dialect):
    bank = build_bank()
    db.session.commit()
    read_one_moment()
    if dialect == "sqlite":
        # There it holds no lock until it writes, which a second writer shows above.
        assert db.session.connection().get_execution_options()["timebank_reads_only"]
        return
    with pytest.raises(DBAPIError, match="read-only"):
        make.post(bank, make.draft_transfer(*accounts_of(bank)))
    db.session.rollback()
    # The next one of the same connection may.
    assert make.post(bank, make.draft_transfer(*accounts_of(bank))) == 1


def accounts_of(bank) -> Iterator[Account]:
    return (make.ledger_queries.account_with_number(bank.id, number) for number in ("0001", "0002"))


@pytest.mark.slow
def test_twelve_thousand_transfers_take_no_more_memory_than_three_thousand(app):
    bank = make.make_bank(code="ELMS")
    jean, ana = open_numbered(bank, "0001", "0002")

    def post_many(count: int) -> None:
        for _ in range(0, count, 500):
            make.post(bank, *(make.draft_transfer(jean, ana, minutes=1, book=Book.RECORD) for _ in range(500)))

    # More than is read at once; and what is made once is made the first time.
    post_many(3000)
    _first, few = peaks(), peaks()
    post_many(9000)
    many = peaks()
    for form in FORMS:
        # Nine thousand rows that were kept would be several megabytes.
        assert many[form] < few[form] + 300_000, form


def peaks() -> dict[str, int]:
    """How much memory each form takes, in bytes."""
    found = {}
    for form, text_of in FORMS.items():
        contents = contents_now()
        tracemalloc.start()
        assert sum(1 for _ in text_of(contents)) == contents.transfers + 1
        found[form] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        db.session.rollback()
    return found
