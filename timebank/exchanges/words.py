"""What people read for the life of an exchange."""

from __future__ import annotations

from flask_babel import gettext

from timebank.exchanges.models import Status, Step


def of_status(status: Status) -> str:
    """Return the status as people read it."""
    return {
        Status.LOGGED: gettext("Waiting to be confirmed"),
        Status.CONFIRMED: gettext("Waiting for approval"),
        Status.QUERIED: gettext("Question asked"),
        Status.APPROVED: gettext("Approved"),
        Status.DECLINED: gettext("Declined"),
        Status.WITHDRAWN: gettext("Withdrawn"),
        Status.EXPIRED: gettext("Expired"),
        Status.REVERSED: gettext("Reversed"),
    }[status]


def of_step(step: Step) -> str:
    """Return what happened, as a heading in the exchange's history."""
    return {
        Step.LOGGED: gettext("Logged"),
        Step.CONFIRMED: gettext("Confirmed"),
        Step.CONFIRMED_FOR: gettext("Confirmed by the coordinator, who asked"),
        Step.CONFIRMED_BY_RULE: gettext("Confirmed by itself, because nobody said otherwise"),
        Step.QUERIED: gettext("Question asked"),
        Step.DENIED: gettext("Said that this did not happen"),
        Step.ANSWERED: gettext("Answered"),
        Step.APPROVED: gettext("Approved, and written in the ledger"),
        Step.DECLINED: gettext("Declined"),
        Step.WITHDRAWN: gettext("Withdrawn"),
        Step.EXPIRED: gettext("Expired, because nobody confirmed it"),
        Step.REVERSED: gettext("Reversed in the ledger"),
    }[step]
