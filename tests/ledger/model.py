"""The ledger in plain Python: what it must hold and refuse, said once more without a database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from timebank.ledger import service as ledger
from timebank.ledger.models import AccountKind, Book, TransferKind
from timebank.ledger.months import Month
from timebank.ledger.service import TransferDraft

MAY_GO_BELOW = {TransferKind.HISTORY, TransferKind.OPENING, TransferKind.REVERSAL}
FIRST_DAY, LAST_DAY = dt.date(1970, 1, 1), dt.date(9998, 12, 31)

# A balance is of one account in one book.
Place = tuple[int, Book]


@dataclass
class ModelAccount:
    """What is known of an account beside its balances."""

    kind: AccountKind
    floor_minutes: int | None = None
    is_closed: bool = False


@dataclass(frozen=True)
class ModelTransfer:
    """A transfer as it was asked for, and the day it counts."""

    asked: TransferDraft
    effective_on: dt.date

    def change_in(self, place: Place) -> int:
        """Return the signed minutes that it moved in an account and book."""
        account_id, book = place
        if book != self.asked.book:
            return 0
        return self.asked.minutes * (
            (self.asked.to_account_id == account_id) - (self.asked.from_account_id == account_id)
        )


@dataclass
class ModelBank:
    """One bank's ledger. Every act returns what it did, or the refusals that it may end with; then nothing is done."""

    accounts: dict[int, ModelAccount] = field(default_factory=dict)
    transfers: list[ModelTransfer] = field(default_factory=list)
    closed: list[Month] = field(default_factory=list)
    # How many accounts, transfers and closed months each seal covers, with all the seals before it.
    seals: list[tuple[int, int, int]] = field(default_factory=list)
    # {closed month: how many transfers there were when it was closed}
    posted_by: dict[Month, int] = field(default_factory=dict)

    @property
    def closed_through(self) -> dt.date | None:
        """The last day of the last closed month."""
        return self.closed[-1].last_day if self.closed else None

    def balance(self, place: Place, *, before: dt.date = dt.date.max) -> int:
        """Return what an account held in a book when a day began, or now."""
        return sum(each.change_in(place) for each in self.transfers if each.effective_on < before)

    def post(self, drafts: Sequence[TransferDraft]) -> int | set[type[Exception]]:
        """Post what is new, together; return how many those were, or the refusals."""
        seen = {each.asked.key: each.asked for each in self.transfers}
        fresh = []
        for draft in drafts:
            if draft.key not in seen:
                seen[draft.key] = draft
                fresh.append(draft)
            elif seen[draft.key] != draft:
                return {ledger.KeyReused}
        refusals = self._refusals(fresh)
        if refusals:
            return refusals
        self.transfers += [ModelTransfer(draft, self.effective_day(draft.happened_on)) for draft in fresh]
        return len(fresh)

    def effective_day(self, happened_on: dt.date) -> dt.date:
        """Return the day on which help of that day counts, if it is posted now."""
        if self.closed_through is None or happened_on > self.closed_through:
            return happened_on
        return self.closed_through + dt.timedelta(days=1)

    def _refusals(self, drafts: Sequence[TransferDraft]) -> set[type[Exception]]:
        """Return why the drafts are refused. PostgreSQL looks at each by itself before it looks at any floor."""
        refusals: set[type[Exception]] = set()
        held: dict[Place, int] = {}
        for draft in drafts:
            if (wrong := self._wrong_by_itself(draft)) is not None:
                return {*refusals, wrong}
            for account_id, change in ((draft.from_account_id, -draft.minutes), (draft.to_account_id, draft.minutes)):
                place = (account_id, draft.book)
                held[place] = held.get(place, self.balance(place)) + change
            floor = self.accounts[draft.from_account_id].floor_minutes
            is_held = draft.book == Book.CREDIT and draft.kind not in MAY_GO_BELOW
            if is_held and floor is not None and held[draft.from_account_id, draft.book] < floor:
                refusals.add(ledger.NotEnoughHours)
        return refusals

    def _wrong_by_itself(self, draft: TransferDraft) -> type[Exception] | None:
        both = (draft.from_account_id, draft.to_account_id)
        if any(id_ not in self.accounts for id_ in both):
            return ledger.NotInThisBank
        if any(self.accounts[id_].is_closed for id_ in both):
            return ledger.AccountClosed
        if not FIRST_DAY <= draft.happened_on <= LAST_DAY:
            return ledger.LedgerRefused
        return None

    def reverse(self, linked_by: str, *, reversed_on: dt.date) -> int | set[type[Exception]]:
        """Post the opposite of everything of that name, once; return how many those were, or the refusals."""
        linked = [each.asked for each in self.transfers if each.asked.linked_by == linked_by]
        if not linked or any(draft.kind == TransferKind.REVERSAL for draft in linked):
            return {ledger.AlreadyReversed}
        return self.post(
            [
                TransferDraft(
                    from_account_id=draft.to_account_id,
                    to_account_id=draft.from_account_id,
                    minutes=draft.minutes,
                    book=draft.book,
                    kind=TransferKind.REVERSAL,
                    happened_on=reversed_on,
                    key=f"reversal of {draft.key}",
                    linked_by=linked_by,
                )
                for draft in linked
            ]
        )

    def close_month(self, month: Month) -> bool | set[type[Exception]]:
        """Close the month and everything before it; return whether it was open, or the refusals."""
        if self.closed and month < self.closed[-1]:
            return {ledger.MonthClosed}
        if self.closed and month == self.closed[-1]:
            return False
        self.closed.append(month)
        self.posted_by[month] = len(self.transfers)
        return True

    def seal(self, at_most: int) -> int | None:
        """Seal up to so many accounts and transfers; return how many transfers, or None where nothing is left.

        A closed month is sealed when everything that was posted in it is.
        """
        accounts, transfers, months = self.seals[-1] if self.seals else (0, 0, 0)
        everything = (len(self.accounts), len(self.transfers), len(self.closed))
        if (accounts, transfers, months) == everything:
            return None
        until = (min(len(self.accounts), accounts + at_most), min(len(self.transfers), transfers + at_most))
        is_whole = until[0] - accounts < at_most and until[1] - transfers < at_most
        self.seals.append((*until, len(self.closed) if is_whole else months))
        return until[1] - transfers
