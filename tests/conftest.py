"""What every test can ask for: a fresh database of each kind, the application on it, a browser and a command line."""

from __future__ import annotations

import contextvars
import itertools
import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Dialect, event, make_url
from werkzeug.test import TestResponse

from tests.databases import Copies, NoPostgres, Server, postgres_server
from tests.make import PASSWORD, QUICK_HASHER, let_sign_in
from timebank import MIGRATIONS, create_app
from timebank.evidence import remembered
from timebank.extensions import db, limiter
from timebank.ledger import roles
from timebank.members.models import Membership
from timebank.sign_in import passwords

_numbers = itertools.count(1)

# What a transaction begins and ends with is no question to the database.
_BRACKETS = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT")


class _Templates(BytecodeCache):
    """The templates as they were compiled for the first test, so that not every application compiles them again."""

    def __init__(self) -> None:
        self.compiled: dict[str, Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.compiled.get(bucket.key + bucket.checksum)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.compiled[bucket.key + bucket.checksum] = bucket.code


_templates = _Templates()


class Browser(FlaskClient):
    """A browser: each request is on its own, and sees what the test has written so far."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request. What the test wrote is committed first, and read again afterwards."""
        db.session.commit()
        # In a context of its own, or the request would share the test's session and its `g`.
        return contextvars.Context().run(super().open, *args, buffered=kwargs.pop("buffered", True), **kwargs)


class CommandLine(FlaskCliRunner):
    """The command line: each command is on its own, and sees what the test has written so far."""

    def invoke(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command: `cli.invoke(args=["ledger", "verify"])`."""
        db.session.commit()
        return contextvars.Context().run(super().invoke, *args, **kwargs)


# Where lines of ours are reached on PostgreSQL that are not on SQLite. Elsewhere coverage is measured on SQLite alone:
# Python takes twice as long while it is measured, and the second time it would find the same lines. Nor is it measured
# where the program runs in processes of its own.
DIFFERS_ON_POSTGRESQL = ("backups", "cli", "imports", "ledger")
IN_OTHER_PROCESSES = ("benchmarks", "journeys", "torture")
NOT_MEASURED = pytest.StashKey[bool]()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, in a random order among itself: at the end it would keep one processor waiting."""
    on_sqlite = {_without_parameters(item) for item in items if _dialect_of(item) == "sqlite"}
    for item in items:
        is_again = _dialect_of(item) == "postgresql" and _without_parameters(item) in on_sqlite
        package = item.nodeid.split("/")[1]
        if (is_again and package not in DIFFERS_ON_POSTGRESQL) or package in IN_OTHER_PROCESSES:
            item.stash[NOT_MEASURED] = True
    items.sort(key=lambda item: (item.get_closest_marker("slow") is None, item.get_closest_marker("browser") is None))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Stop measuring coverage for a test that another one measures, with all that it asks for."""
    measuring = getattr(item.config.pluginmanager.getplugin("_cov"), "cov_controller", None)
    if measuring is None or NOT_MEASURED not in item.stash:
        return (yield)
    measuring.pause()
    try:
        return (yield)
    finally:
        measuring.resume()


def _dialect_of(item: pytest.Item) -> object:
    parameters = getattr(item, "callspec", None)
    return parameters and parameters.params.get("dialect")


def _without_parameters(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


@pytest.fixture(scope="session", autouse=True)
def only_our_settings() -> Iterator[None]:
    """Keep the settings of whoever runs the tests, and this installation's own secret, out of them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("TIMEBANK_", "FLASK_")) and not name.startswith("TIMEBANK_TEST_"):
                patch.delenv(name)
        patch.setenv("TIMEBANK_SECRET_KEY", secrets.token_hex(32))
        patch.setenv("TIMEBANK_DATABASE_URL", "sqlite:///:memory:")
        yield


@pytest.fixture(scope="session", autouse=True)
def passwords_take_little_work() -> Iterator[None]:
    """Hash passwords as in tests/make.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", QUICK_HASHER)
        yield


def application(database_url: str, owner_url: str | None = None) -> Flask:
    """Return the application on that database, with the limits on attempts off and the log quiet."""
    app = create_app(
        {
            "TESTING": True,
            "SQLALCHEMY_DATABASE_URI": database_url,
            "TIMEBANK_OWNER_DATABASE_URL": owner_url,
            "RATELIMIT_ENABLED": False,
            "TIMEBANK_LOG_LEVEL": "ERROR",
        }
    )
    app.jinja_env.bytecode_cache = _templates
    app.test_client_class = Browser
    app.test_cli_runner_class = CommandLine
    return app


@contextmanager
def application_on(database_url: str, owner_url: str | None = None) -> Iterator[Flask]:
    """Give the application with its context, so that services can be called; no connection is left behind."""
    app = application(database_url, owner_url)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


class Reused:
    """One application for all tests of a process on a kind of database, led to the database of each test.

    Making one takes longer than most tests: every route and every SQL statement is compiled again. Whatever a test
    changes in the settings is undone; what adds routes takes `app_of_its_own`.
    """

    def __init__(self, database_url: str) -> None:
        self.app = application(database_url)
        self._settings = dict(self.app.config)
        self._log = structlog.get_config()
        with self.app.app_context():
            self._engine = db.engine
        event.listen(self._engine, "do_connect", self._lead)

    @contextmanager
    def on(self, database_url: str, owner_url: str | None) -> Iterator[Flask]:
        """Give the application with its context, on that database."""
        self._engine.url = make_url(database_url)
        self.app.config.clear()
        self.app.config.update(self._settings)
        self.app.config.update(SQLALCHEMY_DATABASE_URI=database_url, TIMEBANK_OWNER_DATABASE_URL=owner_url)
        # What is remembered of figures is by the engine, and this one has had other databases.
        remembered._of_databases.clear()
        # Whoever starts another application with limits turns them on for all.
        limiter.enabled = self._settings["RATELIMIT_ENABLED"]
        # Where the log goes is where this test's standard error is caught.
        structlog.configure(**self._log | {"logger_factory": structlog.WriteLoggerFactory(file=sys.stderr)})
        with self.app.app_context():
            try:
                yield self.app
            finally:
                db.session.remove()
                self._engine.dispose()

    def _lead(self, _dialect: Dialect, _record: Any, arguments: list[Any], named: dict[str, Any]) -> None:
        instead, also = self._engine.dialect.create_connect_args(self._engine.url)
        arguments[:] = instead
        named.update(also)


def migrate(database_url: str) -> None:
    """Run every migration on an empty database."""
    with application_on(database_url):
        flask_migrate.upgrade(directory=str(MIGRATIONS))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, only_our_settings: None) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server. Without one the test is skipped, or fails where CI=true."""
    server = postgres_server()
    try:
        running = server.__enter__()
    except NoPostgres as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))
    yield running
    server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def postgres_copies(postgres: Server, only_our_settings: None) -> Iterator[Copies]:
    """Copies of a migrated PostgreSQL database, in which the application has a role of its own."""
    name = f"timebank_template_{secrets.token_hex(4)}"
    postgres.run(f"CREATE DATABASE {name}")
    migrate(postgres.url_of(name))
    with application_on(postgres.url_of(name)), db.engine.begin() as connection:
        roles.protect(connection, postgres.role)
    postgres.run(f"ALTER ROLE {postgres.role} PASSWORD '{postgres.password}'")
    copies = Copies(postgres, name)
    yield copies
    copies.close()
    postgres.run(f"DROP DATABASE {name} WITH (FORCE)")
    postgres.run(f"DROP ROLE {postgres.role}")


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """The kind of database: every test that asks for data runs on each."""
    return str(request.param)


