"""Rows for tests of pages, each with everything that a page shows of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group

from access.models import CONNECTION_USER, DATABASE_LOGIN, Grant, Resource
from connections.models import Asset, Connection, DatabaseInstance, DatabaseUser, Discovery
from portal import clock
from portal.models import Project, User

PASSWORD = "correct-horse-battery"
PROJECT, NUMBER = "acme-analytics", 528461093377
INSTANCE = f"//alloydb.googleapis.com/projects/{PROJECT}/locations/us-central1/clusters/orders/instances/main"
AGENT = f"service-{NUMBER}@gcp-sa-bigqueryconnection.iam.gserviceaccount.com"


def make_person(email: str, *roles: str, **fields: Any) -> User:
    """Somebody who can sign in with PASSWORD; `roles` are names of groups."""
    user = User.objects.create_user(email, PASSWORD, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def make_project(project_id: str = PROJECT, number: int | None = NUMBER, **fields: Any) -> Project:
    """A registered project; without a number it is not usable yet."""
    return Project.objects.create(
        project_id=project_id,
        number=number,
        registered_by="ada@example.com",
        registered_at=clock.now(),
        **fields,
    )


def make_resource(full_name: str, *, owners: tuple[User, ...] = (), **fields: Any) -> Resource:
    """A connection's resource with its owners."""
    parts = full_name.split("/")
    values = {"kind": Resource.Kind.CONNECTION, "project_id": parts[1], "title": parts[-1]}
    resource = Resource.objects.create(full_name=full_name, **(values | fields))
    resource.owners.set(owners)
    return resource


def make_connection(
    project: Project,
    connection_id: str = "orders",
    *,
    location: str = "us-central1",
    owners: tuple[User, ...] = (),
    **fields: Any,
) -> Connection:
    """An AlloyDB connection as it is when Google has made it."""
    values = {
        "kind": "alloydb",
        "properties": {"database": "orders", "username": "bq_reader", "instance": INSTANCE},
        "state": Connection.State.ACTIVE,
        "service_account": AGENT,
        "has_credential": True,
        "created_by": "ada@example.com",
        "created_at": clock.now(),
    }
    connection = Connection(
        project=project, connection_id=connection_id, location=location, **(values | fields)
    )
    connection.resource = make_resource(
        connection.full_name, owners=owners, url=connection.get_absolute_url()
    )
    connection.save()
    return connection


def make_grant(
    resource: Resource, principal: str, role: str = CONNECTION_USER, *, seen: bool = True, **fields: Any
) -> Grant:
    """A claim; `seen` says that Google's policy has it."""
    values = {
        "origin": Grant.Origin.SHARE,
        "observed": Grant.Presence.PRESENT if seen else Grant.Presence.UNKNOWN,
        "granted_by": "ada@example.com",
        "granted_at": clock.now(),
    }
    return Grant.objects.create(resource=resource, principal=principal, role=role, **(values | fields))


def make_asset(project: Project, name: str, location: str, **fields: Any) -> Asset:
    """Something a project has; an AlloyDB instance unless `type` says otherwise."""
    values = {"type": Asset.Type.ALLOYDB_INSTANCE, "seen_at": clock.now()}
    return Asset.objects.create(project=project, name=name, location=location, **(values | fields))


def make_discovery(project: Project, *, looked_at: datetime | None = None, **fields: Any) -> Discovery:
    """That a project's assets were looked for."""
    values = {"type": Asset.Type.ALLOYDB_INSTANCE, "looked_at": looked_at or clock.now()}
    return Discovery.objects.create(project=project, **(values | fields))


def make_instance(
    project: Project,
    instance_id: str = "crm",
    *,
    product: str = "cloud_sql_postgresql",
    owners: tuple[User, ...] = (),
    **fields: Any,
) -> DatabaseInstance:
    """A Cloud SQL instance on which IAM authentication is on, as a worker has just seen it."""
    name = f"projects/{project.project_id}/instances/{instance_id}"
    values = {
        "home": name,
        "source_name": f"{project.project_id}:us-central1:{instance_id}",
        "database_version": "POSTGRES_18",
        "state": "RUNNABLE",
        "flags": {"cloudsql.iam_authentication": "on"},
    }
    return _instance(
        name, owners, project=project, instance_id=instance_id, product=product, **values | fields
    )


def make_alloydb_instance(
    project: Project, instance_id: str = "orders-primary", *, owners: tuple[User, ...] = (), **fields: Any
) -> DatabaseInstance:
    """An AlloyDB instance of the cluster "orders" on which IAM authentication is on."""
    home = f"projects/{project.project_id}/locations/us-central1/clusters/orders"
    name = f"{home}/instances/{instance_id}"
    values = {
        "home": home,
        "source_name": f"//alloydb.googleapis.com/{name}",
        "instance_type": "PRIMARY",
        "database_version": "POSTGRES_16",
        "state": "READY",
        "flags": {"alloydb.iam_authentication": "on"},
    }
    return _instance(
        name, owners, project=project, instance_id=instance_id, product="alloydb", **values | fields
    )


def _instance(name: str, owners: tuple[User, ...], **fields: Any) -> DatabaseInstance:
    resource = make_resource(name, owners=owners, kind=Resource.Kind.INSTANCE)
    now = clock.now()
    values = {"location": "us-central1", "found_at": now, "looked_at": now}
    made = DatabaseInstance.objects.create(resource=resource, **(values | fields))
    Resource.objects.filter(pk=resource.pk).update(url=made.get_absolute_url())
    return made


def make_login(
    instance: DatabaseInstance, principal: str, name: str = "", *, complete: bool = True, **fields: Any
) -> Grant:
    """A login that was granted; complete: nothing lacks at Google."""
    values: dict[str, Any] = {"origin": Grant.Origin.REQUEST, "role": DATABASE_LOGIN}
    if complete:
        now = clock.now()
        DatabaseUser.objects.create(
            home=instance.home,
            name=name or principal.partition(":")[2],
            type="CLOUD_IAM_USER",
            principal=principal,
            observed=DatabaseUser.Presence.PRESENT,
            seen_at=now,
            intended_at=now,
        )
        instance.holders[principal] = ["roles/cloudsql.instanceUser", "roles/cloudsql.client"]
        instance.save(update_fields=["holders"])
    return make_grant(instance.resource, principal, **(values | fields))
