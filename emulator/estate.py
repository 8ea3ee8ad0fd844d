"""The estates to start with: the demo company, or nothing."""

from collections.abc import Iterable

from emulator import furniture, services
from emulator.clock import now, rfc3339
from emulator.furniture import STARTED as _STARTED
from emulator.iam.policies import new_etag, tidy
from emulator.model import Account, Binding, CustomRole, Named, Policy, Project, World

DEFAULT_CALLER = "portal@acme-analytics.iam.gserviceaccount.com"
DEMO_INSTANCE = "projects/528461093377/locations/us-central1/clusters/orders/instances/orders-primary"
DEMO_READ_POOL = "projects/528461093377/locations/us-central1/clusters/orders/instances/orders-read"
DEMO_CLOUD_SQL = "projects/528461093377/instances/crm"
LOGIN_CHECKER = "login-check@acme-analytics.iam.gserviceaccount.com"

_ANALYTICS, _SANDBOX = "528461093377", "734920118846"
_PORTAL = f"serviceAccount:{DEFAULT_CALLER}"
_LOADER = "serviceAccount:nightly-loader@acme-analytics.iam.gserviceaccount.com"

_PORTAL_ROLES = (
    "roles/alloydb.viewer",
    "roles/bigquery.connectionAdmin",
    "roles/bigquery.jobUser",
    "roles/cloudkms.admin",
    "roles/cloudsql.viewer",
    "roles/compute.networkViewer",
    "roles/dataproc.viewer",
    "roles/iam.roleViewer",
    "roles/iam.securityReviewer",
    "roles/logging.privateLogViewer",
    "roles/metastore.viewer",
    "roles/resourcemanager.projectIamAdmin",
    "roles/serviceusage.serviceUsageAdmin",
    "roles/spanner.viewer",
    "projects/acme-analytics/roles/databaseUserManager",
)
# What the account that tries logins out needs: Google's documentation, IAM authentication of both products.
_LOGIN_ROLES = (
    "roles/alloydb.client",
    "roles/alloydb.databaseUser",
    "roles/cloudsql.client",
    "roles/cloudsql.instanceUser",
    "roles/serviceusage.serviceUsageConsumer",
)
_FOREIGN: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("roles/owner", ("user:admin@example.com",)),
    ("roles/viewer", ("group:auditors@example.com", "user:auditor@example.com")),
    ("roles/bigquery.jobUser", ("group:analysts@example.com", "user:analyst@example.com")),
    ("roles/bigquery.dataEditor", (_LOADER,)),
    ("roles/storage.objectViewer", (_LOADER, "group:analysts@example.com")),
    ("roles/alloydb.admin", ("group:database-admins@example.com",)),
)
_CUSTOM_ROLES = {
    "databaseConnector": (
        "Database Connector",
        ("alloydb.clusters.get", "alloydb.instances.connect", "alloydb.instances.get"),
    ),
    "databaseUserManager": (
        "Database User Manager",
        (
            *(f"alloydb.users.{verb}" for verb in ("create", "delete", "get", "list", "update")),
            *(f"cloudsql.users.{verb}" for verb in ("create", "delete", "get", "list", "update")),
        ),
    ),
}
_UNTIL_2030 = {
    "title": "contractor until 2030",
    "description": "Ends with the contract",
    "expression": 'request.time < timestamp("2030-01-01T00:00:00Z")',
}


def register_project(world: World, project_id: str, number: str, title: str, apis: Iterable[str]) -> Project:
    """Add a project with these APIs on (full names)."""
    on = dict.fromkeys(apis, _STARTED)
    project = Project(project_id, number, title, _STARTED, services=on)
    world.projects[number] = project
    return project


def register_accounts(world: World, *emails: str) -> None:
    """Add service accounts that exist already."""
    for email in emails:
        world.accounts[email] = Account(email, _STARTED)


def register_policy(world: World, resource: str, bindings: Iterable[Binding]) -> None:
    """Give a resource (a name with the project's number) these bindings, on top of those that it has."""
    world.policies[resource] = Policy(tidy([*world.policy(resource).bindings, *bindings]), new_etag())


