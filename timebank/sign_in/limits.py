"""How often somebody may try, from one place and for one account."""

from __future__ import annotations

from flask import request

from timebank.members.queries import tidy_email
from timebank.web.forms import without_control_characters

ATTEMPTS_FROM_AN_ADDRESS = "30 per minute; 300 per hour"


def account_named() -> str:
    """Return by which name attempts for the account that is typed are counted, whoever has it, or nobody."""
    # Tidied as the form tidies it, or the same account could be tried again under each way to write its address.
    return "account:" + tidy_email(without_control_characters(request.form.get("email", "")))[:254]
