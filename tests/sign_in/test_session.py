"""Where somebody is led after signing in: only ever to a path of our own."""

from __future__ import annotations

import pytest

from timebank.sign_in.session import own_path

HOSTILE = [
    "",
    "evil.example",
    "https://evil.example",
    "HTTPS://evil.example/",
    "http:evil.example",
    "https:/evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "/hours\\..\\..",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "mailto:somebody@evil.example",
    "//evil.example/%2e%2e",
    "//evil%2eexample",
    "//[::1]/",
    "//127.0.0.1/",
    "//user@evil.example",
    "hours",
    "./hours",
    "../hours",
    "?next=/hours",
    "#here",
    " /hours",
    "\t//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\nSet-Cookie: a=b",
    "/\x00/evil.example",
    "/ /evil.example",
    "/hours and more",
    "/\u2028/evil.example",
    "/\u2215evil.example",
    "\uff0f\uff0fevil.example",
    "/h\u00f6urs",
    "/" + "x" * 500,
]


@pytest.mark.parametrize("target", HOSTILE)
def test_a_place_that_is_not_plainly_ours_is_not_followed(target: str) -> None:
    assert own_path(target) is None


@pytest.mark.parametrize(
    "target", ["/", "/hours", "/hours/0123abcd", "/approvals?status=all&words=a%20b", "/statements/ab/2026-03#end"]
)
def test_a_plain_path_of_ours_is_followed(target: str) -> None:
    assert own_path(target) == target
