"""Files of every kind that somebody might send where a text is expected: a name, a type, and what is in it."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import NamedTuple


class Upload(NamedTuple):
    """A file as a browser sends it."""

    name: str
    type: str
    content: bytes


def _zip(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff\xff\xff\xff\xff\xff\xff\xff\x08\x06\x00\x00\x00"
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><zz-mark/><script>zz()</script></svg>'
_XXE = b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>'
_LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha">' + b'<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">' * 20 + b"]><l>&b;</l>"

UPLOADS = (
    Upload("a.txt", "text/plain", b"an hour for an hour"),
    Upload("empty.txt", "text/plain", b""),
    Upload("a.html", "text/html", b"<zz-mark><script>zz()</script>"),
    Upload("a.svg", "image/svg+xml", _SVG),
    Upload("a.xml", "text/xml", _XXE),
    Upload("laughs.xml", "application/xml", _LAUGHS),
    Upload("a.png", "image/png", _PNG),
    Upload("a.png", "image/png", b"GIF89a<zz-mark>"),
    Upload("a.jpg", "image/jpeg", b"\xff\xd8\xff\xe0<?php zz(); ?>"),
    Upload("a.gif", "image/gif", b"GIF89a" + b"\xff" * 64),
    Upload("a.pdf", "application/pdf", b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(zz())>>>>endobj"),
    Upload("a.zip", "application/zip", _zip(a=b"x" * 1_000_000)),
    Upload("slip.zip", "application/zip", _zip(**{"../../../../tmp/zz-mark": b"x"})),
    Upload("a.gz", "application/gzip", gzip.compress(b"\0" * 1_000_000)),
    Upload("a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", _zip(a=_XXE)),
    Upload(
        "a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _zip(**{"xl/x.xml": _LAUGHS})
    ),
    Upload("a.xlsm", "application/vnd.ms-excel.sheet.macroEnabled.12", _zip(**{"xl/vbaProject.bin": b"x"})),
    Upload("a.csv", "text/csv", b'name,minutes\n"=1+1",60\n'),
    Upload("wide.csv", "text/csv", b"," * 20_000),
    Upload("open.csv", "text/csv", b'"' + b"x" * 20_000),
    Upload("utf16.csv", "text/csv", "name,minutes\n".encode("utf-16")),
    Upload("latin.csv", "text/csv", b"\xe9\xff\xfe"),
    Upload("nul.csv", "text/csv", b"a\0b,\0"),
    Upload("a.php", "application/x-httpd-php", b"<?php zz(); ?>"),
    Upload("a.py", "text/x-python", b"raise SystemExit"),
    Upload("a.exe", "application/x-msdownload", b"MZ" + b"\0" * 64),
    Upload("a.json", "application/json", b'{"a":' * 5000),
    Upload("a.pickle", "application/octet-stream", b"cos\nsystem\n(S'true'\ntR."),
    Upload("../../../../etc/zz-mark", "text/plain", b"x"),
    Upload('a"; filename="b.txt\r\nZz-Mark: x', "text/plain", b"x"),
    Upload("\u202etxt.exe", "text/plain", b"x"),
    Upload("con.txt", "x" * 300, b"x"),
    Upload("n" * 3000, "text/plain", b"x" * 20_000),
)
