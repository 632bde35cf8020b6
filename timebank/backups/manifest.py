"""What a backup says about itself."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import asdict, dataclass, field, replace
from typing import Any

FORMAT = "time bank backup"
VERSION = 1

_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Data:
    """The member of the file with the data in it: its name, how many bytes, and their digest."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Contents:
    """What is in a database: the last migration, how many rows each table has, and the head of each bank's seals."""

    revision: str
    tables: dict[str, int] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows there are, but for the one with the number of the migration."""
        return sum(count for table, count in self.tables.items() if table != "alembic_version")

    @property
    def words(self) -> str:
        """The counts that people know their time bank by."""
        told = ("bank", "membership", "exchange", "transfer")
        return ", ".join(
            f"{self.tables.get(name, 0)} {name}{'' if self.tables.get(name) == 1 else 's'}" for name in told
        )

    def of(self, tables: set[str]) -> Contents:
        """Return the same without any other tables."""
        return replace(self, tables={name: count for name, count in self.tables.items() if name in tables})

    def differences(self, other: Contents) -> list[str]:
        """Return in words where the other differs from this."""
        found = []
        if self.revision != other.revision:
            found.append(f"migration {self.revision or 'none'}, found {other.revision or 'none'}")
        for what, here, there in (("rows of", self.tables, other.tables), ("head of", self.heads, other.heads)):
            for name in sorted({*here, *there}):
                if here.get(name) != there.get(name):
                    found.append(f"{what} {name}: {here.get(name)}, found {there.get(name)}")
        return found


@dataclass(frozen=True)
class Manifest:
    """What a backup says about itself. It holds no name of a person, and nothing that lets anybody in."""

    made_at: dt.datetime
    dialect: str
    server: str
    schema: str
    contents: Contents
    data: Data

    def as_json(self) -> str:
        """Return it as it is written into the file."""
        return json.dumps(
            {
                "format": FORMAT,
                "version": VERSION,
                "made_at": self.made_at.isoformat(),
                "dialect": self.dialect,
                "server": self.server,
                "schema": self.schema,
                **asdict(self.contents),
                "data": asdict(self.data),
            },
            indent=2,
            ensure_ascii=False,
            sort_keys=True,
        )


def version_in(written: bytes) -> int:
    """Return the version of the format that is written there. Raises ValueError where it is no manifest of ours."""
    said = _object(written)
    version = said.get("version")
    if said.get("format") != FORMAT or not isinstance(version, int):
        raise ValueError("no manifest of a time bank")
    return version


def read(written: bytes) -> Manifest:
    """Return the manifest that is written there. Raises ValueError where it is none."""
    said = _object(written)
    try:
        made_at = dt.datetime.fromisoformat(_text(said["made_at"]))
        if made_at.tzinfo is None:
            raise ValueError("no time zone")
        data = said["data"]
        if not _SHA256.fullmatch(_text(data["sha256"])):
            raise ValueError("no digest")
        return Manifest(
            made_at=made_at,
            dialect=_text(said["dialect"]),
            server=_text(said["server"]),
            schema=_text(said["schema"]),
            contents=Contents(
                revision=_text(said["revision"]),
                tables={_text(name): _count(rows) for name, rows in said["tables"].items()},
                heads={_text(code): _text(head) for code, head in said["heads"].items()},
            ),
            data=Data(name=_text(data["name"]), bytes=_count(data["bytes"]), sha256=data["sha256"]),
        )
    except (KeyError, TypeError, AttributeError) as wrong:
        raise ValueError(f"the manifest lacks {wrong}") from None


def _object(written: bytes) -> dict[str, Any]:
    try:
        said = json.loads(written)
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(said, dict):
        raise ValueError("no object")
    return said


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError("a count")
    return value
