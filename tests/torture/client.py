"""One client: a coordinator and a few members who work, look, and work again, until they are told to stop or killed.

Run as `python -m tests.torture.client FOLDER CLIENT LIFE SEED PORT SENT_AGAIN`; the last is how often what was
acknowledged is sent once more, as a part of 1.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.torture import pages
from tests.torture.history import History
from tests.torture.scene import Somebody, read_scene
from tests.torture.visitor import Answer, GaveUp, Request, Tally, Visitor, form

PASSWORD = "an hour for an hour"
COUNTS_EVERY_SECONDS = 5
COMMUNITY = "Community account"
DAYS_BACK = 80
SENT_TWICE = 0.04
LOOKED_AFTER = 0.3

DID, REFUSED = "did", "refused"


class Client:
    """Everything that one client does. Each operation is written down before it is sent and after it is answered."""

    def __init__(self, folder: Path, client: int, life: int, seed: str, port: int, sent_again: float) -> None:
        self.scene = read_scene(folder)
        self.client, self.life, self.port, self.sent_again = client, life, port, sent_again
        self.chance = random.Random(f"{seed}-{client}-{life}")
        self.history = History(folder, client, life)
        self.tally = Tally()
        self.visitors: dict[str, Visitor] = {}
        self.number = 0
        self.stopping = False
        self.counted_at = time.monotonic()
        self.coordinator = self.scene.coordinator_of(client)
        self.members = self.scene.members_of(client)
        self.gifts: list[str] = []
        self.cookies = folder / f"cookies-{client}.json"
        self.take_up_sessions()

    def stop(self, *_signal: object) -> None:
        self.stopping = True

    def work(self) -> None:
        """Do one thing after the other."""
        doings: dict[Callable[[], None], int] = {
            self.log_with_somebody: 14,
            self.log_for_others: 14,
            self.approve: 22,
            self.settle_a_question: 6,
            self.reverse: 6,
            self.donate: 6,
            self.grant: 4,
            self.take_a_gift_back: 3,
            self.answer_what_waits: 10,
            self.read: 30,
            self.sign_out: 1,
        }
        try:
            while not self.stopping:
                [doing] = self.chance.choices(list(doings), list(doings.values()))
                try:
                    doing()
                except pages.PageWrong as wrong:
                    self.wrong(str(wrong))
                self.count(at_least_seconds=COUNTS_EVERY_SECONDS)
        except GaveUp as gave_up:
            self.wrong(f"nobody answered for too long: {gave_up}")
        self.count(at_least_seconds=0)

    def count(self, *, at_least_seconds: float) -> None:
        if time.monotonic() - self.counted_at >= at_least_seconds:
            self.counted_at = time.monotonic()
            tally, self.tally = self.tally, Tally()
            for visitor in self.visitors.values():
                visitor.tally = self.tally
            statuses = {str(status): count for status, count in tally.statuses.items()}
            self.history.write("counts", statuses=statuses, lost=tally.lost, longest=tally.longest_seconds)

    def wrong(self, what: str, **details: Any) -> None:
        self.history.write("wrong", what=what, **details)

    # Requests

    def visitor(self, who: Somebody) -> Visitor:
        """Return the browser in which this member is signed in."""
        if who.email not in self.visitors:
            self.visitors[who.email] = self.signed_in(who)
            self.keep_sessions()
        return self.visitors[who.email]

    def take_up_sessions(self) -> None:
        """Go on with the sessions of the life before, as a browser does that is started again."""
        if self.cookies.exists():
            for email, (cookies, token) in json.loads(self.cookies.read_text()).items():
                visitor = self.visitors[email] = Visitor(self.port, self.tally, self.chance)
                visitor.cookies, visitor.token = cookies, token

    def keep_sessions(self) -> None:
        kept = {email: (visitor.cookies, visitor.token) for email, visitor in self.visitors.items()}
        beside = self.cookies.with_suffix(".new")
        beside.write_text(json.dumps(kept))
        # In one step, so that a killed client leaves a whole file.
        beside.rename(self.cookies)

    def signed_in(self, who: Somebody) -> Visitor:
        visitor = Visitor(self.port, self.tally, self.chance)
        token = pages.token_of(visitor.send(Request("GET", "/sign-in")).text)
        fields = [("csrf_token", token), ("email", who.email), ("password", PASSWORD)]
        answer = visitor.send(form("/sign-in", fields))
        # A sign-in whose answer got lost left no cookie behind, so the same form lets in once more.
        if answer.status != 302:
            self.wrong("the right password was refused", status=answer.status)
        visitor.token = pages.token_of(visitor.send(Request("GET", "/hours/log")).text)
        return visitor

    def get(self, who: Somebody, path: str) -> str:
        """Return the page, signing in again if the session has ended."""
        for _try in range(3):
            answer = self.visitor(who).send(Request("GET", path))
            if answer.status == 302 and answer.location.startswith("/sign-in"):
                del self.visitors[who.email]
                continue
            if answer.status == 302:
                path = answer.location
                continue
            if answer.status != 200:
                raise pages.PageWrong(f"{path} was answered with {answer.status}")
            return answer.text
        raise pages.PageWrong(f"{path} only leads elsewhere")

    def post(self, who: Somebody, path: str, fields: list[tuple[str, str]]) -> Answer:
        """Send a form until it is acknowledged, signing in again if the session has ended before it was taken."""
        while True:
            visitor = self.visitor(who)
            answer = visitor.send(form(path, [("csrf_token", visitor.token), *fields]))
            if not (answer.status == 302 and answer.location.startswith("/sign-in")):
                return answer
            del self.visitors[who.email]

    def post_twice_at_once(self, who: Somebody, path: str, fields: list[tuple[str, str]]) -> list[Answer]:
        """Send the very same form from two windows at the same moment."""
        visitor = self.visitor(who)
        request = form(path, [("csrf_token", visitor.token), *fields])
        windows = [visitor.copy(), visitor.copy()]
        answers: list[Answer] = []
        threads = [threading.Thread(target=lambda w=window: answers.append(w.send(request))) for window in windows]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for window in windows:
            self.tally.statuses.update(window.tally.statuses)
            self.tally.lost += window.tally.lost
        return answers

    def ask(self, f: str, **details: Any) -> str:
        """Write down what is about to be asked, and return its name."""
        self.number += 1
        op = f"{self.client}-{self.life}-{self.number}"
        self.history.write("ask", op=op, f=f, **details)
        return op

    def keyed(self, who: Somebody, f: str, path: str, fields: list[tuple[str, str]], step: str, **details: Any) -> str:
        """Send a form with a key: again, and twice at once, it leads to the same place. Returns what it made, or ''."""
        op = self.ask(f, by=who.membership_id, **details)
        field = "note" if step == "log" else "reason"
        fields = [*fields, (field, f"op {op}"), ("step", step)]
        if self.chance.random() < SENT_TWICE:
            answers = self.post_twice_at_once(who, path, fields)
            if len(answers) < 2 or any(answer.location.startswith("/sign-in") for answer in answers):
                answers = [self.post(who, path, fields)]
        else:
            answers = [self.post(who, path, fields)]
        done = next((answer for answer in answers if answer.status == 302), None)
        if done is None:
            self.history.write(REFUSED, op=op, status=answers[0].status, lost=answers[0].lost)
            return ""
        reference = done.location.split("/")[2]
        self.history.write(DID, op=op, ref=reference, lost=done.lost)
        if self.chance.random() < self.sent_again:
            answers.append(self.post(who, path, fields))
        if any((answer.status, answer.location) != (302, done.location) for answer in answers):
            self.wrong("the same form with the same key led elsewhere", op=op)
        return reference

    # Logging

    def day(self) -> dt.date:
        return dt.date.fromisoformat(self.scene.today) - dt.timedelta(days=self.chance.randrange(DAYS_BACK))

    def what(self) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Return an activity, a day and a time, as the model knows them and as a form says them."""
        activity, book = self.chance.choice(list(self.scene.books.items()))
        minutes, day = self.chance.randint(1, 300), self.day()
        fields = [("activity", activity), ("stage", ""), ("time", f"{minutes} min")]
        fields += [("happened_on", str(part)) for part in (day.day, day.month, day.year)]
        return {"minutes": minutes, "day": day.isoformat(), "book": book}, fields

    def log_with_somebody(self) -> None:
        """A member logs hours with one or several; somebody of the same client may answer at once."""
        who = self.chance.choice(self.members)
        kind = self.chance.random()
        others: list[Somebody] = []
        with_community = kind < 0.15
        if with_community:
            names, accounts = [COMMUNITY], [self.scene.community_account_id]
        else:
            pool = [one for one in self.members if one != who]
            if kind < 0.3:
                pool = [one for client in self.scene.clients for one in client[1:] if one != who]
            others = self.chance.sample(pool, self.chance.choice((1, 1, 1, 1, 2, 3)))
            names, accounts = [one.number for one in others], [one.account_id for one in others]
        text = self.get(who, "/hours/log")
        details, fields = self.what()
        gives = self.chance.random() < 0.5
        sides = {"givers": [who.account_id], "receivers": accounts}
        if not gives:
            sides = {"givers": accounts, "receivers": [who.account_id]}
        fields += [("key", pages.key_of(text)), ("side", "giver" if gives else "receiver"), ("capacity", "neighbour")]
        fields += [(f"with_whom-{number}", name) for number, name in enumerate(names)]
        if self.chance.random() < 0.2:
            self.check(self.post(who, "/hours/log", [*fields, ("step", "check")]))
        reference = self.keyed(who, "log", "/hours/log", fields, "log", **details, **sides)
        if reference and self.chance.random() < 0.05:
            self.withdraw(who, reference)
            return
        for one in others:
            if reference and one in self.members and self.chance.random() < 0.9:
                self.answer(one, reference)

    def check(self, answer: Answer) -> None:
        if answer.status != 200:
            raise pages.PageWrong(f"the page to check the answers was {answer.status}")

    def log_for_others(self) -> None:
        """A coordinator enters a paper slip: help between two neighbours, by several, or a class."""
        text = self.get(self.coordinator, "/hours/log-for-others")
        details, fields = self.what()
        people = self.chance.sample(self.scene.neighbours, self.chance.choice((2, 2, 2, 3, 4)))
        if self.chance.random() < 0.3:
            people[0] = self.chance.choice(self.chance.choice(self.scene.clients)[1:])
        one, others = people[0], people[1:]
        numbers, accounts = [other.number for other in others], [other.account_id for other in others]
        if self.chance.random() < 0.1:
            numbers, accounts = [*numbers, COMMUNITY], [*accounts, self.scene.community_account_id]
        alone, many = self.chance.sample(("givers", "receivers"), 2)
        fields += [("key", pages.key_of(text)), (f"{alone}-0", one.number), ("confirmed", "y"), ("book_choice", "")]
        fields += [(f"{many}-{number}", name) for number, name in enumerate(numbers)]
        fields += [("giver_capacity", ""), ("receiver_capacity", "")]
        sides = {alone: [one.account_id], many: accounts}
        self.keyed(self.coordinator, "log", "/hours/log-for-others", fields, "log", **details, **sides)

    def withdraw(self, who: Somebody, reference: str) -> None:
        op = self.ask("withdraw", by=who.membership_id, ref=reference)
        answer = self.post(who, f"/hours/{reference}/withdraw", [])
        self.history.write(DID if answer.status == 302 else REFUSED, op=op, ref=reference, lost=answer.lost)

    # Answering

    def answer(self, who: Somebody, reference: str) -> None:
        """Confirm, ask about, or deny what somebody else logged."""
        said = self.chance.choices(("confirmed", "queried", "denied"), (90, 6, 4))[0]
        text = self.look(who, f"/hours/{reference}", reference)
        if not pages.has_key(text):
            # Somebody else has settled it.
            return
        op = self.ask("answer", by=who.membership_id, ref=reference, answer=said)
        fields = [("key", pages.key_of(text)), ("answer", said), ("message", f"op {op}"), ("capacity", "neighbour")]
        answer = self.post(who, f"/hours/{reference}/answer", fields)
        if answer.status == 302:
            self.history.write(DID, op=op, ref=reference, lost=answer.lost)
        else:
            self.look_and_write(who, f"/hours/{reference}", op, reference, answer)

    def answer_what_waits(self) -> None:
        who = self.chance.choice(self.members)
        began = time.monotonic_ns()
        waiting = pages.to_confirm_on(self.get(who, "/"))
        self.history.write("saw", f="home", t0=began)
        for reference in self.chance.sample(waiting, min(len(waiting), 3)):
            self.answer(who, reference)

    def look_and_write(self, who: Somebody, path: str, op: str, reference: str, answer: Answer) -> bool:
        """Read on the page whether an operation took place: its name is among the messages. Write down which."""
        text = self.look(who, path, reference)
        found = op in pages.messages_of(text)
        self.history.write(DID if found else REFUSED, op=op, ref=reference, status=answer.status, lost=answer.lost)
        return found

    def look(self, who: Somebody, path: str, reference: str) -> str:
        began = time.monotonic_ns()
        text = self.get(who, path)
        self.history.write("saw", f="exchange", t0=began, ref=reference, status=pages.status_of(text))
        return text

    # Coordinating

    def queue(self, status: str) -> str:
        began = time.monotonic_ns()
        text = self.get(self.coordinator, "/approvals" if status == "confirmed" else f"/approvals?status={status}")
        if status == "confirmed":
            self.history.write("saw", f="queue", t0=began, refs=pages.ticks_of(text))
        else:
            self.history.write("saw", f="list", t0=began)
        return text

    def approve(self) -> None:
        """Decide on what waits: tick several, approve or decline one, or ask about it."""
        waiting = pages.ticks_of(self.queue("confirmed"))
        if not waiting:
            return
        choice = self.chance.random()
        if len(waiting) > 20 or choice < 0.25:
            most = len(waiting) if len(waiting) > 20 else min(len(waiting), 6)
            self.tick(self.chance.sample(waiting, self.chance.randint(1, most)))
            return
        for reference in self.chance.sample(waiting, min(len(waiting), 2)):
            decision = self.chance.choices(("approve", "decline", "query"), (86, 7, 7))[0]
            self.decide(reference, decision)

    def decide(self, reference: str, decision: str) -> None:
        """Send a decision about one exchange, and find out what came of it."""
        path, who = f"/approvals/{reference}", self.coordinator
        text = self.look(who, path, reference)
        if not pages.has_key(text):
            return
        op = self.ask(decision, by=who.membership_id, ref=reference)
        fields = [("key", pages.key_of(text)), ("decision", decision), ("message", f"op {op}")]
        answer = self.post(who, path, fields)
        if answer.status == 302 and answer.location.partition("?")[0] == "/approvals":
            self.history.write(DID, op=op, ref=reference, lost=answer.lost)
            if self.chance.random() < LOOKED_AFTER and op not in pages.messages_of(self.look(who, path, reference)):
                self.wrong("what was acknowledged is not on the page", op=op)
            found = True
        else:
            found = self.look_and_write(who, path, op, reference, answer)
        if found and self.chance.random() < self.sent_again:
            # Whoever does not trust the answer sends it once more, or decides again on a new page. Nothing changes.
            if decision in ("approve", "decline", "reverse") and self.number % 2:
                text = self.look(who, path, reference)
                fields[0] = ("key", pages.key_of(text) if pages.has_key(text) else "")
            self.post(who, path, fields)

    def tick(self, references: list[str]) -> None:
        op = self.ask("tick", by=self.coordinator.membership_id, refs=references)
        answer = self.post(self.coordinator, "/approvals", [("exchange", reference) for reference in references])
        if answer.status != 302:
            self.wrong("the ticked exchanges were not taken", op=op, status=answer.status)
            return
        approved = pages.approved_said_by(self.get(self.coordinator, answer.location))
        self.history.write(DID, op=op, approved=approved, lost=answer.lost)

    def settle_a_question(self) -> None:
        waiting = pages.queued_on(self.queue(self.chance.choice(("queried", "queried", "logged"))))
        for reference in self.chance.sample(waiting, min(len(waiting), 2)):
            self.decide(reference, self.chance.choices(("confirm", "answer", "decline"), (70, 15, 15))[0])

    def reverse(self) -> None:
        approved = pages.queued_on(self.queue("approved"))
        if approved:
            self.decide(self.chance.choice(approved), "reverse")

    # Gifts

    def donate(self) -> None:
        who = self.chance.choice(self.members)
        self.give(who, "donation", "/donate", minutes=self.chance.randint(1, 40), from_=who.account_id)

    def grant(self) -> None:
        minutes = self.chance.randint(1, 400)
        self.give(self.coordinator, "grant", "/grant", minutes=minutes, from_=self.scene.community_account_id)

    def give(self, who: Somebody, f: str, path: str, *, minutes: int, from_: int) -> None:
        text = self.get(who, path)
        if f == "donation" and not pages.has_key(text):
            # Whoever has no hours is shown no form to donate them.
            return
        pool = [one for client in self.scene.clients for one in client[1:] if one != who]
        to = self.chance.choice(pool)
        name, account = to.number, to.account_id
        if f == "donation" and self.chance.random() < 0.5:
            name, account = COMMUNITY, self.scene.community_account_id
        fields = [("key", pages.key_of(text)), ("with_whom", name), ("time", f"{minutes} min")]
        reference = self.keyed(who, f, path, fields, "give", minutes=minutes, from_=from_, to=account)
        if reference:
            self.gifts.append(reference)

    def take_a_gift_back(self) -> None:
        if not self.gifts:
            return
        reference = self.chance.choice(self.gifts)
        op = self.ask("take back", by=self.coordinator.membership_id, ref=reference)
        answer = self.post(self.coordinator, f"/gifts/{reference}/reverse", [("reason", f"op {op}")])
        if answer.status == 302:
            self.history.write(DID, op=op, ref=reference, lost=answer.lost)
            return
        text = self.get(self.coordinator, f"/gifts/{reference}")
        found = f"op {op}<" in text or f"op {op}\n" in text
        self.history.write(DID if found else REFUSED, op=op, ref=reference, status=answer.status, lost=answer.lost)

    # Reading

    def read(self) -> None:
        who = self.chance.choice(self.members)
        page = self.chance.random()
        if page < 0.35:
            self.read_statement(who)
        elif page < 0.6:
            began = time.monotonic_ns()
            self.get(who, "/")
            self.history.write("saw", f="home", t0=began)
        elif page < 0.8:
            began = time.monotonic_ns()
            own = pages.own_on(self.get(who, "/hours"))
            self.history.write("saw", f="own", t0=began)
            for reference in self.chance.sample(own, min(len(own), 2)):
                self.look(who, f"/hours/{reference}", reference)
        else:
            self.queue("confirmed")

    def read_statement(self, who: Somebody) -> None:
        month = self.day().isoformat()[:7]
        began = time.monotonic_ns()
        stated = pages.statement_on(self.get(who, f"/statements/{who.account_reference}/{month}"))
        counts = {book: len(part.minutes) for book, part in stated.items()}
        self.history.write("saw", f="statement", t0=began, account=who.account_id, month=month, entries=counts)

    def sign_out(self) -> None:
        who = self.chance.choice(self.members)
        if who.email in self.visitors and self.chance.random() < 0.3:
            visitor = self.visitors.pop(who.email)
            # Where it leads is the sign-in page, whether the session ended now or with an answer that got lost.
            visitor.send(form("/sign-out", [("csrf_token", visitor.token)]))


def main() -> None:
    folder, client, life, seed, port, sent_again = sys.argv[1:]
    working = Client(Path(folder), int(client), int(life), seed, int(port), float(sent_again))
    signal.signal(signal.SIGTERM, working.stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    working.work()


if __name__ == "__main__":
    main()
