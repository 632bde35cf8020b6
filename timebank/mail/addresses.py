"""By which names a piece of mail is known while it is on its way, and how it is known again when it comes back."""

from __future__ import annotations

import re
from dataclasses import dataclass

_REFERENCE = r"([0-9a-f]{16})"


@dataclass(frozen=True)
class Names:
    """The names that the bank's mail goes out under: where it is from, and where what cannot be delivered goes."""

    sent_from: str
    bounces_to: str | None = None

    def message_id(self, reference: str) -> str:
        """Return the Message-ID of a piece of mail: the same each time that it is sent."""
        return f"<mail.{reference}@{self._domain}>"

    def envelope_from(self, reference: str) -> str:
        """Return the address that a report of failure goes to, with the mail's reference in it where that is wanted."""
        if self.bounces_to is None:
            return self.sent_from
        local, _, domain = self.bounces_to.rpartition("@")
        return f"{local}+{reference}@{domain}"

    def reference_in_message_id(self, text: str) -> str | None:
        """Return the reference of the mail of ours that has this Message-ID."""
        match = re.fullmatch(rf"\s*<mail\.{_REFERENCE}@{re.escape(self._domain)}>\s*", text, re.IGNORECASE)
        return match[1].lower() if match else None

    def reference_in_address(self, text: str) -> str | None:
        """Return the reference of the mail of ours whose failure is reported to this address."""
        if self.bounces_to is None:
            return None
        local, _, domain = self.bounces_to.rpartition("@")
        pattern = rf"(?<![\w.+-]){re.escape(local)}\+{_REFERENCE}@{re.escape(domain)}(?![\w.-])"
        match = re.search(pattern, text, re.IGNORECASE)
        return match[1].lower() if match else None

    @property
    def _domain(self) -> str:
        return self.sent_from.rpartition("@")[2]


# What a server says about an address of somebody is no business of a log or a list.
_ANY_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")


def without_addresses(said: str | bytes, *, longest: int, also: str = "") -> str:
    """Return what a server said in one line, shortened, without a mail address in it, nor the part before its @."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    text = _ANY_ADDRESS.sub("…", text)
    local = also.rpartition("@")[0]
    if len(local) > 2:
        text = re.sub(re.escape(local), "…", text, flags=re.IGNORECASE)
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"
