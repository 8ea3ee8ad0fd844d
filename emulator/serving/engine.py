"""The state of a running server, and how a call acts on it.

Everything here runs on one event loop, so that calls are applied one after the other without locks.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from emulator import persistence
from emulator.calling import Call, Method, Runtime
from emulator.errors import JSON
from emulator.iam import policies
from emulator.logins import instances
from emulator.model import Policy, World
from emulator.serving.calls import Calls
from emulator.serving.faults import Faults


@dataclass(frozen=True)
class Edit:
    """Somebody else's change of a policy: one member more or less."""

    resource: str
    role: str
    member: str
    condition: JSON | None
    add: bool

    def applied(self, old: Policy) -> Policy:
        """The policy after it."""
        return policies.edited(old, self.role, self.member, self.condition, add=self.add)


@dataclass
class Engine:
    """Estate, what was before the last write, faults, log, latency in seconds by method."""

    runtime: Runtime
    estate: Callable[[], World]
    state_file: Path | None = None
    world: World = field(default_factory=World)
    previous: World = field(default_factory=World)
    faults: Faults = field(default_factory=Faults)
    calls: Calls = field(default_factory=Calls)
    latency: dict[str, float] = field(default_factory=dict)
    edits_after_read: list[Edit] = field(default_factory=list)
    initial_delay: float = 0.0

    def __post_init__(self) -> None:
        self.initial_delay = self.runtime.agent_delay
        if self.state_file is not None and self.state_file.exists():
            self.world = persistence.load(self.state_file)
        else:
            self.world = self.estate()
        self.previous = self.world
        self.reconcile()

    def reset(self) -> None:
        """Back to the estate as it was delivered, with nothing ordered and nothing logged."""
        self.faults.release()
        self.faults = Faults()
        self.calls = Calls()
        self.latency = {}
        self.edits_after_read = []
        self.runtime.jobs.clear()
        self.runtime.alerts.clear()
        self.runtime.passes.clear()
        self.runtime.agent_delay = self.initial_delay
        self.world = self.previous = self.estate()
        self.reconcile()
        self.keep()

    def reconcile(self) -> None:
        """Make the roles in the real databases be those of the IAM users of the estate."""
        servers: dict[tuple[str, int], list[str]] = {}
        for name, backend in sorted(self.runtime.backends.items()):
            servers.setdefault((backend.host, backend.port), []).append(name)
        for names in servers.values():
            backends = [self.runtime.backends[name] for name in names]
            databases = sorted({database for backend in backends for database in backend.databases})
            wanted = instances.roles(self.world, names)
            self.runtime.roles.reconcile(backends[0], databases, wanted)

    def keep(self) -> None:
        """Write the state file, if there is one."""
        if self.state_file is not None:
            persistence.save(self.world, self.state_file)

    def commit(self, changed: World) -> None:
        """Make a changed copy the state."""
        self.previous, self.world = self.world, changed
        self.keep()

    async def run(self, method: Method, call: Call) -> JSON:
        """Run a method: a write on a copy that becomes the state when it succeeds, a read as it is."""
        if method.writes:
            call.world = self.world.copy()
        result = method.handler(call)
        answer = await result if inspect.isawaitable(result) else result
        if method.writes:
            self.commit(call.world)
        return answer

    def edit(self, edit: Edit) -> None:
        """Apply somebody else's edit of a policy."""
        changed = self.world.copy()
        changed.policies[edit.resource] = edit.applied(changed.policy(edit.resource))
        self.commit(changed)

    def policy_was_read(self, resource: str) -> None:
        """Apply the edits that wait for the next read of this policy."""
        waiting = [edit for edit in self.edits_after_read if edit.resource == resource]
        for edit in waiting:
            self.edits_after_read.remove(edit)
            self.edit(edit)
