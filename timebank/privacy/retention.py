"""How long what is kept about people, and taking away what was kept for long enough.

The ledger, and which exchanges there were, stay: others rely on them, and they hold no words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from flask_babel import lazy_gettext as _l
from sqlalchemy import CursorResult, Delete, Update, delete, update

from timebank.audit import service as audit
from timebank.audit.models import Action, AuditRecord
from timebank.banks.models import Bank
from timebank.exchanges.models import Exchange, ExchangeStep, Party
from timebank.extensions import db
from timebank.joining import queries as joining_queries
from timebank.joining import service as joining
from timebank.mail.models import OutgoingMail
from timebank.privacy import erasing, queries
from timebank.submissions.models import Submission

DAYS_IN_A_YEAR = 365


@dataclass(frozen=True)
class Rule:
    """What is taken away after how many days: how much there is of it in a bank, and taking it away."""

    key: str
    what: Any
    days: int
    count: Callable[[Bank, dt.datetime], int]
    take_away: Callable[[Bank, dt.datetime, dt.datetime], int]
    # Where each bank says for itself after how many days; `days` is what it begins with.
    of_bank: Callable[[Bank], int] | None = None

    def days_in(self, bank: Bank | None) -> int:
        """Return after how many days it is taken away in this bank."""
        return self.days if self.of_bank is None or bank is None else self.of_bank(bank)

    def before(self, at: dt.datetime, bank: Bank) -> dt.datetime:
        """Return the moment before which what was kept then has been kept for long enough."""
        return at - dt.timedelta(days=self.days_in(bank))


def count(bank: Bank, *, at: dt.datetime) -> dict[Rule, int]:
    """Return {rule: how much it would take away} of a bank, and change nothing."""
    return {rule: rule.count(bank, rule.before(at, bank)) for rule in RULES}


def apply(bank: Bank, *, at: dt.datetime) -> dict[Rule, int]:
    """Take away what was kept in a bank for long enough, and return {rule: how much that was}."""
    taken = {rule: rule.take_away(bank, rule.before(at, bank), at) for rule in RULES}
    if any(taken.values()):
        counts = {rule.key: number for rule, number in taken.items()}
        audit.record(
            Action.RETENTION_APPLIED,
            bank_id=bank.id,
            by=None,
            on_what="bank",
            reference=bank.code,
            at=at,
            **counts,
        )
    db.session.flush()
    return taken


def _done(statement: Update | Delete) -> int:
    result = db.session.execute(statement.execution_options(synchronize_session=False))
    return int(cast(CursorResult[Any], result).rowcount)


def _empty_words(bank: Bank, before: dt.datetime, _at: dt.datetime) -> int:
    of_these = queries.came_to_nothing(bank, before)
    emptied = [
        update(Exchange).where(Exchange.id.in_(of_these), Exchange.note != "").values(note=""),
        update(Exchange).where(Exchange.id.in_(of_these), Exchange.waiver != "").values(waiver=""),
        update(ExchangeStep)
        .where(ExchangeStep.exchange_id.in_(of_these), ExchangeStep.message != "")
        .values(message=""),
        update(Party).where(Party.exchange_id.in_(of_these), Party.thanks != "").values(thanks=""),
    ]
    return sum(_done(each) for each in emptied)


def _empty_came_from(bank: Bank, before: dt.datetime, _at: dt.datetime) -> int:
    return _done(update(AuditRecord).where(*queries.acts_from_somewhere(bank, before)).values(came_from=""))


def _empty_refusals(_bank: Bank, before: dt.datetime, _at: dt.datetime) -> int:
    return _done(update(AuditRecord).where(*queries.refusals_from_somewhere(before)).values(came_from=""))


def _delete_mail(bank: Bank, before: dt.datetime, _at: dt.datetime) -> int:
    return _done(delete(OutgoingMail).where(*queries.mail_that_went(bank, before)))


def _delete_submissions(bank: Bank, before: dt.datetime, _at: dt.datetime) -> int:
    return _done(delete(Submission).where(*queries.forms_sent(bank, before)))


def _erase_those_who_left(bank: Bank, before: dt.datetime, at: dt.datetime) -> int:
    left = queries.members_who_left(bank, before)
    for member in left:
        erasing.erase(member, gives_balance=False, erased_by=None, at=at)
    return len(left)


RULES = (
    Rule(
        "words",
        _l("Notes, messages and thanks of exchanges that were declined, withdrawn or expired"),
        DAYS_IN_A_YEAR,
        queries.count_words,
        _empty_words,
    ),
    Rule(
        "came_from",
        _l("From which internet address somebody did something in the time bank"),
        DAYS_IN_A_YEAR,
        lambda bank, before: queries.count_rows(AuditRecord, *queries.acts_from_somewhere(bank, before)),
        _empty_came_from,
    ),
    Rule(
        "sign_in_refusals",
        _l("From which internet address somebody tried to sign in and was refused"),
        90,
        lambda _bank, before: queries.count_rows(AuditRecord, *queries.refusals_from_somewhere(before)),
        _empty_refusals,
    ),
    Rule(
        "mail",
        _l("What was mailed to whom and when, and what became of it"),
        2 * DAYS_IN_A_YEAR,
        lambda bank, before: queries.count_rows(OutgoingMail, *queries.mail_that_went(bank, before)),
        _delete_mail,
    ),
    Rule(
        "submissions",
        _l("Marks by which the same form is not taken twice"),
        90,
        lambda bank, before: queries.count_rows(Submission, *queries.forms_sent(bank, before)),
        _delete_submissions,
    ),
    Rule(
        "members_who_left",
        _l("All that is known about somebody who left the time bank"),
        6 * DAYS_IN_A_YEAR,
        lambda bank, before: len(queries.members_who_left(bank, before)),
        _erase_those_who_left,
    ),
    Rule(
        "enquiries",
        _l("Enquiries of people who did not become members, with notes and references"),
        180,
        joining_queries.count_came_to_nothing,
        lambda bank, before, _at: joining.forget_what_came_to_nothing(bank, before),
        of_bank=lambda bank: bank.enquiries_kept_days,
    ),
)
