"""What people read about a story."""

from __future__ import annotations

from flask_babel import gettext

from timebank.stories.models import Readers, Story


def of_readers(readers: Readers) -> str:
    """Return to whom a story is shown."""
    return {
        Readers.BOARD: gettext("Coordinators and the board"),
        Readers.EVERYBODY: gettext("Everybody, also in what is released to funders"),
    }[readers]


def teller_of(story: Story) -> str:
    """Return by whom it is said to be."""
    return story.told_as or gettext("A member of the time bank")


def state_of(story: Story) -> str:
    """Return what became of it."""
    if story.taken_back_at is not None:
        return gettext("Taken back: nothing of it is kept")
    if story.shown_at is not None:
        return gettext("Beside the figures")
    return gettext("Waits until a coordinator has read it")
