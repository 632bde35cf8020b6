"""The sign-in form."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from timebank.members.models import LONGEST_EMAIL
from timebank.web.forms import (
    AtMost,
    Form,
    Needed,
    RadiosField,
    SecretField,
    SendField,
    TextField,
)


class SignInForm(Form):
    """Email and password."""

    email = TextField(
        _l("Email address"),
        validators=[Needed(_l("Enter your email address")), AtMost(LONGEST_EMAIL)],
        render_kw={"type": "email", "autocomplete": "username", "spellcheck": "false"},
    )
    password = SecretField(
        _l("Password"),
        validators=[Needed(_l("Enter your password"))],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()
    send = SendField(_l("Sign in"))


class ForgottenForm(Form):
    """The address of whoever has forgotten their password."""

    email = TextField(
        _l("Email address"),
        description=_l("The one that you sign in with"),
        validators=[Needed(_l("Enter your email address")), AtMost(LONGEST_EMAIL)],
        render_kw={"type": "email", "autocomplete": "username", "spellcheck": "false"},
    )
    send = SendField(_l("Send me a link"))


class NewPasswordForm(Form):
    """A password of one's own choice."""

    password = SecretField(
        _l("New password"),
        description=_l("At least 8 characters. Several words are easy to remember"),
        validators=[Needed(_l("Enter a new password"))],
        render_kw={"autocomplete": "new-password"},
    )
    send = SendField(_l("Set the password"))


class ChangePasswordForm(NewPasswordForm):
    """A new password, and the one until now, so that a screen left open is not enough."""

    send = SendField(_l("Change my password"))
    until_now = SecretField(
        _l("Your current password"),
        validators=[Needed(_l("Enter your current password"))],
        render_kw={"autocomplete": "current-password"},
    )


class PasswordAgainForm(Form):
    """The password once more, before something that a screen left open must not be enough for."""

    until_now = SecretField(
        _l("Your password"),
        validators=[Needed(_l("Enter your password"))],
        render_kw={"autocomplete": "current-password"},
    )


class NewEmailForm(PasswordAgainForm):
    """Another address to sign in with."""

    email = TextField(
        _l("New email address"),
        validators=[Needed(_l("Enter the new email address, like name@example.org")), AtMost(LONGEST_EMAIL)],
        render_kw={"type": "email", "autocomplete": "email", "spellcheck": "false"},
    )
    send = SendField(_l("Send a link to the new address"))


class ConfirmEmailForm(Form):
    """Yes."""

    send = SendField(_l("Use the new address"))


class CodeForm(Form):
    """A code from an app, or a recovery code."""

    code = TextField(
        _l("Code"),
        description=_l("Six digits from the app, or a recovery code of twelve signs"),
        validators=[Needed(_l("Enter the code")), AtMost(40)],
        render_kw={"autocomplete": "one-time-code", "spellcheck": "false"},
    )
    send = SendField(_l("Sign in"))


class SetUpForm(Form):
    """The first code from an app, and which app it is from."""

    candidate = HiddenField()
    code = TextField(
        _l("Six digits from the app"),
        validators=[Needed(_l("Enter the code")), AtMost(40)],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"},
    )
    send = SendField(_l("Switch it on"))


class ChooseBankForm(Form):
    """Which of several banks to work in."""

    membership = RadiosField(_l("Which time bank do you want to use?"), coerce=int)
    next = HiddenField()
    send = SendField(_l("Continue"))
