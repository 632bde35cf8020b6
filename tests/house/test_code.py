"""Rules that every file of the time bank keeps."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.source import PACKAGE, ROOT, Module, modules, templates
from timebank.audit.models import Action

LONGEST_FILE = 500
LONGEST_FUNCTION = 60

# Only these ask the database. The ledger is small enough to be read as a whole, and asks for what it locks and adds up.
QUESTIONS = re.compile(r"(\w+\.)?(behind_|release_)?queries|ledger\.(service|seals|replay)")
MORE_QUESTIONS = {
    "exchanges.history": "what was loaded before is asked beside what loads it, and by nobody else",
    "statements.readers": "who gets which statement is one question of its own, and nothing but questions",
    "statements.deliveries": "the list of what became of a month's statements is one long question",
    "statements.gathering": "what stands beside a statement's entries is asked beside what asks for the entries",
}

FORBIDDEN_FILES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "misc"}

# From the last column of GLOSSARY.md, those words that are no word of Python's or a library's.
NEVER = {
    "tenant", "tenants", "organization", "organizations", "payer", "payers", "sender", "senders", "moderator",
    "manager", "swap", "swaps", "transaction", "transactions", "overdraft", "timestamp", "undo", "posting", "postings",
    "leg", "legs", "movement", "user", "users", "username",
}  # fmt: skip
NEVER_BUT = {
    ("dashboard.housekeeping", "user"): "Flask-Login's signal names its argument so",
    ("sign_in.session", "current_user"): "Flask-Login's word, which stays in this file",
    ("members.permissions", "current_user"): "imported from Flask-Login",
    ("dashboard.housekeeping", "user_logged_in"): "imported from Flask-Login",
    ("dashboard.navigation", "current_user"): "imported from where Flask-Login's word stays",
    ("dashboard.views", "current_user"): "imported from where Flask-Login's word stays",
    ("sign_in.session", "login_user"): "imported from Flask-Login",
    ("sign_in.session", "logout_user"): "imported from Flask-Login",
    ("extensions", "login_manager"): "Flask-Login's own name for it",
    ("__init__", "login_manager"): "Flask-Login's own name for it",
    ("members.permissions", "login_manager"): "Flask-Login's own name for it",
    ("sign_in.session", "login_manager"): "Flask-Login's own name for it",
    ("web.error_pages", "login_manager"): "Flask-Login's own name for it",
    ("extensions", "LoginManager"): "imported from Flask-Login",
    ("sign_in.session", "UserMixin"): "imported from Flask-Login",
    ("members.models", "SERVICE_USER"): "whoever uses a service: a capacity, and never somebody of the software's",
    ("demonstration.build", "users"): "service users, who are one of the capacities",
}

EDGE = re.compile(
    r"(\w+\.)?(approval_|choice_|clearing_|email_|format_|helper_|paper_|pausing_|profile_|public_|release_|reset_|second_factor_"
    r"|sending_|session_|unsubscribe_)?views"
    r"|cli\.\w+"
)
# What is not at the edge and commits all the same, and why.
MORE_COMMITS = {
    "mail.sending": "what became of a message is kept before the next one is sent, whoever asked for sending",
}

# Numbers with a point are no minutes: these are chances, in a story that is invented.
# And one module makes numbers for reading of shares that were exact until then.
FLOATS = {"demonstration.build", "demonstration.contrasts", "evidence.exact"}
# In pictures they are points on paper.
FLOATS |= {
    f"evidence.{name}"
    for name in ("drawing", "charts", "chart_flows", "chart_matrix", "chart_bars", "chart_curve", "chart_web")
}
# Whole pence become pounds where people read them, exactly.
FLOATS |= {"costs.money"}


def modules_and_settings() -> list[Module]:
    config = ROOT / "config.py"
    return [*modules(), Module("config", config, ast.parse(config.read_text()))]


def test_no_file_is_too_long_to_be_read_at_once():
    long = {module.where: module.path.read_text().count("\n") for module in modules_and_settings()}
    long |= {str(path): path.read_text().count("\n") for path in templates()}
    assert {where: lines for where, lines in long.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_too_long_to_be_understood_at_once():
    long = [
        f"{module.where}:{node.lineno} {node.name}"
        for module in modules_and_settings()
        for node in module.nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        if node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_no_file_or_folder_is_named_for_nothing_in_particular():
    named = [*PACKAGE.rglob("*"), *(ROOT / "tests").rglob("*")]
    assert [str(path) for path in named if path.stem.lower() in FORBIDDEN_FILES] == []


def words_in(name: str) -> set[str]:
    """The words that a name is made of: {"new", "key"} of `newKey`, `NewKey` and `new_key`."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def names_made_in(module: Module) -> set[str]:
    names = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name)
    return names


