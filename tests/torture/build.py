"""Make the time bank that is put to the torture."""

from __future__ import annotations

import flask_migrate

from tests import make
from tests.conftest import application_on
from tests.torture.scene import Scene, Somebody
from timebank import MIGRATIONS, clock
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.ledger.models import Book
from timebank.members.models import Role
from timebank.sign_in import passwords

NEIGHBOURS = 160
CODE = "TORTURE"


def make_scene(database_url: str, *, clients: int, members: int) -> Scene:
    """Migrate the empty database and fill it with a bank, in which nobody has any hours yet.

    Each client gets a coordinator and so many `members`.
    """
    passwords._hasher = make.QUICK_HASHER
    with application_on(database_url):
        flask_migrate.upgrade(directory=str(MIGRATIONS))
        now = clock.now()
        bank = make.make_bank(code=CODE, at=now)
        usual = make.make_activity(bank, name="Gardening", at=now)
        recorded = make.make_activity(bank, name="Advice", default_book=Book.RECORD, at=now)

        def join(name: str, role: Role, *, signs_in: bool) -> Somebody:
            member = make.make_member(bank, name=name, role=role, at=now)
            email = make.let_sign_in(member) if signs_in else ""
            return Somebody(member.id, member.account_id, member.account.reference, member.number, email)

        acting = tuple(
            (
                join(f"Coordinator Nº{client}", Role.COORDINATOR, signs_in=True),
                *(join(f"زينب {client} {one} 🌻", Role.MEMBER, signs_in=True) for one in range(members)),
            )
            for client in range(clients)
        )
        scene = Scene(
            bank_id=bank.id,
            community_account_id=ledger.community_account(bank.id).id,
            today=bank.day_of(now).isoformat(),
            books={usual.reference: Book.CREDIT.value, recorded.reference: Book.RECORD.value},
            clients=acting,
            neighbours=tuple(join(f"Neighbour {one}", Role.MEMBER, signs_in=False) for one in range(NEIGHBOURS)),
        )
        db.session.commit()
    return scene
