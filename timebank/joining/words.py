"""What people read for how far somebody has come who wants to join."""

from __future__ import annotations

from flask_babel import gettext

from timebank.joining.models import Step


def of_step(step: Step) -> str:
    """Return how far it has come as people read it."""
    return {
        Step.ENQUIRED: gettext("Enquired"),
        Step.INTERVIEWED: gettext("Interviewed"),
        Step.REFERENCES: gettext("References are there"),
        Step.JOINED: gettext("Is a member"),
        Step.ENDED: gettext("Ended"),
    }[step]
