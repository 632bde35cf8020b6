"""The database is killed between the end of a message and the server's answer: nothing is sent twice for that."""

from __future__ import annotations

import threading

from tests.attempts.mortal import mortal_server
from tests.conftest import application_on, migrate
from tests.mail.post import office
from tests.mail.scene import make_queue, states
from timebank.mail.models import MailState
from timebank.mail.sending import send_waiting


def test_what_was_taken_while_the_database_was_away_is_written_down_when_it_is_back() -> None:
    with mortal_server() as mortal, office() as post:
        mortal.server.run("CREATE DATABASE mail")
        mortal.server.run("ALTER DATABASE mail SET synchronous_commit = on")
        url = mortal.server.url_of("mail")
        migrate(url)
        waiting: list[threading.Timer] = []

        def go_away(_to: str) -> None:
            if not waiting:
                mortal.kill()
                waiting.append(threading.Timer(1, mortal.start))
                waiting[0].start()

        with application_on(url) as app:
            bank, _members = make_queue(app, 3, server=post.url)
            post.to_message = go_away
            outcome = send_waiting()
            assert (outcome.sent, outcome.trouble) == (3, "")
            waiting[0].join()
            assert set(states(bank).values()) == {MailState.SENT}
    assert sorted(post.copies().values()) == [1, 1, 1]
