from __future__ import annotations

from sqlalchemy import create_engine

from timebank.evidence import remembered


def test_remembers_so_many_of_each_database_and_forgets_those_that_nobody_asked_for(monkeypatch):
    monkeypatch.setattr(remembered, "MOST_REMEMBERED", 2)
    one, other = create_engine("sqlite://"), create_engine("sqlite://")
    made = []

    def ask(database, key):
        return remembered.remembered(database, key, lambda: made.append(key) or f"made {key}")

    assert [ask(one, key) for key in "abac"] == ["made a", "made b", "made a", "made c"]
    assert made == ["a", "b", "c"]
    assert (ask(one, "a"), ask(one, "b")) == ("made a", "made b")
    assert made == ["a", "b", "c", "b"]
    ask(other, "a")
    assert made[-1] == "a"
    one.dispose()
    other.dispose()
