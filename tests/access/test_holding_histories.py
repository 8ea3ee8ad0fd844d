"""Who held what as of any moment: random histories of the real functions, against what the rows said then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from django.db.models import F, QuerySet
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from access import asof, claims, expiry, holdings, imports, policy_writer, vanished
from access.models import Grant, Holding
from access.views import holdings_filter
from portal import audit, clock
from portal.gcp import projects
from portal.gcp.policies import member_key
from portal.models import AuditHead, DemoClock, Operation, User
from tests.access.policy_desk import JOB_USER, VIEWER, Desk, Pair
from tests.support.cast import aurel
from tests.support.creation import PROJECT, administrator, carry_out
from tests.support.emulated import Emulator
from tests.support.examples import examples
from tests.support.factories import make_project

__all__ = ["aurel"]
pytestmark = pytest.mark.django_db(transaction=True)

PAIRS = [(f"user:{name}@example.com", role) for name in ("ann", "Ben") for role in (VIEWER, JOB_USER)]
HOUR = timedelta(hours=1)
pairs = st.sampled_from(PAIRS)
purposes = st.sampled_from(("one", "two"))
none = st.none()
# On which of two projects; what; about whom; for what purpose.
actions = st.tuples(
    st.sampled_from((0, 1)),
    st.one_of(
        st.tuples(st.just("claim"), pairs, purposes),
        st.tuples(st.just("claim"), pairs, purposes),
        st.tuples(st.just("end"), pairs, purposes),
        st.tuples(st.just("end"), pairs, purposes),
        st.tuples(st.just("extend"), pairs, purposes),
        st.tuples(st.just("expire"), none, none),
        st.tuples(st.just("work"), none, none),
        st.tuples(st.just("work"), none, none),
        st.tuples(st.just("import"), none, none),
        st.tuples(st.just("outsider adds"), pairs, none),
        st.tuples(st.just("outsider respells"), pairs, none),
        st.tuples(st.just("refused"), none, none),
    ),
)
Action = tuple[int, tuple[str, Pair | None, str | None]]


class Row(NamedTuple):
    """What is held, of one claim."""

    grant: int
    status: str
    ends: datetime | None
    person: str
    role: str
    resource: str


Held = set[Row]


@dataclass
class History:
    """What was done, and what the claims' own rows said after each step: the end of the trail, then who."""

    desks: tuple[Desk, Desk]
    waiting: list[Operation] = field(default_factory=list)
    seen: list[tuple[int, Held]] = field(default_factory=list)
    ever: set[int] = field(default_factory=set)

    def act(self, place: int, done: tuple[str, Pair | None, str | None]) -> None:
        """Do one thing, and remember what holds then."""
        (action, pair, purpose), desk = done, self.desks[place]
        match action:
            case "claim" if pair:
                ends = clock.now() + HOUR if purpose == "two" else None
                self.waiting.append(desk.claim(pair, purpose or "", expires_at=ends))
            case "end" if pair:
                self.waiting.append(desk.end(pair, purpose=purpose))
            case "extend" if pair:
                extend(desk, pair, purpose)
            case "expire":
                self.expire()
            case "import":
                take_over(desk)
            case "outsider adds" if pair:
                desk.outsider(pair)
            case "outsider respells" if pair:
                desk.outsider((f"user:{pair[0][5:].swapcase()}", pair[1]))
            case "refused":
                desk.control.fault("projects.setIamPolicy", status=400)
            case _:
                self.work()
        self.remember()

    def work(self) -> None:
        """Have a worker do all that waits."""
        for operation in self.waiting:
            carry_out(operation, attempts=30)
        self.waiting.clear()

    def expire(self) -> None:
        """An hour passes: what is due ends by itself."""
        self.work()  # nobody's patience runs out
        self.remember()
        DemoClock.objects.update_or_create(pk=1, defaults={"ahead": F("ahead") + HOUR.seconds})
        before = list(Operation.objects.values_list("pk", flat=True))
        expiry.end_due()
        self.waiting.extend(Operation.objects.exclude(pk__in=before).order_by("created_at"))

    def vanish(self) -> None:
        """The resource is gone, and all claims with it."""
        with audit.appending():
            vanished.end_claims(self.desks[0].resource, by=None, reason="gone", operation=None)

    def remember(self) -> None:
        now = rows()
        self.ever |= {row.grant for row in now if row.status == "active"}
        # What ended before it was ever seen, and is there all the same, was never this grant's.
        self.seen.append((AuditHead.objects.get().size, {held for held in now if held.grant in self.ever}))


def take_over(desk: Desk) -> None:
    """Claim what stands in the policy already."""
    policy = projects.get_policy(desk.resource.project_id)
    with audit.appending():
        imports.import_bindings(desk.resource, policy, by=administrator(), operation=None)


