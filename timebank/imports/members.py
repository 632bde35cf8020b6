"""Load members from a spreadsheet: number, name, email, phone, joined_on, capacity, address, postcode."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from flask_babel import gettext

from timebank.banks.models import Bank
from timebank.errors import RuleBroken
from timebank.imports.kinds import capacity_in
from timebank.imports.spreadsheet import Problem, Row, Table, digest
from timebank.members import queries, service
from timebank.members.models import Capacity
from timebank.members.service import Newcomer

NEEDED = ("number", "name")
COLUMNS = ("number", "name", "email", "phone", "joined_on", "capacity")
# A row with nothing in these has the digest that it had before they were read.
ADDRESS_COLUMNS = ("address", "postcode")


class MemberLoader:
    """Reads members, and adds those who are new through the members' service."""

    def __init__(self, bank: Bank, path: Path, *, at: dt.datetime) -> None:
        self.bank, self.at, self.today = bank, at, bank.day_of(at)
        self.table = Table(path, needed=NEEDED, known=COLUMNS + ADDRESS_COLUMNS)
        self._seen: dict[str, int] = {}

    def begin_again(self) -> None:
        """Forget what was seen, before the file is read a second time."""
        self._seen.clear()

    def check(self, rows: list[Row]) -> tuple[list[Newcomer], int, list[Problem]]:
        """Return who is new, how many are there already as the file says, and what is wrong."""
        there = queries.loaded_hashes(self.bank, (row.get("number") for row in rows))
        newcomers, unchanged, problems = [], 0, []
        for row in rows:
            try:
                if there.get(row.get("number"), "") == self._digest(row):
                    unchanged += 1
                else:
                    newcomers.append(self._newcomer(row))
            except RuleBroken as broken:
                problems.append(Problem(row.line, broken.field or "number", broken.text))
        return newcomers, unchanged, problems

    def _newcomer(self, row: Row) -> Newcomer:
        joined_on = row.day("joined_on") if row.get("joined_on") else self.today
        newcomer = service.checked_newcomer(
            self.bank,
            number=row.get("number"),
            name=row.get("name"),
            email=row.get("email"),
            phone=row.get("phone"),
            capacity=capacity_in(row, "capacity") or Capacity.NOT_STATED,
            joined_on=joined_on,
            address=row.get("address"),
            postcode=row.get("postcode"),
            today=self.today,
            loaded_hash=self._digest(row),
        )
        self._once(row, "number", newcomer.number)
        if newcomer.email:
            self._once(row, "email", newcomer.email)
        return newcomer

    def _once(self, row: Row, column: str, value: str) -> None:
        # Numbers hold no @ and addresses do, so both fit in one set.
        if (before := self._seen.setdefault(value, row.line)) != row.line:
            raise Twice(column=column, before=before)

    @staticmethod
    def _digest(row: Row) -> str:
        address = [row.get(column) for column in ADDRESS_COLUMNS]
        return digest(*(row.get(column) for column in COLUMNS), *(address if any(address) else ()))

    def write(self, newcomers: list[Newcomer]) -> None:
        """Add the newcomers. Their history brings its own balances, so they get no opening credit."""
        service.add_newcomers(self.bank, newcomers, at=self.at)


class Twice(RuleBroken):
    """Every line is about somebody, or something, else."""

    def __init__(self, *, column: str, before: int) -> None:
        self.field = column
        self.before = before
        super().__init__()

    @property
    def text(self) -> str:
        """Where it stood before."""
        return gettext("this is already in line %(line)s", line=self.before)
