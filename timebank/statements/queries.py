"""Gather from the ledger, and from the words beside it, what a statement is built of."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from sqlalchemy import ColumnElement, Select, and_, select

from timebank.banks.models import Activity, Bank
from timebank.exchanges.models import Exchange, Party, Side
from timebank.extensions import db
from timebank.gifts.models import Gift
from timebank.ledger import queries as ledger_queries
from timebank.ledger import seals
from timebank.ledger.models import Account, Book, Entry, Transfer, TransferKind
from timebank.ledger.months import Month
from timebank.members.models import Membership
from timebank.organisations.names import Viewer
from timebank.organisations.queries import Holder, holders_of
from timebank.statements import gathering
from timebank.statements.build import Issue, Line, SealShown, Statement, Thanks, build_book
from timebank.statements.figures import digest_of
from timebank.statements.models import IssuedStatement, MonthClosing, StatementChoice
from timebank.web.setup import capitalised


@dataclass(frozen=True)
class _Help:
    """What an exchange was, who was on each side, and what those who received say to those who gave."""

    reference: str
    what: str
    note: str
    happened_on: dt.date
    givers: tuple[int, ...]
    receivers: tuple[int, ...]
    thanks: tuple[tuple[int, str], ...]


def statement_of(
    bank: Bank,
    account: Account,
    month: Month,
    *,
    viewer: Membership | None,
    in_full: bool,
    for_everybody: gathering.ForEverybody | None = None,
) -> Statement:
    """Return the account's statement for the month, with the names that the viewer may see.

    Whoever makes many of one month hands over what is common to them, from gathering.for_everybody().
    """
    shared = for_everybody or gathering.for_everybody(bank, month)
    rows = {book: ledger_queries.entries_between(account.id, book, month.first_day, month.last_day) for book in Book}
    transfers = [transfer for entries in rows.values() for _entry, transfer in entries]
    helps = _helps(bank, account, month)
    gifts = _gifts(bank, account, month)
    ids = {account.id}
    ids.update(id_ for transfer in transfers for id_ in (transfer.from_account_id, transfer.to_account_id))
    ids.update(id_ for help_ in helps.values() for id_ in (*help_.givers, *help_.receivers))
    holders = holders_of(bank, ids)
    words = _Words(holders=holders, helps=helps, gifts=gifts, viewer=Viewer(viewer, in_full))
    reversed_ids = _reversed(account, month)
    return Statement(
        number=account.number,
        name=holders[account.id].full_name,
        month=month,
        books=tuple(
            build_book(
                book,
                opening_minutes=ledger_queries.balance_before(account.id, book, month.first_day),
                lines=[
                    words.line_of(entry, transfer, is_reversed=transfer.id in reversed_ids)
                    for entry, transfer in rows[book]
                ],
            )
            for book in Book
        ),
        seal=seal_shown(bank, month),
        issue=_issue(bank, account, month),
        bank_name=bank.name,
        twelve_months=gathering.twelve_months(account, month),
        community=shared.community,
        message=shared.message,
        thanks=words.thanks_to(account, transfers),
    )


def holder_name(bank: Bank, account: Account) -> str:
    """Return whose account it is, in full."""
    return holders_of(bank, [account.id])[account.id].full_name


def seal_shown(bank: Bank, month: Month) -> SealShown | None:
    """Return the seal of the closed month, or the last one while it is open, if there is any."""
    seal = seals.seal_of_month(bank.id, month.last_day) or seals.last_seal(bank.id)
    if seal is None:
        return None
    return SealShown(number=seal.number, digest=seal.digest, sealed_on=bank.day_of(seal.sealed_at))


def _issue(bank: Bank, account: Account, month: Month) -> Issue | None:
    issued = latest_issue(account, month)
    if issued is None:
        return None
    return Issue(number=issued.number, code=issued.code, issued_on=bank.day_of(issued.issued_at), reason=issued.reason)


def issued_with_code(code: str) -> IssuedStatement | None:
    """Return the statement that was issued with this code, in whichever bank."""
    return db.session.scalar(select(IssuedStatement).where(IssuedStatement.code == code))


def latest_issue(account: Account, month: Month, *, for_update: bool = False) -> IssuedStatement | None:
    """Return the statement as it was last issued, locked if asked, or None while the month is open."""
    theirs = (
        IssuedStatement.bank_id == account.bank_id,
        IssuedStatement.last_day == month.last_day,
        IssuedStatement.account_id == account.id,
    )
    if for_update:
        # Of two who lock at once, the second waits for the first issue: when it has it, another may be the latest.
        db.session.execute(select(IssuedStatement.id).where(*theirs, IssuedStatement.number == 1).with_for_update())
    return db.session.scalar(select(IssuedStatement).where(*theirs).order_by(IssuedStatement.number.desc()).limit(1))


def closing_of(bank: Bank, month: Month, *, for_update: bool = False) -> MonthClosing | None:
    """Return how far the closing of the month is, if anybody has prepared it, and lock it if asked."""
    query = select(MonthClosing).where(MonthClosing.bank_id == bank.id, MonthClosing.last_day == month.last_day)
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(query)


def digest_now(bank: Bank, account: Account, month: Month) -> str:
    """Return the digest of the statement's figures as the ledger has them now."""
    return digest_of(statement_of(bank, account, month, viewer=None, in_full=True), bank_code=bank.code)


