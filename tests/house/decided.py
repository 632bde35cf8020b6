"""Who finds what behind each address: decided here, and tried in test_access.py.

test_routes.py says which permission an address needs, and so which roles are let in. Here is what those find who are.
A new address is in neither, and fails both until somebody has decided.
"""

from __future__ import annotations

from dataclasses import dataclass

from timebank.members.permissions import Permission


@dataclass(frozen=True)
class Named:
    """An address that names one thing, and who of those who are let in finds it.

    `own` is what the thing is to whoever owns it: a kind of thing that the town of test_access.py gives to everybody,
    or "" where the bank owns it. `others` is the permission with which what belongs to somebody else is found; None
    means that nobody finds it. What is another bank's is never found, unless every bank has a thing of that name.
    """

    own: str = ""
    others: Permission | None = None
    in_every_bank: bool = False


APPROVE = Named(others=Permission.APPROVE_HOURS)
MONTH = Named(others=Permission.CLOSE_MONTHS, in_every_bank=True)
SHEET = Named(others=Permission.CLOSE_MONTHS)
KEEP = Named(others=Permission.KEEP_MEMBERS)
ENQUIRY = Named(others=Permission.TAKE_ENQUIRIES)
EVIDENCE = Named(others=Permission.SEE_EVIDENCE, in_every_bank=True)
RELEASE = Named(others=Permission.SEE_EVIDENCE)
RULES = Named(others=Permission.SET_RULES)
EXCHANGE = Named(own="exchange")
STATEMENT = Named(own="account", others=Permission.SEE_STATEMENTS)

NAMED = {
    "/approvals/<reference>": APPROVE,
    "/concerns/<reference>": Named(others=Permission.READ_CONCERNS),
    "/directory/<reference>": Named(others=Permission.FIND_PEOPLE),
    "/enquiries/<reference>": ENQUIRY,
    "/enquiries/<reference>/end": ENQUIRY,
    "/enquiries/<reference>/notes": ENQUIRY,
    "/enquiries/<reference>/referees": ENQUIRY,
    "/enquiries/<reference>/referees/<referee>/ask": ENQUIRY,
    "/enquiries/<reference>/referees/<referee>/telephone": ENQUIRY,
    "/enquiries/<reference>/take-in": ENQUIRY,
    "/evidence/figure/<name>": EVIDENCE,
    "/evidence/figures.<ending>": EVIDENCE,
    "/evidence/in-depth/<section>": EVIDENCE,
    "/evidence/picture/<name>.<ending>": EVIDENCE,
    "/evidence/releases/<reference>": RELEASE,
    "/evidence/releases/<reference>/figures.<ending>": RELEASE,
    "/evidence/releases/<reference>/pack.pdf": RELEASE,
    "/gifts/<reference>": Named(own="gift", others=Permission.GRANT_HOURS),
    "/gifts/<reference>/reverse": Named(others=Permission.GRANT_HOURS),
    # Only whoever is that helper finds it.
    "/helpers/<reference>/act": Named(),
    "/helpers/<reference>/end": Named(own="helper", others=Permission.KEEP_MEMBERS),
    "/hours/<reference>": EXCHANGE,
    "/hours/<reference>/answer": EXCHANGE,
    "/hours/<reference>/logged": EXCHANGE,
    "/hours/<reference>/reply": EXCHANGE,
    "/hours/<reference>/withdraw": EXCHANGE,
    "/me/email/<secret>": Named(own="secret"),
    "/me/sessions/<reference>/end": Named(own="session"),
    "/months/<written_month>": MONTH,
    "/months/<written_month>/again/<reference>": SHEET,
    "/months/<written_month>/close": MONTH,
    "/months/<written_month>/go-on": MONTH,
    "/months/<written_month>/labels.pdf": MONTH,
    "/months/<written_month>/message": MONTH,
    "/months/<written_month>/send": MONTH,
    "/months/<written_month>/send-again/<reference>": SHEET,
    "/months/<written_month>/statements": MONTH,
    "/months/<written_month>/statements.pdf": MONTH,
    "/months/<written_month>/telephone.pdf": MONTH,
    "/organisations/<reference>": KEEP,
    "/people/<reference>": KEEP,
    "/people/<reference>/change": KEEP,
    "/people/<reference>/checks": KEEP,
    "/people/<reference>/clearances": KEEP,
    "/people/<reference>/clearances/<clearance>/end": KEEP,
    "/people/<reference>/died": KEEP,
    "/people/<reference>/end-pause": KEEP,
    "/people/<reference>/erase": Named(others=Permission.ERASE_PEOPLE),
    "/people/<reference>/helpers": KEEP,
    "/people/<reference>/invite": KEEP,
    "/people/<reference>/leave": KEEP,
    "/people/<reference>/limits": KEEP,
    "/people/<reference>/pause": KEEP,
    "/people/<reference>/return": KEEP,
    "/people/<reference>/role": RULES,
    "/people/<reference>/safeguarding-lead": RULES,
    "/people/<reference>/statements": KEEP,
    "/people/<reference>/stories": KEEP,
    "/rules/activities/<reference>": RULES,
    "/rules/costs/<reference>/remove": RULES,
    "/statements/<reference>": STATEMENT,
    "/statements/<reference>/<written_month>": STATEMENT,
    "/statements/<reference>/<written_month>/statement.<ending>": STATEMENT,
    "/statements/<reference>/<written_month>/statement.pdf": STATEMENT,
    "/stories/<reference>/show": Named(others=Permission.RELEASE_EVIDENCE),
    "/stories/<reference>/take-back": Named(own="story", others=Permission.KEEP_MEMBERS),
}

# What everybody gets, signed in or not, where the secret part of the address was made up. Two statuses are for nobody
# and for whoever is signed in.
FOR_EVERYBODY: dict[str, int | tuple[int, int]] = {
    "/": 200,
    "/accessibility": 200,
    "/first-password/<signed>": 409,
    "/forgotten-password": 200,
    "/healthz": 200,
    "/help": 200,
    "/join/<code>": 404,
    "/join/<code>/thank-you": 404,
    "/new-password/<secret>": 409,
    "/privacy": 200,
    # Only what a bank wants everybody to read.
    "/published/<code>": 404,
    "/published/<code>/<reference>": 404,
    "/published/<code>/<reference>/figures.<ending>": 404,
    "/published/<code>/<reference>/pack.pdf": 404,
    "/referee/<secret>": 404,
    "/second-step": 302,
    "/second-step/set-up": 302,
    "/sign-in": (200, 302),
    "/static/<path:filename>": 404,
    "/unsubscribe/<reference>": 200,
    "/verify": 200,
}
