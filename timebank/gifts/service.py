"""Donate hours, grant hours, and take a mistaken gift back."""

from __future__ import annotations

import datetime as dt

from flask_babel import lazy_gettext as _l

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.banks.models import Bank
from timebank.columns import new_reference
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.gifts import queries
from timebank.gifts.models import LONGEST_REASON, Gift, GiftKind
from timebank.hours import in_words
from timebank.ledger import queries as ledger_queries
from timebank.ledger import service as ledger
from timebank.ledger.models import AccountKind, Book, TransferKind
from timebank.members import queries as members
from timebank.members.models import Membership
from timebank.members.permissions import Permission
from timebank.organisations import queries as organisations


class MoreThanYouHave(RuleBroken):
    """A donation comes from hours that are there to give."""

    field = "time"
    message = _l("You can donate up to %(hours)s")


class NothingToDonate(RuleBroken):
    """A donation comes from hours that are there to give."""

    field = "time"
    message = _l("You have no hours to donate at the moment")


class GiftToItself(RuleBroken):
    """A gift goes to somebody else."""

    field = "with_whom"
    message = _l("Choose somebody other than yourself")


class GrantToItself(RuleBroken):
    """The community account cannot be granted its own hours."""

    field = "with_whom"
    message = _l("Choose a person or an organisation. The hours already belong to the community account")


class OwnGift(RuleBroken):
    """Nobody grants hours to themselves, or takes a gift of their own back, where another coordinator can."""

    field = "with_whom"
    message = _l("This is about hours of your own, so another coordinator has to do it")


class ReasonNeeded(RuleBroken):
    """What is done to other people's hours is explained to them."""

    field = "reason"
    message = _l("Enter a reason of up to %(longest)s characters. The people concerned will see it")


class NotAGiftAccount(RuleBroken):
    """Opening balances are the bank's book-keeping, not somebody."""

    field = "with_whom"
    message = _l("Choose a person, an organisation or the community account")


class ReceiverPaused(RuleBroken):
    """Nothing new begins with somebody who is paused."""

    field = "with_whom"
    message = _l("Hours cannot be given to this person at the moment. Ask your coordinator")


def donate_hours(
    bank: Bank, *, giver: Membership, to_account_id: int, minutes: int, reason: str, at: dt.datetime
) -> Gift:
    """Give credit minutes of a member's own to another account, and post it.

    Raises GiftToItself, MoreThanYouHave, NothingToDonate, ReasonNeeded (a message that is too long) or what posting
    raises.
    """
    check_donation(bank, giver, to_account_id=to_account_id, minutes=minutes)
    if len(reason.strip()) > LONGEST_REASON:
        raise ReasonNeeded(longest=LONGEST_REASON)
    gift = _make(bank, GiftKind.DONATION, giver.account_id, to_account_id, minutes, reason, giver, at)
    # Asked again after posting, when the balance is locked: of two donations at once, the second sees the first.
    _check_it_is_there(ledger_queries.balance_of(giver.account_id, Book.CREDIT) + minutes, minutes)
    _record(Action.HOURS_DONATED, gift, by=giver, at=at)
    return gift


def give_balance(
    giver: Membership, *, to_account_id: int, recorded_by: Membership | None, at: dt.datetime
) -> Gift | None:
    """Give all that a member has, if anything, as their membership ends, or after it ended.

    `recorded_by` is who does so for them; without one it stands as their own. Raises what stands in the way of a
    donation.
    """
    minutes = ledger_queries.balance_of(giver.account_id, Book.CREDIT)
    if minutes < 1:
        return None
    if to_account_id == giver.account_id:
        raise GiftToItself()
    _check_receiver(giver.bank, to_account_id)
    has_left = giver.left_at is not None
    if has_left:
        ledger.open_account_again(giver.account)
    by = recorded_by or giver
    gift = _make(giver.bank, GiftKind.DONATION, giver.account_id, to_account_id, minutes, "", by, at)
    _record(Action.HOURS_DONATED, gift, by=by, at=at)
    if has_left:
        ledger.close_account(giver.account, closed_at=at)
    return gift


def check_donation(bank: Bank, giver: Membership, *, to_account_id: int, minutes: int) -> None:
    """Raise what stands in the way of this donation: GiftToItself, MoreThanYouHave, NothingToDonate, NotAGiftAccount,

    ReceiverPaused. Raises ledger.AccountClosed or ledger.NotInThisBank too.
    """
    if to_account_id == giver.account_id:
        raise GiftToItself()
    _check_receiver(bank, to_account_id)
    _check_it_is_there(ledger_queries.balance_of(giver.account_id, Book.CREDIT), minutes)


