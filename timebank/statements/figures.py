"""The figures of a statement, and the code that proves them.

What is proven are minutes, days, kinds and balances, as they stand in the ledger of a closed month, which nobody can
change. Names and words are not: a person may be renamed or forgotten, and their neighbours' statements stay genuine.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from timebank.ledger.months import Month
from timebank.statements.build import BookStatement, Statement

# Crockford's: nobody can take one sign for another, read out over the telephone or printed badly.
_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TAKEN_FOR = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})
SIGNS_IN_A_CODE = 16


def lines_of(*, bank_code: str, number: str, month: Month, books: tuple[BookStatement, ...]) -> list[str]:
    """Return the figures of a statement in lines, the same whenever they are made again.

    Entries are in the order of the statement; every amount is in minutes.
    """
    rows = [f"statement|{bank_code}|{number}|{month}"]
    for part in books:
        rows.append(f"{part.book.value}|opening|{part.opening_minutes}")
        for line in part.lines:
            entry = line.line
            rows.append(
                f"{part.book.value}|{entry.effective_on}|{entry.happened_on}|{entry.kind.value}|{entry.minutes}"
                f"|{line.balance_minutes}"
            )
        rows.append(f"{part.book.value}|closing|{part.closing_minutes}")
    return rows


def digest_of(statement: Statement, *, bank_code: str) -> str:
    """Return the digest of a statement's figures, and of the seal of the month that is printed on it."""
    head = f"{statement.seal.number}:{statement.seal.digest}" if statement.seal is not None else ""
    return digest_of_figures(
        statement.books, bank_code=bank_code, number=statement.number, month=statement.month, head=head
    )


def digest_of_figures(books: tuple[BookStatement, ...], *, bank_code: str, number: str, month: Month, head: str) -> str:
    """Return the digest of these figures of an account, and of the head of the seals when the month was closed."""
    rows = [*lines_of(bank_code=bank_code, number=number, month=month, books=books), f"seal|{head}"]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def code_of(digest: str, *, issue_number: int, proof_key: str) -> str:
    """Return the code for figures of this digest: sixteen signs that only the bank, with its key, can make."""
    mac = hmac.new(bytes.fromhex(proof_key), f"statement|{issue_number}|{digest}".encode(), hashlib.sha256).digest()
    number = int.from_bytes(mac[:10])
    return "".join(_SIGNS[number >> 5 * place & 31] for place in reversed(range(SIGNS_IN_A_CODE)))


def tidy_code(typed: str) -> str:
    """Return a code as it is kept, from however it was typed: without hyphens and spaces, O for 0 and the like."""
    signs = "".join(sign for sign in typed.upper() if sign.isalnum())
    return signs.translate(_TAKEN_FOR)


def same(one: str, other: str) -> bool:
    """Return whether two codes or digests are the same, in a time that tells nothing."""
    return secrets.compare_digest(one.encode(), other.encode())
