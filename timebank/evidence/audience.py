"""For whom figures are, and how small a number may be for them."""

from __future__ import annotations

from enum import StrEnum


class Audience(StrEnum):
    """Who reads: the coordinator knows everybody, the board knows the bank, the public is anybody and funders."""

    COORDINATOR = "coordinator"
    BOARD = "board"
    PUBLIC = "public"

    @property
    def threshold(self) -> int:
        """How many people have to be behind a number: none for the coordinator, never fewer than 5 for others."""
        return {Audience.COORDINATOR: 0, Audience.BOARD: 5, Audience.PUBLIC: 10}[self]

    @property
    def within(self) -> Audience | None:
        """Who else reads what this audience reads, and knows more: what is hidden from them must be hidden here."""
        return Audience.BOARD if self == Audience.PUBLIC else None

    @property
    def rounded_to(self) -> int:
        """To how many people, or hours, what is shown is rounded."""
        return 5 if self == Audience.PUBLIC else 1
