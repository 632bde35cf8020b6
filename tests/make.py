"""Make data for tests, through the same services as the pages use.

Everything has a default; `at` is the moment it is done, and AT unless the test says otherwise.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from collections.abc import Iterable
from typing import Any

from argon2 import PasswordHasher

from timebank import clock
from timebank.banks import queries as bank_queries
from timebank.banks import service as banks
from timebank.banks.models import Activity, Bank, Stage
from timebank.costs import service as costs
from timebank.costs.models import Cost, CostKind
from timebank.exchanges import service as exchanges
from timebank.exchanges.draft import ExchangeDraft, PartyDraft
from timebank.exchanges.models import Exchange, Side
from timebank.extensions import db
from timebank.ledger import queries as ledger_queries
from timebank.ledger import service as ledger
from timebank.ledger.models import Account, AccountKind, Book, TransferKind
from timebank.ledger.months import Month
from timebank.ledger.service import TransferDraft
from timebank.members import service as members
from timebank.members.models import Capacity, Membership, Role
from timebank.months import service as months
from timebank.organisations import service as organisations
from timebank.organisations.models import Organisation
from timebank.organisations.queries import holders_of
from timebank.sign_in import passwords
from timebank.sign_in import service as sign_in
from timebank.sign_in.devices import Device
from timebank.sign_in.queries import Limits
from timebank.statements.models import MonthClosing
from timebank.stories import service as stories
from timebank.stories.models import Readers, Story

# Noon on a Tuesday. Every test that needs another moment says so.
AT = dt.datetime(2026, 3, 10, 12, 0, tzinfo=dt.UTC)
TODAY = AT.date()
# Argon2id with hardly any work: a run of thousands of sign-ins would take minutes. test_passwords.py works in full.
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "an hour for an hour"

# Whoever takes part in an exchange: a member, an organisation, or a bare account such as the community's.
Party = Membership | Organisation | Account

_numbers = itertools.count(1)


def make_bank(*, code: str = "", name: str = "Elm Street", at: dt.datetime = AT, **rules: Any) -> Bank:
    """Return an empty bank. Its rules are the usual ones but for those given by name."""
    bank = banks.create_bank(code=code or f"BANK-{next(_numbers)}", name=name, time_zone="Europe/London", at=at)
    if rules:
        set_rules(bank, at=at, **rules)
    return bank


def set_rules(bank: Bank, *, at: dt.datetime = AT, **rules: Any) -> None:
    """Set some of the bank's rules and leave the others as they are."""
    kept = {rule: getattr(bank, rule) for rule in banks.RULES}
    banks.change_rules(bank, changed_by=0, at=at, **(kept | rules))


def make_member(bank: Bank, *, name: str = "", at: dt.datetime = AT, **details: Any) -> Membership:
    """Return a member who joined on the day of `at`, unless told otherwise."""
    details = {"joined_on": bank.day_of(at), "added_by": None} | details
    return members.add_member(bank, name=name or f"Member Number{next(_numbers)}", at=at, **details)


def make_coordinator(bank: Bank, **details: Any) -> Membership:
    """Return a member who is a coordinator."""
    return make_member(bank, **({"role": Role.COORDINATOR} | details))


def make_administrator(bank: Bank, **details: Any) -> Membership:
    """Return a member who is an administrator."""
    return make_member(bank, **({"role": Role.ADMINISTRATOR} | details))


def make_organisation(
    bank: Bank,
    *,
    name: str = "",
    contact: Membership | None = None,
    added_by: Membership | None = None,
    at: dt.datetime = AT,
) -> Organisation:
    """Return an organisation, added by its contact or else by a new coordinator."""
    return organisations.add_organisation(
        bank,
        name=name or f"Organisation {next(_numbers)}",
        contact=contact,
        added_by=added_by or contact or make_coordinator(bank, at=at),
        at=at,
    )


