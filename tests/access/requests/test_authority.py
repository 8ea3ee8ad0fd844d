"""An approver who lost the right before the change was applied stops it; nothing else of the policy waits."""

from __future__ import annotations

import pytest

from access import policy_writer, services
from access.models import CONNECTION_USER, AccessRequest, Grant, Resource
from access.requests.authority import stop_unauthorised
from access.services import Sharing
from emulator.client import Control
from portal import authority, clock, operations
from portal.models import AuditEvent, Operation, User
from tests.access.requests.asked import ask, decide, set_policy, told
from tests.support.creation import administrator, ask_for, carry_out, connection_of
from tests.support.emulated import Emulator

pytestmark = pytest.mark.django_db(transaction=True)
State = Operation.State


@pytest.fixture
def google(emulator: Emulator, without_pauses: None) -> Control:
    """Google's APIs, which answer at once."""
    emulator.control.agent_delay(0)
    return emulator.control


@pytest.fixture
def orders(google: Control, olga: User) -> Resource:
    """A connection that exists at Google and that Olga owns."""
    made = ask_for(share=())
    carry_out(made)
    resource = connection_of(made).resource
    resource.owners.set([olga])
    return resource


def operation_of(request: AccessRequest) -> Operation:
    """What brings the request about."""
    return Operation.objects.get(pk=request.operation)


def members(resource: Resource) -> set[str]:
    """Who may use it at Google."""
    policy = policy_writer.read_policy(resource)
    return {m for b in policy.bindings if b.role == CONNECTION_USER for m in b.members}


def test_what_was_approved_is_carried_out(orders: Resource, ana: User, olga: User) -> None:
    request = decide(ask(orders, ana), olga)
    operation = operation_of(request)
    carry_out(operation)
    assert operation.state == State.SUCCEEDED
    assert members(orders) == {"user:ana@example.com"}
    assert request.grants.get().status == "active"
    assert orders.seen_policy.document["bindings"]
    assert "etag" not in orders.seen_policy.document


def test_who_lost_the_right_stops_it(orders: Resource, ana: User, olga: User) -> None:
    request = decide(ask(orders, ana), olga)
    orders.owners.clear()
    operation = operation_of(request)
    carry_out(operation)
    assert operation.state == State.FAILED
    assert operation.error == "olga@example.com approved it and may not any more."
    assert members(orders) == set()
    assert request.grants.get().status == "failed"
    assert AuditEvent.objects.filter(action="grant.activate", outcome="failed").count() == 1
    assert ("access_failed", "ana@example.com") in told()
    assert ("access_failed", "olga@example.com") in told()


def test_what_was_sent_already_is_taken_back_and_not_forgotten(
    orders: Resource, ana: User, olga: User
) -> None:
    """Nobody has seen it at Google yet, and it may be there."""
    request = decide(ask(orders, ana), olga)
    Grant.objects.filter(request=request).update(intended_at=clock.now())
    orders.owners.clear()
    run = operations.claim(request.operation)
    assert run is not None
    stop_unauthorised(orders, run)
    assert request.grants.get().status == "pending", "not given up as if it were nowhere"
    run.postpone("Later.", 0)
    carry_out(operation_of(request))
    assert operation_of(request).state == State.FAILED
    assert request.grants.get().status == "revoking"


def test_one_of_several_is_enough(orders: Resource, ana: User, olga: User, aurel: User) -> None:
    set_policy(orders, administrator(), steps=[{"owners": True}, {"people": ["aurel@example.com"]}])
    request = ask(orders, ana)
    decide(request, olga)
    request = decide(request, aurel)
    olga.is_active = False
    olga.save()
    operation = operation_of(request)
    carry_out(operation)
    assert operation.state == State.FAILED
    assert members(orders) == set()


def test_an_approver_who_owns_nothing_has_it_carried_out(orders: Resource, ana: User, aurel: User) -> None:
    set_policy(orders, administrator(), steps=[{"people": ["aurel@example.com"]}])
    operation = operation_of(decide(ask(orders, ana), aurel))
    assert authority.may(aurel, operation)
    assert not authority.may(ana, operation)
    carry_out(operation)
    assert operation.state == State.SUCCEEDED


