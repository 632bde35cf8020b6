"""Where a browser might be led: places after signing in, and names of the host."""

from __future__ import annotations

import itertools

EVIL = "evil.example"
SLASHES = (
    *(
        "//",
        "///",
        "////",
        "/\\",
        "\\/",
        "\\\\",
        "/\\/",
        "//\\",
        "/\t/",
        "/\n/",
        "/\r/",
        "\t//",
        " //",
        "/ /",
        "/%09/",
        "/%5c",
    ),
    *(
        "/%2f",
        "%2f%2f",
        "/./",
        "/..//",
        "//%00",
        "/\x00/",
        "/\u2215",
        "\uff0f\uff0f",
        "/\u3002//",
        "/;//",
        "/?//",
        "/#//",
    ),
)
SCHEMES = (
    *(
        "http:",
        "https:",
        "HTTPS:",
        "ftp:",
        "javascript:",
        "JavaScript:",
        "java\nscript:",
        "data:",
        "vbscript:",
        "file:",
        "blob:",
    ),
    *(
        "http:/",
        "https:/",
        "http:\\\\",
        "https:///",
        "\x01javascript:",
        " https:",
        "https\t:",
        "//https:",
        "mailto:",
        "ws:",
    ),
)
HOSTS_OF_NEXT = (EVIL, f"user@{EVIL}", f"localhost@{EVIL}", f"localhost.{EVIL}", "[::1]", "0x7f000001")
OTHERS = (
    "",
    ".",
    "..",
    "hours",
    "?next=/hours",
    "#x",
    "\\",
    "/\\",
    "/" + "x" * 600,
    "/hours and",
    "/h\u00f6urs",
    "/\u2028",
)
NEXT = tuple(
    dict.fromkeys(
        (
            *(start + host for start, host in itertools.product(SLASHES, HOSTS_OF_NEXT[:4])),
            *(scheme + "//" + host for scheme, host in itertools.product(SCHEMES, HOSTS_OF_NEXT[:4])),
            *OTHERS,
        )
    )
)

HOSTS = (
    *(
        EVIL,
        f"{EVIL}:80",
        f"localhost.{EVIL}",
        f"{EVIL}.localhost",
        f"localhost@{EVIL}",
        f"localhost:{EVIL}",
        f"{EVIL}#localhost",
    ),
    *(
        f"{EVIL}/localhost",
        f"{EVIL}?localhost",
        f"localhost,{EVIL}",
        f"localhost {EVIL}",
        f"localhost;{EVIL}",
        f"localhost\\{EVIL}",
    ),
    *(
        "127.0.0.2",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0.0.0.0",
        "[::]",
        "[::2]",
        "[::ffff:127.0.0.1]",
        "169.254.169.254",
        "10.0.0.1",
    ),
    *(
        "localhost.",
        "LOCALHOST.evil.example",
        "localhost..",
        ".localhost",
        "-localhost",
        "local host",
        "loc%61lhost",
        "localhost%00",
    ),
    *(
        "localhost:x",
        "localhost:99999999",
        "localhost:-1",
        "localhost:81:82",
        "local\u0127ost",
        "xn--lcalhost-54a",
        "lоcalhost",
    ),
    *(
        f"http://{EVIL}",
        f"//{EVIL}",
        f"{EVIL}:443",
        f"www.{EVIL}",
        f"a.b.c.{EVIL}",
        "example.org",
        "*",
        "*.localhost",
        "null",
        "_",
    ),
    *("x" * 300, "<zz-mark>", '"', "'", "{{7*7}}", "../../etc/passwd", "localhost/../evil.example", "127.0.0.1.nip.io"),
)
