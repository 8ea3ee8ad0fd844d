"""Resource names: by project id or number, lower-case locations."""

from emulator.model import World


def canonical(world: World, name: str) -> str:
    """`name` (`projects/P/...`) with the project's number; unchanged if there is no such project."""
    parts = name.split("/")
    if len(parts) < 2 or parts[0] != "projects":
        return name
    project = world.project(parts[1])
    return name if project is None else "/".join(["projects", project.number, *parts[2:]])


def location_of(name: str) -> str:
    """The location in `projects/P/locations/L/...`, lower case; empty if there is none."""
    parts = name.split("/")
    return parts[3].lower() if len(parts) > 3 and parts[2] == "locations" else ""
