"""Loading files from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask.testing import FlaskCliRunner

from timebank.banks.models import Bank

Load = Callable[..., Result]


@pytest.fixture
def load(cli: FlaskCliRunner, tmp_path: Path) -> Load:
    """Load what a file says: `load("exchanges", bank, sheet(...), "--dry-run")`."""

    def load_file(what: str, bank: Bank, content: str | bytes, *options: str) -> Result:
        path = tmp_path / f"{what}.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return cli.invoke(args=[what, "load", str(path), "--bank", bank.code, *options])

    return load_file
