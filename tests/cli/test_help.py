"""Everything that `flask` can do says what it does."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from flask.cli import FlaskGroup
from flask.testing import FlaskCliRunner

OURS = ("backup", "banks", "demo", "evidence", "exchanges", "ledger", "members", "statements")


def commands(group: click.Group, way: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command and group below this one, with the words that lead to it."""
    for name, command in group.commands.items():
        yield (*way, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*way, name))


@pytest.fixture
def flask(app) -> FlaskGroup:
    """The `flask` command, with Flask's own commands and ours."""
    return FlaskGroup(create_app=lambda: app)


def test_every_command_and_group_has_a_description(app, flask):
    every = dict([*commands(flask), *commands(app.cli)])
    assert {way for way in every if len(way) == 1} >= {(name,) for name in (*OURS, "db", "run", "shell")}
    assert [" ".join(way) for way, command in every.items() if not command.get_short_help_str(200).strip()] == []


def test_every_command_of_ours_describes_each_of_its_options_and_names_its_arguments(app):
    undescribed = []
    for way, command in commands(app.cli):
        if way[0] not in OURS or isinstance(command, click.Group):
            continue
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.help:
                undescribed.append((way, parameter.name))
            if isinstance(parameter, click.Argument) and str(parameter.human_readable_name) not in (command.help or ""):
                undescribed.append((way, parameter.name))
    assert undescribed == []


def test_help_lists_our_commands(app, flask):
    result = FlaskCliRunner(app).invoke(flask, ["--help"])
    assert result.exit_code == 0
    for line in (
        "backup      Keep the whole time bank in one file, and get it back.",
        "banks       Make and list time banks.",
        "demo        Load an invented time bank to look at.",
        "exchanges   Load past exchanges, and settle what waits too long.",
        "ledger      Look into the ledger, and prove that it adds up.",
        "members     Load and add members, and let them sign in.",
        "statements  Close months, and print and send their statements.",
    ):
        assert line in result.stdout


def test_the_help_of_each_command_can_be_asked_for(app):
    for way, _command in commands(app.cli):
        if way[0] in OURS:
            result = FlaskCliRunner(app).invoke(args=[*way, "--help"])
            assert result.exit_code == 0, way
