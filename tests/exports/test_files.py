"""A file is there as a whole, or as it was before."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from timebank.exports.files import FolderNotWritable, NoSuchFolder, NotAFile, NotWritten, whole_file

# What is written and then not, in a process that can be killed.
WRITING = """
import sys
from pathlib import Path
from timebank.exports.files import whole_file
with whole_file(Path(sys.argv[1])) as file:
    file.write("half of it")
    file.flush()
    print("written", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def with_the_application(app_without_data):
    """The messages are in the reader's language, which the application knows."""


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """Root may write everywhere, so it becomes somebody who may not; anybody else stays who they are."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let no file grow beyond this size, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_takes_the_place_of_what_was_there(tmp_path):
    path = tmp_path / "ledger"
    path.write_text("before")
    with whole_file(path) as file:
        file.write("né 🦔\n")
        assert path.read_text() == "before"
    assert path.read_bytes() == "né 🦔\n".encode()
    assert os.listdir(tmp_path) == ["ledger"]


def test_whatever_goes_wrong_meanwhile_leaves_what_was_there(tmp_path):
    path = tmp_path / "ledger"
    path.write_text("before")

    def interrupted() -> None:
        with whole_file(path) as file:
            file.write("half of it")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["ledger"]


def test_a_kill_leaves_what_was_there(tmp_path):
    path = tmp_path / "ledger"
    path.write_text("before")
    command = [sys.executable, "-c", WRITING, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGKILL)
    assert path.read_text() == "before"


def test_a_full_disk_leaves_what_was_there_and_says_so(tmp_path):
    path = tmp_path / "ledger"
    path.write_text("before")
    with files_of_at_most(10_000), pytest.raises(NotWritten) as refused, whole_file(path) as file:
        file.write("a line\n" * 10_000)
    assert "too large" in refused.value.text
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["ledger"]


def test_a_folder_that_is_not_there_is_not_made(tmp_path):
    for path in (tmp_path / "nowhere" / "ledger", Path(__file__) / "ledger"):
        with pytest.raises(NoSuchFolder) as refused, whole_file(path):
            pass
        assert str(path.parent) in refused.value.text
    assert os.listdir(tmp_path) == []


def test_a_folder_that_may_not_be_written_or_looked_into_is_named(tmp_path):
    # Whoever the test becomes may come as far as here.
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    for mode in (0o555, 0o000):
        closed = tmp_path / f"closed-{mode:o}"
        closed.mkdir(mode=mode)
        with as_somebody_else(), pytest.raises(FolderNotWritable) as refused, whole_file(closed / "ledger"):
            pass
        assert str(closed) in refused.value.text


def test_neither_a_folder_nor_a_device_is_replaced(tmp_path):
    for path in (tmp_path, Path("/dev/null")):
        with pytest.raises(NotAFile), whole_file(path):
            pass
    assert Path("/dev/null").is_char_device()


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "today").write_text("before")
    link = tmp_path / "link"
    link.symlink_to("today")
    with whole_file(link) as file:
        file.write("after")
    assert link.is_symlink()
    assert (tmp_path / "today").read_text() == "after"


def test_the_longest_name_that_a_file_may_have_is_possible(tmp_path):
    with whole_file(tmp_path / ("x" * 255)) as file:
        file.write("after")


def test_two_at_once_each_write_their_own(tmp_path):
    path = tmp_path / "ledger"
    with whole_file(path) as first:
        with whole_file(path) as second:
            first.write("first")
            second.write("second")
        assert path.read_text() == "second"
    assert path.read_text() == "first"
    assert os.listdir(tmp_path) == ["ledger"]
