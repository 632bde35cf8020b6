"""The forms for members."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from flask_babel import lazy_gettext as _l

from timebank.banks.models import LONGEST_NAME, NEEDS_CLEARANCE, Activity
from timebank.banks.words import of_involvement
from timebank.members import words
from timebank.members.models import (
    LONGEST_ABOUT,
    LONGEST_ADDRESS,
    LONGEST_AREA,
    LONGEST_EMAIL,
    LONGEST_PAUSE_REASON,
    LONGEST_POSTCODE,
    Capacity,
    Role,
)
from timebank.members.service import LONGEST_NUMBER, LONGEST_PHONE
from timebank.web.forms import (
    AtMost,
    ChoiceField,
    DayField,
    Form,
    KeyedForm,
    Needed,
    RadiosField,
    TextField,
    TickField,
    WordsField,
)


class SearchForm(Form):
    """Find somebody by name or number. It is asked with GET, so that the answer has an address."""

    class Meta:
        """No secret is needed to look."""

        csrf = False

    words = TextField(_l("Name or number"))


class DetailsForm(Form):
    """What the bank knows about a member."""

    name = TextField(_l("Full name"), validators=[Needed(_l("Enter a name")), AtMost(LONGEST_NAME)])
    phone = TextField(_l("Telephone (optional)"), validators=[AtMost(LONGEST_PHONE)], render_kw={"type": "tel"})
    capacity = ChoiceField(
        _l("Usually takes part as a"),
        description=_l("Other members never see this. It helps to show what people who use services give"),
    )

    address = WordsField(
        _l("Postal address (optional)"),
        description=_l("As on an envelope, without the name and the postcode. Other members never see it"),
        validators=[AtMost(LONGEST_ADDRESS)],
        render_kw={"autocomplete": "street-address"},
    )
    postcode = TextField(
        _l("Postcode (optional)"),
        validators=[AtMost(LONGEST_POSTCODE)],
        render_kw={"autocomplete": "postal-code", "spellcheck": "false"},
    )

    def prepare(self) -> None:
        """Fill in the choices."""
        self.capacity.offer([(capacity.value, words.of_capacity(capacity)) for capacity in Capacity])


class MemberForm(DetailsForm):
    """What a coordinator keeps about a member."""

    email = TextField(
        _l("Email address (optional)"),
        description=_l("Needed only for signing in. Somebody without one can telephone you"),
        validators=[AtMost(LONGEST_EMAIL)],
        render_kw={"type": "email", "spellcheck": "false"},
    )


class NewMemberForm(MemberForm, KeyedForm):
    """A new member."""

    number = TextField(
        _l("Member number (optional)"),
        description=_l("Leave it empty to give the next free number"),
        validators=[AtMost(LONGEST_NUMBER)],
    )
    joined_on = DayField(_l("Joined on"), validators=[Needed(_l("Enter the day of joining"))])


class RoleForm(Form):
    """What a member may do for the bank."""

    role = RadiosField(_l("Role"))

    def prepare(self) -> None:
        """Fill in the choices."""
        self.role.offer([(role.value, words.of_role(role)) for role in Role if role != Role.SYSTEM_ADMINISTRATOR])


class PauseForm(Form):
    """Why somebody is paused."""

    reason = WordsField(
        _l("Why?"),
        description=_l("Only coordinators see this. It is forgotten when the pause ends"),
        validators=[Needed(_l("Enter why")), AtMost(LONGEST_PAUSE_REASON)],
    )


class ClearForm(KeyedForm):
    """What a member is trusted with, and for how long."""

    involvement = RadiosField(_l("For what?"), choose=_l("Choose what this person is cleared for"))
    cleared_on = DayField(_l("From"), validators=[Needed(_l("Enter the first day"))])
    until_on = DayField(
        _l("Until (optional)"), description=_l("The last day, like 27 3 2027. Leave it empty until somebody ends it")
    )

    def prepare(self, *, today: dt.date) -> None:
        """Fill in the choices, and on a new page today's day."""
        self.involvement.offer([(each.value, of_involvement(each)) for each in NEEDS_CLEARANCE])
        self.with_new_key()
        if not self.is_submitted():
            self.cleared_on.data = today


class CheckForm(KeyedForm):
    """That a DBS check was made."""

    activity = ChoiceField(_l("For which activity?"))
    checked_on = DayField(_l("When was the certificate seen?"), validators=[Needed(_l("Enter the day"))])
    until_on = DayField(_l("Until when does it count?"), validators=[Needed(_l("Enter the last day"))])

    def prepare(self, activities: Sequence[Activity]) -> None:
        """Offer the activities that make somebody eligible."""
        self.activity.offer([(activity.reference, activity.name) for activity in activities])
        self.with_new_key()


class DirectoryForm(SearchForm):
    """Find somebody by name, or by what they offer. It is asked with GET, so that the answer has an address."""

    words = TextField(_l("Name, area, or what you are looking for"))


class ProfileForm(Form):
    """What a member tells the others about themselves, and which of it the others see."""

    is_listed = TickField(
        _l("Let other members find me in the directory"),
        description=_l("Without this, others see your name only where you took part together or they search for you"),
    )
    shows_full_name = TickField(
        _l("Show my whole name"), description=_l("Otherwise others see your first name and an initial")
    )
    shows_phone = TickField(_l("Show my telephone number"))
    shows_email = TickField(_l("Show my email address"))
    area = TextField(
        _l("Where I live, roughly (optional)"),
        description=_l("A street or a part of town, like “near the park”, and no house number"),
        validators=[AtMost(LONGEST_AREA)],
    )
    shows_area = TickField(_l("Show where I live, roughly"))
    about = WordsField(_l("About me (optional)"), validators=[AtMost(LONGEST_ABOUT)])
    shows_about = TickField(_l("Show what I say about myself"))
    offers = WordsField(_l("What I can offer (optional)"), validators=[AtMost(LONGEST_ABOUT)])
    shows_offers = TickField(_l("Show what I can offer"))


class ConfirmForm(Form):
    """A button, and nothing to fill in."""
