"""A request that met others in the database is done again as a whole, as if it had only now arrived."""

from __future__ import annotations

import copy
from typing import Any

from flask import Flask, g, session
from flask.globals import request_ctx

from timebank.attempts import Trouble, attempted
from timebank.web.logs import log


def init_app(app: Flask) -> None:
    """Do what views do, from permissions to the page that is shown, as often as it takes, within a bound.

    What comes before a view, such as counting attempts to sign in, asks no database and is done once.
    """
    dispatch = app.dispatch_request

    def dispatch_again() -> Any:
        known, said, was_changed = dict(vars(_own_g())), copy.deepcopy(dict(session)), session.modified

        def begin_again(trouble: Trouble) -> None:
            log.warning("again", reference=g.get("reference"), trouble=trouble.value)
            vars(_own_g()).clear()
            vars(_own_g()).update(known)
            session.clear()
            session.update(copy.deepcopy(said))
            session.modified = was_changed
            request_ctx.flashes = None

        return attempted(dispatch, before_again=begin_again)

    app.dispatch_request = dispatch_again  # type: ignore[method-assign]


def _own_g() -> Any:
    return g._get_current_object()
