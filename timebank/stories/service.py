"""Tell a story, put it beside the figures, and take it back."""

from __future__ import annotations

import datetime as dt

from flask_babel import lazy_gettext as _l

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.banks import queries as banks
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.members.models import Membership
from timebank.stories.models import LONGEST_STORY, Readers, Story


class StoryNeeded(RuleBroken):
    """A story beside figures is read in half a minute, and has something in it."""

    field = "words"
    message = _l("Enter the story, in up to %(longest)s characters")


class ConsentNeeded(RuleBroken):
    """A story belongs to whoever it happened to, and is shown to nobody without their word."""

    field = "agrees"
    message = _l("Tick that this is agreed to. Without that it cannot be kept")


class ConsentInTheFuture(RuleBroken):
    """Nobody has agreed to something tomorrow."""

    field = "consented_on"
    message = _l("This day has not come yet. Check it")


class TellerForgotten(RuleBroken):
    """Of somebody who was erased nothing is kept."""

    message = _l("Nothing is kept any more about this person, so no story can be")


class StoryTakenBack(RuleBroken):
    """It is no longer anybody's to show."""

    message = _l("This story was taken back, and nothing of it is kept")


def tell_story(
    told_by: Membership,
    *,
    words: str,
    shown_to: Readers,
    with_first_name: bool,
    consented_on: dt.date | None,
    written_by: Membership,
    at: dt.datetime,
) -> Story:
    """Keep a story of a member, with what they agreed to, and return it.

    What somebody else wrote down for them stands beside the figures at once; what they wrote themselves, when somebody
    has looked whether it names anybody else. Raises StoryNeeded, ConsentNeeded, ConsentInTheFuture or
    TellerForgotten.
    """
    bank, words = told_by.bank, words.strip()
    if not 0 < len(words) <= LONGEST_STORY:
        raise StoryNeeded(longest=LONGEST_STORY)
    if consented_on is None:
        raise ConsentNeeded()
    if consented_on > bank.day_of(at):
        raise ConsentInTheFuture()
    banks.lock_bank(bank)
    db.session.refresh(told_by)
    if told_by.erased_at is not None:
        raise TellerForgotten()
    story = Story(
        bank_id=bank.id,
        told_by=told_by,
        written_by_id=written_by.id,
        words=words,
        shown_to=shown_to,
        told_as=told_by.first_name if with_first_name else "",
        consented_on=consented_on,
        told_at=at,
        shown_at=None if written_by.id == told_by.id else at,
    )
    db.session.add(story)
    db.session.flush()
    _record(Action.STORY_TOLD, story, by=written_by, at=at)
    return story


def show_story(story: Story, *, shown_by: Membership, at: dt.datetime) -> None:
    """Put a story beside the figures, for whom its teller agreed to. Twice is once. Raises StoryTakenBack."""
    _lock(story)
    if story.taken_back_at is not None:
        raise StoryTakenBack()
    if story.shown_at is None:
        story.shown_at = at
        db.session.flush()
        _record(Action.STORY_SHOWN, story, by=shown_by, at=at)


def take_back_story(story: Story, *, taken_back_by: Membership, at: dt.datetime) -> None:
    """Show a story to nobody any more, from now on, and keep nothing of its words. Twice is once."""
    _lock(story)
    if story.taken_back_at is None:
        story.words, story.told_as, story.taken_back_at = "", "", at
        db.session.flush()
        _record(Action.STORY_TAKEN_BACK, story, by=taken_back_by, at=at)


def _lock(story: Story) -> None:
    # The bank is locked as by whoever releases evidence: a story is in a release or taken back, whichever came first.
    banks.lock_bank(story.told_by.bank)
    db.session.refresh(story)


def _record(action: Action, story: Story, *, by: Membership, at: dt.datetime) -> None:
    audit.record(action, bank_id=story.bank_id, by=by.id, on_what="story", reference=story.reference, at=at)