def test_what_needed_no_approval_needs_no_approver(orders: Resource, ana: User) -> None:
    set_policy(orders, administrator(), without_approval={"people": ["ana@example.com"]})
    operation = operation_of(ask(orders, ana))
    carry_out(operation)
    assert operation.state == State.SUCCEEDED


def test_who_asked_and_left_is_given_nothing(orders: Resource, ana: User, olga: User) -> None:
    operation = operation_of(decide(ask(orders, ana), olga))
    ana.is_active = False
    ana.save()
    carry_out(operation)
    assert operation.state == State.FAILED
    assert members(orders) == set()


def test_another_operation_does_not_carry_it_out_either(orders: Resource, ana: User, olga: User) -> None:
    """The writer takes all claims of a policy at once: it leaves out what rests on nobody any more."""
    request = decide(ask(orders, ana), olga)
    orders.owners.clear()
    pair = ("user:other@example.com", CONNECTION_USER)
    other = services.request_share(orders, Sharing(add=frozenset([pair])), by=administrator())
    carry_out(other)
    assert other.state == State.SUCCEEDED
    assert members(orders) == {"user:other@example.com"}
    grant = request.grants.get()
    assert (grant.status, grant.error) == ("failed", "olga@example.com approved it and may not any more.")
    carry_out(operation_of(request))
    assert operation_of(request).state == State.FAILED


def test_a_retry_does_not_help_whoever_presses_it(orders: Resource, ana: User, olga: User) -> None:
    request = decide(ask(orders, ana), olga)
    orders.owners.clear()
    operation = operation_of(request)
    carry_out(operation)
    operations.request_retry(operation, by=administrator())
    carry_out(operation)
    assert operation.state == State.FAILED
    assert members(orders) == set()


def test_what_was_brought_about_already_stays(orders: Resource, ana: User, olga: User) -> None:
    """Another operation has written it while the right was there: the own one has nothing left to refuse."""
    request = decide(ask(orders, ana), olga)
    pair = ("user:other@example.com", CONNECTION_USER)
    carry_out(services.request_share(orders, Sharing(add=frozenset([pair])), by=administrator()))
    assert request.grants.get().status == "active"
    operation = operation_of(request)
    Operation.objects.filter(pk=operation.pk).update(on_behalf_of=administrator().pk)
    orders.owners.clear()
    carry_out(operation)
    assert operation.state == State.SUCCEEDED
    assert "user:ana@example.com" in members(orders)


def test_who_stood_in_for_want_of_an_owner_need_not_again(orders: Resource, ana: User, olga: User) -> None:
    """An owner who is named afterwards decides from then on, and unmakes nothing."""
    orders.owners.clear()
    request = decide(ask(orders, ana), administrator())
    assert request.decisions.get().stood_in
    orders.owners.set([olga])
    carry_out(operation_of(request))
    assert operation_of(request).state == State.SUCCEEDED
    assert members(orders) == {"user:ana@example.com"}


def test_who_stood_in_and_is_no_administrator_any_more_stops_it(
    orders: Resource, ana: User, olga: User
) -> None:
    orders.owners.clear()
    ada = administrator()
    request = decide(ask(orders, ana), ada)
    orders.owners.set([olga])
    ada.groups.clear()
    carry_out(operation_of(request))
    assert operation_of(request).state == State.FAILED
    assert members(orders) == set()


def test_an_administrator_who_decided_as_an_owner_loses_the_right_with_the_ownership(
    orders: Resource, ana: User, olga: User
) -> None:
    ada = administrator()
    orders.owners.set([ada])
    request = decide(ask(orders, ana), ada)
    assert not request.decisions.get().stood_in
    orders.owners.set([olga])
    carry_out(operation_of(request))
    assert operation_of(request).error == f"{ada} approved it and may not any more."
    assert members(orders) == set()
