"""Settings, read from the environment. docs/reference.md describes every one of them."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
INSTANCE = HERE / "instance"

LOCAL = "local"
PRODUCTION = "production"

# Whether coordinators and administrators must have a second factor to sign in, or may.
REQUIRED = "required"
OFFERED = "offered"

SHORTEST_SECRET_KEY = 32
FEWEST_SIGNS = 8

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

# Keys that are printed in manuals and examples protect nothing.
KNOWN_SECRETS = frozenset({"dev", "secret", "changeme", "change-me", "development", "your-secret-key", "test"})

MAIL_SCHEMES = ("smtp", "smtps")
FOLDER = "folder:"
_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", re.ASCII)

# A form holds a page of words; nothing that a browser sends here is larger.
LARGEST_REQUEST_BYTES = 1024 * 1024


class SettingsRefused(RuntimeError):
    """The application does not start with settings that would put people's data at risk."""


def settings_from(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return Flask's configuration from environment variables. Raises SettingsRefused and says what to set."""
    environment = environ.get("TIMEBANK_ENVIRONMENT", LOCAL)
    if environment not in (LOCAL, PRODUCTION):
        raise SettingsRefused(f"TIMEBANK_ENVIRONMENT must be {LOCAL} or {PRODUCTION}, not {environment}")
    is_production = environment == PRODUCTION
    hosts = [host.strip() for host in environ.get("TIMEBANK_TRUSTED_HOSTS", "").split(",") if host.strip()]
    if is_production:
        _require_for_production(environ, hosts)
    return {
        "TIMEBANK_ENVIRONMENT": environment,
        "TIMEBANK_IS_PRODUCTION": is_production,
        "TIMEBANK_PROXIES": _number_of_proxies(environ.get("TIMEBANK_PROXIES", "0")),
        "TIMEBANK_LOG_LEVEL": _log_level(environ.get("TIMEBANK_LOG_LEVEL", "INFO")),
        "TIMEBANK_HTTPS": is_production,
        "SECRET_KEY": environ.get("TIMEBANK_SECRET_KEY") or _own_secret(),
        "SQLALCHEMY_DATABASE_URI": database_url(environ),
        "TIMEBANK_OWNER_DATABASE_URL": owner_database_url(environ),
        "TRUSTED_HOSTS": hosts or (None if is_production else ["localhost", "127.0.0.1", "[::1]"]),
        "SESSION_COOKIE_NAME": "__Host-session" if is_production else "session",
        "SESSION_COOKIE_SECURE": is_production,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "TIMEBANK_SECOND_FACTOR": _second_factor(
            environ.get("TIMEBANK_SECOND_FACTOR", ""), is_production=is_production
        ),
        "TIMEBANK_SESSION_IDLE_MINUTES": _whole_number(
            "TIMEBANK_SESSION_IDLE_MINUTES", environ.get("TIMEBANK_SESSION_IDLE_MINUTES", "120"), least=5, most=10_080
        ),
        "TIMEBANK_SESSION_HOURS": _whole_number(
            "TIMEBANK_SESSION_HOURS", environ.get("TIMEBANK_SESSION_HOURS", "24"), least=1, most=720
        ),
        "MAX_CONTENT_LENGTH": LARGEST_REQUEST_BYTES,
        "MAX_FORM_MEMORY_SIZE": LARGEST_REQUEST_BYTES,
        "WTF_CSRF_TIME_LIMIT": None,
        "RATELIMIT_STORAGE_URI": environ.get("TIMEBANK_RATE_LIMIT_STORAGE", "memory://"),
        "RATELIMIT_ENABLED": environ.get("TIMEBANK_RATE_LIMITS", "on") != "off",
        "BABEL_TRANSLATION_DIRECTORIES": str(HERE / "translations"),
    } | _mail_settings(environ, hosts, is_production=is_production)


def database_url(environ: Mapping[str, str]) -> str:
    """Return the database's address; a plain postgresql:// one gets the driver that is installed."""
    url = environ.get("TIMEBANK_DATABASE_URL", "")
    if not url:
        INSTANCE.mkdir(exist_ok=True)
        return f"sqlite:///{INSTANCE / 'timebank.db'}"
    return _with_driver(url)


def owner_database_url(environ: Mapping[str, str]) -> str | None:
    """Return the address with which the owner of the tables signs in, if that is not the application itself."""
    url = environ.get("TIMEBANK_OWNER_DATABASE_URL", "")
    return _with_driver(url) if url else None


def _with_driver(url: str) -> str:
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _mail_settings(environ: Mapping[str, str], hosts: list[str], *, is_production: bool) -> dict[str, Any]:
    """Return the settings of mail. In production there is none unless a server for it is set."""
    server = environ.get("TIMEBANK_MAIL_SERVER", "").strip() or (
        "" if is_production else f"{FOLDER}{INSTANCE / 'mail'}"
    )
    sent_from = environ.get("TIMEBANK_MAIL_FROM", "").strip() or ("" if is_production else "timebank@localhost")
    bounces_to = environ.get("TIMEBANK_MAIL_BOUNCES_TO", "").strip()
    address = environ.get("TIMEBANK_ADDRESS", "").strip().rstrip("/")
    if server:
        _check_mail_server(server, is_production=is_production)
        for name, written in (("TIMEBANK_MAIL_FROM", sent_from), ("TIMEBANK_MAIL_BOUNCES_TO", bounces_to or sent_from)):
            if not _MAIL_ADDRESS.fullmatch(written):
                raise SettingsRefused(f"{name} must be a mail address such as hours@example.org")
        if "+" in bounces_to:
            raise SettingsRefused("TIMEBANK_MAIL_BOUNCES_TO must be without a plus sign, which is put in for each mail")
    if address or (server and is_production):
        _check_address(address, hosts, is_production=is_production)
    return {
        "TIMEBANK_MAIL_SERVER": server or None,
        "TIMEBANK_MAIL_FROM": sent_from,
        "TIMEBANK_MAIL_BOUNCES_TO": bounces_to or None,
        "TIMEBANK_ADDRESS": address or "http://127.0.0.1:5000",
    }


def _check_mail_server(server: str, *, is_production: bool) -> None:
    # What is wrong is said without what is set, in which there is a password.
    if server.startswith(FOLDER):
        if is_production:
            raise SettingsRefused("TIMEBANK_MAIL_SERVER=folder:… sends nothing, and is not for production")
        return
    try:
        parts = urlsplit(server)
        fits = parts.scheme in MAIL_SCHEMES and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        fits = False
    if not fits or parts.path.strip("/") or parts.query or parts.fragment:
        raise SettingsRefused(
            "TIMEBANK_MAIL_SERVER must be smtp://name:password@host:587, smtps://name:password@host or folder:/path"
        )


def _check_address(address: str, hosts: list[str], *, is_production: bool) -> None:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment or "@" in parts.netloc:
        raise SettingsRefused(
            "TIMEBANK_ADDRESS must be the address of the time bank, such as https://hours.example.org"
        )
    if is_production and parts.scheme != "https":
        raise SettingsRefused("TIMEBANK_ADDRESS must begin with https://, for links in mail lead there")
    trusted = {trusted.partition(":")[0].lower() for trusted in hosts}
    if is_production and not any(host == name or (name[:1] == "." and host.endswith(name)) for name in trusted):
        raise SettingsRefused("TIMEBANK_ADDRESS must be under one of the host names in TIMEBANK_TRUSTED_HOSTS")


def _second_factor(written: str, *, is_production: bool) -> str:
    asked = written.strip().lower() or (REQUIRED if is_production else OFFERED)
    if asked not in (REQUIRED, OFFERED):
        raise SettingsRefused(f"TIMEBANK_SECOND_FACTOR must be {REQUIRED} or {OFFERED}, not {written!r}")
    return asked


def _whole_number(name: str, written: str, *, least: int, most: int) -> int:
    written = written.strip()
    if not (written.isascii() and written.isdecimal() and len(written) < 10 and least <= int(written) <= most):
        raise SettingsRefused(f"{name} must be a whole number from {least} to {most}, not {written!r}")
    return int(written)


def _number_of_proxies(written: str) -> int:
    if not (written.strip().isascii() and written.strip().isdecimal()):
        raise SettingsRefused(f"TIMEBANK_PROXIES must be a number such as 0 or 1, not {written!r}")
    return int(written)


def _log_level(written: str) -> str:
    level = written.strip().upper()
    if level not in LOG_LEVELS:
        raise SettingsRefused(f"TIMEBANK_LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}, not {written!r}")
    return level


def _require_for_production(environ: Mapping[str, str], hosts: list[str]) -> None:
    secret = environ.get("TIMEBANK_SECRET_KEY", "").strip()
    if not secret:
        raise SettingsRefused("TIMEBANK_SECRET_KEY is missing. Set it to a long random text that nobody else knows")
    # Whatever is random has many different signs, written in hexadecimal too.
    if secret.lower() in KNOWN_SECRETS or len(secret) < SHORTEST_SECRET_KEY or len(set(secret)) < FEWEST_SIGNS:
        raise SettingsRefused(f"TIMEBANK_SECRET_KEY is too easy to guess. Use {SHORTEST_SECRET_KEY} random characters")
    if not environ.get("TIMEBANK_DATABASE_URL"):
        raise SettingsRefused("TIMEBANK_DATABASE_URL is missing. Set it to your database's address")
    if not hosts:
        raise SettingsRefused(
            "TIMEBANK_TRUSTED_HOSTS is missing. Set it to the host names that the bank is served under"
        )
    if environ.get("TIMEBANK_RATE_LIMITS", "on") == "off":
        raise SettingsRefused("TIMEBANK_RATE_LIMITS=off is for tests, and not for production")
    if environ.get("FLASK_DEBUG", "") not in ("", "0", "false"):
        raise SettingsRefused("FLASK_DEBUG must not be on in production")


def _own_secret() -> str:
    """Return this installation's own random secret, made once and kept beside the database."""
    INSTANCE.mkdir(exist_ok=True)
    path = INSTANCE / "secret_key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    secret = secrets.token_hex(32)
    with os.fdopen(handle, "w") as file:
        file.write(secret)
    return secret
