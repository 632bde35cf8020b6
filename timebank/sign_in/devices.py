"""Which device somebody signs in with, in two words that they know it by."""

from __future__ import annotations

from dataclasses import dataclass

# What stands in a browser's name for itself, and what people call it. The first that is found counts: nearly every
# browser also claims to be some of those after it.
BROWSERS = (
    ("SamsungBrowser/", "Samsung Internet"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPad", "iPad"),
    ("iPhone", "iPhone"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Device:
    """A browser and the system that it runs on; nothing where one is not known."""

    browser: str = ""
    system: str = ""


def device_named(said: str) -> Device:
    """Return the device that a browser says it is, without anything else that it says."""
    return Device(browser=_first_of(BROWSERS, said), system=_first_of(SYSTEMS, said))


def _first_of(names: tuple[tuple[str, str], ...], said: str) -> str:
    return next((word for sign, word in names if sign in said), "")
