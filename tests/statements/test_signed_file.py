"""A file is known again byte for byte, and no other passes for it."""

from __future__ import annotations

import pytest

from timebank.statements.signed_file import read_signed, signed

KEY, OTHER_KEY = "5b" * 32, "5c" * 32
CODE, OTHER_CODE = "7K3MQ2Z9ABCDEFGH", "7K3MQ2Z9ABCDEFGJ"
BODY = b"%PDF-1.7\n1 0 obj\nsomething\nendobj\nstartxref\n9\n%%EOF"
FILE = signed(BODY, code=CODE, proof_key=KEY)


def is_as_made(file: bytes, key: str = KEY) -> bool:
    found = read_signed(file)
    return found is not None and found.is_as_made(proof_key=key)


def test_a_file_as_it_was_made_is_known():
    assert is_as_made(FILE)
    assert FILE.startswith(BODY)
    found = read_signed(FILE)
    assert found is not None
    assert found.code == CODE


def test_no_byte_of_it_can_be_another():
    for at in range(len(FILE)):
        assert not is_as_made(FILE[:at] + bytes([FILE[at] ^ 1]) + FILE[at + 1 :]), at
        assert not is_as_made(FILE[:at] + FILE[at + 1 :]), at


@pytest.mark.parametrize("more", [b"\n", b" ", b"%%EOF\n", b"2 0 obj\nendobj\nstartxref\n70\n%%EOF\n"])
def test_nothing_can_stand_behind_it(more):
    assert not is_as_made(FILE + more)


def test_an_appended_page_with_the_old_line_at_the_end_is_found():
    line = FILE[FILE.index(b"%common-hours") :]
    assert not is_as_made(FILE + b"2 0 obj\nendobj\n%%EOF\n" + line)
    assert not is_as_made(BODY + b"\n2 0 obj\nendobj\n%%EOF\n" + line)


def test_the_line_of_another_statement_does_not_fit():
    other = signed(BODY + b"\n% another\n%%EOF", code=OTHER_CODE, proof_key=KEY)
    line = other[other.index(b"%common-hours") :]
    assert not is_as_made(BODY + b"\n" + line)
    assert not is_as_made(FILE.replace(CODE.encode(), OTHER_CODE.encode()))


def test_another_bank_cannot_make_it():
    assert not is_as_made(FILE, OTHER_KEY)


@pytest.mark.parametrize("file", [b"", b"%PDF-1.7\n%%EOF\n", BODY, b"\0" * 1000, FILE[FILE.index(b"%common-hours") :]])
def test_a_file_from_elsewhere_has_no_such_line(file):
    assert read_signed(file) is None
