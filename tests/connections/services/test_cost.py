"""What the main job costs the database: the part of its time that a test can count.

tools/bench.py measures the time itself. Who adds a query to every change finds it here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection

from portal.models import Operation
from tests.support.creation import ask_for, attempt, carry_out
from tests.support.emulated import Emulator

pytestmark = pytest.mark.django_db(transaction=True)
BOOKKEEPING = ("BEGIN", "SAVEPOINT", "RELEASE")


@dataclass
class Cost:
    """How often the database was asked, and how often it had to write to its disk."""

    queries: int = 0
    transactions: int = 0


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cost]:
    cost, commit = Cost(), connection.commit

    def query(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        cost.queries += not sql.startswith(BOOKKEEPING)
        return execute(sql, *arguments)

    def committed() -> None:
        cost.transactions += 1
        commit()

    with monkeypatch.context() as patched, connection.execute_wrapper(query):
        patched.setattr(connection, "commit", committed)
        yield cost


def test_the_main_job_costs_so_much(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator.control.agent_delay(0)
    carry_out(ask_for("first"))
    with counted(monkeypatch) as asking:
        operation = ask_for("second")
    with counted(monkeypatch) as making:
        attempt(operation)
    assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert asking.transactions == 1
    assert asking.queries <= 25
    assert making.transactions <= 15
    assert making.queries <= 95
