"""The chain under traffic: proofs on a live trail hold, and writers wait for each other in one order."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from portal import audit, clock
from portal.models import AuditEvent, AuditHead, Project

pytestmark = pytest.mark.django_db(transaction=True)
PACKAGES = ("portal", "access", "connections")


def record(target: str = "projects/acme-analytics") -> None:
    audit.record("project.check", by=None, target=target, outcome=audit.Outcome.SUCCEEDED)


def in_threads(*works: Callable[[], None]) -> list[BaseException]:
    failures: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failures


def test_a_proof_on_a_live_trail_does_not_cry_wolf() -> None:
    over = threading.Event()
    proofs: list[audit.Verification] = []

    def append() -> None:
        while not over.is_set():
            with audit.appending():
                record()

    def prove() -> None:
        try:
            # On a busy machine the writer may begin late.
            while len(proofs) < 40 or (proofs[-1].size == proofs[0].size and len(proofs) < 4000):
                proofs.append(audit.verify())
        finally:
            over.set()

    assert not in_threads(append, prove)
    assert [proof.problem for proof in proofs if not proof.holds] == []
    assert proofs[-1].size > proofs[0].size


def test_an_event_behind_the_end_of_the_chain_is_found() -> None:
    with audit.appending():
        record()
    head = AuditHead.objects.get()
    stray = AuditEvent.objects.get(position=head.size)
    stray.position, stray.hash = head.size + 1, "f" * 64
    stray.save(force_insert=True)

    proof = audit.verify()

    assert (proof.holds, proof.bad_position) == (False, head.size + 1)


def test_transactions_that_lock_the_same_rows_in_other_orders_do_not_end_in_a_deadlock() -> None:
    projects = [
        Project.objects.create(project_id=f"project-{n}", registered_by="a", registered_at=clock.now())
        for n in range(2)
    ]

    def change(order: list[Project]) -> Callable[[], None]:
        def work() -> None:
            for _ in range(25):
                with audit.appending():
                    for project in order:
                        Project.objects.filter(pk=project.pk).update(checked_at=clock.now())
                        record(project.project_id)

        return work

    assert in_threads(change(projects), change(projects[::-1])) == []
    assert audit.verify().size == 100


def test_modules_that_record_events_take_the_chain_first() -> None:
    """`transaction.atomic()` beside audit.record() is how the deadlocks came in."""
    guilty = [
        str(path)
        for package in PACKAGES
        for path in Path(package).rglob("*.py")
        if "audit.record(" in (text := path.read_text()) and re.search(r"with transaction\.atomic\(\)", text)
    ]
    # Claiming an operation, choosing one's notices and noting what an instance has lock rows of their own,
    # and record nothing.
    assert sorted(guilty) == [
        "connections/logins/looking.py",
        "portal/notices/services.py",
        "portal/operations.py",
    ]
