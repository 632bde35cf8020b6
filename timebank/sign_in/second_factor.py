"""The second factor: a code from an app (RFC 6238), or one of ten recovery codes, asked for after the password.

What an app shares with us is derived from a seed with the installation's own key, as links are (links.py), so that
nobody makes codes with what the database alone holds. Whoever changes that key lets everybody set their app up again;
the recovery codes work on.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import secrets
from typing import Any, cast

import pyotp
from flask import current_app
from flask_babel import lazy_gettext as _l
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import CursorResult, delete, update

from timebank.audit.models import Action
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.members import queries as members
from timebank.members.models import Membership, Person, Role
from timebank.sign_in import queries, service
from timebank.sign_in.models import RecoveryCode, SecondFactor

REQUIRED, OFFERED = "required", "offered"

# Whose role lets them see or decide what is others'.
WITH_SECOND_FACTOR = frozenset({Role.DEPUTY, Role.COORDINATOR, Role.ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR})

SECONDS_OF_A_STEP = 30
# The clock of a telephone may be wrong by so many steps.
STEPS_EARLY_OR_LATE = 1
DIGITS_OF_A_CODE = 6

RECOVERY_CODES = 10
# Without signs that are taken for one another. Twelve of these are one of almost 2 to the power of 60.
SIGNS_OF_A_RECOVERY_CODE = 12
SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
SIGNS_IN_A_GROUP = 4

BYTES_OF_A_SECRET = 20
SALT = "second factor"
VALID_MINUTES = 30


class CodeRefused(RuleBroken):
    """A code is good for a minute or so, and once: whoever looked over a shoulder cannot use it again."""

    field = "code"
    message = _l("This code is not right, or was used already. Wait for the next one in your app and enter it")


class SetUpTooOld(RuleBroken):
    """What was shown to be scanned is forgotten after a while."""

    message = _l("This took too long. Start again, and scan the new picture")


class SecondFactorNeeded(RuleBroken):
    """Whoever sees everybody's details is asked for two things that a thief would have to have."""

    message = _l("Your role needs a second step to sign in. You can set it up again, but not switch it off")


def is_required_of(member: Membership) -> bool:
    """Return whether this member's role is let in with a second factor only."""
    return current_app.config["TIMEBANK_SECOND_FACTOR"] == REQUIRED and member.role in WITH_SECOND_FACTOR


