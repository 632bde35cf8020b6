"""Headers that tell browsers to load nothing from elsewhere, frame nothing, and keep nothing."""

from __future__ import annotations

import secrets

from flask import Flask, Response, current_app, g, request


def init_app(app: Flask) -> None:
    """Add the headers to every response."""
    app.after_request(_add)


def csp_nonce() -> str:
    """Return this response's nonce, which its own scripts carry."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def _add(response: Response) -> Response:
    policy = {
        "default-src": "'none'",
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
        response.headers["Cache-Control"] = "no-store"
    if current_app.config["TIMEBANK_HTTPS"]:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response
