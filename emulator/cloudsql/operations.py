"""Operations of Cloud SQL: what they do is done at once, they are told to end a little later."""

import uuid
from dataclasses import dataclass

from emulator.calling import Call
from emulator.clock import rfc3339
from emulator.cloudsql import errors, instances
from emulator.cloudsql.instances import Found
from emulator.errors import JSON
from emulator.furniture import CLOUD_SQL
from emulator.model import Operation, Project

_SECONDS = 0.2


@dataclass(frozen=True)
class _Key:
    project: Project

    def __call__(self, name: str) -> str:
        return f"//{CLOUD_SQL}/projects/{self.project.number}/operations/{name}"


def _rendered(operation: Operation, moment: float) -> JSON:
    if operation.ready_at > moment:
        return {**operation.metadata, "status": "RUNNING"}
    return {**operation.metadata, **operation.response, "status": "DONE"}


def start(call: Call, found: Found, kind: str) -> JSON:
    """Begin an operation on an instance; answers how it is."""
    name, shown = str(uuid.uuid4()), found.project.project_id
    root = f"https://sqladmin.googleapis.com/v1/projects/{shown}"
    body: JSON = {
        "kind": "sql#operation",
        "name": name,
        "operationType": kind,
        "targetId": found.body["name"],
        "targetLink": f"{root}/instances/{found.body['name']}",
        "targetProject": shown,
        "selfLink": f"{root}/operations/{name}",
        "user": call.caller.partition(":")[2],
        "insertTime": rfc3339(call.moment),
        "startTime": rfc3339(call.moment),
    }
    ready = call.moment + _SECONDS
    operation = Operation(_Key(found.project)(name), ready, {"endTime": rfc3339(ready)}, body)
    call.world.operations[operation.name] = operation
    return _rendered(operation, call.moment)


def get(call: Call) -> JSON:
    """How an operation is now."""
    permission = "cloudsql.instances.get"
    project = instances.authorized(call, permission, f"operations/{call.params['operation']}")
    found = call.world.operations.get(_Key(project)(call.params["operation"]))
    if found is None:
        raise errors.missing("The Cloud SQL instance operation does not exist.")
    return _rendered(found, call.moment)
