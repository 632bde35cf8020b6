"""The list of bugs that script/mutate plants does not rot."""

from __future__ import annotations

import ast
import shlex
from collections import Counter
from functools import cache

import pytest

from tests.house.source import ROOT
from tests.mutation.every import MUTATIONS
from tests.mutation.mutation import Change, DoesNotApply, Mutation


@cache
def text_of(file: str) -> str:
    return (ROOT / file).read_text()


def what_is_wrong(mutation: Mutation) -> str | None:
    texts: dict[str, str] = {}
    try:
        for change in mutation.changes:
            texts[change.file] = change.applied_to(texts.get(change.file) or text_of(change.file))
        for text in texts.values():
            ast.parse(text)
    except (DoesNotApply, SyntaxError) as error:
        return f"{mutation.name}: {error}"
    return None


@pytest.mark.parametrize("file", sorted({mutation.file for mutation in MUTATIONS}))
def test_every_planted_bug_still_changes_the_text_it_was_written_for(file: str) -> None:
    assert [wrong for each in MUTATIONS if each.file == file and (wrong := what_is_wrong(each))] == []


def test_the_tests_that_should_kill_them_are_there() -> None:
    asked = {word for mutation in MUTATIONS for word in shlex.split(mutation.tests) if word.startswith("tests/")}
    assert [file for file in asked if not (ROOT / file).is_file()] == []


def test_every_planted_bug_has_a_name_of_its_own() -> None:
    assert [name for name, count in Counter((each.file, each.name) for each in MUTATIONS).items() if count > 1] == []


@pytest.mark.parametrize("text", ["nothing of the kind", "twice twice"])
def test_a_bug_that_does_not_fit_is_not_planted(text: str) -> None:
    with pytest.raises(DoesNotApply):
        Change("a file", "twice", "once").applied_to(text)
