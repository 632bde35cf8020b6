"""The source of the time bank, read and parsed for tests about the code itself."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "timebank"
TEMPLATES = PACKAGE / "templates"


@dataclass(frozen=True)
class Module:
    """One file of Python, by the name under which it is imported, without `timebank.` in front."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def package(self) -> str:
        """The package it is in, or its own name where it stands alone."""
        return self.name.partition(".")[0]

    @property
    def file(self) -> str:
        """Its own name in its package; nothing for the package's own file."""
        return self.name.partition(".")[2]

    @property
    def where(self) -> str:
        """Where it is, for a message."""
        return str(self.path.relative_to(ROOT))

    def nodes(self, *kinds: type) -> Iterator[ast.AST]:
        """Every node of these kinds."""
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """Every call of something by one of these names, as a function or as a method."""
        for node in self.nodes(ast.Call):
            assert isinstance(node, ast.Call)
            if called(node) in names:
                yield node


def called(node: ast.Call) -> str:
    """Return the last word of what is called: "commit" for `db.session.commit()`."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


@functools.cache
def modules() -> tuple[Module, ...]:
    """Every module of the package, the package's own file first."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = list(path.relative_to(PACKAGE).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(name, path, ast.parse(path.read_text())))
    return tuple(found)


def templates() -> list[Path]:
    """Every template."""
    return sorted(TEMPLATES.rglob("*.html"))
