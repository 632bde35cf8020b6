"""Close a month: freeze it, seal it, and issue its statements."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.banks.models import Bank
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.ledger import queries as ledger_queries
from timebank.ledger import service as ledger
from timebank.ledger.months import Month
from timebank.months import queries
from timebank.statements import queries as statements
from timebank.statements import reminders
from timebank.statements.issue import issue_next
from timebank.statements.models import LONGEST_MESSAGE, MonthClosing


class MonthNotOver(RuleBroken):
    """Hours of a month may still happen until its last day is over."""

    message = _l("This month is not over yet. It can be closed from %(day)s on")


class EarlierMonthOpen(RuleBroken):
    """Months are closed one after another, so that everybody gets a statement of each."""

    message = _l("Close %(month)s first. Months are closed one after another")


class MonthBeforeTheBank(RuleBroken):
    """A year that was mistyped would leave hundreds of months to close, one after another, before the one meant."""

    message = _l("There is nothing to close in %(month)s: the time bank began later")


class MessageTooLong(RuleBroken):
    """What a coordinator says to everybody fits on a statement."""

    field = "message"
    message = _l("Use %(longest)s characters or fewer")


class MessagePrinted(RuleBroken):
    """What stands on statements that were issued stays as it was."""

    field = "message"
    message = _l("This month is closed, and its statements carry the message that it had")


@dataclass(frozen=True)
class Progress:
    """How far the statements of a closed month are: how many accounts were looked at, of how many."""

    done: int
    of: int

    @property
    def is_finished(self) -> bool:
        """Whether every statement is issued."""
        return self.done >= self.of


def set_message(bank: Bank, month: Month, *, message: str, set_by: int | None, at: dt.datetime) -> MonthClosing:
    """Keep what the coordinator says on all statements of a month that is still open.

    Raises MessageTooLong or MessagePrinted.
    """
    message = message.strip()
    if len(message) > LONGEST_MESSAGE:
        raise MessageTooLong(longest=LONGEST_MESSAGE)
    closing = _closing(bank, month)
    if closing.message == message:
        return closing
    if ledger_queries.is_closed(bank.id, month):
        raise MessagePrinted()
    closing.message = message
    db.session.flush()
    _record(Action.MONTH_MESSAGE_CHANGED, bank, month, by=set_by, at=at)
    return closing


def close_month(bank: Bank, month: Month, *, closed_by: int | None, at: dt.datetime) -> MonthClosing:
    """Close the month: from now on nothing is posted in it, every balance is kept, and the ledger is sealed.

    Its statements are issued after this, with go_on(). Closing it again changes nothing. `closed_by` is a membership's
    id, or None for the bank's own rule and for commands. Raises MonthNotOver, MonthBeforeTheBank, EarlierMonthOpen,
    ledger.MonthClosed or seals.SealBusy.
    """
    if not ledger_queries.is_closed(bank.id, month):
        _check_it_is_time(bank, month, at)
    closing = _closing(bank, month)
    was_open = ledger.close_month(bank.id, month, closed_at=at)
    if closing.closed_at is None:
        closing.closed_at, closing.closed_by_id = at, closed_by
        db.session.flush()
    if was_open:
        _record(Action.MONTH_CLOSED, bank, month, by=closed_by, at=at)
    return closing


def _check_it_is_time(bank: Bank, month: Month, at: dt.datetime) -> None:
    today = bank.day_of(at)
    if today <= month.last_day:
        raise MonthNotOver(day=str(month.plus(1).first_day))
    if ledger_queries.closed_through(bank.id) is None:
        if month < Month.of(bank.day_of(bank.created_at)) and not queries.has_entries_until(bank, month):
            raise MonthBeforeTheBank(month=str(month))
        return
    following = queries.next_month_to_close(bank, today=today)
    if following is not None and following < month:
        raise EarlierMonthOpen(month=str(following))


def _closing(bank: Bank, month: Month) -> MonthClosing:
    """Return the month's closing, made when it is not there, and locked."""
    closing = statements.closing_of(bank, month, for_update=True)
    if closing is not None:
        return closing
    try:
        with db.session.begin_nested():
            closing = MonthClosing(bank_id=bank.id, last_day=month.last_day)
            db.session.add(closing)
    except IntegrityError:
        # Of two who begin at once, the second waited for the first.
        closing = statements.closing_of(bank, month, for_update=True)
        assert closing is not None
    return closing


def go_on(bank: Bank, closing: MonthClosing, *, at: dt.datetime) -> int:
    """Issue the next statements of a closed month, and return how many accounts were looked at; 0 when all is done.

    Commit after each call: whatever kills this, the next call goes on where the last commit was.
    """
    return issue_next(bank, closing, at=at)


def progress_of(bank: Bank, closing: MonthClosing) -> Progress:
    """Return how far the statements of the closed month are."""
    every = queries.count_accounts(bank)
    if closing.issued_at is not None:
        return Progress(every, every)
    left = queries.count_accounts(bank, after_id=closing.issued_through_id)
    # With nothing left there is still the last, empty look that says so.
    return Progress(min(every - left, every - 1), every)


def closes_on(bank: Bank, month: Month) -> dt.date | None:
    """Return the day on which the month closes by the bank's rule, or None where somebody closes it by hand."""
    return None if bank.closes_itself_on_day is None else reminders.closes_on(bank, month)


def month_due(bank: Bank, *, today: dt.date) -> Month | None:
    """Return the next month, if the bank's rule says that it closes by itself by today."""
    month = queries.next_month_to_close(bank, today=today)
    if month is None:
        return None
    day = closes_on(bank, month)
    return month if day is not None and day <= today else None


def _record(action: Action, bank: Bank, month: Month, *, by: int | None, at: dt.datetime) -> None:
    audit.record(action, bank_id=bank.id, by=by, on_what="month", reference=str(month), at=at)
