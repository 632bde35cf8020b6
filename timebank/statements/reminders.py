"""Remind people before a month is closed: of hours that wait for their word, and coordinators of what they approve."""

from __future__ import annotations

import calendar
import datetime as dt

from flask_babel import force_locale, gettext, ngettext

from timebank.banks.models import Bank
from timebank.exchanges import queries as exchanges
from timebank.ledger import queries as ledger
from timebank.ledger.months import Month
from timebank.mail.kinds import NotToBeSent, Words
from timebank.mail.letters import Letter, Link, as_html, as_text
from timebank.mail.links import link_to
from timebank.mail.models import OutgoingMail
from timebank.mail.service import MailDraft, queue_mails
from timebank.members.permissions import Permission, may
from timebank.organisations import queries as organisations
from timebank.statements import readers
from timebank.statements.emails import choice_for_mail, language_of, stop_headers, stop_link
from timebank.statements.sending import give_everybody_a_choice
from timebank.web.languages import LOCALES
from timebank.web.setup import day
from timebank.web.setup import month as month_in_words

KIND = "reminder"


def closes_on(bank: Bank, month: Month) -> dt.date:
    """Return the day on which the month closes by itself, or else the first on which somebody may close it."""
    after = month.plus(1)
    last = calendar.monthrange(after.year, after.number)[1]
    return after.first_day.replace(day=min(bank.closes_itself_on_day or 1, last))


def is_time_to_remind(bank: Bank, month: Month, *, today: dt.date) -> bool:
    """Return whether people are reminded today, as the bank's rules say; nobody is of a closed month."""
    if bank.reminds_before_days is None or ledger.is_closed(bank.id, month):
        return False
    begins = closes_on(bank, month) - dt.timedelta(days=bank.reminds_before_days)
    return today >= begins


def queue_reminders(bank: Bank, month: Month, *, at: dt.datetime) -> int:
    """Queue a reminder, once for each month, to everybody for whom something of it waits. Returns how many are new.

    Nothing happens unless the bank's rules say that it is time. Whoever stopped mail gets none.
    """
    if not is_time_to_remind(bank, month, today=bank.day_of(at)):
        return 0
    people = set(exchanges.members_who_can_confirm(bank, month))
    if exchanges.count_confirmed(bank, month):
        people.update(exchanges.members_who_can_approve(bank))
    recipients = readers.by_email_among(bank, people)
    give_everybody_a_choice(bank, recipients, at=at)
    drafts = [MailDraft(membership_id=id_, key=f"{KIND}:{month}:{id_}", about=str(month)) for id_ in recipients]
    return queue_mails(bank, drafts, kind=KIND, at=at)


def reminder_words(mail: OutgoingMail) -> Words:
    """Return what waits for this member now. Raises NotToBeSent where nothing does any more."""
    member, bank, month = mail.membership, mail.membership.bank, Month.parse(mail.about)
    choice = choice_for_mail(member)
    if ledger.is_closed(bank.id, month):
        raise NotToBeSent("the month is closed")
    to_confirm = exchanges.count_to_confirm(bank, organisations.accounts_answered_by(member), month)
    approves = may(member, Permission.APPROVE_HOURS)
    to_approve = exchanges.count_confirmed(bank, month) if approves else 0
    if not to_confirm and not to_approve:
        raise NotToBeSent("nothing waits for this person any more")
    language = language_of(choice, bank)
    with force_locale(LOCALES.get(language, language)):
        letter = Letter(
            heading=gettext("Hours of %(month)s wait for you", month=month_in_words(month)),
            greeting=gettext("Hello %(name)s,", name=member.name),
            paragraphs=tuple(_sentences(bank, month, to_confirm, to_approve)),
            link=Link(
                gettext("Look at them (you sign in first)"),
                link_to("approvals.queue" if to_approve and not to_confirm else "dashboard.home"),
            ),
            small_print=(gettext("This mail is from %(bank)s.", bank=bank.name),),
            stop=Link(gettext("No more mail, and your statements on paper or only online"), stop_link(choice)),
        )
        return Words(
            subject=letter.heading,
            text=as_text(letter),
            html=as_html(letter, language=language),
            headers=stop_headers(choice),
            language=language,
        )


def _sentences(bank: Bank, month: Month, to_confirm: int, to_approve: int) -> list[str]:
    sentences = []
    if to_confirm:
        sentences.append(
            ngettext(
                "%(num)s exchange of %(month)s waits for you to say whether it is right.",
                "%(num)s exchanges of %(month)s wait for you to say whether they are right.",
                to_confirm,
                month=month_in_words(month),
            )
        )
    if to_approve:
        sentences.append(
            ngettext(
                "%(num)s exchange of %(month)s is confirmed and waits for your approval.",
                "%(num)s exchanges of %(month)s are confirmed and wait for your approval.",
                to_approve,
                month=month_in_words(month),
            )
        )
    if bank.closes_itself_on_day is not None:
        sentences.append(
            gettext(
                "The month is closed on %(day)s. What is settled later stands on the statement after it.",
                day=day(closes_on(bank, month)),
            )
        )
    else:
        sentences.append(gettext("The month is closed soon. What is settled later stands on the statement after it."))
    return sentences
