"""One page of a long list."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request, url_for

ROWS = 25
# Deeper than this nobody reads, and every row before it must be counted off.
LAST_PAGE = 10_000


@dataclass(frozen=True)
class Page:
    """Which rows of how many are shown, and where the neighbouring pages are."""

    number: int
    total: int
    rows: int = ROWS

    @classmethod
    def asked_for(cls, total: int, *, rows: int = ROWS) -> Page:
        """Return the page that the address asks for, or the nearest there is."""
        number = request.args.get("page", 1, type=int)
        pages = max(1, -(-total // rows))
        return cls(number=min(max(number, 1), pages, LAST_PAGE), total=total, rows=rows)

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.total // self.rows))

    @property
    def offset(self) -> int:
        """How many rows come before this page."""
        return (self.number - 1) * self.rows

    @property
    def first(self) -> int:
        """The number of the first row shown."""
        return min(self.offset + 1, self.total)

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return min(self.offset + self.rows, self.total)

    @property
    def previous_href(self) -> str | None:
        """The address of the page before."""
        return self._href(self.number - 1) if self.number > 1 else None

    @property
    def next_href(self) -> str | None:
        """The address of the page after."""
        return self._href(self.number + 1) if self.number < self.pages else None

    def _href(self, number: int) -> str:
        # Put together by hand: url_for() would take some names in the address, such as _scheme, for orders to itself.
        kept = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
        assert request.endpoint is not None
        return f"{url_for(request.endpoint, **(request.view_args or {}))}?{urlencode([*kept, ('page', number)])}"
