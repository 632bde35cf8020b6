"""Which language and time zone a page is in."""

from __future__ import annotations

from flask import g, has_request_context, request

# Each has a catalogue in translations/, but English, which the code is written in.
LANGUAGES = {"en": "English"}
DEFAULT_LANGUAGE = "en"

# Days, numbers and lists are written as in the country that the language is spoken in here.
LOCALES = {"en": "en_GB"}
DEFAULT_ZONE = "Europe/London"


def current() -> str:
    """Return the locale of the bank that is signed in to, else of the language that the browser prefers."""
    language = _language()
    return LOCALES.get(language, language)


def _language() -> str:
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
