"""Passwords: hashed with Argon2id, never cut short, never made to follow a pattern, none that everybody tries first."""

from __future__ import annotations

import functools
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import lazy_gettext as _l

from timebank.errors import RuleBroken

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1024
# Those that are found most often where passwords were stolen; known_passwords_licence.txt says where it is from.
KNOWN_PASSWORDS = Path(__file__).resolve().parent / "known_passwords.txt"

_hasher = PasswordHasher()


class PasswordUnfit(RuleBroken):
    """A password that is too short is soon guessed."""

    field = "password"
    message = _l("Use at least %(shortest)s characters. Several words are easy to remember")


class PasswordKnown(PasswordUnfit):
    """A password that many people have is among the first that are tried, however long it is."""

    message = _l("Many people use this password, so it is soon guessed. Choose another: several words are good")


def hash_password(password: str) -> str:
    """Return the password's hash. Raises PasswordUnfit when it is too short, or absurdly long, and PasswordKnown."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise PasswordUnfit(shortest=SHORTEST_PASSWORD)
    if password.strip().casefold() in _known_passwords():
        raise PasswordKnown()
    return hash_again(password)


def hash_again(password: str) -> str:
    """Return the hash of a password that somebody has already, whatever would be said of it today."""
    return _hasher.hash(password)


@functools.cache
def _known_passwords() -> frozenset[str]:
    return frozenset(KNOWN_PASSWORDS.read_text(encoding="utf-8").split())


def password_matches(password: str, password_hash: str | None) -> bool:
    """Return whether the password is the right one; for nobody's hash it takes as long to say no."""
    try:
        right = _hasher.verify(password_hash or _nobodys_hash(), password[: LONGEST_PASSWORD + 1])
    except (VerificationError, InvalidHashError):
        return False
    return right and password_hash is not None


def hash_is_dated(password_hash: str) -> bool:
    """Return whether the hash was made with weaker settings than today's."""
    return _hasher.check_needs_rehash(password_hash)


def _nobodys_hash() -> str:
    """Return what is checked when nobody has the address, so that the answer takes as long as for somebody who has.

    It is of no password at all, and put together because hashing one would hold up the start of every process.
    """
    work = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v=19${work}${'A' * 22}${'A' * 43}"
