"""Try every hostile text, file and place against everything that takes it: `python -m tests.hostile`."""

from __future__ import annotations

import os
import sys

import pytest

if __name__ == "__main__":
    os.environ["TIMEBANK_TEST_HOSTILE"] = "full"
    sys.exit(pytest.main(["tests/hostile", "-q", "-p", "no:randomly", *sys.argv[1:]]))
