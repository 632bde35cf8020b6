"""Settings that production starts with and should not keep. What it must not start with, config.py refuses."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from timebank.doctor.findings import Finding, fatal, ok, warning


def settings_findings(config: Mapping[str, Any], *, is_debugging: bool, instance: Path) -> Iterator[Finding]:
    """Yield what there is to say of the settings, which were good enough to start with."""
    if not config["TIMEBANK_IS_PRODUCTION"]:
        yield warning(
            "environment",
            "these are the settings for one person’s machine",
            "Set TIMEBANK_ENVIRONMENT=production before others sign in.",
        )
        yield from _own_secret(instance)
        return
    if is_debugging:
        yield fatal("environment", "the debugger is on", "Take away FLASK_DEBUG and --debug, and start again.")
    else:
        yield ok("environment", "production, with a secret of its own and no debugger")
    yield from _hosts(config["TRUSTED_HOSTS"] or [])
    yield from _address(config["TIMEBANK_ADDRESS"])
    yield from _proxies(config["TIMEBANK_PROXIES"])
    if config["RATELIMIT_STORAGE_URI"].startswith("memory:"):
        yield warning(
            "rate limits",
            "each worker counts attempts to sign in for itself",
            "Set TIMEBANK_RATE_LIMIT_STORAGE to something that all workers share.",
        )


def _own_secret(instance: Path) -> Iterator[Finding]:
    path = instance / "secret_key"
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield warning("secret", "others on this machine can read instance/secret_key", f"Run: chmod 600 {path}")


def _hosts(hosts: list[str]) -> Iterator[Finding]:
    wide = [host for host in hosts if "*" in host or host.strip(".").count(".") == 0]
    if wide:
        yield warning(
            "hosts",
            f"{', '.join(wide)} is no full host name",
            "Set TIMEBANK_TRUSTED_HOSTS to the names that people type, such as hours.example.org.",
        )
    else:
        yield ok("hosts", ", ".join(hosts))


def _address(address: str) -> Iterator[Finding]:
    if address.startswith("https://"):
        yield ok("address", address)
    else:
        yield warning(
            "address",
            f"statements and mail lead people to {address}",
            "Set TIMEBANK_ADDRESS to the address that people type, such as https://hours.example.org.",
        )


def _proxies(hops: int) -> Iterator[Finding]:
    if hops:
        yield ok("proxies", f"{hops} in front")
    else:
        yield warning(
            "proxies",
            "none is set, and cookies of production need https, which something in front has to speak",
            "Set TIMEBANK_PROXIES to how many proxies are in front, or the audit holds their address and not people’s.",
        )
