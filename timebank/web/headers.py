"""Headers that tell browsers to load nothing from elsewhere, frame nothing, and keep next to nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, Response, current_app, g, request
from werkzeug.wrappers import Response as BaseResponse

View = TypeVar("View", bound=Callable[..., Any])


def init_app(app: Flask) -> None:
    """Add the headers to every response."""
    app.after_request(_add)


def kept_for_going_back(view: View) -> View:
    """Let the browser keep the view's pages, so that going back brings a half-filled form back as it was.

    Only for forms that show nothing but what somebody is typing. Signing out takes them away again.
    """

    @wraps(view)
    def keeping(*args: Any, **kwargs: Any) -> Any:
        g.kept_for_going_back = True
        return view(*args, **kwargs)

    return cast(View, keeping)


def forget_pages(response: BaseResponse) -> BaseResponse:
    """Tell the browser to drop the pages, and what was typed into them, that it kept for going back."""
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def csp_nonce() -> str:
    """Return this response's nonce, which its own scripts carry."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def _add(response: Response) -> Response:
    policy = {
        "default-src": "'none'",
        # Said though it follows from the line above, for those who look for it.
        "object-src": "'none'",
        "script-src": f"'self' 'nonce-{csp_nonce()}'",
        "style-src": "'self'",
        "font-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    response.headers["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in policy.items())
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if request.endpoint != "static":
        # Pages show people's hours; a shared computer must not keep them for the next person.
        response.headers["Cache-Control"] = "private, no-cache" if g.get("kept_for_going_back") else "no-store"
    if current_app.config["TIMEBANK_HTTPS"]:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response
