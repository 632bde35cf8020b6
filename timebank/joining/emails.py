"""The mail to a referee: who asks about whom, and a link to answer by."""

from __future__ import annotations

from flask_babel import force_locale, gettext

from timebank import clock
from timebank.joining import queries, service
from timebank.mail.kinds import NotToBeSent, Words
from timebank.mail.letters import Letter, Link, as_html, as_text
from timebank.mail.links import link_to
from timebank.mail.models import OutgoingMail
from timebank.web.languages import DEFAULT_LANGUAGE, LANGUAGES, LOCALES


def referee_words(mail: OutgoingMail) -> Words:
    """Return the mail to a referee. Raises NotToBeSent where their answer is not wanted any more."""
    bank = mail.membership.bank
    referee = queries.referee_of_mail(bank, mail.about)
    if referee is None or not service.is_good(referee, at=clock.now()):
        raise NotToBeSent("the link in it is too old, or not needed any more")
    language = bank.language if bank.language in LANGUAGES else DEFAULT_LANGUAGE
    name = referee.enquiry.name
    with force_locale(LOCALES.get(language, language)):
        small_print = [
            gettext("You get this mail because %(name)s named you. If you do not know them, do nothing.", name=name),
            gettext("This mail is from %(bank)s.", bank=bank.name),
        ]
        if bank.help_contact:
            small_print.append(gettext("Questions? Ask %(contact)s", contact=bank.help_contact))
        letter = Letter(
            heading=gettext("%(name)s wants to join %(bank)s", name=name, bank=bank.name),
            greeting=gettext("Hello %(name)s,", name=referee.name),
            paragraphs=(
                gettext(
                    "%(name)s wants to join %(bank)s, where neighbours help each other, and named you as somebody who "
                    "knows them.",
                    name=name,
                    bank=bank.name,
                ),
                gettext(
                    "Please tell us in a few words how you know them, and whether you would be glad to have them help "
                    "somebody close to you. Only the coordinators read it, and you can say it in confidence."
                ),
                gettext("The link works once, for %(days)s days.", days=service.VALID_DAYS),
            ),
            link=Link(gettext("Answer"), link_to("references.give", secret=service.secret_for(referee))),
            small_print=tuple(small_print),
        )
        return Words(
            subject=letter.heading,
            text=as_text(letter),
            html=as_html(letter, language=language),
            language=language,
            to=referee.email,
            to_name=referee.name,
        )
