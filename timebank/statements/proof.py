"""Tell a statement that the bank issued from any other, by the code on it. Nothing personal is said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.ledger.models import Account, Book
from timebank.statements import queries
from timebank.statements.build import Statement
from timebank.statements.figures import code_of, digest_of, same, tidy_code
from timebank.statements.models import IssuedStatement


class Verdict(StrEnum):
    """What can be said about a code."""

    UNKNOWN = "unknown"
    GENUINE = "genuine"
    REPLACED = "replaced"
    CHANGED = "changed"


@dataclass(frozen=True)
class Proof:
    """What a code proves: of which bank and month the statement is, and whether its figures are still the ledger's.

    `statement` has the figures as the ledger has them now, to compare with; it is for the bank's own eyes.
    """

    verdict: Verdict
    bank: Bank | None = None
    issued: IssuedStatement | None = None
    statement: Statement | None = None

    @property
    def is_genuine(self) -> bool:
        """Whether the bank issued it and its figures are unchanged, be it the latest issue or not."""
        return self.verdict in (Verdict.GENUINE, Verdict.REPLACED)

    def closing_is(self, minutes: int) -> bool:
        """Return whether the credit book closed with these minutes, with or without a minus sign."""
        assert self.statement is not None
        return abs(self.statement.book(Book.CREDIT).closing_minutes) == abs(minutes)


def prove(typed_code: str) -> Proof:
    """Return what the bank can say about a statement with this code, however it was typed."""
    code = tidy_code(typed_code)
    issued = queries.issued_with_code(code)
    if issued is None:
        return Proof(Verdict.UNKNOWN)
    bank, account = db.session.get_one(Bank, issued.bank_id), db.session.get_one(Account, issued.account_id)
    statement = queries.statement_of(bank, account, issued.month, viewer=None, in_full=True)
    digest = digest_of(statement, bank_code=bank.code)
    # The code is made from the digest with a key, so that a row that somebody wrote into the database by hand fails.
    is_ours = same(code_of(digest, issue_number=issued.number, proof_key=bank.proof_key), issued.code)
    if not (same(digest, issued.digest) and is_ours):
        verdict = Verdict.CHANGED
    elif queries.latest_issue(account, issued.month) is issued:
        verdict = Verdict.GENUINE
    else:
        verdict = Verdict.REPLACED
    return Proof(verdict, bank, issued, statement)
