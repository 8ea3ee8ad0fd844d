"""The log of calls: what came, from whom, how it ended. Never a body."""

import asyncio
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from emulator.clock import now

_KEPT = 20_000


@dataclass
class Record:
    """One call. `status` is 0 while it is under way or when no answer was sent; `time` in epoch seconds."""

    id: int
    api: str
    method: str
    verb: str
    path: str
    caller: str
    time: float
    status: int = 0
    applied: bool = False
    fault: bool = False
    stale: bool = False


@dataclass
class Calls:
    """All calls since the last reset, newest last."""

    records: list[Record] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def arrived(self, api: str, method: str, verb: str, path: str) -> Record:
        """Write down a call that has just come in."""
        record = Record(sum(self.counts.values()) + 1, api, method, verb, path, "", now())
        self.records.append(record)
        del self.records[:-_KEPT]
        self.counts[method] += 1
        return record

    async def wait_for(self, method: str, count: int, seconds: float) -> bool:
        """Wait until the method was called `count` times since the reset; False after `seconds`."""
        deadline = now() + seconds
        while self.counts[method] < count:
            if now() >= deadline:
                return False
            await asyncio.sleep(0.01)
        return True

    def listed(self, method: str = "") -> list[dict[str, Any]]:
        """The records as JSON, of one method or all."""
        return [asdict(record) for record in self.records if method in ("", record.method)]

    def clear(self) -> None:
        """Forget all calls."""
        self.records.clear()
        self.counts.clear()