def extend(desk: Desk, pair: Pair, purpose: str | None) -> None:
    """What an approved extension does: the end moves, and the trail tells it."""
    for grant in desk.live([pair], purpose):
        if grant.expires_at:
            grant.expires_at += HOUR
            grant.save(update_fields=["expires_at"])
            with audit.appending():
                audit.record(
                    "request.extend",
                    by=None,
                    target=desk.resource.full_name,
                    outcome=audit.Outcome.SUCCEEDED,
                    detail=claims.facts(grant),
                )


def rows() -> Held:
    """The oracle: what each claim's own row says at this moment."""
    words = {Grant.Presence.PRESENT: "active", Grant.Presence.RELEASED: "released"}
    return {
        Row(
            grant.pk,
            words[Grant.Presence(grant.observed)],
            grant.expires_at,
            member_key(grant.principal),
            grant.role,
            grant.resource.full_name,
        )
        for grant in Grant.objects.filter(observed__in=words).select_related("resource")
    }


def told(found: QuerySet[Holding], position: int | None) -> Held:
    """What some holdings of this history say as of a place in the trail."""
    at = AuditHead.objects.get().size if position is None else position
    return {
        Row(held.grant, held.status_at(at), held.end_at(at), held.principal_key, held.role, held.resource)
        for held in asof.held(found, position)
    }


def since(start: int) -> QuerySet[Holding]:
    return Holding.objects.filter(started_event__gt=start)


def filtered(auditor: User, start: int) -> Iterator[tuple[str, str, QuerySet[Holding]]]:
    """The tables by person, by role and by connection, as the page filters them: column, value, table."""
    columns = {"person": "principal", "role": "role", "resource": "resource"}
    for column, name in columns.items():
        for value in set(since(start).values_list(name, flat=True)):
            form = holdings_filter.ScopeForm({name: value})
            assert form.is_valid()
            table = holdings_filter.scope(form.cleaned_data, auditor).filter(started_event__gt=start)
            yield column, member_key(value) if column == "person" else value, table


@pytest.fixture
def desks(emulator: Emulator, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> tuple[Desk, Desk]:
    """Two projects of which the portal may write the policies; the clock can be moved."""
    settings.DEMO = True
    monkeypatch.setattr(policy_writer, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(policy_writer, "READ_BACK_PAUSES", (0, 0))
    portal_itself = f"serviceAccount:portal@{PROJECT}.iam.gserviceaccount.com"
    emulator.control.outsider("projects/acme-sandbox", "roles/owner", portal_itself, "add")
    return Desk(emulator.control), Desk(emulator.control, make_project("acme-sandbox", number=734920118846))


@examples(15)
@given(history=st.lists(actions, max_size=14), gone=st.booleans())
def test_as_of_any_moment_is_what_the_rows_said_then(
    history: list[Action], gone: bool, desks: tuple[Desk, Desk], aurel: User
) -> None:
    Grant.objects.all().delete()
    DemoClock.objects.update_or_create(pk=1, defaults={"ahead": 0})
    start = AuditHead.objects.get().size
    story = History(desks)
    for place, action in history:
        story.act(place, action)
    story.work()
    story.remember()
    assert told(since(start), None) == story.seen[-1][1]
    if gone:
        story.vanish()
        here = desks[0].resource.full_name
        assert ("active", here) not in {(row.status, row.resource) for row in told(since(start), None)}
    for position, then in story.seen:
        assert told(since(start), position) == then, f"as of event {position - start}"
    for name, value, table in filtered(aurel, start):
        for position, then in story.seen:
            wanted = {row for row in then if getattr(row, name) == value}
            assert told(table, position) == wanted, f"{name} {value} as of event {position - start}"
    changed = {(c.position, c.kind, c.holding.grant) for c in asof.changes(since(start), start, 10**9, 500)}
    assert changed == differences(start), "what changed is what lies between the tables"
    every = asof.every_change(since(start), start, 10**9, chunk=3)
    assert {(c.position, c.kind, c.holding.grant) for c in every} == changed, "and what is exported"
    as_written = stored()
    assert holdings.differences() == 0
    with audit.appending():
        holdings.rebuild()
    assert stored() == as_written, "the trail alone gives the same"


def differences(start: int) -> set[tuple[int, str, int]]:
    """What the tables after each event of the trail gained and lost."""
    found = set()
    before: set[int] = set()
    for position in range(start, AuditHead.objects.get().size + 1):
        now = {pk for (pk,) in asof.held(since(start), position).values_list("pk")}
        grants = dict(since(start).values_list("pk", "grant"))
        found |= {(position, "gained", grants[pk]) for pk in now - before}
        found |= {(position, "lost", grants[pk]) for pk in before - now}
        before = now
    return found


def stored() -> set[tuple[object, ...]]:
    """Every holding, without its key."""
    return {tuple(map(str, row[1:])) for row in Holding.objects.values_list()}
