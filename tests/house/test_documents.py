"""What the documents say is there is there, and nothing else."""

from __future__ import annotations

import re

import click
import pytest
from flask.cli import FlaskGroup

from tests.house.source import ROOT
from timebank.audit.models import Action
from timebank.members.permissions import Permission

REFERENCE = (ROOT / "docs" / "reference.md").read_text()
OURS = (
    "backup",
    "banks",
    "demo",
    "evidence",
    "exchanges",
    "ledger",
    "mail",
    "members",
    "privacy",
    "statements",
    "prepare",
    "doctor",
)


def rows_of(heading: str) -> list[list[str]]:
    """The rows of the table under a heading of the reference, without its head."""
    part = REFERENCE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    # A bar inside a command is written \| so as not to end its cell.
    lines = [line.replace("\\|", "¦") for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip().replace("¦", "|") for cell in line.strip("| ").split(" | ")] for line in lines[2:]]


def test_every_setting_that_is_read_is_described_and_every_one_described_is_read():
    read = set(re.findall(r"environ\.get\(\s*\"(TIMEBANK_\w+)\"", (ROOT / "config.py").read_text()))
    assert read
    described = [row[0].strip("`") for row in rows_of("Settings")]
    assert sorted(described) == sorted(read)


def test_no_other_file_reads_a_setting_from_the_environment():
    reading = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "timebank").rglob("*.py")
        if re.search(r"os\.(environ\b(?!\)\))|getenv)", path.read_text())
    ]
    assert reading == []


@pytest.fixture
def commands(app_without_data) -> dict[str, click.Command]:
    """Every command of ours, and those of Flask's that the documents need, by its words."""
    found = {}

    def walk(group: click.Group, way: str) -> None:
        for name, command in group.commands.items():
            if isinstance(command, click.Group):
                walk(command, f"{way}{name} ")
            else:
                found[way + name] = command

    walk(FlaskGroup(create_app=lambda: app_without_data), "")
    walk(app_without_data.cli, "")
    return found


def written(row: list[str]) -> tuple[str, str]:
    """The words of a command in the reference, and the rest of what is written about it."""
    command = row[0].strip("`").removeprefix("flask ")
    words = re.match(r"[a-z -]+?(?= [A-Z\[]| --|$)", command)
    assert words, row
    return words[0].strip(), " ".join(row)


def test_every_command_is_described_and_every_one_described_is_there(commands):
    described = {written(row)[0] for row in rows_of("Commands")}
    assert described - set(commands) == set()
    ours = {way for way in commands if way.split()[0] in OURS}
    assert ours - described == set()


def test_every_option_that_is_described_is_there_and_the_other_way_round(commands):
    for row in rows_of("Commands"):
        way, text = written(row)
        options = {
            name
            for parameter in commands[way].params
            if isinstance(parameter, click.Option)
            for name in parameter.opts + parameter.secondary_opts
        }
        described = set(re.findall(r"--[a-z-]+", text))
        assert described <= options, way
        needed = {
            parameter.opts[0]
            for parameter in commands[way].params
            if isinstance(parameter, click.Option) and parameter.required
        }
        if way.split()[0] in OURS:
            assert needed <= described, way


def test_the_commands_that_the_manual_tells_to_type_are_there(commands):
    for name in ("README.md", "docs/running-a-time-bank.md", "CONTRIBUTING.md"):
        path = ROOT / name
        text = path.read_text() if path.exists() else ""
        for line in re.findall(r"(?:^|[`/ ])flask ((?:[a-z][a-z-]* ?)+)", text, re.MULTILINE):
            words = line.split()
            assert any(" ".join(words[:count]) in commands for count in (1, 2)), f"{name}: flask {line}"


def test_every_kind_of_act_in_the_audit_is_described_and_every_one_described_is_there():
    described = [action for row in rows_of("What the audit records") for action in re.findall(r"`([^`]+)`", row[0])]
    assert sorted(described) == sorted(action.value for action in Action)


def test_every_permission_says_what_it_allows():
    for permission in Permission:
        assert len(permission.value.split()) > 2


def test_links_between_documents_lead_somewhere():
    broken = []
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text()):
            if not (path.parent / target).exists():
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert broken == []


def test_every_decision_is_listed():
    decisions = ROOT / "docs" / "adr"
    listed = (decisions / "README.md").read_text()
    assert [path.name for path in decisions.glob("0*.md") if path.name not in listed] == []


def test_every_test_that_the_table_of_security_names_is_there():
    text = (ROOT / "docs" / "security.md").read_text()
    missing = []
    for path, name in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", text):
        file = ROOT / path
        if not file.exists() or (name and f"def {name}(" not in file.read_text()):
            missing.append(f"{path}::{name}")
    assert missing == []
    assert text.count("::test_") > 100


def test_the_table_of_security_says_of_every_line_whether_it_holds():
    rows = [line for line in (ROOT / "docs" / "security.md").read_text().splitlines() if re.match(r"\| \d", line)]
    assert len(rows) > 100
    for row in rows:
        _line, _level, _asks, holds, test = (cell.strip() for cell in row.strip("|").split("|"))
        said = re.match(r"(yes|by design|partly|no|operator|none here)\b", holds)
        assert said, row
        assert said[1] != "yes" or "tests/" in test or "](" in holds, row
