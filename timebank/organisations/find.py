"""Find the account that somebody means by what they typed."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from timebank.banks.models import Bank
from timebank.errors import RuleBroken
from timebank.ledger import queries as ledger_queries
from timebank.ledger.models import Account, AccountKind
from timebank.members import queries as members
from timebank.members.models import Membership
from timebank.organisations import queries

# More would not help anybody to choose.
MOST_CHOICES = 8
LONGEST_SEARCH = 120


class NobodyFound(RuleBroken):
    """What was typed matches nobody in this bank."""

    field = "with_whom"
    message = _l("We could not find “%(typed)s” in this time bank. Check the spelling, or type their member number")


class SeveralFound(RuleBroken):
    """What was typed matches more than one, and hours must not go to the wrong person."""

    field = "with_whom"
    message = _l("More than one matches “%(typed)s”. Type the number as well: %(choices)s")


class CannotBeChosen(RuleBroken):
    """Nothing new begins with somebody who is paused. Only coordinators are told that this is why."""

    field = "with_whom"
    message = _l("%(name)s is paused. A coordinator can end the pause on their page")


class NobodyNamed(RuleBroken):
    """An exchange is between two."""

    field = "with_whom"
    message = _l("Enter the name or number of the person or organisation")


@dataclass(frozen=True)
class Choice:
    """An account that somebody can choose, and the label that stands for it."""

    account_id: int
    label: str


def choices(bank: Bank, typed: str, *, in_full: bool, besides: int | None = None) -> list[Choice]:
    """Return the few open accounts that match what was typed so far, with labels that find_account() reads back.

    The account `besides` is left out: nobody looks for themselves.
    """
    typed = " ".join(typed.split())[:LONGEST_SEARCH]
    if not typed:
        return []
    found = []
    if (exactly := _account_with_label(bank, typed)) is not None:
        holder = queries.holders_of(bank, [exactly])[exactly]
        if not holder.is_closed and not holder.is_paused and holder.kind != AccountKind.OPENING:
            found.append(Choice(exactly, find_label(holder, in_full=in_full)))
    matching = members.members_matching(bank, typed, limit=MOST_CHOICES + 1, in_full=in_full)
    found += [Choice(member.account_id, label_of(member, in_full=in_full)) for member in matching]
    found += [Choice(o.account_id, o.name) for o in queries.organisations_matching(bank, typed, limit=MOST_CHOICES)]
    if typed.casefold() in community_label().casefold():
        found.append(Choice(ledger_queries.community_account(bank.id).id, community_label()))
    return [choice for choice in dict.fromkeys(found) if choice.account_id != besides][:MOST_CHOICES]


def community_label() -> str:
    """Return what people call the community account."""
    return gettext("Community account")


def label_of(member: Membership, *, in_full: bool) -> str:
    """Return the label of a member: the name that the viewer may see, and the number."""
    return f"{member.name if in_full else member.short_name} ({member.number})"


def find_label(holder: queries.Holder, *, in_full: bool) -> str:
    """Return the label of whoever holds an account: one that find_account() reads back."""
    if holder.member is not None:
        return label_of(holder.member, in_full=in_full)
    return community_label() if holder.kind == AccountKind.COMMUNITY else holder.full_name


def find_account(bank: Bank, typed: str, *, in_full: bool) -> int:
    """Return the id of the one account that is meant by a label, a number or a name.

    Raises NobodyNamed, NobodyFound, SeveralFound or CannotBeChosen.
    """
    account_id = _find(bank, typed, in_full=in_full)
    member = members.member_of_account(account_id)
    if member is not None and member.paused_at is not None:
        if in_full:
            raise CannotBeChosen(name=member.name)
        raise NobodyFound(typed=" ".join(typed.split()))
    return account_id


def _find(bank: Bank, typed: str, *, in_full: bool) -> int:
    typed = " ".join(typed.split())
    if not typed:
        raise NobodyNamed()
    if len(typed) > LONGEST_SEARCH:
        raise NobodyFound(typed=typed[:40] + "…")
    if (account_id := _account_with_label(bank, typed)) is not None:
        return account_id
    called = members.members_called(bank, typed)
    if len(called) == 1:
        return called[0].account_id
    found = [Choice(member.account_id, label_of(member, in_full=in_full)) for member in called]
    found = found or choices(bank, typed, in_full=in_full)
    if not found:
        raise NobodyFound(typed=typed)
    if len(found) > 1:
        raise SeveralFound(typed=typed, choices=", ".join(choice.label for choice in found))
    return found[0].account_id


def _account_with_label(bank: Bank, typed: str) -> int | None:
    """Return the account of a bare number, of an organisation's name, or of a label such as "Jean M. (0012)"."""
    account = ledger_queries.account_with_number(bank.id, typed) or _account_numbered(bank, typed)
    if account is not None:
        return account.id
    # Before the label, because an organisation may be called "The Kitchen (0012)".
    organisation = queries.organisation_named(bank, typed)
    if organisation is not None:
        return organisation.account_id
    if typed.casefold() == community_label().casefold():
        return ledger_queries.community_account(bank.id).id
    return _account_of_member(bank, typed)


def _account_of_member(bank: Bank, typed: str) -> int | None:
    """Return the account of a member's label, if the number in it is that of somebody of this name."""
    if not (typed.endswith(")") and "(" in typed):
        return None
    name, _, number = typed[:-1].rpartition("(")
    member = members.member_with_number(bank, number.strip())
    if member is None or name.strip().casefold() not in (member.search_name, member.search_short_name):
        return None
    return member.account_id


def _account_numbered(bank: Bank, typed: str) -> Account | None:
    """Return the account whose number is these figures without the noughts in front: 7 for 0007."""
    if not (typed.isascii() and typed.isdigit()):
        return None
    found = ledger_queries.accounts_numbered(bank.id, int(typed))
    return found[0] if len(found) == 1 else None
