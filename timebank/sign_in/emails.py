"""The words of the mail that is about signing in."""

from __future__ import annotations

from flask_babel import force_locale, gettext

from timebank import clock
from timebank.mail.kinds import NotToBeSent, Words
from timebank.mail.letters import Letter, Link, as_html, as_text
from timebank.mail.links import link_to
from timebank.mail.models import OutgoingMail
from timebank.sign_in import links, queries, reset
from timebank.sign_in.models import Purpose
from timebank.web.languages import DEFAULT_LANGUAGE, LANGUAGES, LOCALES


def reset_words(mail: OutgoingMail) -> Words:
    """Return the mail with a link to a new password. Raises NotToBeSent when the link would be worth nothing."""
    link = queries.link_with_reference(mail.membership, mail.about)
    if link is None or not reset.is_good(link, at=clock.now()):
        raise NotToBeSent("the link in it is too old, or not needed any more")
    bank = mail.membership.bank
    language = bank.language if bank.language in LANGUAGES else DEFAULT_LANGUAGE
    with force_locale(LOCALES.get(language, language)):
        small_print = [gettext("This mail is from %(bank)s.", bank=bank.name)]
        if bank.help_contact:
            small_print.append(gettext("Questions? Ask %(contact)s", contact=bank.help_contact))
        letter = Letter(
            heading=gettext("A new password for %(bank)s", bank=bank.name),
            greeting=gettext("Hello %(name)s,", name=mail.membership.name),
            paragraphs=(
                gettext("somebody, probably you, has asked for a new password for %(bank)s.", bank=bank.name),
                gettext(
                    "Follow the link to choose one. It works once, and until %(hours)s hours after you asked for it.",
                    hours=reset.VALID_HOURS,
                ),
            ),
            link=Link(
                gettext("Choose a new password"),
                link_to("reset.choose", secret=links.secret_of(Purpose.PASSWORD_RESET, link.reference)),
            ),
            small_print=(
                gettext("If it was not you, do nothing: your password stays as it is. Never pass this link on."),
                *small_print,
            ),
        )
        return Words(
            subject=letter.heading,
            text=as_text(letter),
            html=as_html(letter, language=language),
            language=language,
        )
