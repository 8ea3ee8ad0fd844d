"""Lists and gets of resources that an API only shows: what a pick-list reads."""

from collections.abc import Callable

from emulator import errors
from emulator.calling import Call
from emulator.errors import JSON
from emulator.model import Project, World
from emulator.paging import page


def allowed(call: Call, permission: str) -> Project:
    """The project in the path, if the API is on and the caller has the permission there."""
    project = call.project()
    call.require(permission, f"projects/{project.number}", shown=f"projects/{project.project_id}")
    return project


def _fits(key: str, pattern: list[str]) -> bool:
    parts = key.split("/")
    return len(parts) == len(pattern) and all(
        wanted in ("-", part) for wanted, part in zip(pattern, parts, strict=True)
    )


def matching(world: World, pattern: str) -> list[JSON]:
    """The resources whose full name fits, by name; `-` stands for any one segment."""
    wanted = pattern.split("/")
    return [world.resources[key].body for key in sorted(world.resources) if _fits(key, wanted)]


def full_name(call: Call, project: Project, template: str) -> str:
    """A full resource name from a template over the parameters of the path."""
    return template.format(**{**call.params, "project": project.number})


def listed(template: str, field: str, permission: str) -> Callable[[Call], JSON]:
    """A handler that lists, in pages, the resources that fit a template of full names."""

    def handler(call: Call) -> JSON:
        project = allowed(call, permission)
        rows = matching(call.world, full_name(call, project, template))
        part, following = page(call, rows)
        answer: JSON = {field: list(part)} if part else {}
        return {**answer, "nextPageToken": following} if following else answer

    return handler


def got(template: str, permission: str, missing: str) -> Callable[[Call], JSON]:
    """A handler that answers one resource; `missing` is the 404's sentence, over `{name}`."""

    def handler(call: Call) -> JSON:
        project = allowed(call, permission)
        key = full_name(call, project, template)
        found = call.world.resources.get(key)
        if found is None:
            name = key.partition("/projects/")[2].replace(project.number, project.project_id, 1)
            raise errors.not_found(missing.format(name=f"projects/{name}"))
        return found.body

    return handler
