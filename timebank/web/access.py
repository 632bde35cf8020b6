"""Every view says who may use it: `requires` in the members package, or `public` here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask

View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Declare that a view is for everybody, signed in or not."""
    view.declared_permission = None  # type: ignore[attr-defined]
    return view


def undeclared_views(app: Flask) -> list[str]:
    """Return the endpoints whose view says neither what it requires nor that it is public."""
    return sorted(endpoint for endpoint, view in app.view_functions.items() if not hasattr(view, "declared_permission"))
