"""Predefined roles that the product touches, and what they contain.

From Google's documentation, IAM roles and permissions index. Not complete: it holds the permissions that the
stand-in checks or that the portal may ask about, and a few foreign roles so that policies look lived in.
"""

_PROJECT = ("resourcemanager.projects.get", "resourcemanager.projects.list")

_CONNECTION_READ = (
    "bigquery.connections.get",
    "bigquery.connections.getIamPolicy",
    "bigquery.connections.list",
)
_CONNECTION_WRITE = (
    "bigquery.connections.create",
    "bigquery.connections.delete",
    "bigquery.connections.update",
    "bigquery.connections.updateTag",
)
_CONNECTION_ALL = (
    *_CONNECTION_READ,
    *_CONNECTION_WRITE,
    "bigquery.connections.delegate",
    "bigquery.connections.setIamPolicy",
    "bigquery.connections.use",
)
_ALLOYDB_READ = (
    "alloydb.clusters.get",
    "alloydb.clusters.list",
    "alloydb.databases.list",
    "alloydb.instances.get",
    "alloydb.instances.list",
    "alloydb.locations.get",
    "alloydb.locations.list",
    "alloydb.operations.get",
    "alloydb.users.get",
    "alloydb.users.list",
)
_ALLOYDB_CONNECT = ("alloydb.clusters.generateClientCertificate", "alloydb.instances.connect")
_ALLOYDB_WRITE = (
    "alloydb.instances.update",
    "alloydb.users.create",
    "alloydb.users.delete",
    "alloydb.users.update",
)
_CLOUDSQL_READ = (
    "cloudsql.databases.get",
    "cloudsql.databases.list",
    "cloudsql.instances.get",
    "cloudsql.instances.list",
    "cloudsql.users.get",
    "cloudsql.users.list",
)
_CLOUDSQL_WRITE = (
    "cloudsql.instances.update",
    "cloudsql.users.create",
    "cloudsql.users.delete",
    "cloudsql.users.update",
)
_KMS_READ = (
    "cloudkms.cryptoKeyVersions.get",
    "cloudkms.cryptoKeyVersions.list",
    "cloudkms.cryptoKeys.get",
    "cloudkms.cryptoKeys.list",
    "cloudkms.keyRings.get",
    "cloudkms.keyRings.list",
    "cloudkms.locations.get",
    "cloudkms.locations.list",
)
# Not in Cloud KMS Viewer, whose "get and list" leaves policies out.
_KMS_POLICIES = ("cloudkms.cryptoKeys.getIamPolicy", "cloudkms.keyRings.getIamPolicy")
_KMS_USE = ("cloudkms.cryptoKeyVersions.useToDecrypt", "cloudkms.cryptoKeyVersions.useToEncrypt")
_USAGE_READ = ("serviceusage.quotas.get", "serviceusage.services.get", "serviceusage.services.list")
_USAGE_WRITE = ("serviceusage.services.disable", "serviceusage.services.enable")
_JOBS = ("bigquery.jobs.create",)
_ROLES_READ = ("iam.roles.get", "iam.roles.list")
_SPANNER_READ = (
    "spanner.databases.get",
    "spanner.databases.list",
    "spanner.instances.get",
    "spanner.instances.list",
)
_NETWORK_READ = ("compute.networkAttachments.get", "compute.networkAttachments.list")
_SPARK_READ = ("dataproc.clusters.get", "dataproc.clusters.list")
_METASTORE_READ = ("metastore.services.get", "metastore.services.list")
_LOGS_READ = ("logging.logEntries.list", "logging.logs.list", "logging.views.access")

