"""The one writer of a policy: one write for all, one bad claim alone, and never somebody else's binding."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from access.models import Grant
from emulator.client import Control
from portal.gcp.policies import PRINCIPAL_LIMIT
from portal.models import AuditEvent, Operation
from tests.access.policy_desk import JOB_USER, VIEWER, Desk, in_another_worker
from tests.portal.workers import expire_lease
from tests.support.creation import attempt, carry_out
from tests.support.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

ANN = ("user:ann@example.com", VIEWER)
BEN = ("user:ben@example.com", VIEWER)
Presence = Grant.Presence


def test_two_hundred_claims_cost_one_write(desk: Desk) -> None:
    people = [f"user:person{number}@example.com" for number in range(200)]
    waiting = [desk.share(*((person, VIEWER) for person in people[start::4])) for start in range(4)]
    for operation in waiting:
        carry_out(operation)
        assert operation.state == Operation.State.SUCCEEDED
    assert desk.writes() == 1
    assert set(people) <= desk.members()
    assert set(desk.statuses().values()) == {"active"}
    assert AuditEvent.objects.filter(action="grant.activate", outcome="succeeded").count() == 200


def test_ending_two_hundred_claims_costs_one_write(desk: Desk) -> None:
    pairs = [(f"user:person{number}@example.com", VIEWER) for number in range(200)]
    foreign = desk.rows()
    carry_out(desk.share(*pairs))
    carry_out(desk.end(*pairs))
    assert desk.writes() == 2
    assert desk.rows() == foreign
    assert set(desk.statuses().values()) == {"revoked"}


def test_a_principal_that_google_names_is_refused_alone(desk: Desk, google: Control) -> None:
    """And not Ann too, whose address stands inside that of Joann."""
    joann = ("user:joann@example.com", VIEWER)
    google.fault("projects.setIamPolicy", status=400, message="User joann@example.com does not exist.")
    carry_out(operation := desk.share(ANN, BEN, joann))
    assert operation.state == Operation.State.FAILED
    assert "user:joann@example.com: User joann@example.com does not exist." in operation.error
    assert desk.statuses() == {ANN[0]: "active", BEN[0]: "active", joann[0]: "failed"}
    assert {ANN[0], BEN[0]} <= desk.members()


def test_a_refusal_that_names_nobody_hits_its_cause_alone(desk: Desk) -> None:
    """A role that the resource does not know: Google names the role, not who should get it."""
    unknown = ("user:eve@example.com", "roles/no.suchRole")
    pairs = [(f"user:person{number}@example.com", VIEWER) for number in range(5)]
    carry_out(operation := desk.share(*pairs, unknown))
    assert operation.state == Operation.State.FAILED
    assert "roles/no.suchRole" in operation.error
    assert {status for who, status in desk.statuses().items() if who != unknown[0]} == {"active"}
    carry_out(later := desk.share(ANN))
    assert later.state == Operation.State.SUCCEEDED, "one bad claim must not block the policy for good"


def test_a_full_policy_refuses_what_does_not_fit_and_still_ends_claims(desk: Desk) -> None:
    carry_out(desk.share(ANN))
    filler = PRINCIPAL_LIMIT - len(desk.rows())
    fill(desk, filler)
    assert len(desk.rows()) == PRINCIPAL_LIMIT
    eve, finn = ("user:eve@example.com", VIEWER), ("user:finn@example.com", VIEWER)
    carry_out(operation := desk.share(BEN))
    assert operation.state == Operation.State.FAILED
    assert "1,500 principals" in operation.error
    both = desk.share(BEN, eve, finn)
    desk.end(ANN)
    carry_out(both)
    assert ANN[0] not in desk.members(), "no claim is too many to end another"
    assert desk.statuses() == {
        ANN[0]: "revoked",
        BEN[0]: "active",  # the place that Ann left
        eve[0]: "failed",
        finn[0]: "failed",
    }


def fill(desk: Desk, count: int) -> None:
    """Have somebody else put that many members into the policy at once."""
    from portal.gcp import projects  # noqa: PLC0415 (the outsider's own hand, not the portal's)

    policy = projects.get_policy(desk.resource.project_id)
    more = [("roles/logging.viewer", f"user:filler{number}@example.com") for number in range(count)]
    projects.set_policy(desk.resource.project_id, policy.changed(additions=more))


def test_nine_conflicts_are_repeated_and_the_tenth_try_counts(desk: Desk, google: Control) -> None:
    google.fault("projects.setIamPolicy", status=409, times=9)
    attempt(operation := desk.share(ANN))
    assert operation.state == Operation.State.SUCCEEDED
    assert len(google.calls("projects.setIamPolicy")) == 10
    google.fault("projects.setIamPolicy", status=409, times=11)
    attempt(operation := desk.share(BEN))
    assert operation.state == Operation.State.WAITING
    carry_out(operation)
    assert operation.state == Operation.State.SUCCEEDED
    carry_out(desk.end(ANN, BEN))
    assert not {ANN[0], BEN[0]} & desk.members(), "after any number of conflicts the binding is the portal's"


def test_what_was_there_before_the_claim_stays_when_it_ends(desk: Desk) -> None:
    desk.outsider(ANN)
    carry_out(desk.share(ANN, BEN))
    carry_out(desk.end(ANN, BEN))
    assert ANN[0] in desk.members()
    assert BEN[0] not in desk.members()


def test_the_spelling_of_an_address_does_not_take_away_what_another_claim_needs(desk: Desk) -> None:
    carry_out(desk.share(ANN))
    carry_out(desk.share(("user:Ann@Example.com", VIEWER)))
    carry_out(desk.end(ANN))
    assert ANN[0] in desk.members()
    carry_out(desk.end(("user:Ann@Example.com", VIEWER)))
    assert ANN[0] not in desk.members()


def test_the_last_of_two_claims_takes_the_binding_away(desk: Desk) -> None:
    carry_out(desk.claim(ANN, "one"))
    carry_out(desk.claim(ANN, "two"))
    carry_out(desk.end(ANN, purpose="one"))
    assert ANN[0] in desk.members()
    carry_out(desk.end(ANN, purpose="two"))
    assert ANN[0] not in desk.members()
    assert set(Grant.objects.values_list("observed", flat=True)) == {Presence.ABSENT}


@pytest.mark.parametrize("status", [400, 403, 429])
def test_a_write_that_google_refused_makes_nothing_the_portals_own(
    status: int, desk: Desk, google: Control
) -> None:
    google.fault("projects.setIamPolicy", status=status, message="The portal may not. Say nothing more.")
    attempt(desk.share(ANN))
    desk.outsider(ANN)
    carry_out(desk.end(ANN))
    assert ANN[0] in desk.members(), "it was an outsider who added it"


def test_an_account_that_is_not_there_yet_holds_nobody_up(desk: Desk, google: Control) -> None:
    agent = "service-528461093377@gcp-sa-bigqueryconnection.iam.gserviceaccount.com"
    google.service_account(agent, exists=False)
    carry_out(desk.share(BEN))
    waiting = desk.share((f"serviceAccount:{agent}", JOB_USER), ANN)
    desk.end(BEN)
    attempt(waiting)
    assert waiting.state == Operation.State.WAITING
    assert ANN[0] in desk.members()
    assert BEN[0] not in desk.members()
    google.service_account(agent, exists=True)
    carry_out(waiting)
    assert waiting.state == Operation.State.SUCCEEDED
    assert f"serviceAccount:{agent}" in desk.members(JOB_USER)


def test_a_worker_that_was_superseded_disowns_nothing(desk: Desk, google: Control) -> None:
    """It wakes up after another wrote: its write meets a conflict, and that is its end."""
    google.fault("projects.setIamPolicy", hang=True, when="before")
    operation = desk.share(ANN)
    late = in_another_worker(operation)
    google.wait_for("projects.setIamPolicy")
    expire_lease(operation)
    attempt(operation)
    assert operation.state == Operation.State.SUCCEEDED
    google.release()
    late.join(timeout=20)
    assert [call["status"] for call in google.calls("projects.setIamPolicy")] == [409, 200]
    assert Grant.objects.get().intended_at
    carry_out(desk.end(ANN))
    assert ANN[0] not in desk.members()


def test_a_worker_that_was_superseded_does_not_lay_down_its_successors_pen(
    desk: Desk, google: Control
) -> None:
    google.fault("projects.setIamPolicy", hang=True)
    operation = desk.share(ANN)
    late = in_another_worker(operation)
    google.wait_for("projects.setIamPolicy")
    google.fault("projects.getIamPolicy", hang=True)
    expire_lease(operation)
    successor = in_another_worker(operation)
    google.wait_for("projects.getIamPolicy", 2)
    google.release("projects.setIamPolicy")
    late.join(timeout=20)
    attempt(other := desk.share(BEN))
    assert other.state == Operation.State.WAITING
    assert "Another change of this policy is under way" in other.error
    google.release()
    successor.join(timeout=20)
    carry_out(other)
    assert {ANN[0], BEN[0]} <= desk.members()
    assert desk.writes() == 2


def test_the_later_decision_wins_when_a_revoke_meets_a_grant(desk: Desk, google: Control) -> None:
    """The claim ends while its write is on the way: what is seen afterwards is its end."""
    google.fault("projects.setIamPolicy", hang=True, when="before")
    granting = in_another_worker(desk.share(ANN))
    google.wait_for("projects.setIamPolicy")
    ending = desk.end(ANN)
    attempt(ending)
    assert ending.state == Operation.State.WAITING, "one writer at a time"
    google.release()
    granting.join(timeout=20)
    carry_out(ending)
    assert ANN[0] not in desk.members()
    assert desk.statuses() == {ANN[0]: "revoked"}


def test_the_later_decision_wins_when_a_grant_meets_a_revoke(desk: Desk, google: Control) -> None:
    carry_out(desk.share(ANN))
    google.fault("projects.setIamPolicy", hang=True, when="before")
    ending = in_another_worker(desk.end(ANN))
    google.wait_for("projects.setIamPolicy", 2)
    again = desk.share(ANN)
    google.release()
    ending.join(timeout=20)
    carry_out(again)
    assert ANN[0] in desk.members()
    assert desk.statuses() == {ANN[0]: "active"}


def test_operations_on_one_policy_take_turns(desk: Desk, google: Control) -> None:
    """Three workers, six operations: everything is done, and none ever met another's write."""
    google.latency(20, "projects.setIamPolicy")
    waiting = [desk.share((f"user:person{number}@example.com", VIEWER)) for number in range(6)]

    def finish(mine: list[Operation]) -> Callable[[], None]:
        def work() -> None:
            try:
                for operation in mine:
                    carry_out(operation, attempts=60)
            finally:
                connection.close()

        return work

    workers = [threading.Thread(target=finish(waiting[number::3])) for number in range(3)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join(timeout=60)
    wait_until(lambda: not any(thread.is_alive() for thread in workers), seconds=1, what="the workers end")
    for operation in waiting:
        operation.refresh_from_db()
        assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert {call["status"] for call in google.calls("projects.setIamPolicy")} == {200}
    assert {f"user:person{number}@example.com" for number in range(6)} <= desk.members()
