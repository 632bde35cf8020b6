"""The application's sessions, for a while, on another database than the application's own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import flask_migrate
from flask import Flask, current_app
from sqlalchemy.pool import StaticPool

from timebank.backups.manifest import Contents
from timebank.backups.refusals import DatabaseHasData
from timebank.extensions import babel, db, migrate, prepare_sqlite
from timebank.web import languages


@dataclass
class SidePlace:
    """A database that holds a backup and that nobody sees yet."""

    app: Flask
    replaced: Contents
    put_in_place: Callable[[], None]
    rights_not_given: list[str] = field(default_factory=list)


@contextmanager
def on_file(address: str) -> Iterator[Flask]:
    """Give an application whose sessions are on that SQLite database; no connection is left behind."""
    with _on(address, {}) as app:
        with app.app_context():
            prepare_sqlite(db.engine)
        yield app


@contextmanager
def on_connection(connection: Any) -> Iterator[Flask]:
    """Give an application all of whose sessions are on that one connection to PostgreSQL, and close it afterwards."""
    options = {"creator": lambda: connection, "poolclass": StaticPool}
    with _on("postgresql+psycopg://", options) as app:
        yield app


@contextmanager
def _on(address: str, options: dict[str, Any]) -> Iterator[Flask]:
    app = Flask("timebank")
    app.config.update(SQLALCHEMY_DATABASE_URI=address, SQLALCHEMY_ENGINE_OPTIONS=options)
    # Whoever is erased once more is called by a word, in the language of their bank.
    app.config.update({name: value for name, value in current_app.config.items() if name.startswith("BABEL_")})
    babel.init_app(app, locale_selector=languages.current, timezone_selector=languages.current_zone)
    db.init_app(app)
    migrate.init_app(app, db, directory=current_app.extensions["migrate"].directory, render_as_batch=True)
    try:
        yield app
    finally:
        with app.app_context():
            db.engine.dispose()


def refuse_to_lose(there: Contents, *, replace: bool) -> None:
    """Raise DatabaseHasData when there is something in the database and nobody said that it may go."""
    if there.rows and not replace:
        raise DatabaseHasData(contents=there.words)


def bring_up_to_date() -> None:
    """Run the migrations that the database of the current application has not had."""
    level = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        flask_migrate.upgrade()
    finally:
        logging.disable(level)
