"""What is done when a coordinator signs in, so that a bank without a daily job still keeps its own rules."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_login import user_logged_in

from timebank import clock
from timebank.exchanges import service as exchanges
from timebank.members.permissions import Permission, may


def init_app(app: Flask) -> None:
    """Settle what the bank's rules say whenever a coordinator signs in; the sign-in commits it."""
    user_logged_in.connect(_settle, app)


def _settle(_app: Flask, user: Any, **_rest: Any) -> None:
    if may(user.membership, Permission.APPROVE_HOURS):
        exchanges.settle_by_rule(user.membership.bank, at=clock.now())
