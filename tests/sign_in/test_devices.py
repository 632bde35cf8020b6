"""Two words for a device, whatever a browser says about itself."""

from __future__ import annotations

import pytest

from timebank.sign_in.devices import Device, device_named
from timebank.sign_in.models import LONGEST_DEVICE_WORD

MOZILLA = "Mozilla/5.0"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("said", "device"),
    [
        (f"{MOZILLA} (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0", Device("Firefox", "Windows")),
        (f"{MOZILLA} (Windows NT 10.0) {WEBKIT} Chrome/140.0.0.0 Safari/537.36", Device("Chrome", "Windows")),
        (f"{MOZILLA} (Windows NT 10.0) {WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0", Device("Edge", "Windows")),
        (f"{MOZILLA} (X11; Linux x86_64) {WEBKIT} Chrome/140.0 Safari/537.36 OPR/120.0", Device("Opera", "Linux")),
        (f"{MOZILLA} (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/140.0 Safari/537.36", Device("Chrome", "ChromeOS")),
        (
            f"{MOZILLA} (Linux; Android 13; SM-S908B) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36",
            Device("Samsung Internet", "Android"),
        ),
        (
            f"{MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15",
            Device("Safari", "Mac"),
        ),
        (
            f"{MOZILLA} (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 CriOS/140.0 Safari/604.1",
            Device("Chrome", "iPhone"),
        ),
        (f"{MOZILLA} (iPad; CPU OS 18_0) AppleWebKit/605 FxiOS/140.0 Safari/605", Device("Firefox", "iPad")),
        ("", Device()),
        ("curl/8.0", Device()),
        ("<script>alert(1)</script>" * 1000, Device()),
        ("Windows", Device("", "Windows")),
    ],
)  # fmt: skip
def test_a_device_is_called_what_people_call_it_and_nothing_else_is_kept(said: str, device: Device) -> None:
    assert device_named(said) == device


def test_every_word_fits_in_its_column() -> None:
    from timebank.sign_in.devices import BROWSERS, SYSTEMS

    assert max(len(word) for _sign, word in BROWSERS + SYSTEMS) <= LONGEST_DEVICE_WORD