def test_nothing_is_called_by_a_word_that_the_glossary_sets_aside():
    wrong = {
        (module.name or "__init__", name)
        for module in modules_and_settings()
        for name in names_made_in(module)
        if words_in(name) & NEVER
    }
    assert wrong - set(NEVER_BUT) == set()
    assert set(NEVER_BUT) - wrong == set(), "these are not needed any more"


def test_the_glossary_still_sets_those_words_aside():
    rows = [line.split("|") for line in (ROOT / "GLOSSARY.md").read_text().splitlines() if line.startswith("| ")]
    said = {word for row in rows for word in re.findall(r"[a-z]+", row[3])}
    assert {"tenant", "organization", "payer", "sender", "transaction", "posting", "leg", "user", "overdraft"} <= said


def test_only_queries_ask_the_database():
    asking = {
        module.name
        for module in modules()
        if any(True for _call in module.calls("select")) and not QUESTIONS.fullmatch(module.name)
    }
    assert asking == set(MORE_QUESTIONS)


def test_only_views_and_commands_commit():
    committing = {module.name for module in modules() if any(True for _call in module.calls("commit"))}
    assert {name for name in committing if not EDGE.fullmatch(name)} == set(MORE_COMMITS)


@pytest.mark.parametrize(
    "file", ["service", "queries", "models", "history", "draft", "transfers", "build", "words", "verify", "months"]
)
def test_what_is_below_the_views_is_told_who_asks_and_never_looks_it_up(file):
    wrong = []
    for module in modules():
        if module.file != file:
            continue
        for node in module.nodes(ast.ImportFrom, ast.Import):
            imported = [alias.name for alias in node.names]
            of = node.module if isinstance(node, ast.ImportFrom) else None
            if of in ("flask", "flask_login") or set(imported) & {"current_user", "current_membership", "flask"}:
                wrong.append(f"{module.where}:{node.lineno}")
            if of == "timebank" and "clock" in imported:
                wrong.append(f"{module.where}:{node.lineno} asks the clock")
    assert wrong == []


# Services that take three things without their names, and why.
THREE_IN_A_ROW = {"submissions.service.accept": "a bank and a key are together the name of what is accepted"}


def test_services_take_everything_after_the_first_by_name():
    """The first may be two, where a thing is given with the bank that it is in, or with what it becomes."""
    wrong = []
    for module in modules():
        if module.file != "service":
            continue
        for node in module.tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and len(node.args.args) > 2:
                wrong.append(f"{module.name}.{node.name}")
    assert sorted(wrong) == sorted(THREE_IN_A_ROW)


def test_minutes_are_whole_numbers_everywhere():
    wrong = []
    for module in modules():
        for node in ast.walk(module.tree):
            if module.name in FLOATS:
                continue
            if isinstance(node, ast.Name) and node.id in ("float", "Decimal", "Float", "Numeric"):
                wrong.append(f"{module.where}:{node.lineno} {node.id}")
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                wrong.append(f"{module.where}:{node.lineno} {node.value}")
    assert wrong == []


def test_every_kind_of_act_is_written_down_somewhere():
    used = {
        node.attr
        for module in modules()
        if module.name != "audit.models"
        for node in module.nodes(ast.Attribute)
        if isinstance(node.value, ast.Name) and node.value.id == "Action"
    }
    assert {action.name for action in Action} == used


def is_our_clocks(call: ast.Call) -> bool:
    of = call.func.value if isinstance(call.func, ast.Attribute) else None
    return isinstance(of, ast.Name) and of.id == "clock"


def test_only_the_clock_knows_what_time_it_is():
    telling = {
        module.name
        for module in modules()
        for call in module.calls("now", "today", "utcnow")
        if not is_our_clocks(call)
    }
    assert telling == {"clock"}
