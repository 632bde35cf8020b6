"""The mail to whoever reads concerns: that there is one, and nothing of what it says."""

from __future__ import annotations

from flask_babel import force_locale, gettext

from timebank.concerns import queries
from timebank.errors import NotFound
from timebank.mail.kinds import NotToBeSent, Words
from timebank.mail.letters import Letter, Link, as_html, as_text
from timebank.mail.links import link_to
from timebank.mail.models import OutgoingMail
from timebank.web.languages import DEFAULT_LANGUAGE, LANGUAGES, LOCALES


def concern_words(mail: OutgoingMail) -> Words:
    """Return that there is a concern. Raises NotToBeSent where the member does not read it any more."""
    member, bank = mail.membership, mail.membership.bank
    try:
        queries.concern_for(member, mail.about)
    except NotFound:
        raise NotToBeSent("this person does not read this concern") from None
    language = bank.language if bank.language in LANGUAGES else DEFAULT_LANGUAGE
    with force_locale(LOCALES.get(language, language)):
        letter = Letter(
            heading=gettext("There is something for you to read"),
            greeting=gettext("Hello %(name)s,", name=member.name),
            paragraphs=(gettext("Somebody reported a concern. Please read it soon. This mail says no more."),),
            link=Link(gettext("Read it (you sign in first)"), link_to("concerns.every")),
            small_print=(gettext("This mail is from %(bank)s.", bank=bank.name),),
        )
        return Words(
            subject=letter.heading,
            text=as_text(letter),
            html=as_html(letter, language=language),
            language=language,
        )
