"""Random histories of claims, ends, outsiders' edits and faults, held against a model of a few lines."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access import policy_writer
from access.models import Grant
from portal.models import Operation
from tests.access.policy_desk import JOB_USER, VIEWER, Desk
from tests.support.creation import carry_out
from tests.support.emulated import Emulator
from tests.support.examples import examples

pytestmark = pytest.mark.django_db(transaction=True)

PAIRS = [(f"user:{name}@example.com", role) for name in ("ann", "ben", "eve") for role in (VIEWER, JOB_USER)]
NEWCOMER = ("user:newcomer@example.com", VIEWER)
PURPOSES = ("one", "two")

pairs = st.sampled_from(PAIRS)
purposes = st.sampled_from(PURPOSES)
actions = st.one_of(
    st.tuples(st.just("claim"), pairs, purposes),
    st.tuples(st.just("claim"), pairs, purposes),
    st.tuples(st.just("end"), pairs, purposes),
    st.tuples(st.just("work"), st.just(NEWCOMER), st.just("")),
    st.tuples(st.just("outsider adds"), pairs, st.just("")),
    st.tuples(st.just("outsider removes"), pairs, st.just("")),
    st.tuples(st.just("outsider adds between read and write"), st.just(NEWCOMER), st.just("")),
    st.tuples(st.just("503 before"), st.just(NEWCOMER), st.just("")),
    st.tuples(st.just("503 after"), st.just(NEWCOMER), st.just("")),
    st.tuples(st.just("409"), st.just(NEWCOMER), st.just("")),
)
Pair = tuple[str, str]


@dataclass
class Model:
    """Who made each binding that is there, and which claims hold."""

    owner: dict[Pair, str] = field(default_factory=dict)
    claims: set[tuple[Pair, str]] = field(default_factory=set)
    late: bool = False  # the newcomer comes with the next read

    def work(self) -> None:
        """What the portal brings about: a binding for every claim, none of its own without."""
        if self.late:
            self.owner.setdefault(NEWCOMER, "outsider")
        wanted = {pair for pair, _ in self.claims}
        for pair in wanted:
            self.owner.setdefault(pair, "portal")
        for pair in [pair for pair, owner in self.owner.items() if owner == "portal" and pair not in wanted]:
            del self.owner[pair]

    def outsider_removes(self, pair: Pair) -> bool:
        """Remove one of the outsider's own that nobody claims; whether there is one."""
        if self.owner.get(pair) != "outsider" or any(claimed == pair for claimed, _ in self.claims):
            return False
        del self.owner[pair]
        return True


class History:
    """One history: each action is done to the portal, to Google and to the model."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.model = Model()
        self.waiting: list[Operation] = []
        self.foreign = desk.rows()
        self.newest = 0

    def act(self, action: str, pair: Pair, purpose: str) -> None:
        """Do one thing."""
        match action:
            case "claim":
                self.model.claims.add((pair, purpose))
                self.waiting.append(self.desk.claim(pair, purpose))
            case "end":
                self.model.claims.discard((pair, purpose))
                self.waiting.append(self.desk.end(pair, purpose=purpose))
            case "work":
                self.work()
            case "outsider adds":
                self.model.owner.setdefault(pair, "outsider")
                self.desk.outsider(pair)
            case "outsider removes":
                if self.model.outsider_removes(pair):
                    self.desk.outsider(pair, "remove")
            case "outsider adds between read and write":
                # With a claim that is surely new, so that a read and a write will follow.
                self.model.late = True
                self.desk.outsider(pair, when="after_read")
                self.newest += 1
                self.act("claim", (f"user:new{self.newest}@example.com", VIEWER), "one")
            case "409":
                self.desk.control.fault("projects.setIamPolicy", status=409)
            case _:
                self.desk.control.fault("projects.setIamPolicy", status=503, when=action.split()[1])

    def work(self) -> None:
        """Have a worker do all that waits, and compare."""
        for operation in self.waiting:
            carry_out(operation, attempts=30)
            assert operation.state == Operation.State.SUCCEEDED, operation.error
        if self.waiting:
            self.model.work()
        self.waiting.clear()
        expected = {(role, member, "") for member, role in self.model.owner} | set(self.foreign)
        assert set(self.desk.rows()) == expected

    def check_claims(self) -> None:
        """What the portal believes is what is."""
        for grant in self.desk.resource.grants.all():
            there = (grant.principal, grant.role) in self.model.owner
            if grant.desired == Grant.Presence.PRESENT:
                assert grant.observed == Grant.Presence.PRESENT
                assert there
            else:
                assert grant.observed in {Grant.Presence.ABSENT, Grant.Presence.RELEASED}


@examples(20)
@given(history=st.lists(actions, max_size=14))
def test_any_history_ends_as_the_model_says(
    history: list[tuple[str, Pair, str]], emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy_writer, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(policy_writer, "READ_BACK_PAUSES", (0, 0))
    emulator.control.reset()
    Grant.objects.all().delete()
    told = History(Desk(emulator.control))
    for action in history:
        told.act(*action)
    told.work()
    told.check_claims()
