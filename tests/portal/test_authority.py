"""Rights are asked about again when an operation is carried out."""

from __future__ import annotations

import pytest

from portal import execution, operations
from portal.execution import Failure
from portal.models import Operation
from portal.runs import Run
from tests.portal import people, things

pytestmark = pytest.mark.django_db(transaction=True)
State = Operation.State


def carry_out(operation: Operation) -> tuple[str, str]:
    """Attempt it; return how it ended, and why."""

    def apply(run: Run) -> None:
        with run.outcome():
            pass

    def failed(run: Run, failure: Failure) -> None:
        assert failure.remedy

    execution.execute(str(operation.pk), apply, failed)
    operation.refresh_from_db()
    return operation.state, operation.error


def test_an_administrators_operation_is_carried_out(cast: people.Cast) -> None:
    assert carry_out(things.operation(by=cast.admin)) == (State.SUCCEEDED, "")


def test_the_portals_own_operation_needs_no_right(db: None) -> None:
    assert carry_out(things.operation(by=None)) == (State.SUCCEEDED, "")


def test_who_was_demoted_meanwhile_is_refused(cast: people.Cast) -> None:
    operation = things.operation(by=cast.admin)
    cast.admin.groups.clear()
    assert carry_out(operation) == (State.FAILED, f"{cast.admin} may not do this any more.")


def test_who_was_deactivated_meanwhile_is_refused(cast: people.Cast) -> None:
    operation = things.operation(by=cast.admin)
    cast.admin.is_active = False
    cast.admin.save()
    assert carry_out(operation)[0] == State.FAILED


def test_who_is_gone_is_refused(cast: people.Cast) -> None:
    operation = things.operation(by=cast.admin)
    name = str(cast.admin)
    cast.admin.delete()
    assert carry_out(operation) == (State.FAILED, f"{name} may not do this any more.")


@pytest.mark.parametrize(
    ("owners_may", "still_owner", "state"),
    [(True, True, State.SUCCEEDED), (True, False, State.FAILED), (False, True, State.FAILED)],
)
def test_an_owner_has_the_right_while_they_own_it(
    owners_may: bool, still_owner: bool, state: str, cast: people.Cast
) -> None:
    connection = things.connection(things.project(), cast.owner)
    operation = things.operation(by=cast.owner, target=connection.full_name, owners_may=owners_may)
    if not still_owner:
        connection.resource.owners.clear()
    assert carry_out(operation)[0] == state


def test_an_owner_who_was_deactivated_meanwhile_has_none(cast: people.Cast) -> None:
    connection = things.connection(things.project(), cast.owner)
    operation = things.operation(by=cast.owner, target=connection.full_name, owners_may=True)
    cast.owner.is_active = False
    cast.owner.save()
    assert carry_out(operation) == (State.FAILED, f"{cast.owner} may not do this any more.")


def test_whoever_retries_it_answers_for_it(cast: people.Cast) -> None:
    operation = things.failed_operation(by=cast.analyst)
    operations.request_retry(operation, by=cast.admin)
    assert carry_out(operation) == (State.SUCCEEDED, "")
    assert operation.requested_by == str(cast.analyst)
