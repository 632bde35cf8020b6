"""Whoever closes a month may be killed at any moment: whoever goes on finds everything in its place."""

from __future__ import annotations

import pytest

from tests.months import drill

pytestmark = pytest.mark.slow


def test_a_closing_that_is_killed_again_and_again_issues_every_statement_once(database_url: str) -> None:
    drill.prepare(database_url, members=600, exchanges=300)
    assert drill.close_and_kill(database_url, kills=3) == 3
    drill.check(database_url, members=600)
