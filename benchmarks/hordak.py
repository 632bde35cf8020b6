"""django-hordak's own transfer_to, which is what a Django project would have instead of this ledger.

It runs in an environment of its own, where Django is and the application is not.
"""

from __future__ import annotations

import json
import random
import sys
from typing import Any

import django
from django.conf import settings

from benchmarks import crowd


def begin(database: dict[str, Any]) -> None:
    """Let Django begin, with hordak on this database, where each transfer is one transaction."""
    settings.configure(
        DATABASES={"default": database | {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": None}},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DEFAULT_CURRENCY="XBH",
        CURRENCIES=["XBH"],
        USE_TZ=True,
    )
    import moneyed

    moneyed.add_currency(code="XBH", numeric=None, name="Time bank hours")
    django.setup()


def prepare(accounts: int) -> None:
    """Make hordak's tables and so many accounts."""
    from django.core.management import call_command
    from django.db import transaction
    from hordak.models import Account, AccountType

    call_command("migrate", verbosity=0)
    with transaction.atomic():
        for number in range(accounts):
            Account.objects.create(
                name=f"Account {number}", code=f"{number:05}", type=AccountType.liability, currencies=["XBH"]
            )


def _make_act_for(asked: dict[str, Any]) -> Any:
    begin(asked["database"])

    def make_act(_number: int) -> crowd.Act:
        from django.db import transaction
        from hordak.models import Account
        from moneyed import Money

        accounts = list(Account.objects.order_by("pk")[: asked["accounts"]])
        hour = Money(60, "XBH")

        def transfer() -> None:
            giving, getting = random.sample(accounts, 2)
            with transaction.atomic():
                giving.transfer_to(getting, hour)

        return transfer

    return make_act


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        wanted = json.loads(sys.argv[2])
        begin(wanted["database"])
        prepare(wanted["accounts"])
    else:
        crowd.answer(_make_act_for, sys.argv[1:])
