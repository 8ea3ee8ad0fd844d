"""Projects, operations and events for tests of pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction

from access import claims
from access.approval import versions
from access.approval.document import BUILT_IN
from access.models import (
    CONNECTION_USER,
    AccessRequest,
    ApprovalPolicy,
    Grant,
    RequestTemplate,
    Resource,
    Review,
)
from access.requests import asking
from connections.models import Connection
from portal import audit, clock, filters, notices, operations, secrets
from portal.api import tokens
from portal.models import (
    ApiToken,
    AuditEvent,
    Delivery,
    NoticeChannel,
    Operation,
    Project,
    SavedFilter,
    Step,
    User,
)
from tests.support.factories import make_alloydb_instance, make_instance, make_login

PLACE = {"table": "connections_connection", "row": "1", "field": "password"}


def project(project_id: str = "acme-analytics", **values: Any) -> Project:
    """Register a project that was checked and lacks nothing."""
    defaults = {
        "registered_by": "admin@example.com",
        "registered_at": clock.now(),
        "checked_at": clock.now(),
        "number": 528461093377 + sum(map(ord, project_id)),
    }
    return Project.objects.create(project_id=project_id, **(defaults | values))


def connection(of: Project, owner: User, connection_id: str = "orders") -> Connection:
    """Make the row of a connection that `owner` owns."""
    resource = Resource.objects.create(
        kind="connection",
        full_name=f"projects/{of.project_id}/locations/us/connections/{connection_id}",
        project_id=of.project_id,
        title=connection_id,
    )
    resource.owners.add(owner)
    return Connection.objects.create(
        project=of,
        resource=resource,
        location="us",
        connection_id=connection_id,
        kind="alloydb",
        state=Connection.State.ACTIVE,
        created_by=str(owner),
        created_at=clock.now(),
    )


def operation(
    *,
    by: User | str | None = "admin@example.com",
    state: str = Operation.State.PENDING,
    target: str = "projects/acme-analytics",
    task: str = "tests.nothing",
    lock: str = "",
    steps: int = 2,
    **changes: Any,
) -> Operation:
    """Enqueue an operation (nobody carries it out) and put it into a state."""
    with transaction.atomic():
        made = operations.enqueue(
            task,
            title="Do something",
            target=target,
            by=by,
            lock=lock,
            steps=[(f"step{number}", f"Step {number}") for number in range(1, steps + 1)],
        )
    if state != Operation.State.PENDING or changes:
        Operation.objects.filter(pk=made.pk).update(state=state, **changes)
        made.refresh_from_db()
    return made


def failed_operation(*, by: User | str, needs_credential: bool = False, **values: Any) -> Operation:
    """Make an operation whose first step failed."""
    made = operation(
        by=by,
        state=Operation.State.FAILED,
        needs_credential=needs_credential,
        error="Google said no.",
        parameters={"credential": PLACE},
        started_at=clock.now() - timedelta(seconds=3),
        ended_at=clock.now(),
        attempts=1,
        **values,
    )
    made.steps.filter(position=1).update(
        state=Step.State.FAILED, message="Google said no.", remedy="Say please.", attempts=1
    )
    return made


def event(action: str = "test.happen", **values: Any) -> AuditEvent:
    """Record an event."""
    defaults: dict[str, Any] = {"by": "ana@example.com", "target": "projects/acme-analytics"}
    outcome = values.pop("outcome", audit.Outcome.SUCCEEDED)
    with transaction.atomic():
        return audit.record(action, outcome=outcome, **(defaults | values))


def grant(on: Resource, principal: str = "user:stranger@example.com") -> Grant:
    """A share that Google has not been seen to have."""
    with audit.appending():
        return claims.claim(
            on, principal, "roles/bigquery.connectionUser", origin=Grant.Origin.SHARE, by="admin@example.com"
        )


def saved_filter(of: User) -> SavedFilter:
    """Keep a filter of the audit list."""
    return filters.save(of, SavedFilter.Page.AUDIT, "Refused", "outcome=refused")


def seal(of: Operation, plaintext: str = "canary") -> None:
    """Keep a credential for an operation."""
    secrets.seal(plaintext, operation=of, **PLACE)


def delivery(to: User) -> Delivery:
    """Tell somebody something by e-mail."""
    with transaction.atomic():
        notices.tell("access_ending", about="/", to=[to], subject="Access ends", text="", key="ends")
    return Delivery.objects.get(person=to, notice__key="ends")


def notice_channel(name: str = "#data") -> NoticeChannel:
    """A shared channel without an address."""
    return NoticeChannel.objects.create(
        name=name, kinds=["access_ending"], host="hooks.example.com", made_by="admin", made_at=clock.now()
    )


def approval_policy(of: Resource, *, by: User) -> ApprovalPolicy:
    """A version of a connection's approval policy."""
    return versions.save_version(of, BUILT_IN, by=by, comment="As it was")


def review(resource: Resource) -> Review:
    """A review of nothing, which waits."""
    now = clock.now()
    return Review.objects.create(resource=resource, started_at=now, due_at=now + timedelta(days=14))


def access_request(resource: Resource, *, by: User) -> AccessRequest:
    """Have somebody ask for a week on a resource."""
    new = asking.NewRequest(
        resource=resource,
        principal=f"user:{by.email}",
        role=CONNECTION_USER,
        duration=timedelta(days=7),
        reason="Monthly report",
    )
    return asking.ask(new, by=by)


def request_template(resource: Resource, *, owner: User) -> RequestTemplate:
    """Keep a template for somebody."""
    return RequestTemplate.objects.create(
        owner=owner,
        name="Monthly report",
        resource=resource,
        principal=f"user:{owner.email}",
        role=CONNECTION_USER,
        duration=timedelta(days=7),
    )


def login(of: Project, *, owner: User) -> Grant:
    """Let somebody log in to a Cloud SQL instance that `owner` owns."""
    return make_login(make_instance(of, owners=(owner,)), "user:somebody@example.com")


def alloydb_login(of: Project, *, owner: User) -> Grant:
    """Let somebody log in to an AlloyDB instance that `owner` owns."""
    return make_login(make_alloydb_instance(of, owners=(owner,)), "user:somebody@example.com")


def api_token(owner: User) -> ApiToken:
    """A token that reads grants in somebody's name."""
    return tokens.make(owner, name="script", scopes=[ApiToken.Scope.GRANTS], days=1)[0]
