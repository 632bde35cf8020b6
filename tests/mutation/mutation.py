"""A planted bug: a small change of the text, and the tests that should notice it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LEDGER = "timebank/ledger"


class DoesNotApply(ValueError):
    """The text that a mutation changes is not there, or there more than once."""


@dataclass(frozen=True)
class Change:
    """Some words of one file, which are there once, and what stands in their place."""

    file: str
    old: str
    new: str

    def applied_to(self, text: str) -> str:
        """Return the file's text with the change. Raises DoesNotApply."""
        if text.count(self.old) != 1 or self.old == self.new:
            raise DoesNotApply(f"{self.file} holds {text.count(self.old)} times: {self.old}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True)
class Mutation:
    """One bug. `tests` is what pytest is asked for; `guards_of` are the databases whose guards it changes."""

    name: str
    changes: tuple[Change, ...]
    tests: str
    guards_of: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The file that it is counted under: the first that it changes."""
        return self.changes[0].file

    def plant(self, root: Path) -> None:
        """Make the changes in a copy of the repository. Raises DoesNotApply."""
        for change in self.changes:
            path = root / change.file
            path.write_text(change.applied_to(path.read_text()))


def mutations_of(file: str, tests: str) -> Callable[..., Mutation]:
    """Return what makes mutations of one file, which these tests should kill unless others are named."""

    def mutation(name: str, old: str, new: str, *more: Change, tests: str = tests) -> Mutation:
        return Mutation(name, (Change(file, old, new), *more), tests)

    return mutation
