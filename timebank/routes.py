"""Every package's pages, in one list."""

from __future__ import annotations

from flask import Flask

from timebank.banks.views import blueprint as banks
from timebank.concerns.views import blueprint as concerns
from timebank.costs.views import blueprint as costs
from timebank.dashboard import housekeeping, navigation
from timebank.dashboard.views import blueprint as dashboard
from timebank.doctor.views import blueprint as system
from timebank.evidence.release_views import blueprint as releases
from timebank.evidence.views import blueprint as evidence
from timebank.exchanges.approval_views import blueprint as approvals
from timebank.exchanges.views import blueprint as exchanges
from timebank.exports.statement_views import blueprint as statement_files
from timebank.gifts.views import blueprint as gifts
from timebank.joining import views as joining_views
from timebank.joining.public_views import blueprint as references
from timebank.joining.views import blueprint as joining
from timebank.members.clearing_views import blueprint as clearing
from timebank.members.pausing_views import blueprint as pausing
from timebank.members.profile_views import blueprint as profiles
from timebank.members.views import blueprint as members
from timebank.months.paper_views import blueprint as paper
from timebank.months.sending_views import blueprint as sending
from timebank.months.views import blueprint as months
from timebank.organisations.helper_views import blueprint as helpers
from timebank.organisations.views import blueprint as organisations
from timebank.oversight.views import blueprint as oversight
from timebank.privacy import notice
from timebank.privacy.views import blueprint as privacy
from timebank.sign_in.email_views import blueprint as email_change
from timebank.sign_in.reset_views import blueprint as reset
from timebank.sign_in.second_factor_views import blueprint as second_factor
from timebank.sign_in.session_views import blueprint as sessions
from timebank.sign_in.views import blueprint as sign_in
from timebank.statements.choice_views import blueprint as statement_choices
from timebank.statements.unsubscribe_views import blueprint as unsubscribe
from timebank.statements.verification_views import blueprint as verification
from timebank.statements.views import blueprint as statements
from timebank.stories.views import blueprint as stories
from timebank.web.views import blueprint as web

BLUEPRINTS = (
    web,
    sign_in,
    sessions,
    reset,
    second_factor,
    email_change,
    dashboard,
    exchanges,
    approvals,
    statements,
    verification,
    months,
    sending,
    paper,
    unsubscribe,
    statement_choices,
    statement_files,
    gifts,
    members,
    pausing,
    clearing,
    joining,
    references,
    profiles,
    helpers,
    organisations,
    banks,
    concerns,
    system,
    evidence,
    releases,
    stories,
    costs,
    oversight,
    privacy,
)


def init_app(app: Flask) -> None:
    """Add every package's pages, the menu, and what the privacy page says."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    navigation.init_app(app)
    housekeeping.init_app(app)
    notice.init_app(app)
    joining_views.init_app(app)
