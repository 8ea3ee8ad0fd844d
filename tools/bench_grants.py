"""`make bench`: a thousand pending grants on one connection, while an outsider edits the same policy.

On Redis and PostgreSQL, with the real worker and schedule, and 50 ms of latency at each call to Google. In
the same run a script does it as scripts do: it reads the policy, adds one member and writes, per grant.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

if TYPE_CHECKING:
    from access.models import Resource
    from emulator.client import Control

LATENCY_MILLISECONDS = 50
EDITS = 100
GOAL_WRITES = 2
WRITE = "connections.setIamPolicy"
ROLE = "roles/bigquery.connectionUser"
OUTSIDER = "user:admin@example.com"  # an owner of the demo's project


@dataclass
class Result:
    """What one way came to: writes that took effect, writes refused, seconds, and what is missing."""

    name: str
    writes: int
    refused: int
    seconds: float
    grants_lost: int
    edits_lost: int


def main() -> int:
    """Measure and print; the exit status says whether the goals were met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grants", type=int, default=1000, help="how many are pending")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder, ExitStack() as stack:
        Path(folder).chmod(0o711)  # PostgreSQL refuses to run as root: its own user must pass through
        from tools import bench

        stack.enter_context(bench.installed(Path(folder)))
        set_up()
        control = google()
        resource = connection("portal")
        script_resource = connection("script")
        control.latency(LATENCY_MILLISECONDS)
        results = [by_portal(resource, control, options.grants)]
        results.append(by_script(script_resource, control, options.grants))
        control.latency(0)
    return report(results, options.grants)


def set_up() -> None:
    """Make Django ready in this process, on the installation's database."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django

    django.setup()


def google() -> Control:
    """Google's stand-in, to be given orders."""
    from emulator.client import Control

    return Control(os.environ["GOOGLE_CLOUD_EMULATOR"])


def connection(name: str) -> Resource:
    """Have the portal make a connection, and wait until it is there."""
    from access.models import Resource
    from portal.models import Operation, Project
    from tests.support.creation import ask_for
    from tests.support.processes import wait_until

    ready = Project.objects.filter(number__isnull=False)
    wait_until(ready.exists, seconds=60, what="the project is looked up", every=0.1)
    operation = ask_for(name, share=())

    def over() -> bool:
        operation.refresh_from_db()
        return operation.is_over

    wait_until(over, seconds=60, what="the connection is there", every=0.1)
    if operation.state != Operation.State.SUCCEEDED:
        raise SystemExit(f"the connection was not made: {operation.error}")
    return Resource.objects.get(full_name=operation.target)


def by_portal(resource: Resource, control: Control, count: int) -> Result:
    """A thousand shares, each an operation of its own, committed at once while the outsider edits."""
    from django.db import transaction

    from access.models import Grant
    from access.services import Sharing, request_share
    from tests.support.creation import administrator
    from tests.support.processes import wait_until

    people = [f"user:person{number}@example.com" for number in range(count)]
    ada = administrator()
    control.clear_calls()
    outsider = Client(control, OUTSIDER, resource.full_name)
    thread = threading.Thread(target=outsider.edit)
    with transaction.atomic():
        for person in people:
            request_share(resource, Sharing(add=frozenset([(person, ROLE)])), by=ada)
        thread.start()
    started = time.monotonic()
    waiting = resource.grants.exclude(observed=Grant.Presence.PRESENT)
    wait_until(lambda: not waiting.exists(), seconds=300, what="all are seen at Google", every=0.02)
    seconds = time.monotonic() - started
    thread.join()
    calls = [call for call in control.calls(WRITE) if call["caller"] != OUTSIDER]
    applied = sum(call["applied"] and call["status"] == 200 for call in calls)
    members = outsider.members()
    lost = len(set(people) - members)
    return Result("the portal", applied, len(calls) - applied, seconds, lost, outsider.lost(members))


def by_script(resource: Resource, control: Control, count: int) -> Result:
    """The same by reading, adding one member and writing, per grant; again where somebody came between."""
    people = [f"user:person{number}@example.com" for number in range(count)]
    outsider = Client(control, OUTSIDER, resource.full_name)
    script = Client(control, OUTSIDER, resource.full_name)
    thread = threading.Thread(target=outsider.edit)
    thread.start()
    started = time.monotonic()
    for person in people:
        script.add(person)
    seconds = time.monotonic() - started
    thread.join()
    members = outsider.members()
    lost = len(set(people) - members)
    return Result("the script", script.writes, script.refused, seconds, lost, outsider.lost(members))


class Client:
    """Somebody who edits a connection's policy over HTTP: one member a time, with the etag that was read."""

    def __init__(self, control: Control, member: str, full_name: str) -> None:
        import requests

        self.session = requests.Session()
        token = control.token(member.partition(":")[2])
        self.session.headers["Authorization"] = f"Bearer {token}"
        self.url = f"{os.environ['GOOGLE_CLOUD_EMULATOR']}/bigqueryconnection/v1/{full_name}"
        self.writes = self.refused = 0
        self.added: list[str] = []

    def edit(self) -> None:
        """Add a hundred members, one after the other."""
        for number in range(EDITS):
            self.add(f"user:outsider{number}@example.com")

    def add(self, member: str) -> None:
        """Read, add, write; again if somebody wrote meanwhile."""
        while True:
            policy = self._ask("getIamPolicy", {"options": {"requestedPolicyVersion": 3}}).json()
            _members(policy).append(member)
            answer = self._ask("setIamPolicy", {"policy": policy})
            if answer.status_code == 200:
                self.writes += 1
                self.added.append(member)
                return
            if answer.status_code != 409:
                raise SystemExit(f"{answer.status_code}: {answer.text[:500]}")
            self.refused += 1

    def members(self) -> set[str]:
        """Who has the role at Google now."""
        return set(_members(self._ask("getIamPolicy", {}).json()))

    def lost(self, members: set[str]) -> int:
        """How many of this client's edits are not there."""
        return len(set(self.added) - members)

    def _ask(self, method: str, body: dict[str, Any]) -> Any:
        return self.session.post(f"{self.url}:{method}", json=body, timeout=60)


def _members(policy: dict[str, Any]) -> list[str]:
    """The members of the role's binding in a policy's JSON, which gets one if it has none."""
    bindings: list[dict[str, Any]] = policy.setdefault("bindings", [])
    for binding in bindings:
        if binding["role"] == ROLE and not binding.get("condition"):
            found: list[str] = binding["members"]
            return found
    bindings.append({"role": ROLE, "members": []})
    made: list[str] = bindings[-1]["members"]
    return made


def report(results: list[Result], count: int) -> int:
    """Print the figures; return 0 if the goals were met."""
    print(
        f"{count:,} pending grants on one connection, an outsider edits its policy {EDITS} times meanwhile, "
        f"{LATENCY_MILLISECONDS} ms a call"
    )
    print(f"{'':14}{'writes':>8}{'refused':>9}{'seconds':>9}{'grants lost':>13}{'edits lost':>12}")
    for result in results:
        print(
            f"{result.name:14}{result.writes:8}{result.refused:9}{result.seconds:9.1f}"
            f"{result.grants_lost:13}{result.edits_lost:12}"
        )
    portal = results[0]
    goals: dict[str, Callable[[], bool]] = {
        f"at most {GOAL_WRITES} writes": lambda: portal.writes <= GOAL_WRITES,
        "nothing lost of either": lambda: not portal.grants_lost and not portal.edits_lost,
    }
    for text, is_met in goals.items():
        print(f"Goal: {text}: {'met' if is_met() else 'missed'}")
    return 0 if all(is_met() for is_met in goals.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
