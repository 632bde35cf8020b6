"""A broken rule, and the one place that says how pages show it."""

from __future__ import annotations

from typing import Any


class RuleBroken(Exception):
    """A rule of the time bank does not allow this.

    A subclass is named for what is wrong; its docstring is the reason, its `message` tells the person what to do,
    and `field` names the form field (or spreadsheet column) that the message belongs beside.
    """

    status = 409
    field: str | None = None
    message: Any = ""

    def __init__(self, **details: Any) -> None:
        self.details = details
        super().__init__(type(self).__name__)

    @property
    def text(self) -> str:
        """The message in the reader's language, with its details filled in."""
        return str(self.message) % self.details if self.details else str(self.message)


class NotFound(RuleBroken):
    """There is no such thing in this time bank."""

    status = 404
