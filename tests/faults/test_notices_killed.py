"""kill -9 of the worker that sends a notice: before it sends another one does; after that nobody does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.models import Delivery, User
from portal.notices import outbox
from tests.portal.notices.telling import only, tell, wants_webhook
from tests.support.crew import Crew
from tests.support.factories import make_person
from tests.support.processes import ManagedProcess, wait_until
from tests.support.webhooks import HANG, Receiver, receiver

pytestmark = pytest.mark.django_db(transaction=True)
State = Delivery.State
CLAIM_AND_STOP = """
import sys, time, django
django.setup()
from portal.notices import outbox
assert outbox.claim(sys.argv[1])
print("claimed", flush=True)
time.sleep(60)
"""


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def ana(transactional_db: None, hook: Receiver) -> User:
    """Somebody who is told by webhook."""
    ana = make_person("ana@example.com")
    wants_webhook(ana, hook.url)
    return ana


@pytest.fixture(scope="module")
def _crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    env = {"PORTAL_NOTICE_LEASE_SECONDS": "1", "PORTAL_WEBHOOKS_IN_PRIVATE_NETWORKS": "true"}
    crew = Crew(tmp_path_factory.mktemp("crew"), env)
    yield crew
    crew.dismiss()


def until(state: str) -> None:
    """Wait until the delivery stands there; sweep meanwhile, as the schedule does."""

    def there() -> bool:
        outbox.sweep()
        return only().state == state

    wait_until(there, seconds=30, what=f"the delivery is {state}", every=0.2)


def test_killed_between_the_claim_and_the_sending_another_sends_it_once(
    crew: Crew, ana: User, hook: Receiver, tmp_path: Path, settings: object
) -> None:
    settings.NOTICE_LEASE_SECONDS = 1  # type: ignore[attr-defined]
    tell(ana)
    dying = ManagedProcess(
        [sys.executable, "-c", CLAIM_AND_STOP, str(only().pk)],
        log=tmp_path / "dying.log",
        ready=lambda process: "claimed" in process.output(),
        env={"PORTAL_NOTICE_LEASE_SECONDS": "1"},
    )
    dying.start()
    assert only().state == State.CLAIMED
    dying.kill()
    crew.worker()
    until(State.SENT)
    assert (len(hook.arrived), only().attempts) == (1, 2)


def test_killed_while_sending_it_is_unknown_and_nobody_sends_it_again(
    crew: Crew, ana: User, hook: Receiver, settings: object
) -> None:
    settings.NOTICE_LEASE_SECONDS = 1  # type: ignore[attr-defined]
    hook.answers = [HANG]
    worker = crew.worker()
    tell(ana)
    wait_until(lambda: hook.arrived, seconds=30, what="the request is there")
    worker.kill()
    crew.successor()
    until(State.UNKNOWN)
    tell(ana, key="another")
    wait_until(lambda: len(hook.taken) == 1, seconds=30, what="the other one arrives", every=0.2)
    assert len(hook.arrived) == 2
