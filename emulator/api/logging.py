"""Cloud Logging v2: entries.list."""

from functools import partial

from emulator import errors, paging, services
from emulator.calling import Call, Method
from emulator.errors import JSON
from emulator.logs import filters
from emulator.logs.jobs import DATA_ACCESS
from emulator.model import Project

_PERMISSION = "logging.logEntries.list"
# Who lacks it is shown the other entries, without a word about these: "Access control with IAM".
_PRIVATE = "logging.privateLogEntries.list"
_ORDERS = ("", "timestamp asc", "timestamp desc")
_USUAL, _LARGEST = 50, 1000
_method = partial(Method, api="logging", scopes=("cloud-platform.read-only", "logging.admin", "logging.read"))


def _project(call: Call, name: str) -> Project:
    kind, _, reference = name.partition("/")
    if kind != "projects" or "/" in reference:
        raise errors.invalid(f"Unsupported resource name: {name}", field="resource_names")
    project = call.world.project(reference)
    if project is None:
        raise errors.permission_denied(_PERMISSION, "logging", name)
    services.require(project, call.service, call.moment)
    call.require(_PERMISSION, f"projects/{project.number}", shown=name)
    return project


def _entries(call: Call) -> JSON:
    names = call.body.get("resourceNames") or [f"projects/{item}" for item in call.body.get("projectIds", [])]
    if not names:
        raise errors.invalid("At least one resource name is required.", field="resource_names")
    projects = [_project(call, name) for name in names]
    own = tuple(f"projects/{project.project_id}/logs/" for project in projects)
    hidden = tuple(
        f"projects/{project.project_id}/logs/{DATA_ACCESS}"
        for project in projects
        if not call.may(_PRIVATE, f"projects/{project.number}")
    )
    order = call.body.get("orderBy", "")
    if order not in _ORDERS:
        raise errors.invalid(f"Invalid order_by: {order}", field="order_by")
    terms = filters.parse(call.body.get("filter", ""))
    found = [
        entry
        for entry in call.runtime.alerts
        if entry["logName"].startswith(own)
        and not entry["logName"].startswith(hidden)
        and all(term.holds(entry) for term in terms)
    ]
    if order.endswith("desc"):
        found.reverse()
    size = int(call.body.get("pageSize", 0)) or _USUAL
    part, following = paging.cut(found, size, call.body.get("pageToken", ""), _LARGEST)
    answer: JSON = {"entries": list(part)} if part else {}
    return {**answer, "nextPageToken": following} if following else answer


METHODS = (
    _method(
        name="entries.list",
        verb="POST",
        template="v2/entries:list",
        handler=_entries,
        body="ListLogEntriesRequest",
    ),
)
