"""What a member told the others about themselves: the profile, and stories beside the figures."""

from __future__ import annotations

from flask_babel import gettext

from timebank.members import queries as members
from timebank.members.models import Membership
from timebank.privacy.facts import Facts, Part
from timebank.stories.models import Readers, Story
from timebank.stories.queries import stories_of
from timebank.stories.words import of_readers


class Told:
    """What one member told, for themselves to read."""

    def __init__(self, member: Membership) -> None:
        self.member = member
        self.fact = Facts(member.bank.zone)

    def profile(self) -> Part:
        """Return what the member tells others about themselves, and which of it is shown."""
        fact, profile = self.fact, members.profile_of(self.member)
        if profile is None:
            return Part("profile", gettext("What other members see of you"), ())
        record = (
            fact("is_listed", gettext("In the directory"), profile.is_listed),
            fact("area", gettext("Where you live, roughly"), profile.area),
            fact("shows_area", gettext("That is shown"), profile.shows_area),
            fact("about", gettext("About you"), profile.about),
            fact("shows_about", gettext("That is shown"), profile.shows_about),
            fact("offers", gettext("What you can offer"), profile.offers),
            fact("shows_offers", gettext("That is shown"), profile.shows_offers),
            fact("shows_phone", gettext("Your telephone number is shown"), profile.shows_phone),
            fact("shows_email", gettext("Your email address is shown"), profile.shows_email),
            fact("search_words", gettext("What is searched"), profile.search_words),
            fact("changed_at", gettext("Changed on"), profile.changed_at),
        )
        return Part("profile", gettext("What other members see of you"), (record,))

    def stories(self) -> Part:
        """Return what the member told, and what they agreed to."""
        fact = self.fact
        records = (
            (
                fact("words", gettext("The story"), each.words),
                fact("shown_to", gettext("Who may read it"), each.shown_to, words=of_readers(Readers(each.shown_to))),
                fact("told_as", gettext("First name that stands with it"), each.told_as),
                fact("consented_on", gettext("Agreed on"), each.consented_on),
                fact("written_by_id", gettext("Written down by"), self._by(each)),
                fact("told_at", gettext("Written down on"), each.told_at),
                fact("shown_at", gettext("Beside the figures since"), each.shown_at),
                fact("taken_back_at", gettext("Taken back on"), each.taken_back_at),
                fact("reference", gettext("Reference"), each.reference),
            )
            for each in stories_of(self.member)
        )
        return Part("stories", gettext("Stories that you told"), tuple(records))

    def _by(self, story: Story) -> str:
        return gettext("You") if story.written_by_id == self.member.id else gettext("Somebody else")
