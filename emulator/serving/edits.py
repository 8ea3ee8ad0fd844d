"""What others do behind the caller's back, by order of the control API. Nobody's permissions are asked."""

from dataclasses import replace
from typing import Any

from emulator import clock, names, services, tokens
from emulator.connections import rendering
from emulator.estate import register_project
from emulator.furniture import CLOUD_SQL
from emulator.iam import members
from emulator.iam.policies import new_etag
from emulator.model import Account, CustomRole, Named, Project
from emulator.serving.engine import Edit, Engine
from emulator.serving.faults import BadOrder

Order = dict[str, Any]
_SQL = f"//{CLOUD_SQL}/"


def _project(engine: Engine, order: Order) -> Project:
    found = engine.world.project(str(order["project"]))
    if found is None:
        raise BadOrder(f"there is no project {order['project']}")
    return found


def _connection_name(engine: Engine, order: Order) -> str:
    name = names.canonical(engine.world, str(order["name"]))
    if name not in engine.world.connections:
        raise BadOrder(f"there is no connection {name}")
    return name


def outsider(engine: Engine, order: Order) -> Any:
    """Add or remove one member, at once or (`when`: `after_read`) right after the next read of the policy."""
    if order.get("action") not in ("add", "remove"):
        raise BadOrder("action is add or remove")
    if not members.valid(str(order["member"])):
        raise BadOrder(f"{order['member']} is not a member")
    resource = names.canonical(engine.world, str(order["resource"]))
    add = order["action"] == "add"
    edit = Edit(resource, order["role"], order["member"], order.get("condition"), add)
    if order.get("when") == "after_read":
        engine.edits_after_read.append(edit)
    else:
        engine.edit(edit)
    return {}


def delete_connection(engine: Engine, order: Order) -> Any:
    """Delete a connection by its full name."""
    name = _connection_name(engine, order)
    changed = engine.world.copy()
    del changed.connections[name]
    changed.policies.pop(name, None)
    engine.commit(changed)
    return {}


def edit_connection(engine: Engine, order: Order) -> Any:
    """Merge `fields` into a connection, as if in the console; `drop_credential` takes its credential."""
    name = _connection_name(engine, order)
    old = engine.world.connections[name]
    body = rendering.pruned(rendering.scrubbed(rendering.merged(old.body, order.get("fields", {}))))
    credential = None if order.get("drop_credential") else old.credential
    changed = engine.world.copy()
    changed.connections[name] = replace(old, body=body, credential=credential, modified=clock.now())
    engine.commit(changed)
    return {}


def switch_service(engine: Engine, order: Order) -> Any:
    """Switch an API of a project on or off."""
    project, service = _project(engine, order), str(order["service"])
    if service not in services.TITLES:
        raise BadOrder(f"{service} is not a known API")
    on = {name: since for name, since in project.services.items() if name != service}
    if order.get("enabled", True):
        on[service] = clock.now()
    changed = engine.world.copy()
    changed.projects[project.number] = replace(project, services=on)
    engine.commit(changed)
    return {}


def switch_account(engine: Engine, order: Order) -> Any:
    """Make a service account (`exists` true, after `delay` seconds) or take it away."""
    changed = engine.world.copy()
    email = str(order["email"])
    if order.get("exists", True):
        changed.accounts[email] = Account(email, clock.now() + float(order.get("delay", 0)))
    else:
        changed.accounts.pop(email, None)
    engine.commit(changed)
    return {}


def edit_instance(engine: Engine, order: Order) -> Any:
    """Merge `fields` into an AlloyDB or Cloud SQL instance: its flags, say. Lists are replaced whole."""
    name = names.canonical(engine.world, str(order["name"]))
    changed = engine.world.copy()
    key, table = (name, changed.instances) if name in changed.instances else (_SQL + name, changed.resources)
    if key not in table:
        raise BadOrder(f"there is no instance {name}")
    table[key] = Named(key, rendering.merged(table[key].body, order["fields"]))
    engine.commit(changed)
    return {}


def mint_token(engine: Engine, order: Order) -> Any:
    """Make a token for a person or service account, as if they had logged in; `lifetime` in seconds."""
    scopes = tuple(str(scope) for scope in order.get("scopes", [tokens.CLOUD_PLATFORM]))
    changed = engine.world.copy()
    expires = clock.now() + float(order.get("lifetime", 3600))
    token = tokens.mint(changed, str(order["email"]), scopes, expires)
    engine.commit(changed)
    return {"token": token.token}


def define_role(engine: Engine, order: Order) -> Any:
    """Define a custom role, `projects/P/roles/R`, with these permissions."""
    name = str(order["name"])
    permissions = tuple(str(permission) for permission in order["permissions"])
    changed = engine.world.copy()
    changed.custom_roles[name] = CustomRole(name, str(order.get("title", name)), permissions, new_etag())
    engine.commit(changed)
    return {}


def add_project(engine: Engine, order: Order) -> Any:
    """Add a project with every API on, or with those in `services`. Give its people roles by `outsider`."""
    changed = engine.world.copy()
    apis = order.get("services", list(services.TITLES))
    register_project(
        changed, str(order["id"]), str(order["number"]), str(order.get("title", order["id"])), apis
    )
    account = services.encryption_account(str(order["number"]))
    changed.accounts[account] = Account(account, clock.now())
    engine.commit(changed)
    return {}
