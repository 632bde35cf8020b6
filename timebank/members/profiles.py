"""What a member tells the others about themselves, and which of it they let them see."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.banks import queries as banks
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.members import queries
from timebank.members.models import LONGEST_ABOUT, LONGEST_AREA, Membership, Profile


class AreaTooLong(RuleBroken):
    """An area is a word or two, and no address."""

    field = "area"
    message = _l("Use %(longest)s characters or fewer")


class AboutTooLong(RuleBroken):
    """What somebody says about themselves is a line or two."""

    field = "about"
    message = _l("Use %(longest)s characters or fewer")


class OffersTooLong(RuleBroken):
    """What somebody offers is a line or two."""

    field = "offers"
    message = _l("Use %(longest)s characters or fewer")


@dataclass(frozen=True)
class Choices:
    """What a member tells and shows. As it stands here, others see the first name and an initial, and nothing else."""

    area: str = ""
    about: str = ""
    offers: str = ""
    is_listed: bool = False
    shows_full_name: bool = False
    shows_phone: bool = False
    shows_email: bool = False
    shows_area: bool = False
    shows_about: bool = False
    shows_offers: bool = False


@dataclass(frozen=True)
class Seen:
    """A member as the others see them: what is not shown is not in it."""

    reference: str
    name: str
    area: str = ""
    about: str = ""
    offers: str = ""
    phone: str = ""
    email: str = ""


_IN_THE_PROFILE = (
    *("area", "about", "offers", "is_listed"),
    *("shows_phone", "shows_email", "shows_area", "shows_about", "shows_offers"),
)


def choices_of(member: Membership) -> Choices:
    """Return what the member tells and shows now."""
    profile = queries.profile_of(member)
    if profile is None:
        return Choices(shows_full_name=member.shows_full_name)
    return Choices(shows_full_name=member.shows_full_name, **{name: getattr(profile, name) for name in _IN_THE_PROFILE})


def choose(member: Membership, choices: Choices, *, at: dt.datetime) -> None:
    """Keep what the member tells about themselves and shows. The same again changes nothing.

    Raises AreaTooLong, AboutTooLong or OffersTooLong.
    """
    choices = _checked(choices)
    banks.lock_bank(member.bank)
    before = choices_of(member)
    if choices == before:
        return
    profile = queries.profile_of(member)
    if profile is None:
        profile = Profile(membership_id=member.id, bank_id=member.bank_id, changed_at=at)
        db.session.add(profile)
    for name in _IN_THE_PROFILE:
        setattr(profile, name, getattr(choices, name))
    shown = [text for text, is_shown in _texts(profile) if is_shown]
    profile.search_words, profile.changed_at = "\n".join(shown).casefold(), at
    member.shows_full_name = choices.shows_full_name
    # The name that others search is the one that they see.
    member.rename(member.name)
    db.session.flush()
    audit.record(
        Action.PROFILE_CHANGED,
        bank_id=member.bank_id,
        by=member.id,
        on_what="member",
        reference=member.reference,
        at=at,
        fields=[name for name in vars(choices) if getattr(choices, name) != getattr(before, name)],
    )


def seen(member: Membership, profile: Profile | None) -> Seen:
    """Return the member as the others see them, with nothing in it that they do not show."""
    if profile is None:
        return Seen(member.reference, member.short_name)
    return Seen(
        member.reference,
        member.short_name,
        area=profile.area if profile.shows_area else "",
        about=profile.about if profile.shows_about else "",
        offers=profile.offers if profile.shows_offers else "",
        phone=member.phone if profile.shows_phone else "",
        email=(member.email or "") if profile.shows_email else "",
    )


def _texts(profile: Profile) -> tuple[tuple[str, bool], ...]:
    return (
        (profile.area, profile.shows_area),
        (profile.about, profile.shows_about),
        (profile.offers, profile.shows_offers),
    )


def _checked(choices: Choices) -> Choices:
    area, about, offers = " ".join(choices.area.split()), choices.about.strip(), choices.offers.strip()
    for text, longest, broken in (
        (area, LONGEST_AREA, AreaTooLong),
        (about, LONGEST_ABOUT, AboutTooLong),
        (offers, LONGEST_ABOUT, OffersTooLong),
    ):
        if len(text) > longest:
            raise broken(longest=f"{longest:,}")
    return Choices(**(vars(choices) | {"area": area, "about": about, "offers": offers}))
