"""Every kind of mail, in one list."""

from __future__ import annotations

from flask import Flask

from timebank.concerns import emails as concern_emails
from timebank.concerns import service as concerns
from timebank.joining import emails as joining_emails
from timebank.joining import service as joining
from timebank.mail import kinds
from timebank.sign_in import emails as sign_in_emails
from timebank.sign_in.email_change import NOTICE
from timebank.sign_in.models import Purpose
from timebank.statements import emails, reminders, sending

KINDS = {
    sending.KIND: emails.statement_words,
    reminders.KIND: reminders.reminder_words,
    concerns.KIND: concern_emails.concern_words,
    joining.KIND: joining_emails.referee_words,
    Purpose.PASSWORD_RESET: sign_in_emails.reset_words,
    Purpose.EMAIL_CHANGE: sign_in_emails.change_words,
    NOTICE: sign_in_emails.notice_words,
}


def init_app(_app: Flask) -> None:
    """Say what makes the words of each kind of mail."""
    for kind, make_words in KINDS.items():
        kinds.register(kind, make_words)
