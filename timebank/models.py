"""Every table, in one import, for migrations and tests that look at all of them."""

from timebank.audit.models import AuditRecord
from timebank.banks.models import Activity, Bank
from timebank.concerns.models import Concern, ConcernNote
from timebank.costs.models import Cost
from timebank.evidence.models import EvidenceRelease
from timebank.exchanges.models import Exchange, ExchangeStep, Party
from timebank.gifts.models import Gift
from timebank.joining.models import Enquiry, Referee
from timebank.ledger.models import (
    Account,
    Balance,
    ClosedMonth,
    Entry,
    Seal,
    Snapshot,
    Transfer,
)
from timebank.mail.models import OutgoingMail
from timebank.members.models import Clearance, DbsCheck, Helper, Membership, Person, Profile
from timebank.organisations.models import Organisation
from timebank.privacy.models import Erasure
from timebank.sign_in.models import EmailedLink, RecoveryCode, SecondFactor, Session
from timebank.statements.models import IssuedStatement, MonthClosing, StatementChoice
from timebank.stories.models import Story
from timebank.submissions.models import Submission

__all__ = [
    "Account",
    "Activity",
    "AuditRecord",
    "Balance",
    "Bank",
    "Clearance",
    "ClosedMonth",
    "Concern",
    "ConcernNote",
    "Cost",
    "DbsCheck",
    "EmailedLink",
    "Enquiry",
    "Entry",
    "Erasure",
    "EvidenceRelease",
    "Exchange",
    "ExchangeStep",
    "Gift",
    "Helper",
    "IssuedStatement",
    "Membership",
    "MonthClosing",
    "Organisation",
    "OutgoingMail",
    "Party",
    "Person",
    "Profile",
    "RecoveryCode",
    "Referee",
    "Seal",
    "SecondFactor",
    "Session",
    "Snapshot",
    "StatementChoice",
    "Story",
    "Submission",
    "Transfer",
]
