"""Forms about what is held of people."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from timebank.web.forms import Form, Needed, RadiosField, SecretField, SendField, TextField

TO_THE_COMMUNITY, STAYS = "community", "stays"


class EverythingForm(Form):
    """One's own password, so that a screen left open is not enough."""

    until_now = SecretField(
        _l("Your current password"),
        validators=[Needed(_l("Enter your current password"))],
        render_kw={"autocomplete": "current-password"},
    )
    send = SendField(_l("Download everything"))


class EraseForm(Form):
    """What becomes of the balance, and the number of who is meant, typed once more."""

    balance = RadiosField(_l("What happens to their hours?"), choose=_l("Choose what happens to their hours"))
    number = TextField(
        _l("Enter their member number, so that nobody else is erased"),
        validators=[Needed(_l("Enter the member number"))],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    send = SendField(_l("Erase this person"))

    def prepare(self) -> None:
        """Offer what can become of the balance."""
        self.balance.offer(
            [
                (TO_THE_COMMUNITY, _l("What they have, if anything, is donated to the community account")),
                (STAYS, _l("It stays in their closed account, as it is")),
            ]
        )