def make_activity(bank: Bank, *, name: str = "", at: dt.datetime = AT, **details: Any) -> Activity:
    """Return an activity of the bank."""
    return banks.add_activity(bank, name=name or f"Activity {next(_numbers)}", at=at, **({"added_by": None} | details))


def let_sign_in(membership: Membership) -> str:
    """Give the member an address, if there is none, and PASSWORD. Returns the address."""
    if membership.email is None:
        membership.email = f"member{membership.id}@example.org"
    membership.person.password_hash = _hash_of_password(passwords._hasher)
    db.session.flush()
    return membership.email


def begin_session(membership: Membership) -> str:
    """Return the id of a new session, as the cookie of somebody who has signed in holds it."""
    limits = Limits(unused=dt.timedelta(hours=1), longest=dt.timedelta(hours=1))
    return sign_in.begin_session(membership, device=Device("Firefox", "Linux"), limits=limits, at=clock.now())


@functools.cache
def _hash_of_password(_hasher: PasswordHasher) -> str:
    # Hashing is slow on purpose, so it is done once for all tests; checking is done each time.
    return passwords.hash_password(PASSWORD)


def draft_exchange(
    bank: Bank,
    *,
    giver: Party | Iterable[Party],
    receiver: Party | Iterable[Party],
    minutes: int = 60,
    activity: Activity | None = None,
    happened_on: dt.date | None = None,
    at: dt.datetime = AT,
    capacity: Capacity = Capacity.NOT_STATED,
    **details: Any,
) -> ExchangeDraft:
    """Return a draft of help given by one or several to one or several, on the day of `at`."""
    sides = [(Side.GIVER, party) for party in _all(giver)] + [(Side.RECEIVER, party) for party in _all(receiver)]
    holders = holders_of(bank, [account_of(party) for _, party in sides])
    return ExchangeDraft(
        parties=tuple(
            PartyDraft(holders[account_of(party)], side, _capacity(party, capacity)) for side, party in sides
        ),
        activity=activity or _any_activity(bank, at),
        happened_on=happened_on or bank.day_of(at),
        minutes=minutes,
        **({"stage": Stage.DELIVERY, "book": Book.CREDIT} | details),
    )


def log_exchange(
    bank: Bank,
    *,
    giver: Party | Iterable[Party],
    receiver: Party | Iterable[Party],
    logged_by: Membership | None = None,
    at: dt.datetime = AT,
    any_day: bool = False,
    **details: Any,
) -> Exchange:
    """Return an exchange logged by the first member who took part in it, unless somebody else is named."""
    draft = draft_exchange(bank, giver=giver, receiver=receiver, at=at, **details)
    logged_by = logged_by or next(
        (party for party in (*_all(giver), *_all(receiver)) if isinstance(party, Membership)), None
    )
    logged_by = logged_by or make_coordinator(bank, at=at)
    return exchanges.log_exchange(bank, draft, logged_by=logged_by, at=at, any_day=any_day)


def confirmed_exchange(bank: Bank, *, at: dt.datetime = AT, **details: Any) -> Exchange:
    """Return an exchange that everybody who took part has confirmed."""
    exchange = log_exchange(bank, at=at, **details)
    for holder in holders_of(bank, [party.account_id for party in exchange.parties]).values():
        answering = holder.member or (holder.organisation.contact if holder.organisation else None)
        if answering is not None and exchange.is_open:
            exchanges.confirm_exchange(bank, exchange, confirmed_by=answering, at=at)
    return exchange


def approved_exchange(
    bank: Bank, *, approved_by: Membership | None = None, at: dt.datetime = AT, **details: Any
) -> Exchange:
    """Return an exchange that is posted in the ledger, approved by a new coordinator unless one is named."""
    exchange = confirmed_exchange(bank, at=at, **details)
    if exchange.is_open:
        exchanges.approve_exchange(bank, exchange, approved_by=approved_by or make_coordinator(bank, at=at), at=at)
    return exchange


