"""The forms with which stories are told."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from timebank.stories import words
from timebank.stories.models import LONGEST_STORY, Readers
from timebank.web.forms import AtMost, DayField, KeyedForm, Needed, RadiosField, TickField, WordsField

WITH_FIRST_NAME, WITHOUT_NAME = "with", "without"


class StoryForm(KeyedForm):
    """A story, and what whoever tells it agrees to."""

    words = WordsField(
        _l("The story"),
        description=_l("What happened, and what it meant to you. Name nobody but yourself"),
        validators=[Needed(_l("Enter the story")), AtMost(LONGEST_STORY)],
    )
    shown_to = RadiosField(_l("Who may read it?"), choose=_l("Choose who may read it"))
    name = RadiosField(_l("With your first name?"), choose=_l("Choose whether the first name stands with it"))
    agrees = TickField(
        _l("I agree to that"),
        description=_l("You can take it back at any time, without saying why"),
        validators=[Needed(_l("Tick that you agree. Without that it cannot be kept"))],
    )

    def prepare(self, *, first_name: str) -> None:
        """Fill in the choices."""
        self.shown_to.offer([(readers.value, words.of_readers(readers)) for readers in Readers])
        self.name.offer(
            [
                (WITHOUT_NAME, gettext("Without a name")),
                (WITH_FIRST_NAME, gettext("With the first name: %(name)s", name=first_name)),
            ]
        )


class StoryOnTheirWordForm(StoryForm):
    """The same, written down by a coordinator on the word of whoever it happened to."""

    words = WordsField(
        _l("Their story"),
        description=_l("In their own words. Name nobody else"),
        validators=[Needed(_l("Enter the story")), AtMost(LONGEST_STORY)],
    )
    shown_to = RadiosField(_l("Who may read it?"), choose=_l("Choose who may read it"))
    name = RadiosField(_l("With their first name?"), choose=_l("Choose whether the first name stands with it"))
    consented_on = DayField(
        _l("On which day did they agree?"), validators=[Needed(_l("Enter the day on which they agreed"))]
    )
    agrees = TickField(
        _l("I read it to them as it stands here, and they agree to that"),
        description=_l("They know that they can take it back at any time, without saying why"),
        validators=[Needed(_l("Tick that they agree. Without that it cannot be kept"))],
    )
