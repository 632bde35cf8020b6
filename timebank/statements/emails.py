"""The words of the mail with which a statement comes."""

from __future__ import annotations

from flask_babel import force_locale, gettext

from timebank import clock
from timebank.banks.models import Bank
from timebank.ledger import queries as ledger
from timebank.ledger.models import Account, Book
from timebank.mail.kinds import Attachment, NotToBeSent, Words
from timebank.mail.letters import Letter, Link, as_html, as_text
from timebank.mail.links import link_to
from timebank.mail.models import OutgoingMail
from timebank.members.models import Membership
from timebank.organisations.queries import Holder, holders_of
from timebank.statements import queries, readers, words
from timebank.statements.build import Statement
from timebank.statements.letters import statement_as_pdf
from timebank.statements.models import BY_EMAIL, How, IssuedStatement, StatementChoice
from timebank.statements.names import file_name
from timebank.web.languages import DEFAULT_LANGUAGE, LANGUAGES, LOCALES
from timebank.web.setup import month as month_in_words


def choice_for_mail(membership: Membership) -> StatementChoice:
    """Return the choice of a member who is written to. Raises NotToBeSent where they stopped that."""
    choice = readers.choice_of_member(membership)
    if choice is None or choice.how not in BY_EMAIL:
        raise NotToBeSent("this person does not want mail any more")
    return choice


def language_of(choice: StatementChoice, bank: Bank) -> str:
    """Return the language of a member's mail."""
    language = choice.language or bank.language
    return language if language in LANGUAGES else DEFAULT_LANGUAGE


def stop_link(choice: StatementChoice) -> str:
    """Return the address where the member's mail is stopped, which says nothing about anybody."""
    return link_to("unsubscribe.stop", reference=choice.reference)


def stop_headers(choice: StatementChoice) -> dict[str, str]:
    """Return the headers that let a mail program offer to stop mail with one click (RFC 8058)."""
    return {"List-Unsubscribe": f"<{stop_link(choice)}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def statement_words(mail: OutgoingMail) -> Words:
    """Return the mail of a statement, as its reader chose to get it. Raises NotToBeSent."""
    member, bank = mail.membership, mail.membership.bank
    choice = choice_for_mail(member)
    issued = readers.issued_with_reference(bank, mail.about)
    if issued is None:
        raise NotToBeSent("this statement was issued again, and the new one is sent instead")
    if not readers.is_reader(bank, issued.account_id, member, today=bank.day_of(clock.now())):
        raise NotToBeSent("this person does not answer for this account any more")
    (account,) = ledger.accounts_with_ids(bank.id, [issued.account_id])
    holder = holders_of(bank, [account.id])[account.id]
    language = language_of(choice, bank)
    with force_locale(LOCALES.get(language, language)):
        statement = queries.statement_of(bank, account, issued.month, viewer=holder.answering or member, in_full=False)
        attachments = _attachments(bank, account, issued, choice)
        letter = _letter(statement, account, holder, mail, choice, has_pdf=bool(attachments))
        return Words(
            subject=letter.heading,
            text=as_text(letter),
            html=as_html(letter, language=language),
            attachments=tuple(attachments),
            headers=stop_headers(choice),
            language=language,
        )


def _letter(
    statement: Statement,
    account: Account,
    holder: Holder,
    mail: OutgoingMail,
    choice: StatementChoice,
    *,
    has_pdf: bool,
) -> Letter:
    bank, month = mail.membership.bank, month_in_words(statement.month)
    is_own = holder.member is not None and holder.member.id == mail.membership_id
    hides_sign = queries.hides_sign(account)
    after = [*_recorded(statement, hides_sign=hides_sign), *_message(statement, is_own=is_own)]
    if has_pdf:
        after.append(gettext("The whole statement is attached as a PDF."))
    small_print = [gettext("This mail is from %(bank)s.", bank=bank.name)]
    if bank.help_contact:
        small_print.append(gettext("Questions? Ask %(contact)s", contact=bank.help_contact))
    return Letter(
        heading=gettext("Your hours for %(month)s", month=month)
        if is_own
        else gettext("Hours for %(month)s: %(name)s", month=month, name=holder.short_name),
        greeting=gettext("Hello %(name)s,", name=mail.membership.name),
        paragraphs=(
            gettext("here is your statement for %(month)s from %(bank)s.", month=month, bank=bank.name)
            if is_own
            else gettext(
                "here is the statement of %(name)s for %(month)s from %(bank)s.",
                name=holder.full_name,
                month=month,
                bank=bank.name,
            ),
        ),
        figures=tuple(_figures(statement, hides_sign=hides_sign)),
        after=tuple(after),
        link=Link(
            gettext("Read it online (you sign in first)"),
            link_to("statements.statement", reference=account.reference, written_month=str(statement.month)),
        ),
        small_print=tuple(small_print),
        stop=Link(gettext("Get your statements on paper or only online, and no more mail"), stop_link(choice)),
    )


def _figures(statement: Statement, *, hides_sign: bool) -> list[tuple[str, str]]:
    part = statement.book(Book.CREDIT)
    # Donations, grants and the like are neither help given nor received, and the figures add up only with them.
    others = part.closing_minutes - part.opening_minutes - part.given_minutes + part.received_minutes

    rows = [
        (gettext("Hours when the month began"), words.balance(part.opening_minutes, hides_sign=hides_sign)),
        (gettext("Help given"), words.help_(part.given_minutes, hides_sign=hides_sign)),
        (gettext("Help received"), words.help_(part.received_minutes, hides_sign=hides_sign)),
    ]
    if others:
        rows.append((gettext("Gifts and other hours"), words.moved(others, hides_sign=hides_sign)))
    return [*rows, (gettext("Hours when the month ended"), words.balance(part.closing_minutes, hides_sign=hides_sign))]


def _recorded(statement: Statement, *, hides_sign: bool) -> list[str]:
    part = statement.book(Book.RECORD)
    if not (part.given_minutes or part.received_minutes):
        return []
    return [
        gettext(
            "Recorded help, which counts and costs nobody hours: given %(given)s, received %(received)s.",
            given=words.help_(part.given_minutes, hides_sign=hides_sign),
            received=words.help_(part.received_minutes, hides_sign=hides_sign),
        )
    ]


def _message(statement: Statement, *, is_own: bool) -> list[str]:
    lines = [line.strip() for line in statement.message.splitlines() if line.strip()]
    if not lines:
        return []
    heading = gettext("A message from your coordinator") if is_own else gettext("The coordinator’s message")
    return [f"{heading}:", *lines]


def _attachments(bank: Bank, account: Account, issued: IssuedStatement, choice: StatementChoice) -> list[Attachment]:
    if choice.how != How.EMAIL_WITH_PDF:
        return []
    content = statement_as_pdf(bank, account, issued.month, printed_on=bank.day_of(issued.issued_at))
    name = file_name(bank_code=bank.code, number=account.number, month=issued.month, ending="pdf")
    return [Attachment(name=name, content=content)]
