"""A read-only look at the state, without secrets."""

from typing import Any

from emulator.model import World
from emulator.persistence import dump

MASK = "********"


def masked(world: World) -> dict[str, Any]:
    """All tables as JSON; passwords and tokens masked."""
    tables = dump(world)
    for connection in tables["connections"].values():
        if connection["credential"]:
            connection["credential"] = {**connection["credential"], "password": MASK}
    tables["tokens"] = [{**row, "token": MASK} for row in tables["tokens"].values()]
    return tables
