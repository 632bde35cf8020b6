"""Write into guards.py the digests of the guards as the migrations beside it make them.

Run in a copy of the repository in which a guard was changed on purpose, so that what the guard does tells, and not
that its text is another: python -m tests.mutation.digests sqlite
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from tests.conftest import application_on, migrate
from tests.databases import Server
from timebank.ledger import guards


@contextmanager
def new_database(dialect: str) -> Iterator[str]:
    """Give the address of an empty database; PostgreSQL is the server at TIMEBANK_TEST_POSTGRES_URL."""
    if dialect == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/guards.db"
        return
    server = Server(make_url(os.environ["TIMEBANK_TEST_POSTGRES_URL"]).set(drivername="postgresql+psycopg"))
    name = f"timebank_guards_{secrets.token_hex(4)}"
    server.run(f"CREATE DATABASE {name}")
    try:
        yield server.url_of(name)
    finally:
        server.run(f"DROP DATABASE {name} WITH (FORCE)")


def main(dialects: list[str]) -> None:
    """Replace every digest that is not the present one."""
    os.environ["TIMEBANK_SECRET_KEY"] = secrets.token_hex(32)
    os.environ["TIMEBANK_DATABASE_URL"] = "sqlite:///:memory:"
    path = Path(guards.__file__)
    words = path.read_text()
    for dialect in dialects:
        with new_database(dialect) as url:
            migrate(url)
            with application_on(url):
                present, wanted = guards.present_guards(), guards.wanted_guards()
        for name, digest in present.items():
            words = words.replace(f'"{name}": "{wanted[name]}"', f'"{name}": "{digest}"')
    path.write_text(words)


if __name__ == "__main__":
    main(sys.argv[1:])
