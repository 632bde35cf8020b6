"""Issue the statements of a closed month: each gets a number, a digest of its figures and a code, once.

It is done in batches of accounts, in the order of their ids, each batch in a transaction of its own. How far it is
stands in the month's closing, so whoever goes on after a crash begins where the last batch ended.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import insert

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.banks.models import Bank
from timebank.columns import new_reference
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.ledger import seals
from timebank.ledger.models import Account, AccountKind, Book, TransferKind
from timebank.ledger.months import Month
from timebank.members.models import Membership
from timebank.statements import queries
from timebank.statements.build import BookStatement, Line, build_book
from timebank.statements.figures import code_of, digest_of_figures
from timebank.statements.models import LONGEST_REASON, IssuedStatement, MonthClosing

ACCOUNTS_IN_A_BATCH = 250


class NotIssuedYet(RuleBroken):
    """A statement is issued again when it was issued before, in a month that is closed."""

    message = _l("This statement has not been issued yet. It is issued when the month is closed")


class ReasonForIssueNeeded(RuleBroken):
    """A statement is never issued again silently."""

    field = "reason"
    message = _l("Enter a reason of up to %(longest)s characters. It is printed on the statement")


def issue_next(bank: Bank, closing: MonthClosing, *, at: dt.datetime) -> int:
    """Issue the statements of the next accounts of a closed month, and return how many accounts were looked at.

    0 means that all statements of the month are issued. Commit after each call.
    """
    db.session.refresh(closing, with_for_update=True)
    if closing.issued_at is not None:
        return 0
    month = closing.month
    seal = seals.seal_of_month(bank.id, month.last_day)
    head = seal.head if seal is not None else ""
    accounts = ledger.accounts_after(bank.id, closing.issued_through_id, most=ACCOUNTS_IN_A_BATCH)
    rows = [
        {
            "bank_id": bank.id,
            "account_id": account.id,
            "last_day": month.last_day,
            "number": 1,
            "reference": new_reference(),
            "digest": digest,
            "code": code_of(digest, issue_number=1, proof_key=bank.proof_key),
            "issued_at": at,
        }
        for account, digest in _digests(bank, accounts, month, head)
    ]
    if rows:
        db.session.execute(insert(IssuedStatement), rows)
    closing.statements += len(rows)
    if accounts:
        closing.issued_through_id = accounts[-1].id
    if len(accounts) < ACCOUNTS_IN_A_BATCH:
        closing.issued_at = at
        audit.record(
            Action.STATEMENTS_ISSUED,
            bank_id=bank.id,
            by=closing.closed_by_id,
            on_what="month",
            reference=str(month),
            at=at,
            statements=closing.statements,
        )
    db.session.flush()
    return len(accounts)


def _digests(bank: Bank, accounts: Sequence[Account], month: Month, head: str) -> list[tuple[Account, str]]:
    """Return (account, digest of its figures) for those of the accounts that have something to state."""
    books = _books_of(accounts, month)
    return [
        (
            account,
            digest_of_figures(books[account.id], bank_code=bank.code, number=account.number, month=month, head=head),
        )
        for account in accounts
        if account.id in books and _has_a_statement(bank, account, month, books[account.id])
    ]


def _books_of(accounts: Sequence[Account], month: Month) -> dict[int, tuple[BookStatement, ...]]:
    """Return {account id: both books of its month}, in figures alone, for accounts that were there at its close."""
    ids = [account.id for account in accounts]
    closing = ledger.snapshots_of(ids, month.last_day)
    lines: dict[tuple[int, str], list[Line]] = defaultdict(list)
    for row in ledger.figures_between(ids, month.first_day, month.last_day):
        lines[row.account_id, row.book].append(
            Line(
                effective_on=row.effective_on,
                happened_on=row.happened_on,
                minutes=row.minutes,
                kind=TransferKind(row.kind),
                with_whom="",
                what="",
            )
        )
    return {
        account_id: tuple(
            build_book(
                book,
                opening_minutes=closing[account_id, book] - sum(line.minutes for line in lines[account_id, book]),
                lines=lines[account_id, book],
            )
            for book in Book
        )
        for account_id in ids
        if (account_id, Book.CREDIT) in closing
    }


def _has_a_statement(bank: Bank, account: Account, month: Month, books: tuple[BookStatement, ...]) -> bool:
    if account.kind == AccountKind.OPENING:
        return False
    if any(part.lines or part.opening_minutes for part in books):
        return True
    if bank.day_of(account.opened_at) > month.last_day:
        return False
    return account.closed_at is None or bank.day_of(account.closed_at) >= month.first_day


def mark_read(issued_id: int, *, at: dt.datetime) -> None:
    """Remember when whoever a statement is for first looked at it."""
    issued = db.session.get_one(IssuedStatement, issued_id)
    if issued.read_at is None:
        issued.read_at = at
    db.session.flush()


def issue_again(
    bank: Bank, account: Account, month: Month, *, reason: str, issued_by: Membership, at: dt.datetime
) -> IssuedStatement:
    """Issue a statement of a closed month once more, with the next number, another code and the reason on it.

    Its figures are those of the ledger, which are what they were. Raises NotIssuedYet or ReasonForIssueNeeded.
    """
    reason = " ".join(reason.split())
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise ReasonForIssueNeeded(longest=LONGEST_REASON)
    before = queries.latest_issue(account, month, for_update=True)
    if before is None:
        raise NotIssuedYet()
    number = before.number + 1
    digest = queries.digest_now(bank, account, month)
    issued = IssuedStatement(
        bank_id=bank.id,
        account_id=account.id,
        last_day=month.last_day,
        number=number,
        digest=digest,
        code=code_of(digest, issue_number=number, proof_key=bank.proof_key),
        issued_at=at,
        issued_by_id=issued_by.id,
        reason=reason,
    )
    db.session.add(issued)
    db.session.flush()
    audit.record(
        Action.STATEMENT_ISSUED_AGAIN,
        bank_id=bank.id,
        by=issued_by.id,
        on_what="statement",
        reference=issued.reference,
        at=at,
        number=number,
    )
    return issued