def secret_of(seed: str) -> str:
    """Return what an app is told once, in base32."""
    key = str(current_app.secret_key).encode()
    digest = hmac.new(key, f"{SALT}|{seed}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:BYTES_OF_A_SECRET]).decode()


def address_of(secret: str, *, member: Membership) -> str:
    """Return the address that an app reads from a picture: the secret, and whose it is in which bank."""
    totp = pyotp.TOTP(secret)
    return str(totp.provisioning_uri(name=member.email or member.number, issuer_name=member.bank.name))


def new_candidate(member: Membership) -> str:
    """Return a new seed, signed, which becomes the member's second factor when they enter a code that it makes."""
    seed = secrets.token_hex(BYTES_OF_A_SECRET)
    return str(_serializer().dumps([member.person_id, member.person.sign_in_version, seed]))


def seed_in(candidate: str, *, member: Membership) -> str:
    """Return the seed of a candidate that was made for this member not long ago. Raises SetUpTooOld."""
    try:
        person_id, version, seed = _serializer().loads(candidate, max_age=VALID_MINUTES * 60)
    except (BadData, ValueError, TypeError):
        raise SetUpTooOld() from None
    if (person_id, version) != (member.person_id, member.person.sign_in_version):
        raise SetUpTooOld()
    return str(seed)


def set_up(member: Membership, candidate: str, *, code: str, at: dt.datetime) -> list[str]:
    """Let codes of this app be asked for from now on, and return new recovery codes, to be shown once.

    Ends every session. Raises SetUpTooOld or CodeRefused.
    """
    seed = seed_in(candidate, member=member)
    step = _step_of(code, seed=seed, at=at)
    if step is None:
        raise CodeRefused()
    person = member.person
    factor = queries.second_factor_of(person)
    if factor is None:
        factor = SecondFactor(person_id=person.id)
        db.session.add(factor)
    factor.seed, factor.last_step, factor.set_up_at = seed, step, at
    person.sign_in_version += 1
    service.record(Action.SECOND_FACTOR_SET_UP, member, at=at)
    return _new_recovery_codes(person)


def check_code(member: Membership, typed: str, *, at: dt.datetime) -> None:
    """Take a code from the app, or a recovery code, once. Raises CodeRefused."""
    factor = queries.second_factor_of(member.person)
    typed = "".join(sign for sign in typed.lower() if sign.isascii() and sign.isalnum())
    if factor is not None and len(typed) == DIGITS_OF_A_CODE:
        step = _step_of(typed, seed=factor.seed, at=at)
        if step is not None and _take_step(factor, step):
            return
    elif (
        factor is not None and len(typed) == SIGNS_OF_A_RECOVERY_CODE and _take_recovery_code(member.person, typed, at)
    ):
        service.record(Action.RECOVERY_CODE_USED, member, at=at)
        return
    raise CodeRefused()


def _step_of(code: str, *, seed: str, at: dt.datetime) -> int | None:
    """Return the step of time that the code is for, if it is one of those just now."""
    totp, now = pyotp.TOTP(secret_of(seed)), int(at.timestamp()) // SECONDS_OF_A_STEP
    found = None
    for step in range(now - STEPS_EARLY_OR_LATE, now + STEPS_EARLY_OR_LATE + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.strip().replace(" ", "").encode()):
            found = step
    return found


def _take_step(factor: SecondFactor, step: int) -> bool:
    """Use up the step and all before it, and return whether it was there: of two with one code, one is first."""
    taken = (
        update(SecondFactor)
        .where(SecondFactor.person_id == factor.person_id, SecondFactor.last_step < step)
        .values(last_step=step)
        .execution_options(synchronize_session=False)
    )
    return _count(db.session.execute(taken)) == 1


def _take_recovery_code(person: Person, typed: str, at: dt.datetime) -> bool:
    taken = (
        update(RecoveryCode)
        .where(
            RecoveryCode.person_id == person.id,
            RecoveryCode.code_hash == _hash_of_code(person, typed),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=at)
        .execution_options(synchronize_session=False)
    )
    return _count(db.session.execute(taken)) == 1


def renew_recovery_codes(member: Membership, *, at: dt.datetime) -> list[str]:
    """Return ten new recovery codes, to be shown once; those from before are worth nothing."""
    service.record(Action.RECOVERY_CODES_MADE, member, at=at)
    return _new_recovery_codes(member.person)


def _new_recovery_codes(person: Person) -> list[str]:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    codes = ["".join(secrets.choice(SIGNS) for _ in range(SIGNS_OF_A_RECOVERY_CODE)) for _ in range(RECOVERY_CODES)]
    db.session.add_all(RecoveryCode(person_id=person.id, code_hash=_hash_of_code(person, code)) for code in codes)
    db.session.flush()
    return [in_groups(code) for code in codes]


def in_groups(text: str) -> str:
    """Return the text in groups of four, as people copy it."""
    return " ".join(text[start : start + SIGNS_IN_A_GROUP] for start in range(0, len(text), SIGNS_IN_A_GROUP))


def switch_off(member: Membership, *, at: dt.datetime) -> None:
    """Ask for the password alone from now on. Raises SecondFactorNeeded where the role of a membership needs more."""
    if any(is_required_of(each) for each in members.memberships_of(member.person)):
        raise SecondFactorNeeded()
    take_away(member, at=at)


def take_away(member: Membership, *, at: dt.datetime) -> None:
    """Take the second factor from somebody, and end their sessions; a role that needs one asks for another."""
    forget(member.person)
    member.person.sign_in_version += 1
    service.record(Action.SECOND_FACTOR_ENDED, member, at=at)


def forget(person: Person) -> None:
    """Drop all that the person's second factor consists of."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    db.session.execute(delete(SecondFactor).where(SecondFactor.person_id == person.id))


def record_refusal(member: Membership, *, at: dt.datetime) -> None:
    """Write down that somebody with the right password had no right code."""
    service.record(Action.SECOND_FACTOR_REFUSED, member, at=at)


def _hash_of_code(person: Person, code: str) -> str:
    # With the person in it, so that one guess cannot be compared with everybody's.
    return hashlib.sha256(f"{person.id}:{code}".encode()).hexdigest()


def _count(result: Any) -> int:
    return int(cast(CursorResult[Any], result).rowcount)


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=SALT)
