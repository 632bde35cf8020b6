"""What was asked and what was answered, as it was at the time: lines of JSON that are only ever added to.

Every line has `t`, nanoseconds of the clock that all processes of a machine share, and `k`:

- `ask`: an operation `op` of the kind `f` is about to be sent, with everything that is needed to know its effect.
- `did`, `refused`: it was acknowledged, or refused so that it has no effect. `lost` counts the answers lost before.
  What has neither line is unknown: its client was killed.
- `saw`: a page was read that was asked for at `t0`.
- `wrong`: an answer that there must not be.
- `counts`: how many requests were acknowledged, by status, and the longest that one had to be repeated.
"""

from __future__ import annotations

import heapq
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = "history"
_NAME = re.compile(r"(\d+)-(\d+)\.jsonl")

Line = dict[str, Any]


class History:
    """The history of one client process. Each line is in the file before anything else happens."""

    def __init__(self, folder: Path, client: int, life: int) -> None:
        (folder / FOLDER).mkdir(exist_ok=True)
        path = folder / FOLDER / f"{client}-{life}.jsonl"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, kind: str, **details: Any) -> None:
        # One call of the system, so that a killed client leaves whole lines; the machine itself is not switched off.
        line = json.dumps({"t": time.monotonic_ns(), "k": kind} | details, separators=(",", ":"))
        os.write(self._file, line.encode() + b"\n")


def lines_of(folder: Path) -> Iterator[Line]:
    """Yield the lines of every client in the order in which they were written, without holding them all."""
    lives: dict[int, list[tuple[int, Path]]] = {}
    for path in (folder / FOLDER).glob("*.jsonl"):
        match = _NAME.fullmatch(path.name)
        assert match, path
        lives.setdefault(int(match[1]), []).append((int(match[2]), path))
    return heapq.merge(*(_lines_of_client(sorted(files)) for files in lives.values()), key=lambda line: line["t"])


def _lines_of_client(files: list[tuple[int, Path]]) -> Iterator[Line]:
    for _life, path in files:
        with path.open() as file:
            for written in file:
                # A client that was killed may have left half a line, which is the last of its file.
                if written.endswith("\n"):
                    yield json.loads(written)
