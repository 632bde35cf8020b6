"""Whether an address can be told to be known by how long the answer takes: `python -m tests.sign_in.timing`.

Sends as many wrong sign-ins and forgotten passwords as it is told, half with an address that somebody has, in random
order, with the work for passwords that production has. It prints the area under the curve of somebody who guesses by
the time alone: 0.5 is chance, 1 would be certainty. It exits with 1 outside of 0.45 to 0.55.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

KNOWN, UNKNOWN = "ann@example.org", "nobody@example.org"
FAIR = (0.45, 0.55)
PATHS = ("/sign-in", "/forgotten-password")


def area_under_the_curve(known: list[float], unknown: list[float]) -> float:
    """Return how often a known address takes longer than an unknown one, where equals count by half."""
    of_known, of_unknown = Counter(known), Counter(unknown)
    shorter, wins = 0, 0.0
    for took in sorted(of_known | of_unknown):
        wins += of_known[took] * (shorter + of_unknown[took] / 2)
        shorter += of_unknown[took]
    return wins / (len(known) * len(unknown))


def times_of(client: FlaskClient, path: str, tries: int, chance: random.Random) -> dict[str, list[float]]:
    """Send the form at the path for a known and an unknown address, in random order, and return the seconds of each."""
    page = client.get(path).text
    token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    order = [KNOWN, UNKNOWN] * (tries // 2)
    chance.shuffle(order)
    taken: dict[str, list[float]] = {KNOWN: [], UNKNOWN: []}
    for email in order:
        sent = {"email": email, "password": "not the right one", "csrf_token": token}
        began = time.perf_counter()
        answer = client.post(path, data=sent)
        taken[email].append(time.perf_counter() - began)
        assert answer.status_code in (302, 422), answer.status_code
    return taken


def make_application(folder: Path) -> Flask:
    """Return an application on a database of its own, in which Ann can sign in."""
    os.environ |= {"TIMEBANK_SECRET_KEY": secrets.token_hex(32), "TIMEBANK_MAIL_SERVER": "smtp://localhost:1"}
    from tests.conftest import application, migrate
    from tests.make import let_sign_in, make_bank, make_member
    from timebank.extensions import db

    url = f"sqlite:///{folder / 'timing.db'}"
    migrate(url)
    app = application(url)
    with app.app_context():
        let_sign_in(make_member(make_bank(), name="Ann Adams", email=KNOWN))
        db.session.commit()
    return app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=2000, help="how many, half of them with a known address")
    parser.add_argument("--path", choices=PATHS, action="append", help="where; all of these unless said")
    parser.add_argument("--seed", default="timing")
    asked = parser.parse_args()
    unfair = False
    with tempfile.TemporaryDirectory() as folder:
        app = make_application(Path(folder))
        with app.app_context():
            for path in asked.path or PATHS:
                taken = times_of(app.test_client(), path, asked.tries, random.Random(asked.seed))
                area = area_under_the_curve(taken[KNOWN], taken[UNKNOWN])
                known, unknown = (statistics.median(taken[email]) * 1000 for email in (KNOWN, UNKNOWN))
                sys.stdout.write(f"{path}: AUC {area:.3f}, median {known:.1f} ms known, {unknown:.1f} ms unknown\n")
                sys.stdout.flush()
                unfair = unfair or not FAIR[0] <= area <= FAIR[1]
    sys.exit(unfair)


if __name__ == "__main__":
    main()
