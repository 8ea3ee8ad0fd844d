"""A portal with many rows of everything that its pages show: for tests of how often the database is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from access import claims
from access.approval import versions
from access.approval.document import BUILT_IN, PolicyDocument
from access.models import (
    CONNECTION_ADMIN,
    CONNECTION_USER,
    AccessRequest,
    ApprovalPolicy,
    Comment,
    Decision,
    Drift,
    Grant,
    RequestTemplate,
    Resource,
    Review,
    ReviewItem,
)
from connections.models import DatabaseInstance, FoundConnection, LoginAlerts
from portal import audit, clock, filters
from portal.api import tokens
from portal.models import ADMINISTRATOR, ApiToken, Delivery, Notice, SavedFilter, Step, User
from portal.people import services
from tests.portal import people, things
from tests.support.factories import (
    make_asset,
    make_connection,
    make_grant,
    make_instance,
    make_login,
)

LENGTH = timedelta(days=7)


def _document(number: int) -> PolicyDocument:
    return PolicyDocument(longest=timedelta(days=30 + number % 50))


class Crowd:
    """Makes more of everything around one connection, one instance, one request and one review.

    `objects` is what the addresses of sweep_table speak of.
    """

    def __init__(self, cast: people.Cast) -> None:
        self.cast = cast
        self.project = things.project()
        self.orders = things.connection(self.project, cast.owner)
        self.resource: Resource = self.orders.resource
        self.instance: DatabaseInstance = make_instance(self.project, owners=(cast.owner,))
        self.alloydb_login = things.alloydb_login(self.project, owner=cast.owner)
        self.review = things.review(self.resource)
        self.request = things.access_request(self.resource, by=people.person("guest@example.com"))
        self.own_request = things.access_request(self.resource, by=cast.analyst)
        self.grant = make_grant(self.resource, "user:first@example.com", request=self.request)
        self.operation = things.failed_operation(by=cast.owner, target=self.resource.full_name)
        self.size = 0
        things.event("grant.activate", detail=claims.facts(self.grant), target=self.resource.full_name)
        LoginAlerts.objects.create(instance=self.instance, read_at=clock.now())

    @property
    def objects(self) -> dict[str, Any]:
        """What stands in an address, by its name in sweep_table."""
        return {
            "person": self.cast.owner.pk,
            "token": "wrong",
            "policy": ApprovalPolicy.objects.filter(resource=self.resource).latest("version").version,
            "request": self.request.pk,
            "own_request": self.own_request.pk,
            "template": RequestTemplate.objects.filter(owner=self.cast.analyst).latest("pk").pk,
            "login": self.instance.resource.grants.latest("pk").pk,
            "alloydb_login": self.alloydb_login.pk,
            "review": self.review.pk,
            "api_token": ApiToken.objects.filter(owner=self.cast.owner).latest("pk").pk,
            "grant": self.grant.pk,
            "channel": things.notice_channel("#objects").pk,
            "resource": self.resource.pk,
            "operation": self.operation.pk,
        }

    def grow(self, size: int) -> None:
        """Make as many of everything as there are not yet."""
        for number in range(self.size, size):
            person = people.person(f"p{number}@example.com", *[ADMINISTRATOR] * (number % 2))
            self._around_the_portal(number, person)
            self._around_a_connection(number, person)
            self._around_the_connection(number, person)
            self._around_the_request(number, person)
            self._around_the_instance(number, person)
        self.size = size

    def _around_the_portal(self, number: int, person: User) -> None:
        services.invite(f"i{number}@example.com", [], by=self.cast.admin)
        project = things.project(f"acme-number-{number}", number=number)
        make_connection(project, owners=(person,))
        things.event(target="people/owner@example.com", detail={"number": number})
        things.notice_channel(f"#{number}")
        for one in vars(self.cast).values():
            filters.save(one, list(SavedFilter.Page)[number % 3], str(number), f"q={number}")
            tokens.make(one, name=str(number), scopes=[ApiToken.Scope.GRANTS], days=1)
            made = Notice.objects.create(
                key=f"{number} {one.pk}",
                kind=Notice.Kind.ACCESS_ENDED,
                about="/",
                subject="s",
                made_at=clock.now(),
            )
            Delivery.objects.create(
                notice=made,
                way=Delivery.Way.EMAIL,
                person=one,
                send_after=clock.now(),
                patience_until=clock.now(),
                created_at=clock.now(),
            )

    def _around_a_connection(self, number: int, person: User) -> None:
        """Another one, with the analyst's access and request, a review, and an operation."""
        other = make_connection(self.project, f"c{number}", owners=(self.cast.owner, person)).resource
        self._asked(other, self.cast.analyst, f"user:{self.cast.analyst.email}")
        self._held(other, f"user:{self.cast.analyst.email}")
        self._reviewed(things.review(other), self._held(other, f"user:{person.email}"), person)
        self._differs(other, f"user:z{number}@example.com")
        RequestTemplate.objects.create(
            owner=self.cast.analyst, name=str(number), resource=other, role=CONNECTION_USER, duration=LENGTH
        )
        make_asset(self.project, f"asset{number}", "us")
        FoundConnection.objects.create(
            project=self.project,
            location="us",
            connection_id=str(number),
            kind="alloydb",
            seen_at=clock.now(),
        )

    def _around_the_connection(self, number: int, person: User) -> None:
        self._asked(self.resource, person, f"user:r{number}@example.com")
        grant = self._held(self.resource, f"user:{person.email}")
        Grant.objects.filter(pk=self._held(self.resource, f"user:late{number}@example.com").pk).update(
            expires_at=clock.now() - timedelta(days=1)
        )
        self._reviewed(self.review, grant, person)
        self._differs(self.resource, f"user:y{number}@example.com")
        things.failed_operation(by=self.cast.owner, target=self.resource.full_name)
        versions.save_version(self.resource, _document(number), by=person, comment=str(number))
        if number < 5:
            step = {
                "position": number + 9,
                "name": f"more{number}",
                "title": "More",
                "state": Step.State.FAILED,
            }
            Step.objects.create(operation=self.operation, **step)

    def _around_the_request(self, number: int, person: User) -> None:
        for one in (self.request, self.own_request):
            Comment.objects.create(request=one, by=person, text="Why?", made_at=clock.now())
            Decision.objects.create(
                request=one,
                by=person,
                verdict=Decision.Verdict.APPROVE,
                step=1 + number,
                decided_at=clock.now(),
            )
            past = self._asked(self.resource, one.requester, one.principal, state=AccessRequest.State.DENIED)
            Decision.objects.create(
                request=past, by=person, verdict=Decision.Verdict.DENY, step=0, decided_at=clock.now()
            )
            make_grant(self.resource, one.principal, purpose=str(number))
            things.event("request.comment", detail={"request": str(one.pk), "grant": self.grant.pk})
        extension = self._asked(
            self.resource,
            person,
            self.grant.principal,
            extends=self.grant,
            state=AccessRequest.State.APPROVED,
        )
        Decision.objects.create(
            request=extension, by=person, verdict=Decision.Verdict.APPROVE, step=0, decided_at=clock.now()
        )

    def _around_the_instance(self, number: int, person: User) -> None:
        make_login(self.instance, f"user:{person.email}", complete=number % 2 == 0)
        other = make_instance(self.project, f"i{number}", owners=(person,))
        make_login(other, f"user:{self.cast.analyst.email}")
        things.failed_operation(by=self.cast.owner, target=self.instance.resource.full_name)
        things.event(target=self.instance.resource.full_name)
        make_connection(
            self.project,
            f"at{number}",
            properties={"instance": self.instance.source_name, "database": f"d{number}"},
        )

    def _asked(self, resource: Resource, by: User, principal: str, **more: Any) -> AccessRequest:
        policy = ApprovalPolicy.objects.filter(resource=self.resource).last()
        return AccessRequest.objects.create(
            policy=policy,
            resource=resource,
            requester=by,
            principal=principal,
            role=CONNECTION_ADMIN,
            duration=LENGTH,
            policy_document=policy.document if policy else BUILT_IN.to_dict(),
            created_at=clock.now(),
            **more,
        )

    def _held(self, resource: Resource, principal: str) -> Grant:
        grant = make_grant(resource, principal)
        for action in ("grant.request", "grant.activate"):
            things.event(
                action, detail=claims.facts(grant), target=resource.full_name, outcome=audit.Outcome.SUCCEEDED
            )
        return grant

    def _reviewed(self, review: Review, grant: Grant, by: User) -> None:
        ReviewItem.objects.create(
            review=review, grant=grant, answer="keep", answered_by=by, answered_at=clock.now()
        )

    def _differs(self, resource: Resource, principal: str) -> None:
        now = clock.now()
        Drift.objects.create(
            resource=resource,
            kind=Drift.Kind.FOREIGN,
            role=CONNECTION_USER,
            principal=principal,
            found_at=now,
            seen_at=now,
        )
