"""A file that is there as a whole, or as it was before."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, TextIO, cast

from flask_babel import lazy_gettext as _l

from timebank.errors import RuleBroken


class NotWritten(RuleBroken):
    """The disk is full, or something else is wrong with the place where the file was to be."""

    message = _l("%(file)s could not be written: %(reason)s. Nothing of it was left behind")


class NoSuchFolder(RuleBroken):
    """A file needs a folder to be in, and a misspelt one is not made."""

    message = _l("There is no folder %(folder)s. Make it first, or name another")


class FolderNotWritable(RuleBroken):
    """Whoever runs this may not add a file to the folder."""

    message = _l("The folder %(folder)s may not be written. Name another, or change who may write in it")


class NotAFile(RuleBroken):
    """Only a file can be replaced by another: not a folder, and not a device such as /dev/null."""

    message = _l("%(file)s is not a file. Name one, or - for the standard output")


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """Give a file to write UTF-8 into. It takes the place of `path` when all is written, and is removed when not.

    Raises NoSuchFolder, FolderNotWritable, NotAFile or NotWritten.
    """
    with _whole(path, "x", encoding="utf-8", newline="") as file:
        yield cast(TextIO, file)


@contextmanager
def whole_binary_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write bytes into, in the same way."""
    with _whole(path, "xb") as file:
        yield cast(BinaryIO, file)


@contextmanager
def _whole(path: Path, mode: str, *, encoding: str | None = None, newline: str | None = None) -> Iterator[IO[Any]]:
    # What a symbolic link leads to is replaced, and not the link.
    path = path.resolve()
    unfinished = path.parent / f".unfinished-{secrets.token_hex(8)}"
    try:
        if path.exists() and not path.is_file():
            raise NotAFile(file=path)
        file = unfinished.open(mode, encoding=encoding, newline=newline)
    except OSError as error:
        raise _refusal(path, error) from error
    try:
        with file:
            yield file
            file.flush()
            # Or a loss of power could leave the new name with nothing in it.
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise NotWritten(file=path, reason=error.strerror) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _refusal(path: Path, error: OSError) -> RuleBroken:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return NoSuchFolder(folder=path.parent)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return FolderNotWritable(folder=path.parent)
    return NotWritten(file=path, reason=error.strerror)
