"""The demo company's Cloud SQL, Spanner, Dataproc, Metastore and network attachment.

Bodies are as the discovery documents sqladmin v1, spanner v1, dataproc v1, metastore v1 and compute v1 have
them. What depends on the running server (an instance's address and certificate) is added when it is read.
"""

from emulator.clock import rfc3339
from emulator.logins import principals
from emulator.model import JSON, Named, Project, World

STARTED = 1755070800.0  # 13 August 2025: when the demo company made its projects
CLOUD_SQL, ALLOYDB, SPANNER = "cloudsql.googleapis.com", "alloydb.googleapis.com", "spanner.googleapis.com"
DATAPROC, METASTORE = "dataproc.googleapis.com", "metastore.googleapis.com"
COMPUTE = "compute.googleapis.com"

# What people and service accounts log in with, by product: Google's documentation, IAM authentication.
_FLAGS = {"POSTGRES": "cloudsql.iam_authentication", "MYSQL": "cloudsql_iam_authentication"}


def register(world: World, service: str, name: str, body: JSON) -> None:
    """Add a resource under its full name; `name` has the project's number."""
    key = f"//{service}/{name}"
    world.resources[key] = Named(key, body)


def register_sql_instance(
    world: World, project: Project, region: str, instance: str, version: str, *, address: int
) -> None:
    """Add a Cloud SQL instance on which IAM authentication is on; `address` ends its IP addresses."""
    engine = version.partition("_")[0]
    agent = f"p{project.number}-{instance}@gcp-sa-cloud-sql.iam.gserviceaccount.com"
    body: JSON = {
        "kind": "sql#instance",
        "name": instance,
        "project": project.project_id,
        "region": region,
        "gceZone": f"{region}-a",
        "connectionName": f"{project.project_id}:{region}:{instance}",
        "databaseVersion": version,
        "state": "RUNNABLE",
        "backendType": "SECOND_GEN",
        "instanceType": "CLOUD_SQL_INSTANCE",
        "createTime": rfc3339(STARTED),
        "etag": "9bfe1ad57ef7b02cf3c4bb5bb3e8d1d6",
        "selfLink": f"https://sqladmin.googleapis.com/v1/projects/{project.project_id}/instances/{instance}",
        "serviceAccountEmailAddress": agent,
        "ipAddresses": [
            {"type": "PRIMARY", "ipAddress": f"203.0.113.{address}"},
            {"type": "PRIVATE", "ipAddress": f"10.40.1.{address}"},
        ],
        "settings": {
            "kind": "sql#settings",
            "settingsVersion": "3",
            "tier": "db-custom-2-7680",
            "edition": "ENTERPRISE",
            "activationPolicy": "ALWAYS",
            "availabilityType": "ZONAL",
            "databaseFlags": [{"name": _FLAGS[engine], "value": "on"}],
            "ipConfiguration": {"ipv4Enabled": True, "sslMode": "ENCRYPTED_ONLY"},
        },
    }
    register(world, CLOUD_SQL, f"projects/{project.number}/instances/{instance}", body)


def register_sql_database(world: World, project: Project, instance: str, database: str, charset: str) -> None:
    """Add a database to a Cloud SQL instance."""
    tail = f"instances/{instance}/databases/{database}"
    body: JSON = {
        "kind": "sql#database",
        "name": database,
        "instance": instance,
        "project": project.project_id,
        "charset": charset,
        "collation": "en_US.UTF8" if charset == "UTF8" else "utf8mb4_0900_ai_ci",
        "etag": "c9a1f5c0",
        "selfLink": f"https://sqladmin.googleapis.com/v1/projects/{project.project_id}/{tail}",
    }
    register(world, CLOUD_SQL, f"projects/{project.number}/{tail}", body)


def _sql_user(world: World, project: Project, instance: str, user: str, kind: str) -> None:
    body: JSON = {
        "kind": "sql#user",
        "etag": "5b2f0a7c",
        "name": user,
        "host": "%" if instance == "shop" else "",
        "instance": instance,
        "project": project.project_id,
        "type": kind,
    }
    register(world, CLOUD_SQL, f"projects/{project.number}/instances/{instance}/users/{user}", body)


def _alloydb_user(world: World, project: Project, cluster: str, user: str, kind: str) -> None:
    tail = f"{cluster}/users/{user}"
    body: JSON = {"name": f"projects/{project.project_id}/{tail}", "userType": kind}
    body |= {"databaseRoles": ["alloydbiamuser"]} if kind == "ALLOYDB_IAM_USER" else {}
    register(world, ALLOYDB, f"projects/{project.number}/{tail}", body)


