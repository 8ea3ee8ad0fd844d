"""A call that succeeds and one that fails, for each method about databases and what belongs to them."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from emulator.estate import LOGIN_CHECKER
from tests.contract.emulator.traffic import PROJECT, Google, Reply

Drive = Callable[[Google], Reply]

CLUSTER = f"alloydb/v1/projects/{PROJECT}/locations/us-central1/clusters/orders"
ALLOYDB_USERS = f"{CLUSTER}/users"
SQL = f"sqladmin/v1/projects/{PROJECT}/instances"
SPANNER = f"spanner/v1/projects/{PROJECT}/instances"
DATAPROC = f"dataproc/v1/projects/{PROJECT}/regions/us-central1/clusters"
METASTORE = f"metastore/v1/projects/{PROJECT}/locations"
COMPUTE = f"compute/v1/projects/{PROJECT}"
ATTACHMENTS = f"{COMPUTE}/regions/us-central1/networkAttachments"
INFO = f"{CLUSTER}/instances/orders-read/connectionInfo"
STRANGER = "x@example.com"


def public_key() -> str:
    """The public key of a client."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


def _refused(path: str) -> Drive:
    return lambda google: google.by(STRANGER).get(path)


def _reads(path: str, missing: str = "") -> tuple[Drive, Drive]:
    """Read `path`; fail for want of the resource, or of a permission."""
    return (lambda google: google.get(path)), (
        (lambda google: google.get(missing)) if missing else _refused(path)
    )


def _operation(google: Google) -> Reply:
    made = google.post(f"{SQL}/crm/users", {"name": "o@example.com", "type": "CLOUD_IAM_USER"}).body
    return google.get(f"sqladmin/v1/projects/{PROJECT}/operations/{made['name']}")


def _delete_sql_user(google: Google, name: str) -> Reply:
    return google.send("DELETE", f"{SQL}/shop/users", query={"name": name})


def _certificate(google: Google, path: str, key: str) -> Reply:
    return google.by(LOGIN_CHECKER).post(f"{path}:generateEphemeralCert", {"public_key": key})


CALLS: dict[str, tuple[Drive, Drive]] = {
    "alloydb.instances.getConnectionInfo": (
        lambda g: g.by(LOGIN_CHECKER).get(INFO),
        lambda g: g.get(INFO),
    ),
    "alloydb.users.list": _reads(ALLOYDB_USERS),
    "alloydb.users.get": _reads(f"{ALLOYDB_USERS}/bq_reader", f"{ALLOYDB_USERS}/none"),
    "alloydb.users.create": (
        lambda g: g.post(ALLOYDB_USERS, {"userType": "ALLOYDB_IAM_USER"}, userId="n@example.com"),
        lambda g: g.post(ALLOYDB_USERS, {"userType": "ALLOYDB_IAM_USER"}, userId="n"),
    ),
    "alloydb.users.delete": (
        lambda g: g.send("DELETE", f"{ALLOYDB_USERS}/login-check@acme-analytics.iam"),
        lambda g: g.send("DELETE", f"{ALLOYDB_USERS}/none"),
    ),
    "sqladmin.instances.list": _reads(SQL),
    "sqladmin.instances.get": _reads(f"{SQL}/crm", f"{SQL}/none"),
    "sqladmin.databases.list": _reads(f"{SQL}/crm/databases", f"{SQL}/none/databases"),
    "sqladmin.databases.get": _reads(f"{SQL}/crm/databases/crm", f"{SQL}/crm/databases/none"),
    "sqladmin.users.list": _reads(f"{SQL}/crm/users", f"{SQL}/none/users"),
    "sqladmin.users.get": _reads(f"{SQL}/crm/users/crm_reader", f"{SQL}/crm/users/none"),
    "sqladmin.users.insert": (
        lambda g: g.post(f"{SQL}/shop/users", {"name": "n@example.com", "type": "CLOUD_IAM_USER"}),
        lambda g: g.post(f"{SQL}/shop/users", {"name": "n", "type": "CLOUD_IAM_USER"}),
    ),
    "sqladmin.users.delete": (
        lambda g: _delete_sql_user(g, "shop_reader"),
        lambda g: _delete_sql_user(g, "none"),
    ),
    "sqladmin.operations.get": (
        _operation,
        lambda g: g.get(f"sqladmin/v1/projects/{PROJECT}/operations/none"),
    ),
    "sqladmin.connect.get": _reads(f"{SQL}/crm/connectSettings", f"{SQL}/none/connectSettings"),
    "sqladmin.connect.generateEphemeral": (
        lambda g: _certificate(g, f"{SQL}/crm", public_key()),
        lambda g: _certificate(g, f"{SQL}/crm", "not a key"),
    ),
    "spanner.instances.list": _reads(SPANNER),
    "spanner.instances.get": _reads(f"{SPANNER}/ledger", f"{SPANNER}/none"),
    "spanner.databases.list": _reads(f"{SPANNER}/ledger/databases", f"{SPANNER}/none/databases"),
    "spanner.databases.get": _reads(f"{SPANNER}/ledger/databases/ledger", f"{SPANNER}/ledger/databases/none"),
    "dataproc.clusters.list": _reads(DATAPROC, DATAPROC.replace("us-central1", "mars")),
    "dataproc.clusters.get": _reads(f"{DATAPROC}/spark-history", f"{DATAPROC}/none"),
    "metastore.services.list": _reads(f"{METASTORE}/-/services"),
    "metastore.services.get": _reads(
        f"{METASTORE}/us-central1/services/lake", f"{METASTORE}/us-central1/services/none"
    ),
    "compute.networkAttachments.list": _reads(ATTACHMENTS),
    "compute.networkAttachments.aggregatedList": _reads(f"{COMPUTE}/aggregated/networkAttachments"),
    "compute.networkAttachments.get": _reads(f"{ATTACHMENTS}/sap-attachment", f"{ATTACHMENTS}/none"),
    "oauth2.tokeninfo": (
        lambda g: g.send("POST", "oauth2/v2/tokeninfo", query={"access_token": f"emulator:{STRANGER}"}),
        lambda g: g.send("POST", "oauth2/v2/tokeninfo", query={"access_token": "none"}),
    ),
    "logging.entries.list": (
        lambda g: g.post("logging/v2/entries:list", {"resourceNames": [f"projects/{PROJECT}"]}),
        lambda g: g.post("logging/v2/entries:list", {}),
    ),
}
