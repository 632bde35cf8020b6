"""What people read for capacities and roles."""

from __future__ import annotations

from flask_babel import gettext

from timebank.members.models import Capacity, Role, Standing


def of_capacity(capacity: Capacity) -> str:
    """Return the capacity as people read it."""
    return {
        Capacity.SERVICE_USER: gettext("Service user or patient"),
        Capacity.CARER: gettext("Family or carer"),
        Capacity.NEIGHBOUR: gettext("Neighbour"),
        Capacity.PROFESSIONAL: gettext("Professional"),
        Capacity.NOT_STATED: gettext("Rather not say"),
    }[capacity]


def of_role(role: Role) -> str:
    """Return the role as people read it."""
    return {
        Role.MEMBER: gettext("Member"),
        Role.BOARD_READER: gettext("Board reader"),
        Role.DEPUTY: gettext("Deputy coordinator"),
        Role.COORDINATOR: gettext("Coordinator"),
        Role.ADMINISTRATOR: gettext("Administrator"),
        Role.SYSTEM_ADMINISTRATOR: gettext("System administrator"),
    }[role]


def of_standing(standing: Standing) -> str:
    """Return where a membership stands as people read it."""
    return {
        Standing.LIMITED: gettext("Active with limits"),
        Standing.ACTIVE: gettext("Active"),
        Standing.PAUSED: gettext("Paused"),
        Standing.LEFT: gettext("Left"),
        Standing.DIED: gettext("Has died"),
    }[standing]
