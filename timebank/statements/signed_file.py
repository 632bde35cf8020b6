"""The line at the end of a statement's file by which the bank knows the file again, byte for byte."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from timebank.statements.figures import same

_LAST_LINE = re.compile(rb"%common-hours ([0-9A-Z]{16}) ([0-9a-f]{64})\n\Z")
_END_OF_PDF = b"%%EOF\n"


@dataclass(frozen=True)
class Signed:
    """A file that ends with such a line: the statement's code, what is before the line, and its digest."""

    code: str
    body: bytes
    mac: str

    def is_as_made(self, *, proof_key: str) -> bool:
        """Return whether the bank of this key made the file, and nobody has changed a byte of it."""
        return same(self.mac, _mac(self.body, code=self.code, proof_key=proof_key))


def signed(pdf: bytes, *, code: str, proof_key: str) -> bytes:
    """Return the file with one more line, a comment that no reader of PDF minds."""
    body = pdf if pdf.endswith(b"\n") else pdf + b"\n"
    return body + f"%common-hours {code} {_mac(body, code=code, proof_key=proof_key)}\n".encode()


def read_signed(file: bytes) -> Signed | None:
    """Return what the last line of a file says, or None if it has none of ours, or something stands behind it."""
    found = _LAST_LINE.search(file)
    if found is None or not file[: found.start()].endswith(_END_OF_PDF):
        return None
    return Signed(code=found[1].decode(), body=file[: found.start()], mac=found[2].decode())


def _mac(body: bytes, *, code: str, proof_key: str) -> str:
    # A key of its own for files: what is made with it says nothing about codes, which are made with the bank's key.
    key = hmac.new(bytes.fromhex(proof_key), b"statement file", hashlib.sha256).digest()
    return hmac.new(key, code.encode() + b"\n" + body, hashlib.sha256).hexdigest()
