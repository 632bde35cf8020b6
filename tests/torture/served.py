"""What Gunicorn loads for a run: the application as it is, or with the bug that TORTURE_PLANTED names.

After a kill the clients should wait for the time bank and not for Python. So its templates are kept compiled in the
run's folder, and the master opens some pages once before it makes its workers, which then have what they need.
Passwords take hardly any work.
"""

from __future__ import annotations

import contextlib
import os

from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from tests.make import QUICK_HASHER, begin_session
from tests.torture.planted import PLANTS
from timebank import create_app
from timebank.extensions import db
from timebank.members.models import Membership
from timebank.sign_in import passwords

PAGES = ("/", "/hours", "/hours/log", "/hours/log-for-others", "/approvals", "/grant", "/statements")


def warm_up(made: Flask) -> None:
    """Open pages as the first member, and leave no connection behind that two workers would share."""
    browser = made.test_client()
    with made.app_context():
        first = db.session.scalars(select(Membership).order_by(Membership.id)).first()
        if first is not None:
            with browser.session_transaction() as session:
                session["_user_id"] = begin_session(first)
            db.session.commit()
        db.session.remove()
    for page in PAGES:
        browser.get(page, follow_redirects=True)
    with made.app_context():
        db.engine.dispose()


passwords._hasher = QUICK_HASHER
app = create_app()
app.jinja_env.bytecode_cache = FileSystemBytecodeCache(os.environ["TORTURE_TEMPLATES"])
if os.environ["TORTURE_PLANTED"]:
    PLANTS[os.environ["TORTURE_PLANTED"]](app)
with contextlib.suppress(OperationalError):
    # The database may have been killed too, and be on its way back.
    warm_up(app)
