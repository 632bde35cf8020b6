"""The menu of every page."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, g, request, url_for
from flask_babel import gettext

from timebank.members.permissions import Permission, may


@dataclass(frozen=True)
class Item:
    """One entry of the menu."""

    text: str
    href: str
    current: bool
    count: int = 0


def init_app(app: Flask) -> None:
    """Give every page the menu of whoever is signed in."""
    app.context_processor(lambda: {"navigation": _menu()})


def _menu() -> list[Item]:
    membership = g.get("membership")
    if membership is None:
        return []
    # Administrators, who may have some to read where there is no lead, have long menus: they have it below each page.
    concerns = [(gettext("Concerns"), "concerns.every", Permission.READ_CONCERNS)]
    return [
        Item(text=text, href=url_for(endpoint), current=_is_current(endpoint))
        for text, endpoint, permission in (
            (gettext("Home"), "dashboard.home", Permission.OWN_HOURS),
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
            *(concerns if membership.is_safeguarding_lead else []),
        )
        if may(membership, permission)
    ]


def _is_current(endpoint: str) -> bool:
    if request.endpoint == "concerns.report":
        return False
    if request.endpoint in ("exchanges.log", "exchanges.own"):
        return request.endpoint == endpoint
    if request.endpoint == "exchanges.log_for_others":
        return endpoint == "approvals.queue"
    package = endpoint.partition(".")[0]
    return (request.endpoint or "").partition(".")[0] == package and endpoint != "exchanges.log"
