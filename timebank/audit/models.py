"""The audit table, which the database itself keeps from being changed."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from timebank.columns import BigId, Id, Moment
from timebank.extensions import Model


class Action(StrEnum):
    """Every kind of write, by name. docs/reference.md says what each one means."""

    BANK_CREATED = "bank created"
    BANK_RULES_CHANGED = "bank rules changed"
    ACTIVITY_ADDED = "activity added"
    ACTIVITY_CHANGED = "activity changed"
    MEMBER_JOINED = "member joined"
    MEMBER_CHANGED = "member changed"
    MEMBER_ROLE_CHANGED = "member role changed"
    MEMBER_LEFT = "member left"
    MEMBER_RETURNED = "member returned"
    MEMBER_PAUSED = "member paused"
    MEMBER_PAUSE_ENDED = "member pause ended"
    ENQUIRY_MADE = "enquiry made"
    ENQUIRY_CHANGED = "enquiry changed"
    INTERVIEW_KEPT = "interview kept"
    INTERVIEW_READ = "interview read"
    REFEREE_ASKED = "referee asked"
    REFERENCE_GIVEN = "reference given"
    ENQUIRY_TAKEN_IN = "enquiry taken in"
    ENQUIRY_ENDED = "enquiry ended"
    ENQUIRY_ERASED = "enquiry erased"
    MEMBER_DIED = "member died"
    MEMBER_CLEARED = "member cleared"
    MEMBER_CLEARANCE_ENDED = "member clearance ended"
    MEMBER_LIMITED = "member limited"
    MEMBER_LIMITS_ENDED = "member limits ended"
    DBS_CHECK_RECORDED = "DBS check recorded"
    CLEARANCE_WAIVED = "clearance waived"
    MEMBER_INVITED = "member invited"
    MEMBERS_LOADED = "members loaded"
    PASSWORD_SET = "password set"
    PASSWORD_RESET_ASKED = "password reset asked for"
    SIGNED_IN = "signed in"
    SIGN_IN_REFUSED = "sign-in refused"
    SIGNED_OUT = "signed out"
    EMAIL_CHANGE_ASKED = "email change asked for"
    SESSIONS_ENDED = "sessions ended"
    SECOND_FACTOR_SET_UP = "second factor set up"
    SECOND_FACTOR_ENDED = "second factor ended"
    SECOND_FACTOR_REFUSED = "second factor refused"
    RECOVERY_CODES_MADE = "recovery codes made"
    RECOVERY_CODE_USED = "recovery code used"
    ORGANISATION_ADDED = "organisation added"
    ORGANISATION_CHANGED = "organisation changed"
    HOURS_DONATED = "hours donated"
    HOURS_GRANTED = "hours granted"
    GIFT_REVERSED = "gift reversed"
    EXCHANGE_LOGGED = "exchange logged"
    EXCHANGE_CONFIRMED = "exchange confirmed"
    EXCHANGE_QUERIED = "exchange queried"
    EXCHANGE_DENIED = "exchange denied"
    EXCHANGE_ANSWERED = "exchange answered"
    EXCHANGE_APPROVED = "exchange approved"
    EXCHANGE_DECLINED = "exchange declined"
    EXCHANGE_WITHDRAWN = "exchange withdrawn"
    EXCHANGE_EXPIRED = "exchange expired"
    EXCHANGE_REVERSED = "exchange reversed"
    EXCHANGES_LOADED = "exchanges loaded"
    MONTH_MESSAGE_CHANGED = "month message changed"
    MONTH_CLOSED = "month closed"
    STATEMENTS_ISSUED = "statements issued"
    STATEMENT_ISSUED_AGAIN = "statement issued again"
    MAIL_STOPPED = "mail stopped"
    MAIL_SENT_AGAIN = "mail sent again"
    MAIL_BOUNCED = "mail bounced"
    STATEMENT_CHOICE_CHANGED = "statement choice changed"
    HELPER_ADDED = "helper added"
    HELPER_ENDED = "helper ended"
    ACTING_BEGUN = "acting begun"
    ACTING_ENDED = "acting ended"
    PROFILE_CHANGED = "profile changed"
    RETENTION_APPLIED = "retention applied"
    MEMBER_ERASED = "member erased"
    PERSONAL_DATA_EXPORTED = "personal data exported"
    BACKUP_MADE = "backup made"
    BACKUP_RESTORED = "backup restored"
    AUDIT_EXPORTED = "audit exported"
    EVIDENCE_RELEASED = "evidence released"
    STORY_TOLD = "story told"
    STORY_SHOWN = "story shown"
    STORY_TAKEN_BACK = "story taken back"
    COST_ENTERED = "cost entered"
    COST_REMOVED = "cost removed"
    CONCERN_REPORTED = "concern reported"
    CONCERNS_LISTED = "concerns listed"
    CONCERN_READ = "concern read"
    CONCERN_NOTED = "concern noted"
    SAFEGUARDING_LEAD_SET = "safeguarding lead set"
    SAFEGUARDING_LEAD_ENDED = "safeguarding lead ended"


class AuditRecord(Model):
    """One act: who, what, on what, when, from where. It holds references and numbers, never words about a person."""

    __tablename__ = "audit_record"
    __table_args__ = (
        Index("ix_audit_record_bank_id_at", "bank_id", "at"),
        # Where there is one bank, its records are read together with those of no bank, in their order.
        Index("ix_audit_record_at", "at"),
    )

    id: Mapped[Id]
    bank_id: Mapped[int | None] = mapped_column(ForeignKey("bank.id"))
    at: Mapped[Moment]
    membership_id: Mapped[int | None] = mapped_column(BigId)
    action: Mapped[str]
    on_what: Mapped[str]
    reference: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    came_from: Mapped[str]
    request_reference: Mapped[str | None]
