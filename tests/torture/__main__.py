"""The command line of script/torture."""

from __future__ import annotations

import argparse
import secrets
import sys
from pathlib import Path

from tests.torture.planted import PLANTS
from tests.torture.report import as_json, as_table
from tests.torture.run import Plan, run


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/torture", description=__import__("tests.torture").torture.__doc__)
    parser.add_argument("--minutes", type=float, required=True, help="how long, on each database")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--seed", default=secrets.token_hex(4), help="what the chances are made of")
    parser.add_argument("--clients", type=int, default=8, help="how many client processes")
    parser.add_argument("--members", type=int, default=12, help="for how many members each client acts")
    parser.add_argument("--every", type=float, default=3.0, metavar="SECONDS", help="how often something is killed")
    parser.add_argument("--plant", choices=sorted(PLANTS), default="", help="a bug to plant, which has to be found")
    parser.add_argument("--keep", action="store_true", help="keep history and database though nothing was violated")
    parser.add_argument("--json", type=Path, default=Path("torture.json"), metavar="FILE", help="where the figures go")
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    databases = ("sqlite", "postgresql") if asked.database == "both" else (asked.database,)
    reports = []
    for database in databases:
        plan = Plan(
            database,
            asked.minutes * 60,
            asked.seed,
            clients=asked.clients,
            members=asked.members,
            every_seconds=asked.every,
            planted=asked.plant,
        )
        report = run(plan, keep=asked.keep)
        sys.stdout.write(as_table([report]) + "\n")
        sys.stdout.flush()
        reports.append(report)
        asked.json.write_text(as_json(reports) + "\n")
    sys.exit(1 if any(report.violations for report in reports) else 0)


if __name__ == "__main__":
    main()