@dataclass(frozen=True)
class _Words:
    """The words for entries, from what is known about them beside the ledger."""

    holders: dict[int, Holder]
    helps: dict[str, _Help]
    gifts: dict[str, Gift]
    viewer: Viewer

    def line_of(self, entry: Entry, transfer: Transfer, *, is_reversed: bool) -> Line:
        help_ = self.helps.get(transfer.linked_by)
        gift = self.gifts.get(transfer.linked_by)
        came_in = entry.account_id == transfer.to_account_id
        others: tuple[int, ...] = (transfer.from_account_id if came_in else transfer.to_account_id,)
        if help_ is not None and entry.account_id in help_.givers:
            others = help_.receivers
        elif help_ is not None and entry.account_id in help_.receivers and others[0] not in help_.givers:
            # What a learner pays goes to the community account, but it was the teacher who helped.
            others = help_.givers
        with_whom, what = self._names(others), help_.what if help_ is not None else _what_of(transfer, gift)
        if transfer.kind == TransferKind.REVERSAL:
            what = gettext("Reversed: %(what)s", what=what)
        return Line(
            effective_on=entry.effective_on,
            happened_on=transfer.happened_on,
            minutes=entry.minutes,
            kind=TransferKind(transfer.kind),
            with_whom=with_whom,
            what=what,
            href_reference=help_.reference if help_ else None,
            is_help=gift is None if help_ is None else entry.account_id in (*help_.givers, *help_.receivers),
            is_reversed=is_reversed,
            note=help_.note if help_ is not None and transfer.kind != TransferKind.REVERSAL else "",
        )

    def thanks_to(self, account: Account, transfers: Sequence[Transfer]) -> tuple[Thanks, ...]:
        """Return what was said to the account for help that it gave in these transfers and that was not reversed."""
        reversed_here = {each.linked_by for each in transfers if each.kind == TransferKind.REVERSAL}
        given = [
            self.helps[linked_by]
            for linked_by in dict.fromkeys(each.linked_by for each in transfers)
            if linked_by in self.helps and linked_by not in reversed_here and account.id in self.helps[linked_by].givers
        ]
        return tuple(
            Thanks(from_whom=self._name_in_full_or_short(account_id), words=words, happened_on=help_.happened_on)
            for help_ in sorted(given, key=lambda help_: help_.happened_on)
            for account_id, words in help_.thanks
        )

    def _name_in_full_or_short(self, account_id: int) -> str:
        holder = self.holders[account_id]
        return holder.full_name if self.viewer.in_full else holder.short_name

    def _names(self, account_ids: Iterable[int]) -> str:
        return capitalised(self.viewer.names([self.holders[id_] for id_ in account_ids]))


def _what_of(transfer: Transfer, gift: Gift | None) -> str:
    kind = gift.kind if gift is not None else transfer.kind
    if kind == TransferKind.DONATION:
        what = gettext("Donation")
    elif kind == TransferKind.GRANT:
        what = gettext("From the community account")
    else:
        what = gettext("Opening credit")
    return f"{what}: {gift.reason}" if gift is not None and gift.reason else what


