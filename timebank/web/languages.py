"""Which language and time zone a page is in."""

from __future__ import annotations

from flask import g, has_request_context, request

# Each has a catalogue in translations/, but English, which the code is written in.
LANGUAGES = {"en": "English"}
DEFAULT_LANGUAGE = "en"
DEFAULT_ZONE = "Europe/London"


def current() -> str:
    """Return the language of the bank that is signed in to, else the one that the browser prefers."""
    bank = getattr(g, "bank", None)
    if bank is not None and bank.language in LANGUAGES:
        return str(bank.language)
    if has_request_context():
        return request.accept_languages.best_match(list(LANGUAGES)) or DEFAULT_LANGUAGE
    return DEFAULT_LANGUAGE


def current_zone() -> str:
    """Return the time zone of the bank that is signed in to."""
    bank = getattr(g, "bank", None)
    return str(bank.time_zone) if bank is not None else DEFAULT_ZONE
