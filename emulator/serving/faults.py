"""Faults that a test orders: failing, hanging, dropping, answering nonsense, answering from the past."""

import asyncio
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from emulator.calling import Method

When = Literal["before", "after"]
Drop = Literal["before_response", "mid_body"]
Body = Literal["html", "malformed", "truncated"]


class BadOrder(ValueError):
    """The control API was asked for something that it does not know."""


@dataclass
class Fault:
    """One order.

    It acts on the next `times` calls of `method` after `skip` of them have passed, on those whose path
    contains `path` if that is given. `when` is before or after the call took effect. `status` is the HTTP
    status to answer instead, `retry_after` a header in seconds. `hang` waits for a release (or for the
    client to go away).
    """

    method: str
    times: int = 1
    skip: int = 0
    path: str = ""
    status: int | None = None
    message: str = ""
    when: When | None = None
    body: Body | None = None
    hang: bool = False
    drop: Drop | None = None
    retry_after: int | None = None

    def moment(self) -> When:
        """Before or after; damaged answers come after unless said otherwise, refusals before."""
        if self.when:
            return self.when
        return "after" if self.body or self.drop == "mid_body" else "before"

    def concerns(self, method: Method, path: str) -> bool:
        """Whether the order is about this call."""
        return matches(self.method, method) and self.path in path


def matches(wanted: str, method: Method) -> bool:
    """Whether `wanted` names the method: `connections.get`, `bigqueryconnection.connections.get` or `*`."""
    return wanted in (method.name, f"{method.api}.{method.name}", "*")


_CHOICES: dict[str, tuple[Any, ...]] = {
    "when": get_args(When),
    "drop": get_args(Drop),
    "body": get_args(Body),
}


def ordered(order: dict[str, Any]) -> Fault:
    """A fault from JSON. Raises BadOrder for unknown names and values."""
    known = {item.name for item in fields(Fault)}
    if not isinstance(order.get("method"), str) or set(order) - known:
        raise BadOrder(f"a fault needs a method, and knows only {sorted(known)}")
    for name, choices in _CHOICES.items():
        if order.get(name) is not None and order[name] not in choices:
            raise BadOrder(f"{name} is one of {choices}")
    fault = Fault(**order)
    if not (fault.status or fault.body or fault.hang or fault.drop):
        raise BadOrder("a fault needs one of status, body, hang, drop")
    return fault


@dataclass
class Faults:
    """What is ordered and not yet used up, and the calls that hang."""

    orders: list[Fault] = field(default_factory=list)
    stale: dict[str, int] = field(default_factory=dict)
    hanging: list[tuple[Method, asyncio.Event]] = field(default_factory=list)

    def take(self, method: Method, path: str) -> Fault | None:
        """The fault for this call, counted down."""
        for fault in self.orders:
            if not fault.concerns(method, path):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            if fault.times <= 0:
                self.orders.remove(fault)
            return fault
        return None

    def take_stale(self, method: Method) -> bool:
        """Whether this read is to be answered from before the last write; counted down."""
        for wanted, left in list(self.stale.items()):
            if matches(wanted, method):
                self.stale[wanted] = left - 1
                if left <= 1:
                    del self.stale[wanted]
                return True
        return False

    async def hang(self, method: Method, gone: asyncio.Event) -> bool:
        """Wait for a release. False when the client went away first."""
        entry = (method, asyncio.Event())
        self.hanging.append(entry)
        waits = [asyncio.ensure_future(event.wait()) for event in (entry[1], gone)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.hanging.remove(entry)
            for wait in waits:
                wait.cancel()
        return entry[1].is_set()

    def release(self, method: str = "*") -> int:
        """Let hanging calls of the method go on; returns how many."""
        chosen = [event for owner, event in self.hanging if matches(method, owner)]
        for event in chosen:
            event.set()
        return len(chosen)
