"""Imports go down only.

Between packages, the floors below, from the top of the house to its foundations; docs/architecture.md draws the same
map. A package imports from floors below its own, and never from its own floor or one above. Three rules are not seen in
the list:

- `web` is what pages are made of: fields with a form's key, the log with an act's origin, error pages. It stands on the
  foundations that have tables (`submissions`, `audit`, `ledger`), which know nothing of pages, and everything that has
  pages stands on it.
- Every view says who may use it. `members/permissions.py` is how it says so, and therefore the one thing that the views
  of a package below `members` may import from above: the views of `banks`.
- `timebank/__init__.py` is where the parts meet. It imports the extensions at once, and everything else only inside
  create_app(), so that no module can reach around it. `timebank/models.py` gathers the tables and imports nothing else.

Inside a package: what answers requests and commands → what shapes words and forms → what writes → what is asked →
tables. The lists say which file stands where; a file with a new name has to be given its place.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.source import PACKAGE, ROOT, Module, modules

FLOORS = (
    {"cli", "routes", "correspondence"},
    {"dashboard", "demonstration", "backups", "oversight", "doctor", "concerns"},
    {"imports", "exports", "privacy"},
    {"evidence"},
    {"months"},
    {"statements"},
    {"exchanges", "joining"},
    {"gifts", "stories", "costs"},
    {"organisations"},
    {"sign_in"},
    {"mail"},
    {"members"},
    {"banks"},
    {"web"},
    {"submissions", "audit", "ledger"},
    {"hours", "attempts"},
    {"extensions", "columns", "errors", "clock"},
    {"queueing"},
)
FLOOR_OF = {package: floor for floor, packages in enumerate(FLOORS) for package in packages}

# (who imports, what), and the reason why it may go up.
UPWARDS = {
    ("banks.views", "members.permissions"): "every view declares a permission, and permissions are the members' roles",
}

# The rest of the files in a package, from the one that may import all others to the one that imports none.
INSIDE = (
    {
        "views",
        "approval_views",
        "choice_views",
        "clearing_views",
        "email_views",
        "helper_views",
        "paper_views",
        "pausing_views",
        "public_views",
        "profile_views",
        "reset_views",
        "sending_views",
        "second_factor_views",
        "session_views",
        "unsubscribe_views",
        "verification_views",
    },
    {"reminders", "print_run"},
    {"forms", "pages", "unusual", "emails", "deliveries"},
    {"letters"},
    {"pdf"},
    {"sheet"},
    {"text"},
    {
        "history",
        "permissions",
        "access",
        "session",
        "limits",
        "invitations",
        "reset",
        "email_change",
        "verify",
        "reasons",
        "roles",
        "pausing",
        "clearing",
        "dying",
        "inviting",
    },
    {"replay"},
    {"second_factor"},
    {"service", "sending", "issue", "proof", "choices", "links"},
    {"waivers"},
    {
        "draft",
        "transfers",
        "find",
        "names",
        "passwords",
        "devices",
        "seals",
        "addresses",
        "looking_after",
        "acting",
        "profiles",
        "dealing",
        "refusals",
    },
    {"queries", "words", "lines", "readers", "uncleared"},
    {"signed_file"},
    {"figures", "gathering", "chart"},
    {"models", "build", "months", "guards"},
)
INSIDE_OF = {
    "cli": (
        {""},
        {"prepare", "paper"},
        {
            "banks",
            "members",
            "exchanges",
            "statements",
            "ledger",
            "demo",
            "backups",
            "mail",
            "doctor",
            "privacy",
            "evidence",
        },
        {"files", "exports"},
        {"edge"},
    ),
    "backups": (
        {"service"},
        {"sqlite", "postgresql"},
        {"script"},
        {"container", "places", "queries", "side"},
        {"manifest", "refusals"},
    ),
    "costs": ({"views"}, {"forms"}, {"service"}, {"queries", "words", "money"}, {"models"}),
    "dashboard": ({"views", "navigation", "housekeeping"},),
    "doctor": ({"views"}, {"examination", "forms"}, {"settings", "machine", "records"}, {"findings", "queries"}),
    "demonstration": ({"build", "contrasts"}, {"newcomers"}, {"story"}),
    "evidence": (
        {"views", "release_views"},
        {"pack"},
        {"pages"},
        {"reading", "costing"},
        {"service"},
        {"files"},
        {"chart_flows", "chart_matrix", "chart_bars", "chart_curve", "chart_web", "explained"},
        {"charts", "drawing", "saying", "periods"},
        {"figures"},
        {"shares", "people"},
        {"releases"},
        {"tables"},
        {"disclosure", "counted", "values", "queries", "behind_queries", "release_queries", "remembered"},
        {"circulation", "lapse", "measures", "network"},
        {"linear", "rewiring"},
        {"given"},
        {"exact", "audience", "catalogue", "words", "models"},
    ),
    "exports": (
        {"statement_views"},
        {"statement_files"},
        {"statement_tables", "statement_journal"},
        {"journal", "beancount", "spreadsheet", "files"},
        {"order", "contents"},
        {"names", "queries"},
    ),
    "imports": ({"exchanges"}, {"members"}, {"load", "kinds"}, {"spreadsheet"}),
    "mail": (
        {"sending", "bounces"},
        {"service"},
        {"transport"},
        {"message", "letters"},
        {"kinds", "links", "addresses", "queries"},
        {"models"},
    ),
    "oversight": ({"views"}, {"forms", "audit_file"}, {"pages", "powers"}, {"queries", "words"}),
    "privacy": (
        {"views", "notice"},
        {"forms", "archive"},
        {"everything", "retention"},
        {"told"},
        {"erasing", "service"},
        {"facts", "naming", "queries", "records", "scrubbing"},
        {"models"},
    ),
    "web": (
        {"setup", "views"},
        {"again", "error_pages"},
        {"access", "forms", "headers", "languages", "logs", "paging"},
    ),
}

MODULES = [module for module in modules() if module.name not in ("", "models")]
NAMES = {module.name for module in modules()}


def imported(module: Module, nodes: Iterator[ast.AST] | None = None) -> Iterator[str]:
    """The name of every module of ours that is imported, wherever in the file and for types too."""
    for node in nodes or ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.where}:{node.lineno} is relative"
            if (node.module or "").partition(".")[0] == "timebank":
                inside = node.module.partition(".")[2]
                for alias in node.names:
                    deeper = f"{inside}.{alias.name}".strip(".")
                    yield deeper if deeper in NAMES else inside
        elif isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[2] for alias in node.names if alias.name.startswith("timebank"))


def rank(package: str, file: str) -> int:
    ranks = INSIDE_OF.get(package, INSIDE)
    return next(number for number, files in enumerate(ranks) if file in files)


def test_every_package_stands_on_a_floor():
    assert {module.package for module in MODULES} == set(FLOOR_OF)


def test_the_map_in_the_documents_names_every_package():
    text = (ROOT / "docs" / "architecture.md").read_text()
    drawn = text.partition("| floor | packages |")[2].partition("\n\n")[0]
    assert set(FLOOR_OF) <= set(re.findall(r"`(\w+)`", drawn))


def test_between_packages_imports_go_down():
    wrong = []
    for module in MODULES:
        for name in imported(module):
            target = name.partition(".")[0]
            if target == module.package or (module.name, name) in UPWARDS:
                continue
            assert target, f"{module.where} imports what makes the application"
            if target not in FLOOR_OF or FLOOR_OF[target] <= FLOOR_OF[module.package]:
                wrong.append(f"{module.where} imports {name}")
    assert wrong == []


def test_every_exception_is_still_needed():
    used = {(module.name, name) for module in MODULES for name in imported(module)}
    assert set(UPWARDS) <= used


def test_inside_a_package_imports_go_down_too():
    wrong = []
    for module in MODULES:
        for name in imported(module):
            package, _, file = name.partition(".")
            if package != module.package or not name.count("."):
                continue
            if rank(package, file) <= rank(package, module.file):
                wrong.append(f"{module.where} imports {file}")
    assert wrong == []


def test_every_file_has_its_place_in_its_package():
    unplaced = []
    for module in MODULES:
        places = INSIDE_OF.get(module.package, INSIDE)
        alone = (PACKAGE / f"{module.package}.py").exists()
        if not (alone or module.file == "" or any(module.file in files for files in places)):
            unplaced.append(module.where)
    assert unplaced == []


def test_what_makes_the_application_imports_the_rest_only_when_it_is_made():
    (top,) = (module for module in modules() if module.name == "")
    assert set(imported(top, iter(top.tree.body))) == {"extensions"}


def test_the_list_of_tables_imports_tables_and_nothing_else():
    (tables,) = (module for module in modules() if module.name == "models")
    found = set(imported(tables))
    assert all(name.endswith(".models") for name in found)
    assert found == {module.name for module in MODULES if module.file == "models"}


@pytest.mark.parametrize("package", ["ledger", "audit", "submissions", "hours", "errors", "columns", "clock"])
def test_the_foundations_know_nothing_of_pages_and_requests(package):
    for module in MODULES:
        if module.package == package:
            for node in module.nodes(ast.ImportFrom):
                assert isinstance(node, ast.ImportFrom)
                assert node.module not in ("flask", "flask_login", "flask_wtf", "wtforms"), module.where


def test_the_ledger_holds_no_word_of_people():
    for module in MODULES:
        if module.package == "ledger":
            assert {name.partition(".")[0] for name in imported(module)} <= {
                "ledger",
                "columns",
                "errors",
                "extensions",
            }
