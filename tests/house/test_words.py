"""Everything that people read can be translated, and nothing that cannot be is put in a catalogue."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import nodes

from tests.house.source import ROOT, TEMPLATES, called, modules, templates

GETTEXT = {"gettext", "_", "_l", "lazy_gettext"}
NGETTEXT = {"ngettext", "lazy_ngettext"}
PLACEHOLDER = re.compile(r"(?<!%)%(?:%%)*\((\w+)\)[sd]")
LETTERS = re.compile(r"[^\W\d_]{2,}")

# Attributes that are read out or shown.
READ_ATTRIBUTES = {"alt", "aria-description", "aria-label", "aria-roledescription", "placeholder", "title", "value"}

# (template, text), and why it needs no translation.
UNTRANSLATED: dict[tuple[str, str], str] = {
    ("layout.html", "Common Hours"): "the product's own name",
}


def placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


@dataclass(frozen=True)
class Message:
    """One message in the code: where it is, its texts, and the names of what fills its gaps."""

    where: str
    function: str
    texts: list[object]
    names: set[str]


def in_python() -> Iterator[Message]:
    for module in modules():
        for node in module.nodes(ast.Call):
            assert isinstance(node, ast.Call)
            if not isinstance(node.func, ast.Name) or node.func.id not in GETTEXT | NGETTEXT:
                continue
            count = 2 if node.func.id in NGETTEXT else 1
            texts = [arg.value if isinstance(arg, ast.Constant) else None for arg in node.args[:count]]
            names = {keyword.arg or "**" for keyword in node.keywords}
            yield Message(f"{module.where}:{node.lineno}", node.func.id, texts, names)


def in_templates(environment) -> Iterator[Message]:
    for path in templates():
        tree = environment.parse(path.read_text())
        for node in tree.find_all(nodes.Call):
            if not isinstance(node.node, nodes.Name) or node.node.name not in GETTEXT | NGETTEXT:
                continue
            count = 2 if node.node.name in NGETTEXT else 1
            texts = [arg.value if isinstance(arg, nodes.Const) else None for arg in node.args[:count]]
            names = {keyword.key for keyword in node.kwargs}
            yield Message(f"{path.relative_to(ROOT)}:{node.lineno}", node.node.name, texts, names)


@pytest.fixture
def messages(app_without_data) -> list[Message]:
    return [*in_python(), *in_templates(app_without_data.jinja_env)]


def test_a_message_is_one_whole_text_with_no_part_put_in_by_the_code(messages):
    """An f-string, a sum of texts or a variable cannot be found by who makes the catalogue."""
    assert len(messages) > 400
    assert [
        m.where for m in messages if not m.texts or not all(isinstance(text, str) and text for text in m.texts)
    ] == []


def test_what_fills_the_gaps_of_a_message_is_what_the_message_asks_for(messages):
    wrong = []
    for message in messages:
        if message.function in ("_l", "lazy_gettext"):
            # A broken rule's message is filled in when it is raised.
            continue
        asked = set().union(*(placeholders(str(text)) for text in message.texts))
        given = message.names | ({"num"} if message.function in NGETTEXT else set())
        if not asked <= given or (message.names - asked):
            wrong.append(f"{message.where} asks for {sorted(asked)} and is given {sorted(message.names)}")
    assert wrong == []


def test_one_and_many_ask_for_the_same(messages):
    for message in messages:
        if message.function in NGETTEXT:
            one, many = (placeholders(str(text)) for text in message.texts)
            assert one == many, message.where
            assert one & {"num", "count"}, message.where


def test_a_message_says_percent_with_two_signs(messages):
    for message in messages:
        for text in message.texts:
            alone = re.sub(r"%%|%\(\w+\)[sd]", "", str(text))
            assert "%" not in alone, message.where


def test_the_catalogue_has_every_message_and_no_other(tmp_path):
    """When this fails: script/translations."""
    for name in ("timebank", "babel.cfg"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("static", "__pycache__"))
        else:
            shutil.copy(source, tmp_path / name)
    script = (ROOT / "script" / "translations").read_text()
    command = re.search(r"pybabel --quiet (extract .*?) \.\n", script.replace("\\\n", " "), re.DOTALL)
    assert command, "script/translations extracts no more"
    arguments = ["messages.pot" if "messages.pot" in word else word for word in command[1].split()]
    babel = [sys.executable, "-m", "babel.messages.frontend", "--quiet", *arguments, "."]
    done = subprocess.run(babel, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    extracted = (tmp_path / "messages.pot").read_text().splitlines()
    kept = (ROOT / "translations" / "messages.pot").read_text().splitlines()
    missing = [line for line in extracted if line.startswith("msgid") and line not in kept]
    too_many = [line for line in kept if line.startswith("msgid") and line not in extracted]
    assert (missing, too_many) == ([], [])
    assert kept == extracted


class _Texts(HTMLParser):
    """Collects what would be read: texts, and attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self.inside.append(tag)
        kind = dict(attrs).get("type")
        for name, value in attrs:
            if name in READ_ATTRIBUTES and value and not (name == "value" and kind in ("hidden", "radio", "checkbox")):
                self.found.append(value)

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.found.append(data)


