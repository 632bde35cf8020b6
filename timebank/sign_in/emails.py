"""The words of the mail that is about signing in."""

from __future__ import annotations

from dataclasses import replace

from flask_babel import force_locale, gettext

from timebank import clock
from timebank.banks.models import Bank
from timebank.mail.kinds import NotToBeSent, Words
from timebank.mail.letters import Letter, Link, as_html, as_text
from timebank.mail.links import link_to
from timebank.mail.models import OutgoingMail
from timebank.sign_in import email_change, links, queries, reset
from timebank.sign_in.models import Purpose
from timebank.web.languages import DEFAULT_LANGUAGE, LANGUAGES, LOCALES


def reset_words(mail: OutgoingMail) -> Words:
    """Return the mail with a link to a new password. Raises NotToBeSent when the link would be worth nothing."""
    link = queries.link_with_reference(mail.membership, mail.about)
    if link is None or not reset.is_good(link, at=clock.now()):
        raise NotToBeSent("the link in it is too old, or not needed any more")
    bank, language = mail.membership.bank, _language_of(mail.membership.bank)
    with force_locale(LOCALES.get(language, language)):
        return _words(
            mail,
            heading=gettext("A new password for %(bank)s", bank=bank.name),
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
            otherwise=gettext("If it was not you, do nothing: your password stays as it is. Never pass this link on."),
        )


def change_words(mail: OutgoingMail) -> Words:
    """Return the mail to a new address with a link that confirms it. Raises NotToBeSent where it would not."""
    link = queries.link_with_reference(mail.membership, mail.about)
    if link is None or not email_change.is_good(link, at=clock.now()):
        raise NotToBeSent("the link in it is too old, or not needed any more")
    bank, language = mail.membership.bank, _language_of(mail.membership.bank)
    with force_locale(LOCALES.get(language, language)):
        words = _words(
            mail,
            heading=gettext("Confirm your new email address"),
            paragraphs=(
                gettext("you want to sign in to %(bank)s with this address from now on.", bank=bank.name),
                gettext(
                    "Follow the link and sign in as you have until now. It works once, for %(hours)s hours.",
                    hours=email_change.VALID_HOURS,
                ),
            ),
            link=Link(
                gettext("Confirm this address"),
                link_to("email_change.confirm", secret=links.secret_of(Purpose.EMAIL_CHANGE, link.reference)),
            ),
            otherwise=gettext("If you know nothing of this, somebody mistyped their address. Do nothing."),
        )
        return replace(words, to=link.email)


def notice_words(mail: OutgoingMail) -> Words:
    """Return the mail to the address until now, which says what is wanted. Raises NotToBeSent when it is long past."""
    link = queries.link_with_reference(mail.membership, mail.about)
    if link is None or link.until_now is None:
        raise NotToBeSent("what it tells of is long past")
    bank, language = mail.membership.bank, _language_of(mail.membership.bank)
    with force_locale(LOCALES.get(language, language)):
        words = _words(
            mail,
            heading=gettext("Your email address for %(bank)s", bank=bank.name),
            paragraphs=(
                gettext("somebody, probably you, wants to sign in with %(email)s in future.", email=link.email),
                gettext("Once that address is confirmed, no more mail comes to this one."),
            ),
            link=None,
            otherwise=gettext(
                "If it was not you, somebody knows your password: change it now, and tell your coordinator."
            ),
        )
        return replace(words, to=link.until_now)


def _language_of(bank: Bank) -> str:
    return bank.language if bank.language in LANGUAGES else DEFAULT_LANGUAGE


def _words(
    mail: OutgoingMail, *, heading: str, paragraphs: tuple[str, ...], link: Link | None, otherwise: str
) -> Words:
    bank = mail.membership.bank
    small_print = [otherwise, gettext("This mail is from %(bank)s.", bank=bank.name)]
    if bank.help_contact:
        small_print.append(gettext("Questions? Ask %(contact)s", contact=bank.help_contact))
    letter = Letter(
        heading=heading,
        greeting=gettext("Hello %(name)s,", name=mail.membership.name),
        paragraphs=paragraphs,
        link=link,
        small_print=tuple(small_print),
    )
    language = _language_of(bank)
    return Words(subject=heading, text=as_text(letter), html=as_html(letter, language=language), language=language)