@pytest.fixture
def fresh_database(
    dialect: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[], AbstractContextManager[str]]:
    """Give another migrated, empty database: `with fresh_database() as url`."""

    @contextmanager
    def fresh() -> Iterator[str]:
        if dialect == "sqlite":
            path = tmp_path / f"test-{next(_numbers)}.db"
            shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
            yield f"sqlite:///{path}"
        else:
            with request.getfixturevalue("postgres_copies").copy() as url:
                yield url

    return fresh


@pytest.fixture
def empty_database(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table, for tests of the migrations."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        postgres = request.getfixturevalue("postgres")
        name = f"timebank_empty_{secrets.token_hex(4)}"
        postgres.run(f"CREATE DATABASE {name}")
        yield postgres.url_of(name)
        postgres.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(fresh_database: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """The address of this test's own database, migrated and empty, for its owner, who may do anything there."""
    with fresh_database() as url:
        yield url


@pytest.fixture
def role_url(database_url: str, dialect: str, request: pytest.FixtureRequest) -> str:
    """The address of the same database for the role that runs the application."""
    if dialect == "sqlite":
        return database_url
    return request.getfixturevalue("postgres").url_for_role(database_url)


@pytest.fixture(scope="session")
def reused() -> Callable[[str, str], Reused]:
    """Return the application that is used again on this kind of database, for its owner or for the role."""
    applications: dict[tuple[str, str], Reused] = {}

    def reused_by(database_url: str, whom: str) -> Reused:
        kind = make_url(database_url).get_backend_name()
        if (kind, whom) not in applications:
            applications[kind, whom] = Reused(database_url)
        return applications[kind, whom]

    return reused_by


@pytest.fixture
def app(role_url: str, database_url: str, reused: Callable[[str, str], Reused]) -> Iterator[Flask]:
    """The application on this test's own database, as in production: it does not own the tables."""
    with reused(role_url, "role").on(role_url, database_url) as app:
        yield app


@pytest.fixture
def app_of_its_own(role_url: str, database_url: str) -> Iterator[Flask]:
    """The same, but made for this test alone."""
    with application_on(role_url, database_url) as app:
        yield app


@pytest.fixture
def owners_app(database_url: str, reused: Callable[[str, str], Reused]) -> Iterator[Flask]:
    """The application as the owner of the tables, who may change them."""
    with reused(database_url, "owner").on(database_url, None) as app:
        yield app


@pytest.fixture
def app_without_data() -> Iterator[Flask]:
    """The application without a table in its database, for tests of words and pure functions; it runs once."""
    with application_on("sqlite:///:memory:") as app:
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser. For a second one, `app.test_client()`."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[[FlaskClient, Membership], TestResponse]:
    """Sign a member in through the form: `sign_in(client, member)`."""

    def through_the_form(client: FlaskClient, membership: Membership) -> TestResponse:
        email = let_sign_in(membership)
        page = client.get("/sign-in")
        token = csrf_token(page)
        answer = client.post("/sign-in", data={"email": email, "password": PASSWORD, "csrf_token": token})
        assert answer.status_code == 302, answer.text
        return answer

    return through_the_form


def csrf_token(page: TestResponse) -> str:
    """Return the token that a form on the page carries against forged requests."""
    tag = re.search(r"<input[^>]*name=\"csrf_token\"[^>]*>", page.text)
    assert tag, "the page has no form with a token"
    value = re.search(r"value=\"([^\"]+)\"", tag[0])
    assert value
    return value[1]


@pytest.fixture
def cli(app: Flask) -> FlaskCliRunner:
    """The command line: `cli.invoke(args=["ledger", "verify"])`."""
    return app.test_cli_runner()


@pytest.fixture
def statements_counted(app: Flask) -> Callable[[], AbstractContextManager[list[str]]]:
    """Collect the SQL statements that are sent: `with statements_counted() as statements`."""

    @contextmanager
    def counted() -> Iterator[list[str]]:
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
            if not statement.lstrip().upper().startswith(_BRACKETS):
                statements.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

    return counted
