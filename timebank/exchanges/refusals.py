"""What is refused in the life of an exchange, and why."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from timebank.errors import RuleBroken


class AlreadyDecided(RuleBroken):
    """Somebody else was quicker; what they decided stands."""

    message = _l("This was already %(status)s by %(who)s. Nothing was changed")


class NoLongerOpen(RuleBroken):
    """What is settled cannot be answered any more."""

    message = _l("This exchange is already settled, so it can no longer be changed")


class NotConfirmed(RuleBroken):
    """The bank asks that everybody who took part confirms before hours are approved."""

    message = _l("Not everybody has confirmed this yet. Ask them, and record that they confirmed it")


class StillQueried(RuleBroken):
    """A question is answered before hours are approved."""

    message = _l("Somebody has asked a question about this. Settle the question first")


class OwnExchange(RuleBroken):
    """Nobody decides on hours of their own, or of an organisation that they answer for, where somebody else can."""

    message = _l("You took part in this yourself, so another coordinator has to decide")


class NotYours(RuleBroken):
    """Only those who took part can answer for it."""

    status = 404
    message = _l("You did not take part in this exchange")


class NotYoursToWithdraw(RuleBroken):
    """Whoever logged something can take it back, as long as it is open."""

    message = _l("Only the person who logged this can withdraw it")


class MessageNeeded(RuleBroken):
    """Whoever is asked a question, or told no, is told why."""

    field = "message"
    message = _l("Enter a question or a reason. Everybody who took part will see it")


class ReasonNeeded(MessageNeeded):
    """What is done to other people's hours is explained to them."""

    message = _l("Enter the reason. Everybody who took part will see it")


class MessageTooLong(RuleBroken):
    """A message is a line or two."""

    field = "message"
    message = _l("Use %(longest)s characters or fewer")


class NotApproved(RuleBroken):
    """Only what was posted to the ledger can be reversed in it."""

    message = _l("This exchange is not approved, so there is nothing to reverse")