def register_users(world: World, project: Project, account: str) -> None:
    """Add the built-in users, and a service account as IAM user where PostgreSQL really stands behind."""
    iam = principals.database_user(account)
    for instance, reader in (("crm", "crm_reader"), ("shop", "shop_reader")):
        _sql_user(world, project, instance, "root" if instance == "shop" else "postgres", "BUILT_IN")
        _sql_user(world, project, instance, reader, "BUILT_IN")
    _sql_user(world, project, "crm", iam, "CLOUD_IAM_SERVICE_ACCOUNT")
    for region, name in (("us-central1", "orders"), ("europe-west1", "orders-eu")):
        cluster = f"locations/{region}/clusters/{name}"
        _alloydb_user(world, project, cluster, "postgres", "ALLOYDB_BUILT_IN")
    orders = "locations/us-central1/clusters/orders"
    _alloydb_user(world, project, orders, "bq_reader", "ALLOYDB_BUILT_IN")
    _alloydb_user(world, project, orders, iam, "ALLOYDB_IAM_USER")


def _spanner(world: World, project: Project) -> None:
    shown, name = f"projects/{project.project_id}", f"projects/{project.number}"
    instance: JSON = {
        "name": f"{shown}/instances/ledger",
        "config": f"{shown}/instanceConfigs/regional-us-central1",
        "displayName": "Ledger",
        "processingUnits": 100,
        "state": "READY",
        "edition": "STANDARD",
        "createTime": rfc3339(STARTED),
    }
    database: JSON = {
        "name": f"{shown}/instances/ledger/databases/ledger",
        "state": "READY",
        "databaseDialect": "GOOGLE_STANDARD_SQL",
        "versionRetentionPeriod": "1h",
        "createTime": rfc3339(STARTED),
    }
    register(world, SPANNER, f"{name}/instances/ledger", instance)
    register(world, SPANNER, f"{name}/instances/ledger/databases/ledger", database)


def _spark(world: World, project: Project) -> None:
    cluster: JSON = {
        "projectId": project.project_id,
        "clusterName": "spark-history",
        "clusterUuid": "6b1f1f0e-3a0c-4f57-9f59-0d8c21f6c1b7",
        "config": {
            "configBucket": f"dataproc-staging-us-central1-{project.number}",
            "softwareConfig": {
                "imageVersion": "2.2.66-debian12",
                "properties": {"spark:spark.history.fs.logDirectory": "gs://acme-spark-history/*/events"},
            },
        },
        "status": {"state": "RUNNING", "stateStartTime": rfc3339(STARTED)},
    }
    register(
        world, DATAPROC, f"projects/{project.number}/regions/us-central1/clusters/spark-history", cluster
    )
    tail = "locations/us-central1/services/lake"
    service: JSON = {
        "name": f"projects/{project.project_id}/{tail}",
        "createTime": rfc3339(STARTED),
        "updateTime": rfc3339(STARTED),
        "state": "ACTIVE",
        "tier": "DEVELOPER",
        "network": f"projects/{project.number}/global/networks/default",
        "port": 9083,
        "endpointUri": "thrift://10.40.8.3:9083",
        "hiveMetastoreConfig": {"version": "3.1.2"},
        "databaseType": "MYSQL",
        "releaseChannel": "STABLE",
        "uid": "0f1b7d1c-9e6a-4d0b-8a67-33d0cf3b5b8e",
    }
    register(world, METASTORE, f"projects/{project.number}/{tail}", service)


def _network(world: World, project: Project) -> None:
    root = f"https://www.googleapis.com/compute/v1/projects/{project.project_id}"
    region = f"{root}/regions/us-central1"
    body: JSON = {
        "kind": "compute#networkAttachment",
        "id": "4630815902716843021",
        "name": "sap-attachment",
        "description": "Way to the SAP Datasphere of finance",
        "creationTimestamp": "2025-08-13T00:40:00.000-07:00",
        "region": region,
        "network": f"{root}/global/networks/default",
        "subnetworks": [f"{region}/subnetworks/attachments"],
        "connectionPreference": "ACCEPT_AUTOMATIC",
        "fingerprint": "kEJ4P0pOL3s=",
        "selfLink": f"{region}/networkAttachments/sap-attachment",
        "selfLinkWithId": f"{region}/networkAttachments/4630815902716843021",
    }
    name = f"projects/{project.number}/regions/us-central1/networkAttachments/sap-attachment"
    register(world, COMPUTE, name, body)


def furnish(world: World, project: Project) -> None:
    """Put everything but the users into a project."""
    register_sql_instance(world, project, "us-central1", "crm", "POSTGRES_18", address=10)
    register_sql_database(world, project, "crm", "crm", "UTF8")
    register_sql_database(world, project, "crm", "postgres", "UTF8")
    register_sql_instance(world, project, "us-central1", "shop", "MYSQL_8_0", address=11)
    register_sql_database(world, project, "shop", "shop", "utf8mb4")
    _spanner(world, project)
    _spark(world, project)
    _network(world, project)