def register_cluster(world: World, project: Project, region: str, cluster: str) -> None:
    """Add an AlloyDB cluster."""
    tail = f"locations/{region}/clusters/{cluster}"
    body = {
        "name": f"projects/{project.project_id}/{tail}",
        "displayName": cluster,
        "uid": f"c{project.number}{cluster}",
        "createTime": rfc3339(_STARTED),
        "updateTime": rfc3339(_STARTED),
        "state": "READY",
        "clusterType": "PRIMARY",
        "databaseVersion": "POSTGRES_17",
        "network": f"projects/{project.number}/global/networks/default",
    }
    name = f"projects/{project.number}/{tail}"
    world.clusters[name] = Named(name, body)


def register_instance(
    world: World, project: Project, region: str, cluster: str, instance: str, *, read_pool: bool = False
) -> None:
    """Add an AlloyDB instance to a cluster."""
    tail = f"locations/{region}/clusters/{cluster}/instances/{instance}"
    body = {
        "name": f"projects/{project.project_id}/{tail}",
        "displayName": instance,
        "uid": f"i{project.number}{instance}",
        "createTime": rfc3339(_STARTED),
        "updateTime": rfc3339(_STARTED),
        "state": "READY",
        "instanceType": "READ_POOL" if read_pool else "PRIMARY",
        "availabilityType": "REGIONAL",
        "machineConfig": {"cpuCount": 2},
        "databaseFlags": {"alloydb.iam_authentication": "on"},
        "ipAddress": "10.40.0.3" if read_pool else "10.40.0.2",
        "publicIpAddress": "203.0.113.3" if read_pool else "203.0.113.2",
        "networkConfig": {"enablePublicIp": True},
    }
    if read_pool:
        body["readPoolConfig"] = {"nodeCount": 2}
    name = f"projects/{project.number}/{tail}"
    world.instances[name] = Named(name, body)


def register_key(world: World, project: Project, location: str, ring: str, key: str) -> str:
    """Add a key, and its ring if need be. Returns the key's name with the project's number."""
    tail = f"locations/{location}/keyRings/{ring}"
    ring_name = f"projects/{project.number}/{tail}"
    shown = f"projects/{project.project_id}/{tail}"
    world.key_rings[ring_name] = Named(ring_name, {"name": shown, "createTime": rfc3339(_STARTED)})
    body = {
        "name": f"{shown}/cryptoKeys/{key}",
        "purpose": "ENCRYPT_DECRYPT",
        "createTime": rfc3339(_STARTED),
        "versionTemplate": {"protectionLevel": "SOFTWARE", "algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION"},
        "primary": {
            "name": f"{shown}/cryptoKeys/{key}/cryptoKeyVersions/1",
            "state": "ENABLED",
            "createTime": rfc3339(_STARTED),
            "protectionLevel": "SOFTWARE",
            "algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION",
        },
    }
    name = f"{ring_name}/cryptoKeys/{key}"
    world.keys[name] = Named(name, body)
    return name


def _people(world: World) -> None:
    world.groups["analysts@example.com"] = ("user:analyst@example.com",)
    world.groups["auditors@example.com"] = ("user:auditor@example.com",)
    world.groups["database-admins@example.com"] = ("user:owner@example.com",)


