"""A time bank and reciprocity ledger for public services and their neighbourhoods."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from flask import Flask
from govuk_frontend_wtf.main import WTFormsHelpers
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from werkzeug.middleware.proxy_fix import ProxyFix

from config import INSTANCE, settings_from
from timebank.extensions import (
    babel,
    csrf,
    db,
    limiter,
    login_manager,
    migrate,
    prepare_postgresql,
    prepare_sqlite,
)

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


class ViewWithoutPermission(RuntimeError):
    """A view that does not say who may use it is not served to anybody."""


def create_app(settings: dict[str, Any] | None = None) -> Flask:
    """Return the application, with its settings from the environment unless `settings` says otherwise.

    Raises SettingsRefused or ViewWithoutPermission.
    """
    app = Flask("timebank", instance_path=str(INSTANCE))
    app.config.from_mapping(settings_from(os.environ))
    app.config.update(settings or {})
    _start_extensions(app)
    _find_templates(app)
    _add_packages(app)
    return app


def _start_extensions(app: Flask) -> None:
    from timebank import attempts
    from timebank.web import languages

    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            prepare_sqlite(db.engine)
        else:
            prepare_postgresql(db.engine)
        attempts.watch(db.engine)
    migrate.init_app(app, db, directory=str(MIGRATIONS), render_as_batch=True)
    babel.init_app(app, locale_selector=languages.current, timezone_selector=languages.current_zone)
    csrf.init_app(app)
    limiter.init_app(app)
    login_manager.init_app(app)
    WTFormsHelpers(app)
    if app.config["TIMEBANK_PROXIES"]:
        hops = app.config["TIMEBANK_PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def _find_templates(app: Flask) -> None:
    """Let templates use the macros of GOV.UK Frontend."""
    own = app.jinja_loader
    assert own is not None
    app.jinja_env.loader = ChoiceLoader(
        [
            own,
            PrefixLoader(
                {
                    "govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja"),
                    "govuk_frontend_wtf": PackageLoader("govuk_frontend_wtf"),
                }
            ),
        ]
    )
    app.jinja_env.add_extension("jinja2.ext.do")


def _add_packages(app: Flask) -> None:
    """Add every package's views and commands, and refuse to start when a view declares no permission."""
    from timebank import cli, correspondence, routes
    from timebank.web import setup
    from timebank.web.access import undeclared_views

    setup.init_app(app)
    routes.init_app(app)
    correspondence.init_app(app)
    cli.init_app(app)
    if undeclared := undeclared_views(app):
        raise ViewWithoutPermission(", ".join(undeclared))
