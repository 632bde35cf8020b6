"""How programs are measured from outside."""

from __future__ import annotations

import sys

import pytest

from benchmarks.programs import Failed, run

LARGE = 200_000_000


def megabytes_of(tmp_path, code: str) -> float:
    return run([sys.executable, "-c", code], output=tmp_path / "output").most_megabytes


def test_the_memory_of_a_program_is_its_own_and_not_that_of_whoever_started_it(tmp_path):
    # Each page has to be written on, or the kernel would not give it.
    ours = bytearray(b"1" * LARGE)
    small = megabytes_of(tmp_path, "pass")
    large = megabytes_of(tmp_path, f"b = bytearray(b'1' * {LARGE})")
    assert len(ours) == LARGE
    assert small < 60
    assert large > LARGE / 2**20


def test_what_a_program_printed_is_kept_and_its_failure_told(tmp_path):
    done = run([sys.executable, "-c", "print('héllo')"], output=tmp_path / "output")
    assert (tmp_path / "output").read_text() == "héllo\n"
    assert done.seconds > 0
    with pytest.raises(Failed, match="no good"):
        run([sys.executable, "-c", "raise SystemExit('no good')"], output=tmp_path / "output")
    with pytest.raises(Failed):
        run(["/no/such/program"], output=tmp_path / "output")
