"""Names as one viewer may read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import ngettext

from timebank.members.models import Membership
from timebank.organisations.queries import Holder
from timebank.web.setup import listed

# Beyond this many, a number says more than a list of names.
MOST_NAMES = 3


@dataclass(frozen=True)
class Viewer:
    """Somebody who reads: a member, or nobody in particular, who sees names in full or first names and an initial."""

    member: Membership | None
    in_full: bool

    def name(self, holder: Holder) -> str:
        """Return the holder's name as it stands inside a sentence; one's own is "you"."""
        return holder.name_for(self.member, in_full=self.in_full)

    def names(self, holders: Sequence[Holder]) -> str:
        """Return the names of a few, oneself last, or how many there are."""
        others = [self.name(holder) for holder in holders if not self.is_me(holder)]
        me = [self.name(holder) for holder in holders if self.is_me(holder)]
        if len(holders) <= MOST_NAMES:
            return listed([*others, *me])
        if me:
            return ngettext("you and %(num)s other person", "you and %(num)s other people", len(others))
        return ngettext("%(num)s person", "%(num)s people", len(others))

    def is_me(self, holder: Holder) -> bool:
        """Return whether the account is the viewer's own."""
        return self.member is not None and holder.member is not None and holder.member.id == self.member.id

    def is_only(self, holders: Sequence[Holder]) -> bool:
        """Return whether these are the viewer's own account and no other."""
        return len(holders) == 1 and self.is_me(holders[0])