def words_outside_of_expressions(environment, path: Path) -> list[str]:
    """Return the texts of a template that stand there as they are."""
    source = "".join(
        value if kind == "data" else " " if kind in ("variable_begin", "block_begin", "comment_begin") else ""
        for _line, kind, value in environment.lex(path.read_text())
    )
    parser = _Texts()
    parser.feed(source)
    return [" ".join(text.split()) for text in parser.found if LETTERS.search(text)]


def name_of(path: Path) -> str:
    return str(path.relative_to(TEMPLATES))


def test_no_template_has_words_that_are_not_translated(app_without_data):
    found = {
        (name_of(path), text)
        for path in templates()
        for text in words_outside_of_expressions(app_without_data.jinja_env, path)
    }
    assert found - set(UNTRANSLATED) == set()


def test_no_template_hands_over_words_that_are_not_translated(app_without_data):
    """A text in an expression that begins with a capital letter is for people."""
    found = set()
    for path in templates():
        tree = app_without_data.jinja_env.parse(path.read_text())
        translated = {
            id(argument)
            for call in tree.find_all(nodes.Call)
            if isinstance(call.node, nodes.Name) and call.node.name in GETTEXT | NGETTEXT
            for argument in call.args
        }
        for constant in tree.find_all(nodes.Const):
            if id(constant) in translated or not isinstance(constant.value, str):
                continue
            if re.match(r"[A-Z][a-z]+\b", constant.value.strip()):
                found.add((name_of(path), constant.value))
    assert found - set(UNTRANSLATED) == set()


def test_the_texts_that_need_no_translation_are_still_there(app_without_data):
    for name, text in UNTRANSLATED:
        assert text in (TEMPLATES / name).read_text()


def messages_of_rules() -> Iterator[tuple[str, str, ast.expr]]:
    """Where each broken rule's message is, the rule's name, and what is assigned."""
    for module in modules():
        for node in module.nodes(ast.ClassDef):
            assert isinstance(node, ast.ClassDef)
            for line in node.body:
                named = isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)
                if named and line.targets[0].id == "message":
                    yield f"{module.where}:{line.lineno}", node.name, line.value


def test_views_and_rules_say_nothing_in_plain_english():
    """What is flashed, and what a broken rule says, goes through gettext."""
    flashed = [
        f"{module.where}:{call.lineno}"
        for module in modules()
        for call in module.calls("flash")
        if isinstance(call.args[0], ast.Constant | ast.JoinedStr)
    ]
    assert flashed == []
    assert [
        where for where, _rule, value in messages_of_rules() if isinstance(value, ast.Constant | ast.JoinedStr)
    ] == []


def test_what_a_rules_message_asks_for_is_given_when_it_is_raised():
    """`raise TooLong(longest=…)`: every gap in the message of a broken rule has its name in each raise."""
    gaps = {
        rule: placeholders(str(value.args[0].value))
        for _where, rule, value in messages_of_rules()
        if isinstance(value, ast.Call) and isinstance(value.args[0], ast.Constant)
    }
    assert len(gaps) > 40
    wrong = []
    for module in modules():
        for call in module.calls(*gaps):
            rule = called(call)
            given = {keyword.arg for keyword in call.keywords}
            # A cell says its own reason, which it is given without a name.
            if rule != "CellUnfit" and given != gaps[rule]:
                wrong.append(f"{module.where}:{call.lineno} {rule} {sorted(gaps[rule])}")
    assert wrong == []
