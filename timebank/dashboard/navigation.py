"""The menu of every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, g, has_request_context, request, url_for
from flask_babel import gettext

from timebank.members.acting import helped_membership, is_acting
from timebank.members.permissions import Permission, may_now
from timebank.sign_in import session
from timebank.sign_in.session import current_user


@dataclass(frozen=True)
class Item:
    """One entry of the menu."""

    text: str
    href: str
    current: bool
    count: int = 0


def init_app(app: Flask) -> None:
    """Give every page the menu of whoever is signed in, and `allowed`, which says what they may do just now."""
    app.context_processor(_shared)


def _shared() -> dict[str, Any]:
    if not has_request_context():
        # A command makes a file with pages' own words, or a mail's: nobody is signed in to read it.
        return {"navigation": [], "allowed": lambda _name: False}
    return {
        "navigation": _menu(),
        "allowed": _allowed,
        # Who is signed in, whoever they act for.
        "actor": getattr(current_user, "membership", None),
        "is_acting": is_acting(),
        "acts_for_name": g.get("acts_for_name") if helped_membership() is not None else None,
        "several_banks": session.belongs_to_several(),
    }


def _allowed(name: str) -> bool:
    """Return whether whoever is signed in has the permission of this name just now, for templates."""
    return may_now(Permission[name])


def _menu() -> list[Item]:
    membership = g.get("membership")
    if membership is None:
        return []
    # Administrators, who may have some to read where there is no lead, have long menus: they have it below each page.
    concerns = [(gettext("Concerns"), "concerns.every", Permission.READ_CONCERNS)]
    return [
        Item(text=text, href=url_for(endpoint), current=_is_current(endpoint))
        for text, endpoint, permission in (
            (gettext("Home"), "dashboard.home", Permission.SIGNED_IN),
            (gettext("Log hours"), "exchanges.log", Permission.LOG_HOURS),
            (gettext("My hours"), "exchanges.own", Permission.OWN_HOURS),
            (gettext("Statement"), "statements.own", Permission.OWN_HOURS),
            (gettext("Approvals"), "approvals.queue", Permission.APPROVE_HOURS),
            (gettext("Months"), "months.every", Permission.CLOSE_MONTHS),
            (gettext("People"), "members.people", Permission.KEEP_MEMBERS),
            (gettext("Organisations"), "organisations.every", Permission.KEEP_MEMBERS),
            (gettext("Evidence"), "evidence.hidden_resource", Permission.SEE_EVIDENCE),
            (gettext("Rules"), "banks.rules", Permission.SET_RULES),
            (gettext("Audit"), "oversight.audit_page", Permission.READ_AUDIT),
            (gettext("Time banks"), "system.every_bank", Permission.KEEP_BANKS),
            *(concerns if membership.is_safeguarding_lead else []),
        )
        if may_now(permission)
    ]


def _is_current(endpoint: str) -> bool:
    if request.endpoint == "concerns.report":
        return False
    if request.endpoint in ("exchanges.log", "exchanges.own"):
        return request.endpoint == endpoint
    if request.endpoint == "exchanges.log_for_others":
        return endpoint == "approvals.queue"
    if (request.endpoint or "").startswith(("joining.", "clearing.", "pausing.")):
        return endpoint == "members.people"
    package = endpoint.partition(".")[0]
    return (request.endpoint or "").partition(".")[0] == package and endpoint != "exchanges.log"
