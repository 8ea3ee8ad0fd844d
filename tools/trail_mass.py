"""What a busy portal has beside its trail: requests that wait, differences, reviews, operations, instances.

Rows only, written quickly, as many as the grants of trail_load ask for: none of it is on the connection, the
instance and the request that the pages of the bench speak of. However few the grants are, there is more of
each than fits on a page: a full page is compared with a full page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Model

from access.approval.document import BUILT_IN
from access.models import (
    CONNECTION_ADMIN,
    CONNECTION_USER,
    DATABASE_LOGIN,
    AccessRequest,
    Drift,
    Grant,
    Resource,
    Review,
    ReviewItem,
)
from connections.models import DatabaseInstance, DatabaseUser
from portal.models import Delivery, Notice, Operation, Project, Step, User
from tools.trail_load import BEGAN, PROJECT, Load

_BATCH = 2000
WEEK = timedelta(days=7)
EACH = 20
PAGEFUL = 120


def fill(load: Load) -> None:
    """Write it: one in twenty of the grants waits as a request, and so on."""
    resources, project = load.resources, Project.objects.get(project_id=PROJECT)
    waiting = max(PAGEFUL, load.grants // 20)
    _insert(User(email=f"asker{number}@example.com") for number in range(1 + waiting // EACH))
    _insert(_requests(load, waiting))
    _insert(_differences(resources, max(PAGEFUL, load.grants // 100)))
    _insert(_reviews(resources))
    _insert(_items(load.grants // 20))
    operations = list(_operations(resources, load.grants // 10))
    _insert(iter(operations))
    _insert(Step(operation=row, position=n, name=str(n), title="Look") for row in operations for n in (1, 2))
    _insert(_notices(load.grants // 20))
    _insert(Delivery(notice_id=pk, way="email", person=load.owner, **_DELIVERED) for pk in _keys(Notice))
    _instances(project, max(PAGEFUL, load.grants // 500))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


_DELIVERED = {"state": "sent", "send_after": BEGAN, "patience_until": BEGAN, "created_at": BEGAN}


def _keys(model: type[Model]) -> list[Any]:
    return list(model._default_manager.values_list("pk", flat=True))


def _insert(rows: Iterator[Any]) -> None:
    while batch := list(islice(rows, _BATCH)):
        type(batch[0])._default_manager.bulk_create(batch)


def _requests(load: Load, many: int) -> Iterator[AccessRequest]:
    """That many wait, so many of each who asks, by the portal's own policy."""
    askers = list(User.objects.filter(email__startswith="asker").order_by("pk"))
    for number in range(many):
        yield AccessRequest(
            resource=load.resource_of(number),
            requester=askers[number // EACH],
            principal=f"user:asks{number}@example.com",
            role=CONNECTION_ADMIN,
            reason="for the report",
            duration=WEEK,
            policy_document=BUILT_IN.to_dict(),
            created_at=BEGAN + timedelta(minutes=number),
        )


def _differences(resources: Sequence[Resource], many: int) -> Iterator[Drift]:
    """Half of them are over."""
    for number in range(many):
        yield Drift(
            resource=resources[number % len(resources)],
            kind=Drift.Kind.FOREIGN,
            role=CONNECTION_USER,
            principal=f"user:outside{number}@example.com",
            state=Drift.State.RESOLVED if number % 2 else Drift.State.OPEN,
            found_at=BEGAN,
            seen_at=BEGAN,
        )


def _reviews(resources: Sequence[Resource]) -> Iterator[Review]:
    """Two that are over and one that is not, of each."""
    for number in range(3 * len(resources)):
        state = Review.State.OPEN if number % 3 == 0 else Review.State.DONE
        began = BEGAN + timedelta(days=number)
        yield Review(resource=resources[number // 3], state=state, started_at=began, due_at=began + WEEK)


def _items(many: int) -> Iterator[ReviewItem]:
    reviews = _keys(Review)
    for number, grant in enumerate(Grant.objects.order_by("pk").values_list("pk", flat=True)[:many]):
        yield ReviewItem(review_id=reviews[number % len(reviews)], grant_id=grant)


def _operations(resources: Sequence[Resource], many: int) -> Iterator[Operation]:
    for number in range(many):
        yield Operation(
            task="access.share",
            title=f"Share {number}",
            target=resources[number % len(resources)].full_name,
            state=Operation.State.SUCCEEDED,
            requested_by="portal" if number % 2 else "owner@example.com",
            run_after=BEGAN,
            patience_until=BEGAN,
            created_at=BEGAN + timedelta(minutes=number),
        )


def _notices(many: int) -> Iterator[Notice]:
    for number in range(many):
        yield Notice(
            key=f"bench {number}", kind=Notice.Kind.ACCESS_ENDED, about="/", subject="It ended", made_at=BEGAN
        )


def _instances(project: Project, many: int) -> None:
    """Each with ten who log in."""
    names = [f"projects/{PROJECT}/instances/db{number}" for number in range(many)]
    kind = Resource.Kind.INSTANCE
    made = Resource.objects.bulk_create(
        Resource(kind=kind, full_name=name, project_id=PROJECT, title=name.rpartition("/")[2])
        for name in names
    )
    common = {
        "project": project,
        "product": "cloud_sql_postgresql",
        "location": "us-central1",
        "found_at": BEGAN,
    }
    _insert(
        DatabaseInstance(
            resource=row, home=row.full_name, source_name=row.title, instance_id=row.title, **common
        )
        for row in made
    )
    people = [(row, f"user:person{number}@example.com") for row in made for number in range(10)]
    _insert(
        Grant(
            resource=row,
            principal=principal,
            role=DATABASE_LOGIN,
            origin=Grant.Origin.REQUEST,
            observed=Grant.Presence.PRESENT,
            granted_by="owner@example.com",
            granted_at=BEGAN,
        )
        for row, principal in people
    )
    _insert(
        DatabaseUser(
            home=row.full_name,
            name=principal.partition(":")[2],
            type="CLOUD_IAM_USER",
            principal=principal,
            observed=DatabaseUser.Presence.PRESENT,
            seen_at=BEGAN,
        )
        for row, principal in people
    )
