"""The file that a backup is: a zip with the data and the manifest, and the digest of the whole file at its end.

The digest is the comment of the zip, so the last 64 bytes of the file. It covers every byte before it: what is cut
short, has one bit turned, or was opened and packed again, is noticed without looking inside. It is no signature:
whoever can write the file can write another digest. What is in it is compared with the manifest when it is restored.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

from timebank.backups import manifest as manifests
from timebank.backups.manifest import Data, Manifest
from timebank.backups.refusals import BackupUnreadable, NotABackup, OtherFormat

if TYPE_CHECKING:
    from typing_extensions import Buffer

BLOCK = 1 << 20
MANIFEST = "manifest.json"
LARGEST_MANIFEST = 1 << 20
DIGEST_LENGTH = 64

_UNREADABLE = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, NotImplementedError, RuntimeError)


class Sink:
    """Where the data is written to, while it is counted and its digest taken."""

    def __init__(self, member: IO[bytes]) -> None:
        self._member, self._digest, self._bytes = member, hashlib.sha256(), 0

    def write(self, block: bytes) -> None:
        """Write one block of the data."""
        self._member.write(block)
        self._digest.update(block)
        self._bytes += len(block)

    def told(self, name: str) -> Data:
        """Return what the manifest says of what was written."""
        return Data(name=name, bytes=self._bytes, sha256=self._digest.hexdigest())


def write(path: Path, name: str, fill: Callable[[Sink], None], describe: Callable[[Data], Manifest]) -> None:
    """Write a new file, which only its owner can read: the data that `fill` writes, under that name, and its manifest.

    It is on the disk when this returns. Raises OSError.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            # A backup may be of more than 4 GB, which the zip has to know before it begins.
            with packed.open(_member(name), "w", force_zip64=True) as member:
                sink = Sink(member)
                fill(sink)
            packed.writestr(_member(MANIFEST), describe(sink.told(name)).as_json())
            packed.comment = b"0" * DIGEST_LENGTH
        file.seek(-DIGEST_LENGTH, os.SEEK_END)
        digest = _digest_of(file, file.tell())
        file.write(digest.encode())
        file.flush()
        os.fsync(file.fileno())


@dataclass(frozen=True)
class Backup:
    """A backup that is open and was found whole."""

    path: Path
    manifest: Manifest
    digest: str
    _packed: zipfile.ZipFile

    @contextmanager
    def data(self) -> Iterator[IO[bytes]]:
        """Give the data as a stream, which raises NotABackup at its end when it was not what the manifest says."""
        with (
            self._packed.open(self.manifest.data.name) as member,
            io.BufferedReader(_Checked(member, self), BLOCK) as stream,
        ):
            yield stream


class _Checked(io.RawIOBase):
    """The data of a backup while it is read; the file could have been changed after it was found whole."""

    def __init__(self, member: IO[bytes], backup: Backup) -> None:
        self._member, self._backup = member, backup
        self._digest, self._bytes = hashlib.sha256(), 0

    def readable(self) -> bool:
        return True

    def readinto(self, place: Buffer) -> int:
        room = memoryview(place).cast("B")
        try:
            block = self._member.read(len(room))
        except _UNREADABLE:
            raise NotABackup(path=self._backup.path) from None
        self._digest.update(block)
        self._bytes += len(block)
        said = self._backup.manifest.data
        if not block and (self._bytes, self._digest.hexdigest()) != (said.bytes, said.sha256):
            raise NotABackup(path=self._backup.path)
        room[: len(block)] = block
        return len(block)


@contextmanager
def opened(path: Path) -> Iterator[Backup]:
    """Open a backup, and read every byte of it once to see that it is whole.

    Raises BackupUnreadable, NotABackup or OtherFormat.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise BackupUnreadable(path=path, reason=error.strerror) from None
    with file:
        digest = _digest_at_the_end(file, path)
        try:
            packed = zipfile.ZipFile(file)
            written = _manifest_in(packed)
            version = manifests.version_in(written)
            if version != manifests.VERSION:
                raise OtherFormat(path=path, format=version, ours=manifests.VERSION)
            manifest = manifests.read(written)
            packed.getinfo(manifest.data.name)
        except _UNREADABLE:
            raise NotABackup(path=path) from None
        with packed:
            yield Backup(path, manifest, digest, packed)


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    return member


def _digest_at_the_end(file: BinaryIO, path: Path) -> str:
    size = file.seek(0, os.SEEK_END)
    if size > DIGEST_LENGTH:
        file.seek(-DIGEST_LENGTH, os.SEEK_END)
        written = file.read(DIGEST_LENGTH)
        digest = _digest_of(file, size - DIGEST_LENGTH)
        if written == digest.encode():
            return digest
    raise NotABackup(path=path)


def _digest_of(file: IO[bytes], length: int) -> str:
    """Return the digest of the first bytes of a file, and leave it standing behind them."""
    file.seek(0)
    digest = hashlib.sha256()
    while length and (block := file.read(min(BLOCK, length))):
        digest.update(block)
        length -= len(block)
    return digest.hexdigest()


def _manifest_in(packed: zipfile.ZipFile) -> bytes:
    if packed.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
        raise ValueError("no manifest is as long")
    return packed.read(MANIFEST)
