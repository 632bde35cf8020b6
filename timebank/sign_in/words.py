"""What people read about sessions."""

from __future__ import annotations

from flask_babel import gettext

from timebank.sign_in.models import Session


def of_device(session: Session) -> str:
    """Return what the session's device is called: Firefox on Windows."""
    if session.browser and session.system:
        return gettext("%(browser)s on %(system)s", browser=session.browser, system=session.system)
    return session.browser or session.system or gettext("A device that we do not know")
