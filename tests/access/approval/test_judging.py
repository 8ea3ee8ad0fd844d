"""What a policy says about a request: every rule, and what holds whatever the policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.approval.document import BUILT_IN, PolicyDocument
from access.approval.judging import APPROVED, DENIED, WAITING, Ask, Decided, judge, problems
from access.approval.parts import Approvers, Exempt, Next, Step
from access.models import CONNECTION_ADMIN, CONNECTION_USER
from tests.access.approval.documents import GROUPS, PEOPLE, documents

OWNERS, SECURITY = Approvers(owners=True), Approvers(groups=("auditor",))
ASK = Ask(
    requester="ana@example.com",
    principal="user:ana@example.com",
    role=CONNECTION_USER,
    duration=timedelta(days=30),
    reason="The weekly report",
)


def yes(*names: str, step: int = 0) -> list[Decided]:
    """Each of them says yes at the step."""
    return [Decided(f"{name}@example.com", "approve", step) for name in names]


def no(name: str, step: int = 0) -> Decided:
    """Somebody says no."""
    return Decided(f"{name}@example.com", "deny", step)


def exempting(**what: object) -> PolicyDocument:
    """A policy with something that needs no approval."""
    return replace(BUILT_IN, without_approval=Exempt(**what))  # type: ignore[arg-type]


def test_one_owner_says_yes() -> None:
    waiting = judge(BUILT_IN, ASK)
    assert (waiting.state, waiting.step, waiting.missing) == (WAITING, 0, 1)
    assert waiting.approvers == OWNERS
    assert waiting.excluded == {"ana@example.com"}
    assert judge(BUILT_IN, ASK, yes("olga")).state == APPROVED


def test_one_no_is_enough() -> None:
    document = replace(BUILT_IN, steps=(Step(OWNERS, 3),))
    assert judge(document, ASK, [*yes("olga"), no("oscar")]).state == DENIED


def test_any_two_of_them() -> None:
    document = replace(BUILT_IN, steps=(Step(OWNERS | SECURITY, 2),))
    half = judge(document, ASK, yes("olga"))
    assert (half.state, half.missing) == (WAITING, 1)
    assert "olga@example.com" in half.excluded
    assert judge(document, ASK, yes("olga", "olga", "OLGA")).state == WAITING
    assert judge(document, ASK, yes("olga", "aurel")).state == APPROVED


def test_all_steps_in_order() -> None:
    document = replace(BUILT_IN, steps=(Step(OWNERS), Step(SECURITY, 2)))
    second = judge(document, ASK, yes("olga"))
    assert (second.state, second.step, second.missing) == (WAITING, 1, 2)
    assert second.approvers == SECURITY
    assert judge(document, ASK, yes("a", "b", step=1)).step == 0
    assert judge(document, ASK, yes("olga") + yes("a", "b", step=1)).state == APPROVED


def test_nobody_counts_at_two_steps() -> None:
    document = replace(BUILT_IN, steps=(Step(OWNERS), Step(OWNERS)))
    again = judge(document, ASK, yes("olga") + yes("olga", step=1))
    assert (again.state, again.step) == (WAITING, 1)
    assert judge(document, ASK, yes("olga") + yes("oscar", step=1)).state == APPROVED


def test_nobody_approves_their_own_request_nor_what_is_for_themselves() -> None:
    assert judge(BUILT_IN, ASK, yes("ana")).state == WAITING
    for_olga = replace(ASK, principal="user:olga@example.com")
    assert judge(BUILT_IN, for_olga).excluded == {"ana@example.com", "olga@example.com"}
    assert judge(BUILT_IN, for_olga, yes("olga", "ana")).state == WAITING
    assert judge(BUILT_IN, for_olga, [no("olga")]).state == WAITING


def test_a_group_of_the_portal_needs_no_approval_for_itself() -> None:
    document = exempting(groups=("auditor",))
    member = replace(ASK, groups=frozenset({"auditor"}))
    assert judge(document, member).state == APPROVED
    assert "group auditor" in judge(document, member).exemption
    assert judge(document, ASK).state == WAITING
    assert judge(document, replace(member, principal="user:bo@example.com")).state == WAITING


def test_people_need_no_approval_for_themselves() -> None:
    document = exempting(people=("ana@example.com",))
    assert judge(document, ASK).state == APPROVED
    assert judge(document, replace(ASK, principal="group:g@example.com")).state == WAITING
    assert judge(document, replace(ASK, requester="bo@example.com")).state == WAITING


def test_a_google_group_needs_no_approval_whoever_asks() -> None:
    document = exempting(principals=("group:g@example.com",))
    assert judge(document, replace(ASK, principal="group:g@example.com")).state == APPROVED
    assert judge(document, ASK).state == WAITING


def test_a_label_of_the_resource_needs_no_approval() -> None:
    document = exempting(labels=(("environment", "dev"),))
    assert judge(document, replace(ASK, labels={"environment": "dev"})).state == APPROVED
    assert judge(document, replace(ASK, labels={"environment": "prod"})).state == WAITING
    assert judge(document, replace(ASK, labels={"other": "dev"})).state == WAITING


def test_what_is_short_needs_no_approval() -> None:
    document = exempting(under=timedelta(hours=4))
    assert judge(document, replace(ASK, duration=timedelta(hours=3))).state == APPROVED
    assert judge(document, replace(ASK, duration=timedelta(hours=4))).state == WAITING


def test_who_is_asked_next_is_asked_too() -> None:
    document = replace(BUILT_IN, asked_next=Next(SECURITY, timedelta(days=1)))
    assert judge(document, ASK).approvers == OWNERS
    assert judge(document, replace(ASK, escalated=True)).approvers == OWNERS | SECURITY
    assert judge(replace(document, asked_next=None), replace(ASK, escalated=True)).approvers == OWNERS


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"role": CONNECTION_ADMIN}, "role"),
        ({"duration": timedelta(days=90, hours=1)}, "duration"),
        ({"reason": "  "}, "reason"),
    ],
)
def test_what_a_policy_refuses(changes: dict[str, object], field: str) -> None:
    assert problems(BUILT_IN, ASK) == {}
    assert set(problems(BUILT_IN, replace(ASK, **changes))) == {field}  # type: ignore[arg-type]


def test_what_a_policy_lets_pass() -> None:
    wide = replace(BUILT_IN, roles=(CONNECTION_ADMIN,), reason="optional", longest=timedelta(days=400))
    asked = replace(ASK, role=CONNECTION_ADMIN, reason="", duration=timedelta(days=400))
    assert problems(wide, asked) == {}
    login = replace(ASK, role="roles/cloudsql.instanceUser", is_connection=False)
    assert problems(BUILT_IN, login) == {}
    assert "role" in problems(BUILT_IN, replace(login, is_connection=True))


@pytest.mark.parametrize(
    ("ticket", "pattern", "typed", "fits"),
    [
        ("not_asked", "", "", True),
        ("required", "", "", False),
        ("required", "", "anything", True),
        ("required", "[A-Z]+-[0-9]+", "OPS-12", True),
        ("required", "[A-Z]+-[0-9]+", " OPS-12 ", True),
        ("required", "[A-Z]+-[0-9]+", "OPS-12x", False),
        ("required", "OPS-[0-9]+|SEC-[0-9]+", "SEC-1", True),
        ("required", r"\d+", "\u0663", False),
        ("optional", "[A-Z]+-[0-9]+", "", True),
        ("optional", "[A-Z]+-[0-9]+", "12", False),
    ],
)
def test_ticket_numbers(ticket: str, pattern: str, typed: str, fits: bool) -> None:
    document = replace(BUILT_IN, ticket=ticket, ticket_pattern=pattern)
    assert ("ticket" not in problems(document, replace(ASK, ticket=typed))) is fits


asks = st.builds(
    Ask,
    requester=st.sampled_from(PEOPLE),
    principal=st.sampled_from([f"user:{name}" for name in PEOPLE] + ["group:a@example.com"]),
    role=st.just(CONNECTION_USER),
    duration=st.integers(1, 400).map(lambda hours: timedelta(hours=hours)),
    groups=st.frozensets(st.sampled_from(GROUPS), max_size=2),
    labels=st.just({}),
    escalated=st.booleans(),
)
said = st.lists(
    st.builds(Decided, st.sampled_from(PEOPLE), st.just("approve"), st.integers(0, 4)), max_size=15
)


@given(documents(), asks, said)
def test_approved_means_enough_different_people_at_every_step(
    document: PolicyDocument, ask: Ask, decisions: list[Decided]
) -> None:
    found = judge(document, ask, decisions)
    parties = {ask.requester, ask.principal.removeprefix("user:")}
    others = {one.by for one in decisions} - parties
    if found.state == APPROVED and not found.exemption:
        assert len(others) >= sum(step.needed for step in document.steps)
    if found.state == WAITING:
        assert 1 <= found.missing <= document.steps[found.step].needed
        assert parties & set(PEOPLE) <= found.excluded


@given(documents(), asks, said)
def test_what_the_parties_say_changes_nothing(
    document: PolicyDocument, ask: Ask, decisions: list[Decided]
) -> None:
    parties = {ask.requester, ask.principal.removeprefix("user:")}
    without = [one for one in decisions if one.by not in parties]
    assert judge(document, ask, decisions) == judge(document, ask, without)
    denied = [*decisions, Decided(ask.requester, "deny", 0)]
    assert judge(document, ask, denied) == judge(document, ask, decisions)


@given(documents(), asks, said)
def test_another_yes_never_sets_a_request_back(
    document: PolicyDocument, ask: Ask, decisions: list[Decided]
) -> None:
    found = judge(document, ask, decisions)
    if found.state == WAITING:
        more = [*decisions, Decided("new@example.com", "approve", found.step)]
        after = judge(document, ask, more)
        assert after.state == APPROVED or (after.step, -after.missing) > (found.step, -found.missing)
        assert judge(document, ask, [*decisions, Decided("new@example.com", "deny", 0)]).state == DENIED