def _in_month(account: Account, month: Month) -> ColumnElement[bool]:
    # Naming every book changes nothing but lets the index of statements be used, whose second column it is; otherwise
    # all of an account's history is read for each month.
    return and_(
        Entry.account_id == account.id,
        Entry.book.in_(list(Book)),
        Entry.effective_on.between(month.first_day, month.last_day),
    )


def _linked_in(account: Account, month: Month) -> Select[str]:
    return select(Transfer.linked_by).join(Entry, Entry.transfer_id == Transfer.id).where(_in_month(account, month))


def _helps(bank: Bank, account: Account, month: Month) -> dict[str, _Help]:
    rows = db.session.execute(
        select(
            Exchange.reference,
            Activity.name,
            Exchange.note,
            Exchange.happened_on,
            Party.side,
            Party.account_id,
            Party.thanks,
        )
        .join(Activity, Activity.id == Exchange.activity_id)
        .join(Party, Party.exchange_id == Exchange.id)
        .where(Exchange.bank_id == bank.id, Exchange.reference.in_(_linked_in(account, month)))
        .order_by(Party.id)
    )
    by_reference: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        by_reference[row.reference].append(row)
    return {
        reference: _Help(
            reference=reference,
            what=parties[0].name,
            note=parties[0].note,
            happened_on=parties[0].happened_on,
            givers=tuple(row.account_id for row in parties if row.side == Side.GIVER),
            receivers=tuple(row.account_id for row in parties if row.side == Side.RECEIVER),
            thanks=tuple((row.account_id, row.thanks) for row in parties if row.side == Side.RECEIVER and row.thanks),
        )
        for reference, parties in by_reference.items()
    }


def _gifts(bank: Bank, account: Account, month: Month) -> dict[str, Gift]:
    query = select(Gift).where(Gift.bank_id == bank.id, Gift.reference.in_(_linked_in(account, month)))
    return {gift.reference: gift for gift in db.session.scalars(query)}


def _reversed(account: Account, month: Month) -> set[int]:
    """Return the ids of the month's transfers that were reversed in the same month.

    What is reversed later is in a later statement: this one stays as it was.
    """
    # Asked of each entry: where nearly nothing is reversed, SQLite would sooner read every transfer of the bank than
    # look for many in an index of what is nearly all nothing.
    reversal = (
        select(Transfer.id)
        .where(Transfer.reverses_id == Entry.transfer_id, Transfer.effective_on <= month.last_day)
        .correlate(Entry)
    )
    return set(db.session.scalars(select(Entry.transfer_id).where(_in_month(account, month), reversal.exists())))


def choices_kept(membership_ids: Iterable[int]) -> dict[int, StatementChoice]:
    """Return {membership's id: choice} for those of the members who chose how they get their statements."""
    query = select(StatementChoice).where(StatementChoice.membership_id.in_(set(membership_ids)))
    return {kept.membership_id: kept for kept in db.session.scalars(query)}


def hides_sign(account: Account) -> bool:
    """Return whether the account's member wants no minus sign. An organisation, and the bank itself, are not asked."""
    query = select(StatementChoice.hides_sign).join(StatementChoice.membership)
    return db.session.scalar(query.where(Membership.account_id == account.id)) or False


def latest_month(account: Account, *, today: dt.date) -> Month:
    """Return the month of the account's last entry, or this month where there is none yet."""
    days = ledger_queries.first_and_last_day(account.id)
    return min(Month.of(days[1]), Month.of(today)) if days is not None else Month.of(today)


def months_around(bank: Bank, account: Account, month: Month, *, today: dt.date) -> tuple[Month | None, Month | None]:
    """Return the month before and the month after, where a statement is worth looking at.

    That is from the month of the account's first entry (or its opening) until this month or its last entry's.
    """
    first, last = Month.of(bank.day_of(account.opened_at)), Month.of(today)
    days = ledger_queries.first_and_last_day(account.id)
    if days is not None:
        first, last = min(first, Month.of(days[0])), max(last, Month.of(days[1]))
    before = month.plus(-1) if month > first else None
    after = month.plus(1) if month < last else None
    return before, after
