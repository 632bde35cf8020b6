"""The databases that are measured: a PostgreSQL server and a SQLite file, both of which lose nothing."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from flask import Flask

from benchmarks.programs import environment
from tests.databases import NONE_FOUND, NoPostgres, Server, embedded_programs, installed_programs, started
from timebank import create_app
from timebank.extensions import db

# Everything that is not named here is as PostgreSQL comes.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "listen_addresses": ""}


@contextmanager
def durable_postgres() -> Iterator[Server]:
    """Start a PostgreSQL server that loses nothing, and remove it afterwards. Raises NoPostgres."""
    programs = installed_programs() or embedded_programs()
    if programs is None:
        raise NoPostgres(NONE_FOUND)
    with started(programs, DURABLE) as server:
        yield server


class Places:
    """Where databases are made: one server and one folder for all benchmarks of a run."""

    def __init__(self, server: Server | None, folder: Path) -> None:
        self.server, self.folder = server, folder

    def empty(self, dialect: str) -> str:
        """Return the address of a new database with no table in it. Raises NoPostgres."""
        name = f"bench_{secrets.token_hex(4)}"
        if dialect == "sqlite":
            return f"sqlite:///{self.folder / name}.db"
        if self.server is None:
            raise NoPostgres(NONE_FOUND)
        self.server.run(f"CREATE DATABASE {name}")
        return self.server.url_of(name)

    def migrated(self, dialect: str) -> str:
        """Return the address of a new database with the application's tables and guards."""
        url = self.empty(dialect)
        subprocess.run(
            [sys.executable, "-m", "flask", "db", "upgrade"], env=environment(url), check=True, capture_output=True
        )
        return url

    def drop(self, url: str) -> None:
        """Remove a database that is not needed any more."""
        if url.startswith("sqlite"):
            for path in self.folder.glob(f"{Path(url).name}*"):
                path.unlink()
        else:
            assert self.server is not None
            self.server.run(f"DROP DATABASE {database_of(url)} WITH (FORCE)")


@contextmanager
def places(*, with_postgres: bool = True) -> Iterator[Places]:
    """Give the places of one run, and remove them afterwards."""
    with TemporaryDirectory(prefix="timebank-bench-") as folder:
        if with_postgres and (installed_programs() or embedded_programs()):
            with durable_postgres() as server:
                yield Places(server, Path(folder))
        else:
            yield Places(None, Path(folder))


def database_of(url: str) -> str:
    """Return the name of a database on the server."""
    return url.rpartition("/")[2].partition("?")[0]


def driver_url(url: str) -> str:
    """Return the address as PostgreSQL's own programs read it."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def connect(url: str) -> psycopg.Connection:
    """Return a connection to a database on the server, on which each command is on its own."""
    return psycopg.connect(driver_url(url), autocommit=True)


@contextmanager
def application_on(url: str) -> Iterator[Flask]:
    """Give the application with its context, so that services can be called; no connection is left behind."""
    app = create_app(
        {"SQLALCHEMY_DATABASE_URI": url, "TIMEBANK_LOG_LEVEL": "ERROR", "SECRET_KEY": secrets.token_hex(32)}
    )
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()
