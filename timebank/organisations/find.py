"""Find the account that somebody means by what they typed."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from timebank.banks.models import Bank
from timebank.errors import RuleBroken
from timebank.ledger import queries as ledger_queries
from timebank.members import queries as members
from timebank.members.models import Membership
from timebank.organisations import queries

# More would not help anybody to choose.
MOST_CHOICES = 8
# Among these the one whose name is just what was typed is found, even where it is a part of many others' names.
MOST_COMPARED = 100
LONGEST_SEARCH = 120


class NobodyFound(RuleBroken):
    """What was typed matches nobody in this bank."""

    field = "with_whom"
    message = _l("We could not find “%(typed)s” in this time bank. Check the spelling, or type their member number")


class SeveralFound(RuleBroken):
    """What was typed matches more than one, and hours must not go to the wrong person."""

    field = "with_whom"
    message = _l("More than one matches “%(typed)s”. Type the number as well: %(choices)s")


class NobodyNamed(RuleBroken):
    """An exchange is between two."""

    field = "with_whom"
    message = _l("Enter the name or number of the person or organisation")


@dataclass(frozen=True)
class Choice:
    """An account that somebody can choose, and the label that stands for it."""

    account_id: int
    label: str


def choices(bank: Bank, typed: str, *, in_full: bool) -> list[Choice]:
    """Return the few open accounts that match what was typed so far, with labels that find_account() reads back."""
    typed = typed.strip()[:LONGEST_SEARCH]
    if not typed:
        return []
    found = [Choice(m.account_id, label_of(m, in_full=in_full)) for m in _members(bank, typed)]
    found += [Choice(o.account_id, o.name) for o in queries.organisations_matching(bank, typed, limit=MOST_CHOICES)]
    if typed.casefold() in community_label().casefold():
        found.append(Choice(ledger_queries.community_account(bank.id).id, community_label()))
    return found[:MOST_CHOICES]


def _members(bank: Bank, typed: str) -> list[Membership]:
    found = members.members_matching(bank, typed, limit=MOST_CHOICES)
    exactly = members.member_with_number(bank, typed)
    if exactly is not None and exactly.left_at is None and exactly not in found:
        found.insert(0, exactly)
    return found


def community_label() -> str:
    """Return what people call the community account."""
    return gettext("Community account")


def label_of(member: Membership, *, in_full: bool) -> str:
    """Return the label of a member: the name that the viewer may see, and the number."""
    return f"{member.name if in_full else member.short_name} ({member.number})"


def find_account(bank: Bank, typed: str, *, in_full: bool) -> int:
    """Return the id of the one account that is meant by a label, a number or a name.

    Raises NobodyNamed, NobodyFound or SeveralFound.
    """
    typed = " ".join(typed.split())
    if not typed:
        raise NobodyNamed()
    if len(typed) > LONGEST_SEARCH:
        raise NobodyFound(typed=typed[:40] + "…")
    if (account_id := _account_with_label(bank, typed)) is not None:
        return account_id
    found = choices(bank, typed, in_full=in_full)
    matching = members.members_matching(bank, typed, limit=MOST_COMPARED)
    same = [m for m in matching if typed.casefold() in (m.name.casefold(), m.short_name.casefold())]
    if len(same) == 1:
        return same[0].account_id
    if not found:
        raise NobodyFound(typed=typed)
    if len(found) > 1:
        raise SeveralFound(typed=typed, choices=", ".join(choice.label for choice in found))
    return found[0].account_id


def _account_with_label(bank: Bank, typed: str) -> int | None:
    """Return the account of a bare number, of an organisation's name, or of a label such as "Jean M. (0012)"."""
    account = ledger_queries.account_with_number(bank.id, typed)
    if account is not None:
        return account.id
    # Before the label, because an organisation may be called "The Kitchen (0012)".
    organisation = queries.organisation_named(bank, typed)
    if organisation is not None:
        return organisation.account_id
    if typed.casefold() == community_label().casefold():
        return ledger_queries.community_account(bank.id).id
    if typed.endswith(")") and "(" in typed:
        account = ledger_queries.account_with_number(bank.id, typed[typed.rindex("(") + 1 : -1].strip())
        return account.id if account is not None else None
    return None
