"""Which APIs a project has switched on, and its service agents: Service Usage v1 and v1beta1."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.gcp import translation, transport
from portal.gcp.projects import resource_name

API = "serviceusage"
CONNECTION_SERVICE = "bigqueryconnection.googleapis.com"
# "A single request can get a maximum of 30 services at a time" (services.batchGet, REST reference).
SERVICES_PER_CALL = 30

_SERVICE = re.compile(r"[a-z0-9.-]+\.[a-z]+")
_OPERATION = re.compile(r"operations/[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class ServiceOperation:
    """A long-running operation of Service Usage; ``name`` is "" when Google finished at once."""

    name: str
    done: bool


@dataclass(frozen=True, slots=True)
class ServiceIdentity:
    """A service agent on its way. Until it is done ``email`` is "": ask identity_operation(operation)."""

    email: str
    done: bool
    operation: str = ""


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


def enable(project: str, name: str) -> ServiceOperation:
    """Switch an API on. Google works on after it has answered: ask enabled() until it is.

    Raises:
        errors.GoogleError: its subclasses.
        ValueError: not a project, or not a service.
    """
    path = f"v1/{resource_name(project)}/services/{_service(name)}:enable"
    answer = _finished(transport.call(API, "POST", path, body={}))
    return ServiceOperation(str(answer.get("name", "")), bool(answer.get("done", False)))


def generate_service_identity(project: str, service: str = CONNECTION_SERVICE) -> ServiceIdentity:
    """Have a project's service agent made now, not with its first connection. Repeating it does no harm.

    Raises:
        errors.GoogleError: its subclasses.
        ValueError: not a project, or not a service.
    """
    path = f"v1beta1/{resource_name(project)}/services/{_service(service)}:generateServiceIdentity"
    return _identity(transport.call(API, "POST", path))


def identity_operation(name: str) -> ServiceIdentity:
    """How far generate_service_identity has come.

    Args:
        name: the ``operation`` that it returned.

    Raises:
        errors.GoogleError: its subclasses; what the operation itself failed of, too.
        ValueError: not the name of an operation.
    """
    if not _OPERATION.fullmatch(name):
        raise ValueError(f"not the name of an operation: {name!r}")
    return _identity(transport.call(API, "GET", f"v1beta1/{name}"))


def _service(name: str) -> str:
    if not _SERVICE.fullmatch(name):
        raise ValueError(f"not the name of a Google Cloud service: {name!r}")
    return name


def _finished(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    """The operation, unless it ended in an error: then that error."""
    failed = operation.get("error")
    if isinstance(failed, Mapping):
        raise translation.from_rpc_status(failed)
    return operation


def _identity(answer: Mapping[str, Any]) -> ServiceIdentity:
    operation = _finished(answer)
    response = operation.get("response")
    made = response if isinstance(response, Mapping) else {}
    return ServiceIdentity(
        email=str(made.get("email", "")),
        done=bool(operation.get("done", False)),
        operation=str(operation.get("name", "")),
    )
