"""Queue the mail of a month's statements, and let people stop it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from sqlalchemy.dialects import postgresql, sqlite

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.banks.models import Bank
from timebank.columns import new_reference
from timebank.extensions import db, look_things_up
from timebank.ledger.months import Month
from timebank.mail.service import MailDraft, queue_mails
from timebank.statements import readers
from timebank.statements.models import How, StatementChoice

KIND = "statement"
STATEMENTS_AT_ONCE = 500


def queue_statements(bank: Bank, month: Month, *, at: dt.datetime) -> Iterator[tuple[int, int]]:
    """Queue one piece of mail to everybody who gets one of the month's statements by email.

    Yields (how many statements were looked at, how many pieces of mail are new) after each batch: commit then.
    Begun again after whatever interrupted it, it queues what is missing and nothing twice.
    """
    today, after_id = bank.day_of(at), 0
    # Statements are sent just after they were issued, and PostgreSQL may not have noticed yet that there are many.
    look_things_up()
    while ids := readers.statements_after(bank, month, after_id, limit=STATEMENTS_AT_ONCE):
        recipients = readers.readers_by_email(bank, ids, today=today)
        give_everybody_a_choice(bank, {reader.membership_id for reader in recipients}, at=at)
        drafts = [
            MailDraft(
                membership_id=reader.membership_id,
                key=f"{KIND}:{reader.statement_reference}:{reader.membership_id}",
                about=reader.statement_reference,
            )
            for reader in recipients
        ]
        new = queue_mails(bank, drafts, kind=KIND, at=at)
        after_id = ids[-1]
        yield len(ids), new


def give_everybody_a_choice(bank: Bank, membership_ids: Iterable[int], *, at: dt.datetime) -> None:
    """Write down what these members get as long as they choose nothing, so that mail can have a link that stops it."""
    rows = [
        {
            "membership_id": membership_id,
            "bank_id": bank.id,
            "how": How.EMAIL_WITH_PDF,
            "large_print": False,
            "hides_sign": False,
            "language": None,
            "reference": new_reference(),
            "chosen_at": at,
        }
        for membership_id in sorted(set(membership_ids))
    ]
    if rows:
        insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
        missing = insert(StatementChoice.__table__).on_conflict_do_nothing(  # type: ignore[arg-type]
            index_elements=["membership_id"]
        )
        db.session.execute(missing, rows)


def stop_mail(choice: StatementChoice, *, how: How, at: dt.datetime) -> bool:
    """Let a member get statements on paper or only online from now on, as a link in a mail asked for.

    Returns whether that changed anything.
    """
    if choice.how == how:
        return False
    before, choice.how, choice.chosen_at = choice.how, how, at
    audit.record(
        Action.MAIL_STOPPED,
        bank_id=choice.bank_id,
        by=choice.membership_id,
        on_what="member",
        reference=choice.membership.reference,
        at=at,
        before=before,
        after=how.value,
    )
    return True