_VIEWER = (
    *_PROJECT,
    *_CONNECTION_READ,
    *_ALLOYDB_READ,
    *_CLOUDSQL_READ,
    *_KMS_READ,
    *_USAGE_READ,
    *_ROLES_READ,
    *_SPANNER_READ,
    *_NETWORK_READ,
    *_SPARK_READ,
    *_METASTORE_READ,
    *_JOBS,
    "logging.logEntries.list",
    "resourcemanager.projects.getIamPolicy",
)
_EDITOR = (
    *_VIEWER,
    *_CONNECTION_WRITE,
    *_ALLOYDB_CONNECT,
    *_ALLOYDB_WRITE,
    *_CLOUDSQL_WRITE,
    *_USAGE_WRITE,
    "bigquery.connections.use",
    "cloudsql.instances.connect",
    "cloudsql.instances.login",
    "serviceusage.services.use",
)

EVERYTHING = "*"

# name: (title, permissions)
PREDEFINED: dict[str, tuple[str, tuple[str, ...]]] = {
    "roles/owner": ("Owner", (*_EDITOR, *_CONNECTION_ALL, *_KMS_USE, EVERYTHING)),
    "roles/editor": ("Editor", _EDITOR),
    "roles/viewer": ("Viewer", _VIEWER),
    "roles/browser": ("Browser", (*_PROJECT, "resourcemanager.projects.getIamPolicy")),
    "roles/bigquery.connectionAdmin": ("BigQuery Connection Admin", _CONNECTION_ALL),
    "roles/bigquery.connectionUser": (
        "BigQuery Connection User",
        (*_CONNECTION_READ, "bigquery.connections.use"),
    ),
    "roles/bigquery.admin": (
        "BigQuery Admin",
        (*_PROJECT, *_CONNECTION_ALL, *_JOBS, "bigquery.datasets.create", "bigquery.jobs.listAll"),
    ),
    "roles/bigquery.user": (
        "BigQuery User",
        (*_PROJECT, *_JOBS, "bigquery.datasets.create", "bigquery.jobs.list"),
    ),
    "roles/bigquery.jobUser": ("BigQuery Job User", (*_PROJECT, *_JOBS)),
    "roles/bigquery.dataViewer": (
        "BigQuery Data Viewer",
        (*_PROJECT, "bigquery.datasets.get", "bigquery.tables.getData"),
    ),
    "roles/bigquery.dataEditor": (
        "BigQuery Data Editor",
        (*_PROJECT, "bigquery.datasets.get", "bigquery.tables.getData", "bigquery.tables.updateData"),
    ),
    "roles/alloydb.admin": (
        "Cloud AlloyDB Admin",
        (*_PROJECT, *_ALLOYDB_READ, *_ALLOYDB_CONNECT, *_ALLOYDB_WRITE, "alloydb.users.login"),
    ),
    "roles/alloydb.client": (
        "Cloud AlloyDB Client",
        (*_PROJECT, *_ALLOYDB_CONNECT, "alloydb.clusters.get", "alloydb.instances.get"),
    ),
    "roles/alloydb.databaseUser": ("Cloud AlloyDB Database User", (*_PROJECT, "alloydb.users.login")),
    "roles/alloydb.viewer": ("Cloud AlloyDB Viewer", (*_PROJECT, *_ALLOYDB_READ)),
    "roles/cloudsql.admin": (
        "Cloud SQL Admin",
        (
            *_PROJECT,
            *_CLOUDSQL_READ,
            *_CLOUDSQL_WRITE,
            "cloudsql.instances.connect",
            "cloudsql.instances.login",
        ),
    ),
    "roles/cloudsql.client": ("Cloud SQL Client", ("cloudsql.instances.connect", "cloudsql.instances.get")),
    "roles/cloudsql.instanceUser": (
        "Cloud SQL Instance User",
        ("cloudsql.instances.get", "cloudsql.instances.login"),
    ),
    "roles/cloudsql.viewer": ("Cloud SQL Viewer", (*_PROJECT, *_CLOUDSQL_READ)),
    "roles/spanner.viewer": ("Cloud Spanner Viewer", (*_PROJECT, *_SPANNER_READ)),
    "roles/spanner.databaseReader": ("Cloud Spanner Database Reader", ("spanner.databases.select",)),
    "roles/spanner.databaseReaderWithDataBoost": (
        "Cloud Spanner Database Reader with DataBoost",
        ("spanner.databases.select", "spanner.databases.useDataBoost"),
    ),
    "roles/cloudkms.admin": (
        "Cloud KMS Admin",
        (
            *_PROJECT,
            *_KMS_READ,
            *_KMS_POLICIES,
            "cloudkms.cryptoKeys.setIamPolicy",
            "cloudkms.keyRings.setIamPolicy",
        ),
    ),
    "roles/cloudkms.viewer": ("Cloud KMS Viewer", (*_PROJECT, *_KMS_READ)),
    "roles/cloudkms.cryptoKeyEncrypterDecrypter": (
        "Cloud KMS CryptoKey Encrypter/Decrypter",
        (*_KMS_USE, "cloudkms.locations.get", "cloudkms.locations.list", "resourcemanager.projects.get"),
    ),
    "roles/resourcemanager.projectIamAdmin": (
        "Project IAM Admin",
        (*_PROJECT, "resourcemanager.projects.getIamPolicy", "resourcemanager.projects.setIamPolicy"),
    ),
    "roles/serviceusage.serviceUsageAdmin": (
        "Service Usage Admin",
        (*_USAGE_READ, *_USAGE_WRITE, "serviceusage.services.use"),
    ),
    "roles/serviceusage.serviceUsageConsumer": (
        "Service Usage Consumer",
        (*_USAGE_READ, "serviceusage.services.use"),
    ),
    "roles/serviceusage.serviceUsageViewer": ("Service Usage Viewer", _USAGE_READ),
    "roles/iam.roleViewer": ("Role Viewer", (*_PROJECT, *_ROLES_READ, "iam.roles.list")),
    "roles/iam.securityReviewer": (
        "Security Reviewer",
        (
            *_PROJECT,
            *_ROLES_READ,
            *_CONNECTION_READ,
            *_KMS_READ,
            *_KMS_POLICIES,
            "resourcemanager.projects.getIamPolicy",
        ),
    ),
    "roles/iam.serviceAccountTokenCreator": (
        "Service Account Token Creator",
        (
            "iam.serviceAccounts.get",
            "iam.serviceAccounts.getAccessToken",
            "iam.serviceAccounts.getOpenIdToken",
            "iam.serviceAccounts.signBlob",
        ),
    ),
    "roles/iam.serviceAccountUser": ("Service Account User", (*_PROJECT, "iam.serviceAccounts.actAs")),
    "roles/logging.viewer": ("Logs Viewer", (*_PROJECT, *_LOGS_READ)),
    "roles/logging.privateLogViewer": (
        "Private Logs Viewer",
        (*_PROJECT, *_LOGS_READ, "logging.privateLogEntries.list"),
    ),
    "roles/compute.networkViewer": (
        "Compute Network Viewer",
        (*_PROJECT, *_NETWORK_READ),
    ),
    "roles/dataproc.viewer": ("Dataproc Viewer", (*_PROJECT, *_SPARK_READ)),
    "roles/metastore.viewer": ("Dataproc Metastore Viewer", (*_PROJECT, *_METASTORE_READ)),
    "roles/storage.objectViewer": ("Storage Object Viewer", ("storage.objects.get", "storage.objects.list")),
    "roles/storage.admin": ("Storage Admin", ("storage.buckets.list", "storage.objects.get")),
    "roles/aiplatform.user": ("Vertex AI User", ("aiplatform.endpoints.predict",)),
    "roles/run.invoker": ("Cloud Run Invoker", ("run.routes.invoke",)),
    "roles/bigqueryconnection.serviceAgent": (
        "BigQuery Connection Service Agent",
        ("cloudsql.instances.connect", "cloudsql.instances.get"),
    ),
    "roles/alloydb.serviceAgent": ("AlloyDB Service Agent", ("compute.networks.get",)),
}
