"""Demonstration banks: each takes a while to make, so each is made once and copied."""

from __future__ import annotations

import datetime as dt
import functools
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import DateTime, TypeDecorator, make_url, select

from tests.conftest import application_on
from tests.databases import Copies, Server
from timebank.banks import queries
from timebank.banks.models import Bank
from timebank.extensions import db

ROOT = Path(__file__).resolve().parents[2]

# Run in a process of its own.
MAKING = """
import datetime as dt, sys
from timebank import create_app
from timebank.demonstration.build import build_demonstration
from timebank.extensions import db
with create_app().app_context():
    build_demonstration(now=dt.datetime.fromisoformat(sys.argv[1]), tick=lambda _count: None)
    db.session.commit()
"""

# Random names, moments and what is made of them differ each time.
DIFFER_EACH_TIME = frozenset(
    {"reference", "key", "linked_by", "request_hash", "loaded_hash", "password_hash", "proof_key", "digest", "code"}
)

Contents = dict[str, list[tuple[object, ...]]]


@dataclass(frozen=True)
class Made:
    """A demonstration bank as it was made: where it is, when it was made, and everything in it."""

    now: dt.datetime
    url: str
    contents: Contents


MakeAt = Callable[[dt.datetime], Made]


@pytest.fixture(scope="session")
def made_on_sqlite(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> MakeAt:
    """Return the bank that was made at a moment, in a file."""
    folder = tmp_path_factory.mktemp("demonstration")

    @functools.cache
    def make(now: dt.datetime) -> Made:
        path = folder / f"{now:%Y-%m-%d-%H}.db"
        shutil.copyfile(sqlite_template, path)
        return make_in(f"sqlite:///{path}", now)

    return make


@pytest.fixture(scope="session")
def made_on_postgresql(postgres: Server, postgres_copies: Copies) -> Iterator[MakeAt]:
    """Return the bank that was made at a moment, on the server."""
    names = []

    @functools.cache
    def make(now: dt.datetime) -> Made:
        names.append(f"timebank_demonstration_{secrets.token_hex(4)}")
        postgres.run(f"CREATE DATABASE {names[-1]} TEMPLATE {postgres_copies.template}")
        return make_in(postgres.url_of(names[-1]), now)

    yield make
    for name in names:
        postgres.run(f"DROP DATABASE {name} WITH (FORCE)")


def make_in(url: str, now: dt.datetime) -> Made:
    """Make the bank in this empty database, and read everything in it."""
    # Whatever is ordered by hashes alone would differ between processes.
    settings = {"TIMEBANK_DATABASE_URL": url.replace("+psycopg", ""), "PYTHONHASHSEED": str(secrets.randbelow(10_000))}
    command = [sys.executable, "-W", "error", "-c", MAKING, now.isoformat()]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with application_on(url):
        return Made(now, url, contents())


@pytest.fixture
def made(request: pytest.FixtureRequest) -> Callable[[str, dt.datetime], Made]:
    """Return the bank that was made at a moment, in a database of that kind: `made("sqlite", now)`."""
    return lambda dialect, now: request.getfixturevalue(f"made_on_{dialect}")(now)


def contents() -> Contents:
    """Return every row of every table, but for what differs each time."""
    found = {}
    for table in db.metadata.sorted_tables:
        columns = [column for column in table.columns if not _differs(column)]
        found[table.name] = sorted((tuple(row) for row in db.session.execute(select(*columns))), key=repr)
    return found


def _differs(column) -> bool:
    is_moment = isinstance(column.type, TypeDecorator) and isinstance(column.type.impl, DateTime)
    return is_moment or column.name in DIFFER_EACH_TIME


def name_in(url: str) -> str:
    """Return the name of the database that a PostgreSQL address leads to."""
    return str(make_url(url).database)


@pytest.fixture
def copied(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[Made], str]]:
    """Return the address of a copy, which a test may change."""
    copies = []

    def copy(original: Made) -> str:
        if original.url.startswith("sqlite"):
            path = tmp_path / "copy.db"
            shutil.copyfile(original.url.removeprefix("sqlite:///"), path)
            return f"sqlite:///{path}"
        server, name = request.getfixturevalue("postgres"), f"timebank_copy_{secrets.token_hex(4)}"
        server.run(f"CREATE DATABASE {name} TEMPLATE {name_in(original.url)}")
        copies.append(name)
        return server.url_of(name)

    yield copy
    for name in copies:
        request.getfixturevalue("postgres").run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def app(day: dt.datetime, dialect: str, made: Callable[..., Made]) -> Iterator[Flask]:
    """The application on the bank that was made at `day`; tests only look at it."""
    with application_on(made(dialect, day).url) as app:
        yield app
        db.session.rollback()


@pytest.fixture
def bank(app: Flask) -> Bank:
    """The demonstration bank itself."""
    (only,) = queries.every_bank()
    return only
