"""Structured logs: what happened, how long it took, under which reference; never who, and never what they typed."""

from __future__ import annotations

import logging
import secrets
import sys
import time

import structlog
from flask import Flask, Response, g, request

from timebank.audit.service import Origin, origin

log = structlog.get_logger("timebank")


def init_app(app: Flask) -> None:
    """Write one line of JSON to standard error for each request, and give each request a reference."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping().get(app.config["TIMEBANK_LOG_LEVEL"], logging.INFO)
        ),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.reference = secrets.token_hex(4).upper()
    g.began = time.monotonic()
    origin.set(Origin(came_from=request.remote_addr or "unknown", request_reference=g.reference))


def _end(response: Response) -> Response:
    response.headers["X-Request-Reference"] = g.get("reference", "")
    if request.endpoint != "static":
        # The rule, not the path: a path holds references to people's exchanges and statements.
        log.info(
            "request",
            reference=g.get("reference"),
            method=request.method,
            rule=request.url_rule.rule if request.url_rule else None,
            status=response.status_code,
            milliseconds=round((time.monotonic() - g.get("began", time.monotonic())) * 1000),
        )
    return response
