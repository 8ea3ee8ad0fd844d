"""Whether a policy can be met by the people that there are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.approval import approvers as finding
from access.approval import feasible, versions
from access.approval.crowd import Crowd, gather
from access.approval.document import BUILT_IN, PolicyDocument
from access.approval.feasible import Feasibility
from access.approval.parts import Approvers, Exempt, Next, Step
from access.claims import project_resource
from access.models import CONNECTION_ADMIN, Resource
from portal.models import Project, User
from tests.support.factories import make_person, make_resource

OWNERS, AUDITORS = Approvers(owners=True), Approvers(groups=("auditor",))
ADMINISTRATORS = Approvers(groups=("administrator",))


def with_steps(*steps: Step, **more: object) -> PolicyDocument:
    """A policy with these steps, and nobody asked next."""
    return replace(BUILT_IN, steps=steps, asked_next=None, **more)  # type: ignore[arg-type]


def look(document: PolicyDocument, resource: Resource) -> Feasibility:
    return feasible.look(document, resource)


@pytest.mark.usefixtures("ada", "olga")
def test_the_portals_own_policy_can_be_met(orders: Resource) -> None:
    assert look(BUILT_IN, orders) == Feasibility()


@pytest.mark.usefixtures("ada", "aurel")
def test_more_approvals_than_people_are_refused(orders: Resource) -> None:
    found = look(with_steps(Step(OWNERS, 2)), orders)
    assert found.mistakes == [
        "This can never be met: it needs 2 people, and 1 could decide. "
        "Name more people, or ask for fewer approvals."
    ]
    second = look(with_steps(Step(OWNERS), Step(AUDITORS, 2)), orders)
    assert "step 2 needs 2 people, and 1 could decide" in second.mistakes[0]


@pytest.mark.usefixtures("ada")
def test_nobody_counts_at_two_steps(orders: Resource, oscar: User) -> None:
    document = with_steps(Step(OWNERS), Step(OWNERS))
    assert "nobody counts at two steps" in look(document, orders).mistakes[0]
    orders.owners.add(oscar)
    found = look(document, orders)
    assert found.mistakes == []
    assert "olga@example.com, oscar@example.com asks for cannot be approved" in found.warnings[0]


@pytest.mark.usefixtures("ada", "aurel")
def test_what_only_those_who_are_asked_next_can_complete(orders: Resource) -> None:
    document = replace(BUILT_IN, steps=(Step(OWNERS, 2),), asked_next=Next(AUDITORS, timedelta(days=1)))
    found = look(document, orders)
    assert found.mistakes == []
    assert "Only those who are asked next can complete it" in found.warnings[0]


@pytest.mark.usefixtures("ada")
def test_an_administrator_alone_cannot_ask(orders: Resource) -> None:
    found = look(with_steps(Step(ADMINISTRATORS)), orders)
    assert found.mistakes == []
    assert "What ada@example.com asks for cannot be approved" in found.warnings[0]


@pytest.mark.usefixtures("ada")
def test_names_that_nobody_has(orders: Resource) -> None:
    document = with_steps(Step(Approvers(owners=True, groups=("auditers",), people=("x@example.com",))))
    found = look(document, orders)
    assert "The portal has no group auditers" in found.mistakes[0]
    assert "Nobody with the address x@example.com" in found.warnings[0]


@pytest.mark.usefixtures("ada")
def test_admin_without_approval_is_pointed_out(orders: Resource) -> None:
    risky = replace(BUILT_IN, roles=(CONNECTION_ADMIN,), without_approval=Exempt(under=timedelta(hours=4)))
    assert "needs no approval at all" in look(risky, orders).warnings[0]


@pytest.mark.usefixtures("ada", "olga")
def test_who_edits_is_said_in_the_projects_policy_only(orders: Resource, project: Project) -> None:
    opened = replace(BUILT_IN, owners_may_edit=True)
    assert "project's policy" in look(opened, orders).mistakes[0]
    assert look(opened, project_resource(project)) == Feasibility()


@pytest.mark.usefixtures("ada")
def test_a_default_names_the_connections_with_too_few(
    orders: Resource, project: Project, ada: User, oscar: User
) -> None:
    orders.owners.add(oscar)
    own = make_resource("projects/acme-analytics/locations/us/connections/own")
    make_resource("projects/acme-analytics/locations/us/connections/lone", owners=(oscar,))
    versions.save_version(own, BUILT_IN, by=ada, comment="")
    found = look(with_steps(Step(OWNERS, 2)), project_resource(project))
    assert found.mistakes == []
    assert found.warnings == ["Too few people could decide at lone: name more owners there."]


@pytest.mark.usefixtures("ada")
def test_a_default_that_no_owners_help_is_refused(orders: Resource, project: Project) -> None:
    found = look(with_steps(Step(OWNERS), Step(AUDITORS)), project_resource(project))
    assert "step 2 needs 1 person, and nobody could decide" in found.mistakes[0]


@pytest.mark.django_db
def test_a_crowd_means_whom_the_database_means(
    orders: Resource, ada: User, olga: User, aurel: User, oscar: User
) -> None:
    make_person("gone@example.com", "administrator", is_active=False)
    lone = make_resource("projects/p/locations/us/connections/lone")
    crowd = gather([orders.pk, lone.pk])
    everyone = (*(Approvers(owners=True, people=(user.email,)) for user in (ada, oscar)), OWNERS, AUDITORS)
    named = Approvers(groups=("administrator", "nobody"), people=("gone@example.com", "oscar@example.com"))
    for approvers in (*everyone, ADMINISTRATORS, named, AUDITORS | OWNERS):
        for resource in (orders, lone):
            for parties in (frozenset[str](), frozenset({olga.email}), frozenset({ada.email, oscar.email})):
                found = finding.people(approvers, resource, parties)
                expected = set(found.values_list("email", flat=True))
                assert crowd.meant(approvers, resource.pk, parties) == expected
    assert crowd.groups_of("ada@example.com") == {"administrator"}


NAMES = ("a", "b", "c", "d", "e")


@given(st.lists(st.tuples(st.frozensets(st.sampled_from(NAMES)), st.integers(1, 2)), min_size=1, max_size=4))
def test_it_can_be_met_where_people_can_be_seated(steps: list[tuple[frozenset[str], int]]) -> None:
    groups = {f"g{number}": people for number, (people, _) in enumerate(steps)}
    crowd = Crowd(frozenset(NAMES), groups)
    document = with_steps(
        *(Step(Approvers(groups=(f"g{n}",)), needed) for n, (_, needed) in enumerate(steps))
    )

    def seated(places: list[frozenset[str]], taken: frozenset[str]) -> bool:
        """The plain way: try everybody."""
        if not places:
            return True
        return any(seated(places[1:], taken | {one}) for one in places[0] - taken)

    places = [people for people, needed in steps for _ in range(needed)]
    assert feasible.can_be_met(document, crowd, 0) is seated(places, frozenset())
