"""Serve a town for a scanner to walk, signed in: `python -m tests.hostile.serve [--plant]`. docs/security.md says how.

Only for a machine of one's own: tokens against forged requests and limits on attempts are off, so that the scanner gets
as far as it can. With `--plant` there are two holes in addition, at /planted, that a scanner must find.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
from pathlib import Path

from flask import Flask, request


def plant(app: Flask) -> None:
    """Add a page that puts what is asked for into its own words and into a question to the database."""
    from sqlalchemy import text

    from timebank.extensions import db
    from timebank.web.access import public

    @app.route("/planted")
    @public
    def planted() -> str:
        words = request.args.get("words", "")
        found = db.session.execute(text(f"SELECT count(*) FROM bank WHERE name = '{words}'")).scalar()
        return f"<!doctype html><form><input name=words></form><p>{words}: {found}</p>"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=5055)
    parser.add_argument("--plant", action="store_true")
    asked = parser.parse_args()
    os.environ["TIMEBANK_SECRET_KEY"] = secrets.token_hex(32)
    from tests.conftest import application, migrate
    from tests.house.test_access import build_town
    from tests.make import begin_session
    from timebank.extensions import db
    from timebank.members.models import Role

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'town.db'}"
        migrate(url)
        app = application(url)
        app.config["WTF_CSRF_ENABLED"] = False
        if asked.plant:
            plant(app)
        with app.app_context():
            session_id = begin_session(build_town().people[Role.ADMINISTRATOR])
            db.session.commit()
        with app.test_request_context():
            cookie = app.session_interface.get_signing_serializer(app).dumps({"_user_id": session_id, "_fresh": True})
        sys.stdout.write(f"session={cookie}\n")
        sys.stdout.flush()
        app.run(port=asked.port, threaded=True)


if __name__ == "__main__":
    main()
