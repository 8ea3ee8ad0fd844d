"""Who held what as of any moment: random histories of the real functions, against what the rows said then."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import QuerySet
from hypothesis import given
from hypothesis import strategies as st

from access import asof, holdings, imports, policy_writer, vanished
from access.models import Grant, Holding
from portal import audit
from portal.gcp import projects
from portal.models import AuditEvent, AuditHead, EventSubject, Operation
from tests.access.policy_desk import JOB_USER, VIEWER, Desk, Pair
from tests.support.creation import administrator, carry_out
from tests.support.emulated import Emulator
from tests.support.examples import examples

pytestmark = pytest.mark.django_db(transaction=True)

PAIRS = [(f"user:{name}@example.com", role) for name in ("ann", "Ben") for role in (VIEWER, JOB_USER)]
pairs = st.sampled_from(PAIRS)
purposes = st.sampled_from(("one", "two"))
none = st.none()
actions = st.one_of(
    st.tuples(st.just("claim"), pairs, purposes),
    st.tuples(st.just("claim"), pairs, purposes),
    st.tuples(st.just("end"), pairs, purposes),
    st.tuples(st.just("end"), pairs, purposes),
    st.tuples(st.just("work"), none, none),
    st.tuples(st.just("work"), none, none),
    st.tuples(st.just("import"), none, none),
    st.tuples(st.just("outsider adds"), pairs, none),
    st.tuples(st.just("outsider respells"), pairs, none),
    st.tuples(st.just("refused"), none, none),
)
Held = set[tuple[int, str]]


@dataclass
class History:
    """What was done, and what the claims' own rows said after each step: the end of the trail, then who."""

    desk: Desk
    start: int
    waiting: list[Operation] = field(default_factory=list)
    seen: list[tuple[int, Held]] = field(default_factory=list)
    ever: set[int] = field(default_factory=set)

    def act(self, action: str, pair: Pair | None, purpose: str | None) -> None:
        """Do one thing, and remember what holds then."""
        match action:
            case "claim" if pair:
                self.waiting.append(self.desk.claim(pair, purpose or ""))
            case "end" if pair:
                self.waiting.append(self.desk.end(pair, purpose=purpose))
            case "import":
                self.take_over()
            case "outsider adds" if pair:
                self.desk.outsider(pair)
            case "outsider respells" if pair:
                self.desk.outsider((f"user:{pair[0][5:].swapcase()}", pair[1]))
            case "refused":
                self.desk.control.fault("projects.setIamPolicy", status=400)
            case _:
                self.work()
        self.remember()

    def work(self) -> None:
        """Have a worker do all that waits."""
        for operation in self.waiting:
            carry_out(operation, attempts=30)
        self.waiting.clear()

    def take_over(self) -> None:
        """Claim what stands in the policy already."""
        policy = projects.get_policy(self.desk.resource.project_id)
        with audit.appending():
            imports.import_bindings(self.desk.resource, policy, by=administrator(), operation=None)

    def vanish(self) -> None:
        """The resource is gone, and all claims with it."""
        with audit.appending():
            vanished.end_claims(self.desk.resource, by=None, reason="gone", operation=None)

    def remember(self) -> None:
        now = rows()
        self.ever |= {grant for grant, status in now if status == "active"}
        # What ended before it was ever seen, and is there all the same, was never this grant's.
        self.seen.append((AuditHead.objects.get().size, {held for held in now if held[0] in self.ever}))


def rows() -> Held:
    """The oracle: what each claim's own row says at this moment."""
    there = Grant.objects.filter(observed=Grant.Presence.PRESENT).values_list("pk", flat=True)
    left = Grant.objects.filter(observed=Grant.Presence.RELEASED).values_list("pk", flat=True)
    return {(grant, "active") for grant in there} | {(grant, "released") for grant in left}


def told(position: int | None, start: int) -> Held:
    """What the holdings of this history say as of a place in the trail."""
    at = AuditHead.objects.get().size if position is None else position
    return {(held.grant, held.status_at(at)) for held in asof.held(since(start), position)}


