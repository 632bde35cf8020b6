"""What makes the words of each kind of mail, when it is sent. The packages above say what they can make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from timebank.mail.models import OutgoingMail


@dataclass(frozen=True)
class Attachment:
    """A file that goes along with a piece of mail."""

    name: str
    content: bytes
    type: str = "application/pdf"


@dataclass(frozen=True)
class Words:
    """What a piece of mail says: once as plain text, and perhaps again as a simple page."""

    subject: str
    text: str
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"
    # Where it goes, if not to the member's own address: to one that they had, or want to have.
    to: str | None = None
    # By which name, where that is not the member's: to somebody who is asked about another.
    to_name: str | None = None


class NotToBeSent(Exception):
    """There is nothing to say any more, or nobody to say it to. Its text is the reason, in plain words."""


MakeWords = Callable[[OutgoingMail], Words]

_KINDS: dict[str, MakeWords] = {}


def register(kind: str, make_words: MakeWords) -> None:
    """Let mail of this kind have its words made by this function, which may raise NotToBeSent.

    The same mail gets the same words again as long as what it is about is the same: it may have to be sent twice.
    """
    _KINDS[kind] = make_words


def words_of(mail: OutgoingMail) -> Words:
    """Return what the mail says, as it stands now. Raises NotToBeSent."""
    if mail.kind not in _KINDS:
        raise NotToBeSent(f"nothing can write mail of the kind {mail.kind}")
    return _KINDS[mail.kind](mail)
