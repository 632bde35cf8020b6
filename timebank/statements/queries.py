"""Gather from the ledger, and from the words beside it, what a statement is built of."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

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
from timebank.statements.build import Issue, Line, SealShown, Statement, build_book
from timebank.statements.figures import digest_of
from timebank.statements.models import IssuedStatement, MonthClosing
from timebank.web.setup import capitalised


@dataclass(frozen=True)
class _Help:
    """What an exchange was, and who was on each side."""

    reference: str
    what: str
    givers: tuple[int, ...]
    receivers: tuple[int, ...]


def statement_of(bank: Bank, account: Account, month: Month, *, viewer: Membership | None, in_full: bool) -> Statement:
    """Return the account's statement for the month, with the names that the viewer may see."""
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
    query = (
        select(IssuedStatement)
        .where(
            IssuedStatement.bank_id == account.bank_id,
            IssuedStatement.last_day == month.last_day,
            IssuedStatement.account_id == account.id,
        )
        .order_by(IssuedStatement.number.desc())
        .limit(1)
    )
    return db.session.scalar(query.with_for_update() if for_update else query)


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
        )

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
        select(Exchange.reference, Activity.name, Party.side, Party.account_id)
        .join(Activity, Activity.id == Exchange.activity_id)
        .join(Party, Party.exchange_id == Exchange.id)
        .where(Exchange.bank_id == bank.id, Exchange.reference.in_(_linked_in(account, month)))
        .order_by(Party.id)
    )
    sides: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    names = {}
    for reference, activity, side, account_id in rows:
        names[reference] = activity
        sides[reference][side].append(account_id)
    return {
        reference: _Help(
            reference=reference,
            what=names[reference],
            givers=tuple(parties[Side.GIVER]),
            receivers=tuple(parties[Side.RECEIVER]),
        )
        for reference, parties in sides.items()
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


def has_entries(account: Account, month: Month) -> bool:
    """Return whether the account has an entry in the month."""
    query = select(Entry.id).where(_in_month(account, month))
    return db.session.scalars(query.limit(1)).first() is not None


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
