"""Service Usage v1 and v1beta1: which APIs are on, switching one on, making a service agent."""

import secrets
from dataclasses import replace
from functools import partial

from emulator import errors, services
from emulator.calling import Call, Method
from emulator.errors import JSON
from emulator.model import Operation, Project

_SERVICES = "v1/projects/{project}/services"
_SERVICE = _SERVICES + "/{service}"
_BETA_SERVICE = "v1beta1/projects/{project}/services/{service}"
_MOST = 30  # names in one batchGet, says the discovery document
_method = partial(Method, api="serviceusage")


def _allowed(call: Call, permission: str) -> Project:
    project = call.project()
    call.require(permission, f"projects/{project.number}", shown=f"projects/{project.project_id}")
    return project


def _check_known(names: list[str]) -> None:
    unknown = [name for name in names if name not in services.TITLES]
    if unknown:
        raise errors.denied(f"Not found or permission denied for service(s): {', '.join(unknown)}.")


def _state(call: Call, project: Project, service: str) -> JSON:
    on = services.enabled(project, service, call.moment)
    return {
        "name": f"projects/{project.number}/services/{service}",
        "parent": f"projects/{project.number}",
        "config": {"name": service, "title": services.TITLES[service]},
        "state": "ENABLED" if on else "DISABLED",
    }


def _batch_get(call: Call) -> JSON:
    project = _allowed(call, "serviceusage.services.get")
    given = call.query.get("names", [])
    if not given or len(given) > _MOST:
        raise errors.invalid(f"Between 1 and {_MOST} service names must be given.", field="names")
    names = [name.split("/")[-1] for name in given]
    _check_known(names)
    return {"services": [_state(call, project, name) for name in names]}


def _get(call: Call) -> JSON:
    project = _allowed(call, "serviceusage.services.get")
    _check_known([call.params["service"]])
    return _state(call, project, call.params["service"])


def _operation_json(operation: Operation, moment: float) -> JSON:
    if operation.ready_at > moment:
        return {"name": operation.name, "metadata": operation.metadata}
    return {
        "name": operation.name,
        "metadata": operation.metadata,
        "done": True,
        "response": operation.response,
    }


def _start(call: Call, ready_at: float, response: JSON, resource: str) -> JSON:
    kind = "type.googleapis.com/google.api.serviceusage.v1.OperationMetadata"
    metadata: JSON = {"@type": kind, "resourceNames": [resource]}
    name = f"operations/acf.p2-{resource.split('/')[1]}-{secrets.token_hex(12)}"
    operation = Operation(name, ready_at, response, metadata)
    call.world.operations[name] = operation
    return _operation_json(operation, call.moment)


def _enable(call: Call) -> JSON:
    project, service = _allowed(call, "serviceusage.services.enable"), call.params["service"]
    _check_known([service])
    kind = "type.googleapis.com/google.api.serviceusage.v1.EnableServiceResponse"
    resource = f"projects/{project.number}/services/{service}"
    answer: JSON = {"@type": kind, "service": {**_state(call, project, service), "state": "ENABLED"}}
    if services.enabled(project, service, call.moment):
        return {"name": "operations/noop.DONE_OPERATION", "done": True, "response": answer}
    ready_at = min(project.services.get(service, float("inf")), call.moment + call.runtime.agent_delay)
    changed = replace(project, services={**project.services, service: ready_at})
    call.world.projects[project.number] = changed
    return _start(call, ready_at, answer, resource)


def _generate_identity(call: Call) -> JSON:
    project, service = _allowed(call, "serviceusage.services.enable"), call.params["service"]
    _check_known([service])
    if service not in services.AGENT_DOMAINS:
        raise errors.invalid(f"Service {service} does not have a service identity.")
    email = services.agent(service, project.number)
    account = services.ensure_account(call.world, email, call.moment + call.runtime.agent_delay)
    answer: JSON = {
        "@type": "type.googleapis.com/google.api.serviceusage.v1beta1.ServiceIdentity",
        "email": email,
        "uniqueId": f"1{int(project.number):020d}",
    }
    return _start(call, account.exists_from, answer, f"projects/{project.number}/services/{service}")


def _get_operation(call: Call) -> JSON:
    name = f"operations/{call.params['operation']}"
    if name == "operations/noop.DONE_OPERATION":
        return {"name": name, "done": True}
    operation = call.world.operations.get(name)
    if operation is None:
        raise errors.not_found(f"Operation not found: {name}")
    return _operation_json(operation, call.moment)


METHODS = (
    _method(
        name="services.batchGet",
        verb="GET",
        template=_SERVICES + ":batchGet",
        handler=_batch_get,
        query=("names",),
    ),
    _method(
        name="services.enable",
        verb="POST",
        template=_SERVICE + ":enable",
        handler=_enable,
        writes=True,
        body="Empty",
    ),
    _method(name="services.get", verb="GET", template=_SERVICE, handler=_get),
    _method(name="operations.get", verb="GET", template="v1/operations/{operation}", handler=_get_operation),
    _method(
        name="services.generateServiceIdentity",
        verb="POST",
        template=_BETA_SERVICE + ":generateServiceIdentity",
        handler=_generate_identity,
        writes=True,
        body="Empty",
    ),
    _method(
        name="operations.get", verb="GET", template="v1beta1/operations/{operation}", handler=_get_operation
    ),
)