def since(start: int) -> QuerySet[Holding]:
    return Holding.objects.filter(started_event__gt=start)


@examples(15)
@given(history=st.lists(actions, max_size=14), gone=st.booleans())
def test_as_of_any_moment_is_what_the_rows_said_then(
    history: list[tuple[str, Pair | None, str | None]],
    gone: bool,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(policy_writer, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(policy_writer, "READ_BACK_PAUSES", (0, 0))
    Grant.objects.all().delete()
    start = AuditHead.objects.get().size
    story = History(Desk(emulator.control), start)
    for action in history:
        story.act(*action)
    story.work()
    story.remember()
    assert told(None, start) == story.seen[-1][1]
    if gone:
        story.vanish()
        assert "active" not in {status for _, status in told(None, start)}
    for position, then in story.seen:
        assert told(position, start) == then, f"as of event {position - start}"
    changed = {(c.position, c.kind, c.holding.grant) for c in asof.changes(since(start), start, 10**9, 500)}
    assert changed == differences(start), "what changed is what lies between the tables"
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


@pytest.fixture
def told_story(emulator: Emulator) -> Desk:
    """Ann was given access, and lost it."""
    desk = Desk(emulator.control)
    carry_out(desk.claim(PAIRS[0], "one"))
    carry_out(desk.end(PAIRS[0]))
    return desk


def test_a_moment_is_a_place_in_the_trail(told_story: Desk) -> None:
    holding = Holding.objects.get()
    assert holding.resource == told_story.resource.full_name
    assert (holding.principal_key, holding.role) == PAIRS[0]
    assert holding.started_event
    assert holding.gone_event
    assert holding.gone_event
    started, gone = (AuditEvent.objects.get(position=p) for p in (holding.started_event, holding.gone_event))
    assert (started.action, gone.action) == ("grant.activate", "grant.revoke")
    assert asof.position_at(started.time) >= started.position
    assert asof.position_at(started.time - timedelta(days=1)) == 0
    assert asof.position_at(gone.time + timedelta(days=1)) == AuditHead.objects.get().size
    assert holding.status_at(started.position - 1) == "pending"
    assert holding.status_at(gone.position) == "revoked"


def test_events_are_found_by_what_they_speak_of(told_story: Desk) -> None:
    grant = Grant.objects.get()
    about = list(holdings_events(f"grant/{grant.pk}"))
    assert [event.action for event in about] == [
        "grant.request",
        "grant.activate",
        "grant.end",
        "grant.revoke",
    ]
    assert about == list(holdings_events("principal/user:ann@example.com"))


def holdings_events(subject: str) -> list[AuditEvent]:
    positions = EventSubject.objects.filter(subject=subject).values("position")
    return list(AuditEvent.objects.filter(position__in=positions).order_by("position"))


def test_all_of_it_can_be_made_anew_from_the_trail(told_story: Desk) -> None:
    subjects = set(EventSubject.objects.values_list("subject", "position"))
    as_written = stored()
    Holding.objects.update(gone_event=None)
    EventSubject.objects.all().delete()
    with pytest.raises(CommandError, match="2 holdings are not as the audit trail tells"):
        call_command("rebuild_holdings", check=True)
    out = StringIO()
    call_command("rebuild_holdings", stdout=out)
    assert "1 holdings" in out.getvalue()
    assert stored() == as_written
    assert set(EventSubject.objects.values_list("subject", "position")) == subjects
    call_command("rebuild_holdings", check=True, stdout=out)
    assert "as the audit trail tells" in out.getvalue()


def test_a_change_that_is_taken_back_leaves_no_holding(told_story: Desk) -> None:
    grant, before = Grant.objects.get(), stored()
    with transaction.atomic():
        audit.record(
            "grant.activate",
            by=None,
            target="projects/p",
            outcome=audit.Outcome.SUCCEEDED,
            detail={"grant": grant.pk, "principal": "user:eve@example.com", "role": VIEWER},
        )
        assert stored() != before
        transaction.set_rollback(True)
    assert stored() == before