def _analytics(world: World) -> None:
    project = register_project(world, "acme-analytics", _ANALYTICS, "Acme Analytics", services.TITLES)
    register_accounts(
        world,
        DEFAULT_CALLER,
        _LOADER.removeprefix("serviceAccount:"),
        services.encryption_account(_ANALYTICS),
        f"{_ANALYTICS}-compute@developer.gserviceaccount.com",
        services.agent("alloydb.googleapis.com", _ANALYTICS),
    )
    agent = f"serviceAccount:{services.agent('alloydb.googleapis.com', _ANALYTICS)}"
    name = f"projects/{_ANALYTICS}"
    register_policy(world, name, (Binding(role, (_PORTAL,)) for role in _PORTAL_ROLES))
    register_policy(world, name, (Binding(role, members) for role, members in _FOREIGN))
    register_policy(world, name, [Binding("roles/alloydb.serviceAgent", (agent,))])
    contractor = Binding("roles/bigquery.dataViewer", ("user:contractor@partner.example.com",), _UNTIL_2030)
    register_policy(world, name, [contractor])
    for role, (title, permissions) in _CUSTOM_ROLES.items():
        name = f"projects/{project.project_id}/roles/{role}"
        world.custom_roles[name] = CustomRole(name, title, permissions, new_etag())
    _databases(world, project)
    furniture.furnish(world, project)
    _logins(world, project)
    _keys(world, project)


def _databases(world: World, project: Project) -> None:
    register_cluster(world, project, "us-central1", "orders")
    register_instance(world, project, "us-central1", "orders", "orders-primary")
    register_instance(world, project, "us-central1", "orders", "orders-read", read_pool=True)
    register_cluster(world, project, "europe-west1", "orders-eu")
    register_instance(world, project, "europe-west1", "orders-eu", "orders-eu-primary")


def _logins(world: World, project: Project) -> None:
    """The built-in users, and the account that the portal may impersonate to try a login out."""
    register_accounts(world, LOGIN_CHECKER)
    checker = f"serviceAccount:{LOGIN_CHECKER}"
    register_policy(world, f"projects/{project.number}", (Binding(role, (checker,)) for role in _LOGIN_ROLES))
    impersonate = Binding("roles/iam.serviceAccountTokenCreator", (_PORTAL,))
    register_policy(world, f"projects/-/serviceAccounts/{LOGIN_CHECKER}", [impersonate])
    furniture.register_users(world, project, LOGIN_CHECKER)


def _keys(world: World, project: Project) -> None:
    usable = register_key(world, project, "us", "portal", "connections-us")
    register_key(world, project, "us-central1", "portal", "connections-us-central1")
    register_key(world, project, "europe-west1", "portal-eu", "connections-europe-west1")
    account = f"serviceAccount:{services.encryption_account(project.number)}"
    register_policy(world, usable, [Binding("roles/cloudkms.cryptoKeyEncrypterDecrypter", (account,))])


def _sandbox(world: World) -> None:
    apis = set(services.TITLES) - {"bigqueryconnection.googleapis.com", "alloydb.googleapis.com"}
    register_project(world, "acme-sandbox", _SANDBOX, "Acme Sandbox", sorted(apis))
    register_accounts(world, services.encryption_account(_SANDBOX))
    bindings = [
        Binding("roles/owner", ("user:admin@example.com",)),
        Binding("roles/browser", (_PORTAL,)),
        Binding("roles/serviceusage.serviceUsageViewer", (_PORTAL,)),
    ]
    register_policy(world, f"projects/{_SANDBOX}", bindings)


def demo(caller: str = DEFAULT_CALLER) -> World:
    """The company that the demo is about: a furnished project and an unfurnished one.

    `caller`, the account that calls without a token, gets the portal's place in it.
    """
    world = World()
    _people(world)
    _analytics(world)
    _sandbox(world)
    if caller != DEFAULT_CALLER:
        register_accounts(world, caller)
        impersonate = Binding("roles/iam.serviceAccountTokenCreator", (f"serviceAccount:{caller}",))
        register_policy(world, f"projects/-/serviceAccounts/{LOGIN_CHECKER}", [impersonate])
        role_bindings = (Binding(role, (f"serviceAccount:{caller}",)) for role in _PORTAL_ROLES)
        register_policy(world, f"projects/{_ANALYTICS}", role_bindings)
    return world


def empty(caller: str = DEFAULT_CALLER) -> World:
    """Nothing but the caller's account."""
    world = World()
    world.accounts[caller] = Account(caller, now())
    return world


ESTATES = {"demo": demo, "empty": empty}
