"""Folders for what is not finished, beside where it will be, and the step in which it is."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from timebank.backups.refusals import BackupNotWritten, FileInTheWay

UNFINISHED = ".timebank-unfinished-"

# What a file system says that knows no second name for a file.
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)


@contextmanager
def unfinished(beside: Path) -> Iterator[Path]:
    """Give a new folder beside a file, which nobody else may enter, and remove it with all that is in it afterwards.

    Whoever works in one holds a lock on it, which ends with the program, however it ends. So what a program that was
    killed has left is found without a lock by the next one, and removed: it holds people's data. Raises OSError.
    """
    parent = beside.absolute().parent
    with _locked(parent):
        _remove_what_was_left(parent)
        folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=parent))
        handle = os.open(folder, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def publish(finished: Path, path: Path) -> None:
    """Give a finished file its name, in one step and for good. Raises FileInTheWay or OSError."""
    try:
        # Unlike renaming, this never takes the name from another file.
        os.link(finished, path)
    except FileExistsError:
        raise FileInTheWay(path=path) from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        refuse_to_overwrite(path)
        finished.rename(path)
    handle = os.open(path.absolute().parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def refuse_to_overwrite(path: Path) -> None:
    """Raise FileInTheWay when there is something of that name."""
    if os.path.lexists(path):
        raise FileInTheWay(path=path)


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn what the operating system refuses into words: a full disk, a folder that is missing or not ours."""
    try:
        yield
    except OSError as error:
        raise BackupNotWritten(folder=folder, reason=error.strerror or error) from None


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _remove_what_was_left(parent: Path) -> None:
    for folder in parent.glob(f"{UNFINISHED}*"):
        # One that is not ours to open, or is being worked in, is left alone.
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)
