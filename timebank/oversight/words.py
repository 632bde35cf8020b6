"""What people read for every kind of act in the audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from timebank.audit.models import Action
from timebank.banks import words as bank_words
from timebank.banks.models import Involvement
from timebank.hours import in_figures
from timebank.members import words as member_words
from timebank.members.models import Role
from timebank.statements.models import How
from timebank.statements.words import of_how
from timebank.web.languages import LANGUAGES
from timebank.web.setup import listed

# One whole sentence for each, so that every language can put its words in its own order. What fills the gaps is in
# `pages.py`; a name that is no longer there is never missed, because each gap has something to stand in it.
SENTENCES: dict[Action, Any] = {
    Action.BANK_CREATED: _l("%(who)s set up the time bank"),
    Action.BANK_RULES_CHANGED: _l("%(who)s changed the rules: %(changes)s"),
    Action.ACTIVITY_ADDED: _l("%(who)s added the activity %(name)s"),
    Action.ACTIVITY_CHANGED: _l("%(who)s changed the activity %(name)s"),
    Action.MEMBER_JOINED: _l("%(who)s added %(member)s as a member"),
    Action.MEMBER_CHANGED: _l("%(who)s changed details of %(member)s: %(fields)s"),
    Action.MEMBER_ROLE_CHANGED: _l("%(who)s changed the role of %(member)s %(changes)s"),
    Action.MEMBER_LEFT: _l("%(who)s recorded that %(member)s left"),
    Action.MEMBER_RETURNED: _l("%(who)s made %(member)s a member again"),
    Action.MEMBER_PAUSED: _l("%(who)s paused %(member)s"),
    Action.MEMBER_PAUSE_ENDED: _l("%(who)s ended the pause of %(member)s"),
    Action.ENQUIRY_MADE: _l("Somebody enquired who wants to join"),
    Action.ENQUIRY_CHANGED: _l("%(who)s wrote down what was done about an enquiry"),
    Action.INTERVIEW_KEPT: _l("%(who)s wrote down an interview"),
    Action.INTERVIEW_READ: _l("%(who)s read the notes and references of an enquiry"),
    Action.REFEREE_ASKED: _l("%(who)s let a referee be asked by email"),
    Action.REFERENCE_GIVEN: _l("A referee answered, by a link or on the telephone"),
    Action.ENQUIRY_TAKEN_IN: _l("%(who)s made a member of somebody who had enquired"),
    Action.ENQUIRY_ENDED: _l("%(who)s ended an enquiry"),
    Action.ENQUIRY_ERASED: _l("%(who)s erased an enquiry"),
    Action.MEMBER_DIED: _l("%(who)s recorded that %(member)s has died"),
    Action.MEMBER_CLEARED: _l("%(who)s cleared %(member)s: %(changes)s"),
    Action.MEMBER_CLEARANCE_ENDED: _l("%(who)s ended what %(member)s is cleared for: %(changes)s"),
    Action.MEMBER_LIMITED: _l("%(who)s let %(member)s take part only in groups and public places"),
    Action.MEMBER_LIMITS_ENDED: _l("%(who)s let %(member)s take part without limits"),
    Action.DBS_CHECK_RECORDED: _l("%(who)s recorded a DBS check of %(member)s"),
    Action.CLEARANCE_WAIVED: _l(
        "%(who)s let %(hours)s from %(givers)s to %(receivers)s on %(day)s count without clearance"
    ),
    Action.MEMBER_INVITED: _l("%(who)s made a link with which %(member)s sets a password"),
    Action.MEMBERS_LOADED: _l("%(who)s loaded members from a file: %(count)s new"),
    Action.PASSWORD_SET: _l("%(member)s has a new password"),
    Action.SIGNED_IN: _l("%(who)s signed in"),
    Action.SIGN_IN_REFUSED: _l("Somebody tried to sign in and was refused"),
    Action.SIGNED_OUT: _l("%(who)s signed out"),
    Action.PASSWORD_RESET_ASKED: _l("Somebody asked for a link to a new password"),
    Action.EMAIL_CHANGE_ASKED: _l("%(member)s asked to sign in with another address"),
    Action.SESSIONS_ENDED: _l("%(who)s signed other devices out"),
    Action.SECOND_FACTOR_SET_UP: _l("%(member)s set up an app for the second step of signing in"),
    Action.SECOND_FACTOR_ENDED: _l("%(who)s ended the second step of signing in for %(member)s"),
    Action.SECOND_FACTOR_REFUSED: _l("A wrong code was given for %(member)s after the right password"),
    Action.RECOVERY_CODES_MADE: _l("%(member)s was shown new recovery codes"),
    Action.RECOVERY_CODE_USED: _l("%(member)s signed in with a recovery code"),
    Action.ORGANISATION_ADDED: _l("%(who)s added the organisation %(name)s"),
    Action.ORGANISATION_CHANGED: _l("%(who)s changed the organisation %(name)s"),
    Action.HOURS_DONATED: _l("%(who)s donated %(hours)s from %(giver)s to %(receiver)s"),
    Action.HOURS_GRANTED: _l("%(who)s granted %(hours)s from %(giver)s to %(receiver)s"),
    Action.GIFT_REVERSED: _l("%(who)s reversed the gift of %(hours)s from %(giver)s to %(receiver)s"),
    Action.EXCHANGE_LOGGED: _l("%(who)s logged %(hours)s from %(givers)s to %(receivers)s on %(day)s"),
    Action.EXCHANGE_CONFIRMED: _l("%(who)s confirmed %(hours)s from %(givers)s to %(receivers)s on %(day)s"),
    Action.EXCHANGE_QUERIED: _l("%(who)s asked about %(hours)s from %(givers)s to %(receivers)s on %(day)s"),
    Action.EXCHANGE_DENIED: _l(
        "%(who)s said that %(hours)s from %(givers)s to %(receivers)s on %(day)s did not happen"
    ),
    Action.EXCHANGE_ANSWERED: _l(
        "%(who)s answered a question about %(hours)s from %(givers)s to %(receivers)s on %(day)s"
    ),
    Action.EXCHANGE_APPROVED: _l("%(who)s approved %(hours)s from %(givers)s to %(receivers)s on %(day)s"),
    Action.EXCHANGE_DECLINED: _l("%(who)s declined %(hours)s from %(givers)s to %(receivers)s on %(day)s"),
    Action.EXCHANGE_WITHDRAWN: _l("%(who)s withdrew %(hours)s from %(givers)s to %(receivers)s on %(day)s"),
    Action.EXCHANGE_EXPIRED: _l("%(hours)s from %(givers)s to %(receivers)s on %(day)s expired: nobody confirmed them"),
    Action.EXCHANGE_REVERSED: _l("%(who)s reversed %(hours)s from %(givers)s to %(receivers)s on %(day)s"),
    Action.EXCHANGES_LOADED: _l("%(who)s loaded exchanges from a file: %(count)s new"),
    Action.MONTH_MESSAGE_CHANGED: _l("%(who)s changed the message on the statements of %(month)s"),
    Action.MONTH_CLOSED: _l("%(who)s closed %(month)s"),
    Action.STATEMENTS_ISSUED: _l("The statements of %(month)s were issued: %(count)s"),
    Action.STATEMENT_ISSUED_AGAIN: _l("%(who)s issued the statement of %(member)s for %(month)s again"),
    Action.MAIL_STOPPED: _l("%(member)s stopped mail by a link in it: statements %(changes)s"),
    Action.MAIL_SENT_AGAIN: _l("%(who)s let mail to %(member)s be sent again"),
    Action.MAIL_BOUNCED: _l("Mail to %(member)s came back: it could not be delivered"),
    Action.STATEMENT_CHOICE_CHANGED: _l("%(who)s chose how %(member)s gets statements: %(how)s"),
    Action.HELPER_ADDED: _l("%(who)s let %(helper)s look after the membership of %(member)s"),
    Action.HELPER_ENDED: _l("%(who)s ended that %(helper)s looks after the membership of %(member)s"),
    Action.ACTING_BEGUN: _l("%(who)s began to act for %(member)s"),
    Action.ACTING_ENDED: _l("%(who)s no longer acts for %(member)s, and acts for themselves again"),
    Action.PROFILE_CHANGED: _l("%(who)s changed what others see of %(member)s: %(fields)s"),
    Action.RETENTION_APPLIED: _l("%(who)s took away what was kept for long enough"),
    Action.MEMBER_ERASED: _l("%(who)s erased what was known about %(member)s"),
    Action.PERSONAL_DATA_EXPORTED: _l("%(who)s handed over everything that is held about %(member)s"),
    Action.BACKUP_MADE: _l("%(who)s made a backup of everything"),
    Action.BACKUP_RESTORED: _l("%(who)s put a backup in place of what was there; it was made at %(made_at)s"),
    Action.AUDIT_EXPORTED: _l("%(who)s downloaded the audit"),
    Action.EVIDENCE_RELEASED: _l("%(who)s released the evidence of %(period)s"),
    Action.STORY_TOLD: _l("%(who)s wrote down a story"),
    Action.STORY_SHOWN: _l("%(who)s put a story beside the figures"),
    Action.STORY_TAKEN_BACK: _l("%(who)s took back a story"),
    Action.COST_ENTERED: _l("%(who)s entered what the time bank costs"),
    Action.COST_REMOVED: _l("%(who)s removed an amount of what the time bank costs"),
    Action.CONCERN_REPORTED: _l("Somebody reported a concern"),
    Action.CONCERNS_LISTED: _l("%(who)s looked at the list of concerns"),
    Action.CONCERN_READ: _l("%(who)s read a concern"),
    Action.CONCERN_NOTED: _l("%(who)s wrote down what was done about a concern"),
    Action.SAFEGUARDING_LEAD_SET: _l("%(who)s made %(member)s a safeguarding lead"),
    Action.SAFEGUARDING_LEAD_ENDED: _l("%(who)s ended that %(member)s is a safeguarding lead"),
}

# What an administrator chooses from.
NAMES: dict[Action, Any] = {
    Action.BANK_CREATED: _l("Time bank set up"),
    Action.BANK_RULES_CHANGED: _l("Rules changed"),
    Action.ACTIVITY_ADDED: _l("Activity added"),
    Action.ACTIVITY_CHANGED: _l("Activity changed"),
    Action.MEMBER_JOINED: _l("Member joined"),
    Action.MEMBER_CHANGED: _l("Member’s details changed"),
    Action.MEMBER_ROLE_CHANGED: _l("Role changed"),
    Action.MEMBER_LEFT: _l("Member left"),
    Action.MEMBER_RETURNED: _l("Member came back"),
    Action.MEMBER_PAUSED: _l("Member paused"),
    Action.MEMBER_PAUSE_ENDED: _l("Pause ended"),
    Action.ENQUIRY_MADE: _l("Enquiry made"),
    Action.ENQUIRY_CHANGED: _l("Enquiry changed"),
    Action.INTERVIEW_KEPT: _l("Interview written down"),
    Action.INTERVIEW_READ: _l("Interview and references read"),
    Action.REFEREE_ASKED: _l("Referee asked"),
    Action.REFERENCE_GIVEN: _l("Reference given"),
    Action.ENQUIRY_TAKEN_IN: _l("Enquiry became a membership"),
    Action.ENQUIRY_ENDED: _l("Enquiry ended"),
    Action.ENQUIRY_ERASED: _l("Enquiry erased"),
    Action.MEMBER_DIED: _l("Death of a member recorded"),
    Action.MEMBER_CLEARED: _l("Member cleared"),
    Action.MEMBER_CLEARANCE_ENDED: _l("Clearance ended"),
    Action.MEMBER_LIMITED: _l("Limits set"),
    Action.MEMBER_LIMITS_ENDED: _l("Limits ended"),
    Action.DBS_CHECK_RECORDED: _l("DBS check recorded"),
    Action.CLEARANCE_WAIVED: _l("Hours counted without clearance"),
    Action.MEMBER_INVITED: _l("Member invited"),
    Action.MEMBERS_LOADED: _l("Members loaded"),
    Action.PASSWORD_SET: _l("Password set"),
    Action.SIGNED_IN: _l("Signed in"),
    Action.SIGN_IN_REFUSED: _l("Sign-in refused"),
    Action.SIGNED_OUT: _l("Signed out"),
    Action.PASSWORD_RESET_ASKED: _l("New password asked for"),
    Action.EMAIL_CHANGE_ASKED: _l("Other address asked for"),
    Action.SESSIONS_ENDED: _l("Other devices signed out"),
    Action.SECOND_FACTOR_SET_UP: _l("Second step set up"),
    Action.SECOND_FACTOR_ENDED: _l("Second step ended"),
    Action.SECOND_FACTOR_REFUSED: _l("Wrong code for the second step"),
    Action.RECOVERY_CODES_MADE: _l("Recovery codes made"),
    Action.RECOVERY_CODE_USED: _l("Recovery code used"),
    Action.ORGANISATION_ADDED: _l("Organisation added"),
    Action.ORGANISATION_CHANGED: _l("Organisation changed"),
    Action.HOURS_DONATED: _l("Hours donated"),
    Action.HOURS_GRANTED: _l("Hours granted"),
    Action.GIFT_REVERSED: _l("Gift reversed"),
    Action.EXCHANGE_LOGGED: _l("Hours logged"),
    Action.EXCHANGE_CONFIRMED: _l("Hours confirmed"),
    Action.EXCHANGE_QUERIED: _l("Question asked about hours"),
    Action.EXCHANGE_DENIED: _l("Hours denied"),
    Action.EXCHANGE_ANSWERED: _l("Question answered"),
    Action.EXCHANGE_APPROVED: _l("Hours approved"),
    Action.EXCHANGE_DECLINED: _l("Hours declined"),
    Action.EXCHANGE_WITHDRAWN: _l("Hours withdrawn"),
    Action.EXCHANGE_EXPIRED: _l("Hours expired"),
    Action.EXCHANGE_REVERSED: _l("Hours reversed"),
    Action.EXCHANGES_LOADED: _l("Exchanges loaded"),
    Action.MONTH_MESSAGE_CHANGED: _l("Message of a month changed"),
    Action.MONTH_CLOSED: _l("Month closed"),
    Action.STATEMENTS_ISSUED: _l("Statements issued"),
    Action.STATEMENT_ISSUED_AGAIN: _l("Statement issued again"),
    Action.MAIL_STOPPED: _l("Mail stopped"),
    Action.MAIL_SENT_AGAIN: _l("Mail sent again"),
    Action.MAIL_BOUNCED: _l("Mail came back"),
    Action.STATEMENT_CHOICE_CHANGED: _l("Choice of statements changed"),
    Action.HELPER_ADDED: _l("Helper added"),
    Action.HELPER_ENDED: _l("Helper ended"),
    Action.ACTING_BEGUN: _l("Acting for somebody begun"),
    Action.ACTING_ENDED: _l("Acting for somebody ended"),
    Action.PROFILE_CHANGED: _l("What others see changed"),
    Action.RETENTION_APPLIED: _l("Retention rules applied"),
    Action.MEMBER_ERASED: _l("Member erased"),
    Action.PERSONAL_DATA_EXPORTED: _l("Personal data handed over"),
    Action.BACKUP_MADE: _l("Backup made"),
    Action.BACKUP_RESTORED: _l("Backup put in place"),
    Action.AUDIT_EXPORTED: _l("Audit downloaded"),
    Action.EVIDENCE_RELEASED: _l("Evidence released"),
    Action.STORY_TOLD: _l("Story written down"),
    Action.STORY_SHOWN: _l("Story put beside the figures"),
    Action.STORY_TAKEN_BACK: _l("Story taken back"),
    Action.COST_ENTERED: _l("Cost entered"),
    Action.COST_REMOVED: _l("Cost removed"),
    Action.CONCERN_REPORTED: _l("Concern reported"),
    Action.CONCERNS_LISTED: _l("Concerns listed"),
    Action.CONCERN_READ: _l("Concern read"),
    Action.CONCERN_NOTED: _l("Concern noted"),
    Action.SAFEGUARDING_LEAD_SET: _l("Safeguarding lead set"),
    Action.SAFEGUARDING_LEAD_ENDED: _l("Safeguarding lead ended"),
}

RULES: dict[str, Any] = {
    "name": _l("name"),
    "time_zone": _l("time zone"),
    "language": _l("language"),
    "rounding_minutes": _l("minutes that time is rounded to"),
    "oldest_day_days": _l("days back that members may log"),
    "longest_exchange_minutes": _l("longest exchange"),
    "confirmation_needed": _l("everybody must confirm"),
    "approval_needed": _l("a coordinator must approve"),
    "confirms_itself_after_days": _l("days until hours confirm themselves"),
    "expires_after_days": _l("days until hours expire"),
    "low_balance_minutes": _l("low limit"),
    "high_balance_minutes": _l("high limit"),
    "floor_minutes": _l("floor"),
    "opening_credit_minutes": _l("hours that new members begin with"),
    "help_contact": _l("whom members can ask for help"),
    "responsible": _l("who is responsible for what is kept about people"),
    "privacy_contact": _l("whom people ask about what is kept about them"),
    "publishes_evidence": _l("released evidence is for everybody"),
    "complaints_to": _l("where people can complain"),
    "takes_enquiries": _l("anybody can ask on a public page to join"),
    "enquiries_kept_days": _l("days that enquiries are kept that came to nothing"),
    "agreement": _l("what newcomers agree to"),
    "closes_itself_on_day": _l("day on which a month closes by itself"),
    "reminds_before_days": _l("days before closing on which people are reminded"),
}

FIELDS: dict[str, Any] = {
    "name": _l("name"),
    "phone": _l("telephone"),
    "capacity": _l("usual capacity"),
    "email": _l("email address"),
    "address": _l("postal address"),
    "postcode": _l("postcode"),
    "area": _l("area"),
    "about": _l("about"),
    "offers": _l("what is offered"),
    "is_listed": _l("in the directory"),
    "shows_full_name": _l("whole name shown"),
    "shows_phone": _l("telephone shown"),
    "shows_email": _l("email address shown"),
    "shows_area": _l("area shown"),
    "shows_about": _l("about shown"),
    "shows_offers": _l("what is offered shown"),
}


def of_changes(action: Action, details: Mapping[str, Any]) -> list[str]:
    """Return what was before and what came after, where the record holds it: "floor from −40:00 to none"."""
    if action == Action.BANK_RULES_CHANGED:
        return [_of_rule(rule, values) for rule, values in details.get("changes", {}).items()]
    if action == Action.MEMBER_ROLE_CHANGED and "role" in details:
        before, after = (member_words.of_role(Role(role)) for role in details["role"])
        return [gettext("from %(before)s to %(after)s", before=before, after=after)]
    if "involvement" in details:
        return [bank_words.of_involvement(Involvement(details["involvement"]))]
    if action == Action.MAIL_STOPPED and "before" in details:
        before, after = (of_how(How(details[when])) for when in ("before", "after"))
        return [gettext("from %(before)s to %(after)s", before=before, after=after)]
    return []


def _of_rule(rule: str, values: Sequence[Any]) -> str:
    words = str(RULES.get(rule, rule))
    if not values:
        # What names people is not kept in the audit, only that it was changed.
        return words
    before, after = values
    return gettext(
        "%(rule)s from %(before)s to %(after)s",
        rule=words,
        before=_of_value(rule, before),
        after=_of_value(rule, after),
    )


def of_fields(details: Mapping[str, Any]) -> str:
    """Return the names of the details that were changed: the record does not hold what they were."""
    return listed([str(FIELDS.get(field, field)) for field in details.get("fields", [])])


def of_choice(details: Mapping[str, Any]) -> str:
    """Return how somebody gets statements, as it was chosen."""
    if "how" not in details:
        return ""
    chosen = [of_how(How(details["how"]))]
    if details.get("large_print"):
        chosen.append(gettext("in large print"))
    if details.get("hides_sign"):
        chosen.append(gettext("without a minus sign"))
    return ", ".join(chosen)


def _of_value(rule: str, value: Any) -> str:
    if value is None or value == "":
        return gettext("none")
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if rule == "language":
        return LANGUAGES.get(value, str(value))
    # Time is rounded to minutes, and a bare number says that best.
    if rule.endswith("_minutes") and rule != "rounding_minutes":
        return in_figures(value)
    return str(value)