def _check_receiver(bank: Bank, account_id: int) -> None:
    found = ledger_queries.accounts_with_ids(bank.id, [account_id])
    if not found:
        raise ledger.NotInThisBank()
    if found[0].kind == AccountKind.OPENING:
        raise NotAGiftAccount()
    if found[0].closed_at is not None:
        raise ledger.AccountClosed()
    receiver = members.member_of_account(account_id)
    if receiver is not None and receiver.paused_at is not None:
        raise ReceiverPaused()


def _check_it_is_there(balance_minutes: int, minutes: int) -> None:
    if balance_minutes < 1:
        raise NothingToDonate()
    if minutes > balance_minutes:
        raise MoreThanYouHave(hours=in_words(balance_minutes))


def grant_hours(
    bank: Bank, *, granted_by: Membership, to_account_id: int, minutes: int, reason: str, at: dt.datetime
) -> Gift:
    """Give credit minutes of the community account to somebody, and post it. The pot may go below nothing.

    Raises GrantToItself, OwnGift, ReasonNeeded or what posting raises.
    """
    check_grant(bank, granted_by=granted_by, to_account_id=to_account_id)
    pot = ledger_queries.community_account(bank.id)
    gift = _make(bank, GiftKind.GRANT, pot.id, to_account_id, minutes, checked_reason(reason), granted_by, at)
    _record(Action.HOURS_GRANTED, gift, by=granted_by, at=at)
    return gift


def check_grant(bank: Bank, *, granted_by: Membership, to_account_id: int) -> None:
    """Raise what stands in the way of this grant: GrantToItself, OwnGift, or what the receiver's account does."""
    if to_account_id == ledger_queries.community_account(bank.id).id:
        raise GrantToItself()
    _check_receiver(bank, to_account_id)
    if to_account_id in organisations.accounts_left_to_others(bank, granted_by, permission=Permission.GRANT_HOURS):
        raise OwnGift()


def reverse_gift(bank: Bank, gift: Gift, *, reason: str, reversed_by: Membership, at: dt.datetime) -> Gift:
    """Post the opposite of a gift, once, and say why. Raises ReasonNeeded, OwnGift or ledger.AlreadyReversed."""
    reason = checked_reason(reason)
    gift = queries.gift_with_reference(bank, gift.reference, for_update=True)
    if gift.reversed_at is not None:
        raise ledger.AlreadyReversed()
    if {gift.from_account_id, gift.to_account_id} & organisations.accounts_left_to_others(
        bank, reversed_by, permission=Permission.GRANT_HOURS
    ):
        raise OwnGift()
    ledger.reverse_transfers(bank.id, gift.reference, reversed_on=bank.day_of(at), posted_at=at)
    gift.reversed_at, gift.reversed_by_id, gift.reversal_reason = at, reversed_by.id, reason
    db.session.flush()
    _record(Action.GIFT_REVERSED, gift, by=reversed_by, at=at)
    return gift


def checked_reason(reason: str) -> str:
    """Return the reason without surrounding space. Raises ReasonNeeded when there is none or it is too long."""
    reason = reason.strip()
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise ReasonNeeded(longest=LONGEST_REASON)
    return reason


def _make(
    bank: Bank,
    kind: GiftKind,
    from_account_id: int,
    to_account_id: int,
    minutes: int,
    reason: str,
    given_by: Membership,
    at: dt.datetime,
) -> Gift:
    gift = Gift(
        bank_id=bank.id,
        reference=new_reference(),
        kind=kind,
        from_account_id=from_account_id,
        to_account_id=to_account_id,
        minutes=minutes,
        reason=reason.strip(),
        given_on=bank.day_of(at),
        given_by_id=given_by.id,
        given_at=at,
    )
    db.session.add(gift)
    db.session.flush()
    draft = ledger.TransferDraft(
        from_account_id=from_account_id,
        to_account_id=to_account_id,
        minutes=minutes,
        book=Book.CREDIT,
        kind=TransferKind(kind.value),
        happened_on=gift.given_on,
        key=f"gift:{gift.reference}",
        linked_by=gift.reference,
    )
    ledger.post_transfers(bank.id, [draft], posted_at=at)
    return gift


def _record(action: Action, gift: Gift, *, by: Membership, at: dt.datetime) -> None:
    audit.record(
        action, bank_id=gift.bank_id, by=by.id, on_what="gift", reference=gift.reference, at=at, minutes=gift.minutes
    )
