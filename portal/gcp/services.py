"""Which APIs a project has switched on, and its service agents: Service Usage v1 and v1beta1."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from portal.gcp import translation, transport
from portal.gcp.projects import resource_name

API = "serviceusage"
CONNECTION_SERVICE = "bigqueryconnection.googleapis.com"
# "A single request can get a maximum of 30 services at a time" (services.batchGet, REST reference).
SERVICES_PER_CALL = 30

_SERVICE = re.compile(r"[a-z0-9.-]+\.[a-z]+")


def service_agent(project_number: int | str) -> str:
    """The address of a project's BigQuery Connection service agent, the one that reaches the database.

    Source: "Connect to AlloyDB", section "Grant access to the service account", BigQuery documentation.
    """
    return f"service-{int(project_number)}@gcp-sa-bigqueryconnection.iam.gserviceaccount.com"


def encryption_agent(project_number: int | str) -> str:
    """The address of a project's BigQuery encryption agent, the one that uses a customer-managed key.

    Source: "Customer-managed Cloud KMS keys", BigQuery documentation.
    """
    return f"bq-{int(project_number)}@bigquery-encryption.iam.gserviceaccount.com"


def enabled(project: str, names: Iterable[str]) -> frozenset[str]:
    """Those of the services that are switched on in a project.

    Args:
        project: id or number.
        names: host names such as ``alloydb.googleapis.com``.

    Raises:
        errors.GoogleError: its subclasses.
        ValueError: not a project, or not a service.
    """
    parent = resource_name(project)
    wanted = [f"{parent}/services/{_service(name)}" for name in dict.fromkeys(names)]
    found: set[str] = set()
    for start in range(0, len(wanted), SERVICES_PER_CALL):
        params = {"names": wanted[start : start + SERVICES_PER_CALL]}
        answer = transport.call(API, "GET", f"v1/{parent}/services:batchGet", params=params)
        found.update(
            str(item.get("name", "")).rpartition("/")[2]
            for item in answer.get("services", ())
            if item.get("state") == "ENABLED"
        )
    return frozenset(found)


def generate_service_identity(project: str) -> bool:
    """Have a project's BigQuery Connection service agent made now, not with its first connection.

    Repeating it does no harm: it is how one asks how far Google has come. Return whether the agent is there.

    Raises:
        errors.GoogleError: its subclasses; what Google's own operation failed of, too.
        ValueError: not a project.
    """
    path = f"v1beta1/{resource_name(project)}/services/{CONNECTION_SERVICE}:generateServiceIdentity"
    operation = transport.call(API, "POST", path)
    if isinstance(failed := operation.get("error"), Mapping):
        raise translation.from_rpc_status(failed)
    return bool(operation.get("done", False))


def _service(name: str) -> str:
    if not _SERVICE.fullmatch(name):
        raise ValueError(f"not the name of a Google Cloud service: {name!r}")
    return name
