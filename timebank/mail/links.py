"""Links for mail, under the address that the settings say, never under the one that a browser asked for."""

from __future__ import annotations

from typing import Any

from flask import current_app


def link_to(endpoint: str, **values: Any) -> str:
    """Return the whole address of a page."""
    # Bound to no host: the path is all that is asked for here, outside of any request.
    path = current_app.url_map.bind("localhost").build(endpoint, values)
    return f"{current_app.config['TIMEBANK_ADDRESS']}{path}"
