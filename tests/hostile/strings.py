"""Texts that break out of where they are put, if anything lets them. `escaped` says whether one did.

Each leaves a mark that nothing else leaves: an element or attribute named `zz…`, a header `Zz-Mark`, the product of two
odd numbers, or what is in a file that no page shows.
"""

from __future__ import annotations

import itertools

ELEMENTS = (
    "<zz-mark>",
    "<zz-mark/onload=1>",
    "<ZZ-mark src=x>",
    "<img src=x zz-on=alert(1)>",
    "<svg/zz-on=alert(1)>",
    "<a href=javascript:zz()>x</a>",
    "<!--><zz-mark>-->",
    "<![CDATA[<zz-mark>]]>",
    "<style><zz-mark></style><zz-mark>",
    "&lt;zz-mark&gt;<zz-mark>",
)
BEFORE = (
    *(
        "",
        '"',
        "'",
        '">',
        "'>",
        "</textarea>",
        "</title>",
        "</script>",
        "</style>",
        "-->",
        "]]>",
        "`",
        "\\",
        "</option>",
    ),
)
ATTRIBUTES = (
    *(
        '" zz-on="x',
        "' zz-on='x",
        "x zz-on=x ",
        '"\tzz-on=x\t"',
        '"\nzz-on="x',
        "`zz-on=`x",
        '"/zz-on="x',
        "'/zz-on='x",
    ),
    *(
        '&quot; zz-on="x',
        '%22 zz-on="x',
        '\\" zz-on=\\"x',
        '" autofocus zz-on="x',
        "javascript:zz()",
        "JaVaScRiPt:zz()",
    ),
    *(
        "java\tscript:zz()",
        "data:text/html,<zz-mark>",
        "\u2028<zz-mark>",
        "\ufeff<zz-mark>",
        "\u202e<zz-mark>",
        "<\x00zz-mark>",
    ),
)
HTML = (*ATTRIBUTES, *(before + element for element in ELEMENTS for before in BEFORE))

FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "'=1+1",
    "=HYPERLINK(1)",
    "=cmd|' /C x'!A0",
    '="x"&A1',
)
CSV = (
    *(FORMULAS),
    *(
        f"{before}{formula}"
        for before in (" ", '"', '",', "\n", ";", '"\n', "x\n", "\ufeff")
        for formula in FORMULAS[:9]
    ),
    *(f"{formula}{after}" for formula in FORMULAS[:5] for after in ('"', ",", ";zz", "\n=1", "\t=1")),
)

NAMES_OF_HEADERS = (
    "Zz-Mark: x",
    "Set-Cookie: zz=1",
    "Bcc: zz@evil.example",
    "Location: //evil.example",
    "Content-Type: x/zz",
)
LINE_ENDS = (
    "\r\n",
    "\n",
    "\r",
    "\u2028",
    "\x85",
    "%0d%0a",
    "\\r\\n",
    "\x0b",
    "\r\n ",
    "\r\n\r\n",
    "\u560d\u560a",
    "=?utf-8?q?=0A?=",
)
HEADERS = tuple(f"x{end}{name}" for end, name in itertools.product(LINE_ENDS, NAMES_OF_HEADERS)) + tuple(
    f"a@example.org{end}{name}" for end, name in itertools.product(LINE_ENDS[:4], NAMES_OF_HEADERS)
)

PRODUCT = "8641969"
SUM = "1234567*7"
BRACKETS = (
    ("{{", "}}"),
    ("{%print(", ")%}"),
    ("${", "}"),
    ("#{", "}"),
    ("<%=", "%>"),
    ("%(", ")s"),
    ("{", "}"),
    ("{{{", "}}}"),
)
EXPRESSIONS = (
    SUM,
    f" {SUM} ",
    f"({SUM})|string",
    f"[{SUM}][0]",
    "config",
    "self.__init__.__globals__",
    "''.__class__.__mro__",
    "request.application",
    "g.session",
    "0.__class__",
    "url_for.__globals__",
)
TEMPLATES = tuple(start + inside + end for (start, end), inside in itertools.product(BRACKETS, EXPRESSIONS))

PASSWD = "etc/passwd"
UPWARDS = (
    "/",
    "../",
    "../../../../../../",
    "..\\..\\..\\",
    "....//....//....//",
    "%2e%2e%2f" * 6,
    "file:///",
    "/proc/self/root/",
)
FILES = (
    PASSWD,
    "etc/passwd\x00.csv",
    "proc/self/environ",
    "config.py",
    "timebank/config.py",
    ".git/config",
    "etc/hosts",
    "passwd",
)
PATHS = tuple(up + file for up, file in itertools.product(UPWARDS, FILES))

QUERIES = (
    *(
        "'",
        '"',
        "';--",
        "' OR '1'='1",
        '" OR ""="',
        "1 OR 1=1",
        "') OR ('1'='1",
        "'; DROP TABLE person;--",
        "%",
        "_",
        "\\",
    ),
    *(
        "' UNION SELECT NULL--",
        "1; SELECT pg_sleep(9)",
        "'||(SELECT 1)||'",
        "$$",
        ":x",
        "%(x)s",
        "?",
        "x' AND 1=CAST(1 AS int)--",
    ),
    *(
        "' AND 1=2--",
        "1e309",
        "9" * 400,
        "-1",
        "0x41",
        "NaN",
        "99999999999999999999",
        "1/0",
        "null",
        "[]",
        "{}",
        "true",
    ),
)
ODD = (
    *(
        "\x00",
        "\x7f",
        "\ud7ff",
        "\ufffe",
        "\U0001f33b" * 60,
        "\u202eabc",
        "a\u0300" * 90,
        "\u0130",
        "ß" * 120,
        "x" * 9000,
        " " * 500,
    ),
    *(
        "\t",
        "\n" * 90,
        "\u200b",
        "\u00a0",
        "١٢",
        "½",
        "1,5",
        "1.5.5",
        "25:99",
        "-0",
        "+",
        "🏴\U000e0067\U000e007f",
        "ﷺ" * 40,
        "·",
    ),
)

CLASSES: dict[str, tuple[str, ...]] = {
    "html": HTML,
    "csv": CSV,
    "header": HEADERS,
    "template": TEMPLATES,
    "path": PATHS,
    "query": QUERIES,
    "odd": ODD,
}
EVERY = tuple(text for texts in CLASSES.values() for text in texts)
