"""create, get, list, patch and delete of connections."""

import uuid
from dataclasses import replace

from emulator import errors, names, services
from emulator.calling import Call
from emulator.connections import keys, lookup, patching, rendering
from emulator.errors import JSON
from emulator.kinds import registry
from emulator.kinds.base import Kind
from emulator.model import Connection, Project
from emulator.paging import page
from emulator.proto import masks


def create(call: Call) -> JSON:
    """Make a connection. The target is not looked at: Google does not check that it exists either."""
    project, location = lookup.parent_of(call, "bigquery.connections.create")
    connection_id = call.argument("connectionId") or str(uuid.uuid4())
    lookup.check_id(connection_id)
    kind = registry.kind_of(call.body)
    registry.check(kind, call.body[kind.name], location)
    if call.body.get("kmsKeyName"):
        keys.check(call.world, call.body["kmsKeyName"], location, project.number, call.moment)
    name = f"projects/{project.number}/locations/{location}/connections/{connection_id}"
    if name in call.world.connections:
        raise errors.already_exists(f"Already Exists: Connection {name}")
    connection = _made(call, name, kind, project, location)
    call.world.connections[name] = connection
    return rendering.rendered(connection)


def _made(call: Call, name: str, kind: Kind, project: Project, location: str) -> Connection:
    body, credential = rendering.split(call.body, kind)
    identity = kind.identity(project.number, location)
    if kind.uses_agent:
        agent = services.connection_agent(project.number)
        services.ensure_account(call.world, agent, call.moment + call.runtime.agent_delay)
    if "serviceAccountId" in identity:
        services.ensure_account(call.world, identity["serviceAccountId"], call.moment)
    return Connection(name, kind.name, body, identity, credential, call.moment, call.moment)


def get(call: Call) -> JSON:
    """One connection, without its password."""
    return rendering.rendered(lookup.found(call, "bigquery.connections.get"))


def listed(call: Call) -> JSON:
    """The connections of a project in one location, by name."""
    project, location = lookup.parent_of(call, "bigquery.connections.list")
    prefix = f"projects/{project.number}/locations/{location}/connections/"
    rows = sorted(name for name in call.world.connections if name.startswith(prefix))
    part, following = page(call, rows)
    answer: JSON = {}
    if part:
        answer["connections"] = [rendering.rendered(call.world.connections[name]) for name in part]
    if following:
        answer["nextPageToken"] = following
    return answer


def patch(call: Call) -> JSON:
    """Change what the mask names; see `patching` for the credential."""
    connection = lookup.found(call, "bigquery.connections.update")
    kind = registry.KINDS[connection.kind]
    paths = masks.parse(call.argument("updateMask"), "Connection")
    body = patching.patched_body(connection, kind, call.body, paths)
    location = names.location_of(connection.name)
    credential = connection.credential
    if patching.touches_properties(kind, paths):
        registry.check(kind, body.get(kind.name, {}), location)
        body, credential = rendering.split(body, kind)
    if ("kmsKeyName",) in paths and body.get("kmsKeyName"):
        number = connection.name.split("/")[1]
        keys.check(call.world, body["kmsKeyName"], location, number, call.moment)
    changed = replace(connection, body=rendering.pruned(body), credential=credential, modified=call.moment)
    call.world.connections[connection.name] = changed
    return rendering.rendered(changed)


def delete(call: Call) -> JSON:
    """Delete a connection with its credential and policy. Use does not block it."""
    connection = lookup.found(call, "bigquery.connections.delete")
    del call.world.connections[connection.name]
    call.world.policies.pop(connection.name, None)
    return {}
