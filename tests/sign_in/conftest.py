"""Here passwords are hashed as they are for people."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from timebank.sign_in import passwords


@pytest.fixture(autouse=True)
def passwords_take_all_their_work(monkeypatch: pytest.MonkeyPatch, passwords_take_little_work: None) -> None:
    """Undo what is done for all other tests."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher())
