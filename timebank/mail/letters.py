"""A letter with a few sentences and figures, as plain text and as a simple page that says the same."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from flask import current_app

WIDTH = 72
LONGEST_LABEL = 34


@dataclass(frozen=True)
class Link:
    """Words, and where they lead."""

    text: str
    href: str


@dataclass(frozen=True)
class Letter:
    """What is said, in order: the greeting, sentences, figures with their names, where to go, and small print."""

    heading: str
    greeting: str
    paragraphs: tuple[str, ...]
    figures: tuple[tuple[str, str], ...] = ()
    after: tuple[str, ...] = ()
    link: Link | None = None
    small_print: tuple[str, ...] = ()
    stop: Link | None = None


def as_text(letter: Letter) -> str:
    """Return the letter as plain text, in lines that fit anywhere; links stand alone in theirs."""
    blocks = [letter.greeting, *letter.paragraphs]
    if letter.figures:
        width = min(max(len(label) for label, _ in letter.figures), LONGEST_LABEL)
        blocks.append("\n".join(f"{label:<{width}}  {value:>8}" for label, value in letter.figures))
    blocks += letter.after
    if letter.link is not None:
        blocks.append(f"{letter.link.text}:\n{letter.link.href}")
    if letter.small_print or letter.stop is not None:
        # What mail programs know as the beginning of a signature.
        blocks.append("-- ")
    blocks += letter.small_print
    if letter.stop is not None:
        blocks.append(f"{letter.stop.text}:\n{letter.stop.href}")
    return "\n\n".join(_wrapped(block) for block in blocks) + "\n"


def _wrapped(block: str) -> str:
    if "\n" in block or block.endswith(" "):
        return block
    return "\n".join(textwrap.wrap(block, WIDTH, break_long_words=False, break_on_hyphens=False)) or block


def as_html(letter: Letter, *, language: str) -> str:
    """Return the letter as a page without pictures, styles or anything from elsewhere."""
    # Outside of a request there is nothing of what pages share.
    template = current_app.jinja_env.get_template("mail/letter.html")
    return template.render(letter=letter, language=language)
