"""Passwords of any signs, never cut short."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher, extract_parameters, low_level

from timebank.sign_in import passwords
from timebank.sign_in.passwords import (
    KNOWN_PASSWORDS,
    LONGEST_PASSWORD,
    SHORTEST_PASSWORD,
    PasswordKnown,
    PasswordUnfit,
    hash_again,
    hash_is_dated,
    hash_password,
    password_matches,
)

# Made with Argon2's smallest settings.
WEAK = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQxMjM0$6cRP1YL6hF3VnCQKMZlPIgZW5pFl6xfYiGMkyZrmBdU"


@pytest.fixture(autouse=True)
def passwords_take_all_their_work(monkeypatch: pytest.MonkeyPatch, passwords_take_little_work: None) -> None:
    """Hash passwords here as they are hashed for people."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher())


@pytest.mark.parametrize(
    "password", ["8 signs!", "пароль из слов", "🌻🌻🌻🌻🌻🌻🌻🌻", "  spaces  ", "p" * LONGEST_PASSWORD]
)
def test_a_password_matches_itself_and_nothing_else(password: str) -> None:
    kept = hash_password(password)
    assert kept.startswith("$argon2id$")
    assert password_matches(password, kept)
    assert not password_matches(password + "x", kept)
    assert not password_matches(password[:-1], kept)
    assert not password_matches(password.swapcase() + " ", kept)


def test_a_long_password_is_not_cut_short() -> None:
    kept = hash_password("a" * 128 + "b")
    assert not password_matches("a" * 128 + "c", kept)
    assert not password_matches("a" * 128, kept)


@pytest.mark.parametrize("password", ["", "7 signs", "p" * (LONGEST_PASSWORD + 1)])
def test_a_password_that_is_too_short_or_absurdly_long_is_refused(password: str) -> None:
    with pytest.raises(PasswordUnfit):
        hash_password(password)


@pytest.mark.parametrize(
    "known", ["password", "12345678", "iloveyou", "Liverpool", "QWERTYUIOP", " sunshine ", "passw0rd"]
)
def test_a_password_that_many_people_have_is_refused_in_any_case(known: str) -> None:
    with pytest.raises(PasswordKnown):
        hash_password(known)


def test_thousands_are_known_each_of_which_could_otherwise_be_chosen() -> None:
    known = KNOWN_PASSWORDS.read_text().split()
    assert len(set(known)) == len(known) > 10_000
    assert min(len(password) for password in known) == SHORTEST_PASSWORD
    assert [password for password in known if password != password.casefold()] == []


def test_whoever_has_such_a_password_already_can_still_sign_in() -> None:
    kept = hash_again("password")
    assert password_matches("password", kept)


def test_two_of_the_same_password_are_kept_differently() -> None:
    assert hash_password("an hour for an hour") != hash_password("an hour for an hour")


@pytest.mark.parametrize("kept", ["", "nonsense", "$argon2id$v=19$broken", "plain password"])
def test_what_is_no_hash_matches_nothing(kept: str) -> None:
    assert not password_matches("plain password", kept)


def test_nobody_s_password_takes_as_much_work_to_refuse_as_somebody_s(monkeypatch: pytest.MonkeyPatch) -> None:
    worked: list[object] = []
    verify_secret = low_level.verify_secret

    def counted(hashed: bytes, secret: bytes, kind: low_level.Type) -> bool:
        worked.append(extract_parameters(hashed.decode()))
        return verify_secret(hashed, secret, kind)

    # It is Argon2's own work that is counted: how long it takes says nothing on a busy machine.
    monkeypatch.setattr("argon2._password_hasher.verify_secret", counted)
    assert not password_matches("a wrong password", hash_password("an hour for an hour"))
    assert not password_matches("nobody has this password", None)
    somebody, nobody = worked
    assert somebody == nobody


def test_a_hash_made_with_weaker_settings_is_dated() -> None:
    assert hash_is_dated(WEAK)
    assert not hash_is_dated(hash_password("an hour for an hour"))
