"""What the clients have to know of the time bank. They are started often, so nothing of ours is imported here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SCENE = "scene.json"


@dataclass(frozen=True)
class Somebody:
    """A member who can be named in a form, and who can sign in where there is an address."""

    membership_id: int
    account_id: int
    account_reference: str
    number: str
    email: str


@dataclass(frozen=True)
class Scene:
    """A bank, and who of its members acts through which client. `books` is the book of each activity."""

    bank_id: int
    community_account_id: int
    today: str
    books: dict[str, str]
    clients: tuple[tuple[Somebody, ...], ...]
    neighbours: tuple[Somebody, ...]

    def coordinator_of(self, client: int) -> Somebody:
        return self.clients[client][0]

    def members_of(self, client: int) -> tuple[Somebody, ...]:
        return self.clients[client][1:]

    def write(self, folder: Path) -> None:
        (folder / SCENE).write_text(json.dumps(asdict(self)))


def read_scene(folder: Path) -> Scene:
    """Return the scene that was written into the folder."""
    return scene_from(json.loads((folder / SCENE).read_text()))


def scene_from(written: dict[str, Any]) -> Scene:
    """Return the scene from its plain data."""
    clients = tuple(tuple(Somebody(**one) for one in client) for client in written.pop("clients"))
    neighbours = tuple(Somebody(**one) for one in written.pop("neighbours"))
    return Scene(**written, clients=clients, neighbours=neighbours)
