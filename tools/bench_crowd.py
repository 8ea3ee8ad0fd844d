"""`make bench`: 50 people give and take access at once, 20 workers carry it out, kill -9 strikes among them.

On Redis and PostgreSQL. Afterwards Google has to hold exactly what the last decision about each principal
says: nothing lost, nothing twice, and an audit trail that verifies.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

if TYPE_CHECKING:
    from access.models import Resource
    from emulator.client import Control
    from tests.support.processes import ManagedProcess

WRITERS, WORKERS = 50, 20
CONNECTIONS = 4
ROLE = "roles/bigquery.connectionUser"
LEASE_SECONDS = 3


@dataclass(frozen=True)
class Tally:
    """What came of it. All but the first four have to be nothing."""

    decisions: int
    kills: int
    writes: int
    seconds: float
    lost: int
    twice: int
    unsettled: int
    trail_broken: bool


def main() -> int:
    """Measure and print; the exit status says whether the goals were met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=10, help="how many each writer takes")
    parser.add_argument("--kills", type=int, default=12, help="how many processes are killed")
    options = parser.parse_args()
    os.environ["PORTAL_LEASE_SECONDS"] = str(LEASE_SECONDS)
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL refuses to run as root: its own user must pass through
        from tools import bench, bench_grants

        installation = stack.enter_context(bench.installed(folder))
        bench_grants.set_up()
        resources = [bench_grants.connection(f"crowd_{number}") for number in range(CONNECTIONS)]
        workers = [installation.worker, *_more_workers(folder, stack)]
        control = bench_grants.google()
        control.latency(10)
        control.clear_calls()
        tally = strike(resources, workers, control, options.decisions, options.kills)
    return report(tally)


def _more_workers(folder: Path, stack: ExitStack) -> list[ManagedProcess]:
    """Beside the installation's own, with its two processes."""
    from tests.support.portal_processes import celery_worker

    names = ("crowd1", "crowd2")
    share = (WORKERS - 2) // len(names)
    return [stack.enter_context(celery_worker(name, folder=folder, concurrency=share)) for name in names]


def strike(
    resources: list[Resource], workers: list[ManagedProcess], control: Control, decisions: int, kills: int
) -> Tally:
    """Let everybody loose, and wait until all is settled."""
    started = time.monotonic()
    writers = [
        threading.Thread(target=_write, args=(number, resources, decisions)) for number in range(WRITERS)
    ]
    killer = threading.Thread(target=_kill, args=(workers, kills))
    for thread in (*writers, killer):
        thread.start()
    for thread in (*writers, killer):
        thread.join()
    _settle()
    return _count(resources, control, WRITERS * decisions, kills, time.monotonic() - started)


def _write(number: int, resources: list[Resource], decisions: int) -> None:
    """One person: shares with new principals, and takes back what they gave before."""
    from django.db import connection

    from access.models import Grant
    from access.services import Sharing, request_share
    from tests.support.creation import administrator

    chance = random.Random(number)  # noqa: S311 (repeats the same decisions in each run)
    ada = administrator()
    try:
        for step in range(decisions):
            resource = chance.choice(resources)
            own = f"user:writer{number}-"
            given = resource.grants.filter(principal__startswith=own, desired=Grant.Presence.PRESENT)
            if chance.random() < 0.3 and (old := list(given[:1])):
                request_share(resource, Sharing(remove=old), by=ada)
            else:
                pair = (f"{own}{step}@example.com", ROLE)
                request_share(resource, Sharing(add=frozenset([pair])), by=ada)
    finally:
        connection.close()


def _kill(workers: list[ManagedProcess], kills: int) -> None:
    """kill -9: processes of the pools, and now and then a worker with all of its own, which starts again."""
    chance = random.Random(0)  # noqa: S311 (the same choice in every run)
    for number in range(kills):
        time.sleep(0.7)
        worker = workers[1 + number % (len(workers) - 1)]
        if number % 6 == 5:
            worker.kill()
            worker.start()
        elif children := _children(worker.pid):
            with suppress(ProcessLookupError):
                os.kill(chance.choice(children), signal.SIGKILL)


def _children(pid: int) -> list[int]:
    """The processes that a process has forked."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listed.split()]


def _settle() -> None:
    """Wait until no operation is under way and every claim is seen."""
    from access.models import Grant
    from access.policy_change import PENDING
    from portal.models import Operation
    from tests.support.processes import wait_until

    unfinished = Operation.objects.filter(state__in=["pending", "waiting", "running"])
    waiting = Grant.objects.filter(PENDING)
    wait_until(
        lambda: not unfinished.exists() and not waiting.exists(),
        seconds=300,
        what="all is settled",
        every=0.1,
    )


def _count(resources: list[Resource], control: Control, decisions: int, kills: int, seconds: float) -> Tally:
    from access.models import Grant
    from portal import audit
    from portal.models import AuditEvent, Operation
    from tests.support.creation import NUMBER, PROJECT

    policies = control.state()["policies"]
    lost = twice = 0
    for resource in resources:
        policy = policies.get(resource.full_name.replace(PROJECT, str(NUMBER)), {"bindings": []})
        members = Counter(member for row in policy["bindings"] for member in row["members"])
        wanted = set(
            resource.grants.filter(desired=Grant.Presence.PRESENT).values_list("principal", flat=True)
        )
        lost += len(wanted ^ set(members))
        twice += sum(count - 1 for count in members.values())
    told = Counter(
        AuditEvent.objects.filter(
            action__in=["grant.activate", "grant.revoke"], outcome="succeeded"
        ).values_list("detail__grant", "action")
    )
    ended = Counter(
        AuditEvent.objects.filter(action="policy.share")
        .exclude(outcome="requested")
        .values_list("operation", flat=True)
    )
    twice += sum(count - 1 for count in (*told.values(), *ended.values()))
    return Tally(
        decisions=decisions,
        kills=kills,
        writes=sum(call["applied"] for call in control.calls("connections.setIamPolicy")),
        seconds=seconds,
        lost=lost,
        twice=twice,
        unsettled=Operation.objects.exclude(state="succeeded").count(),
        trail_broken=not audit.verify().holds,
    )


def report(tally: Tally) -> int:
    """Print the figures; return 0 if the goals were met."""
    print(
        f"{WRITERS} writers took {tally.decisions} decisions about {CONNECTIONS} policies, "
        f"{WORKERS} workers, {tally.kills} kill -9 among them"
    )
    print(f"settled after {tally.seconds:.1f} s with {tally.writes} policy writes")
    print(f"lost: {tally.lost}; twice: {tally.twice}; operations that failed: {tally.unsettled}")
    met = not (tally.lost or tally.twice or tally.unsettled or tally.trail_broken)
    print(f"Goal: 0 lost, 0 twice, the audit trail verifies: {'met' if met else 'missed'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