def make_account(
    bank: Bank, *, kind: AccountKind = AccountKind.MEMBER, floor_minutes: int | None = None, at: dt.datetime = AT
) -> Account:
    """Return an account that belongs to nobody yet, for tests of the ledger alone."""
    number = f"A{next(_numbers)}"
    return ledger.open_account(bank.id, number=number, kind=kind, opened_at=at, floor_minutes=floor_minutes)


def draft_transfer(
    from_: Party,
    to: Party,
    *,
    minutes: int = 60,
    book: Book = Book.CREDIT,
    kind: TransferKind = TransferKind.EXCHANGE,
    happened_on: dt.date = TODAY,
    key: str = "",
    linked_by: str = "",
) -> TransferDraft:
    """Return a transfer to post, under a key of its own unless one is given."""
    key = key or f"key:{next(_numbers)}"
    return TransferDraft(
        from_account_id=account_of(from_),
        to_account_id=account_of(to),
        minutes=minutes,
        book=book,
        kind=kind,
        happened_on=happened_on,
        key=key,
        linked_by=linked_by or key,
    )


def post(bank: Bank, *drafts: TransferDraft, at: dt.datetime = AT) -> int:
    """Post transfers together, and return how many were new."""
    return ledger.post_transfers(bank.id, drafts, posted_at=at)


def give_hours(bank: Bank, to: Party, minutes: int, *, at: dt.datetime = AT) -> None:
    """Let somebody begin with hours, from the opening account."""
    opening = ledger_queries.opening_account(bank.id)
    draft = draft_transfer(opening, to, minutes=minutes, kind=TransferKind.OPENING, happened_on=bank.day_of(at))
    post(bank, draft, at=at)


def tell_story(
    told_by: Membership,
    *,
    words: str = "They helped me, and I help others.",
    shown_to: Readers = Readers.EVERYBODY,
    with_first_name: bool = False,
    written_by: Membership | None = None,
    at: dt.datetime = AT,
) -> Story:
    """Let somebody tell a story, themselves unless somebody writes it down for them."""
    return stories.tell_story(
        told_by,
        words=words,
        shown_to=shown_to,
        with_first_name=with_first_name,
        consented_on=told_by.bank.day_of(at),
        written_by=written_by or told_by,
        at=at,
    )


def enter_cost(
    bank: Bank,
    *,
    pence: int = 120_000,
    kind: CostKind = CostKind.RUNNING,
    starts_on: dt.date = dt.date(2026, 1, 1),
    last_day: dt.date = dt.date(2026, 3, 31),
    label: str = "Rent",
    assumption: str = "A third of the rent of the hall.",
    entered_by: Membership,
    at: dt.datetime = AT,
) -> Cost:
    """Enter what the bank spent, a quarter's rent unless it is something else."""
    return costs.enter_cost(
        bank,
        label=label,
        pence=pence,
        kind=kind,
        starts_on=starts_on,
        last_day=last_day,
        assumption=assumption,
        entered_by=entered_by,
        at=at,
    )


def account_of(party: Party) -> int:
    """Return the id of the account that belongs to a member or an organisation, or of the account itself."""
    return party.id if isinstance(party, Account) else party.account_id


def _all(party: Party | Iterable[Party]) -> list[Party]:
    return [party] if isinstance(party, Membership | Organisation | Account) else list(party)


def _capacity(party: Party, otherwise: Capacity) -> Capacity:
    return Capacity(party.capacity) if isinstance(party, Membership) else otherwise


def _any_activity(bank: Bank, at: dt.datetime) -> Activity:
    offered = bank_queries.activities_of(bank, only_offered=True)
    return offered[0] if offered else make_activity(bank, at=at)


def close_and_issue(bank: Bank, month: Month, *, closed_by: Membership | None = None, at: dt.datetime) -> MonthClosing:
    """Close the month and issue all of its statements."""
    closing = months.close_month(bank, month, closed_by=closed_by.id if closed_by else None, at=at)
    while months.go_on(bank, closing, at=at):
        pass
    return closing
