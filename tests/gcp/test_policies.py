"""IAM policies as values: what is not ours goes back exactly as it came."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gcp import errors
from portal.gcp.policies import GROUP_LIMIT, PRINCIPAL_LIMIT, Binding, Policy, diff, member_key

USER = "roles/bigquery.connectionUser"
ADMIN = "roles/bigquery.connectionAdmin"
ALICE, BOB = "user:alice@example.com", "user:bob@example.com"
UNTIL_MARCH = {"title": "until March", "expression": 'request.time < timestamp("2027-03-01T00:00:00Z")'}

roles = st.sampled_from([USER, ADMIN, "roles/owner", "projects/p/roles/custom"])
members = st.sampled_from(
    [
        ALICE,
        "user:Alice@Example.com",
        BOB,
        "serviceAccount:etl@p.iam.gserviceaccount.com",
        "group:analysts@example.com",
        "domain:example.com",
        "principal://iam.googleapis.com/locations/global/workforcePools/w/subject/Ann",
        "principal://iam.googleapis.com/locations/global/workforcePools/w/subject/ann",
        "deleted:user:gone@example.com?uid=123",
    ]
)
pairs = st.lists(st.tuples(roles, members), max_size=6)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def bindings(draw: st.DrawFn) -> dict[str, Any]:
    """One binding as Google might send it, with a condition or a field unknown to us at times."""
    made: dict[str, Any] = {"role": draw(roles), "members": draw(st.lists(members, min_size=1, max_size=4))}
    if draw(st.booleans()):
        made["condition"] = {"title": draw(st.text(max_size=5)), "expression": "request.time < now"}
    if draw(st.booleans()):
        made["bindingId"] = draw(st.text(max_size=5))
    return made


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A policy as Google might send it."""
    made: dict[str, Any] = {"etag": "BwXhqDVQk7E=", "version": draw(st.sampled_from([0, 1, 3]))}
    made["bindings"] = draw(st.lists(bindings(), max_size=5))
    made.update(draw(st.dictionaries(st.sampled_from(["rules", "newField"]), json_values, max_size=2)))
    if draw(st.booleans()):
        made["auditConfigs"] = [
            {
                "service": "allServices",
                "auditLogConfigs": [{"logType": "ADMIN_READ", "exemptedMembers": [BOB]}],
            }
        ]
    return made


def conditional(document: dict[str, Any]) -> list[Any]:
    return [binding for binding in document["bindings"] if "condition" in binding]


def others(document: dict[str, Any], touched: set[str]) -> list[Any]:
    return [binding for binding in document["bindings"] if binding["role"] not in touched]


@given(documents())
def test_a_policy_that_is_read_and_written_is_the_same_but_for_its_version(document: dict[str, Any]) -> None:
    """Reading and writing loses nothing."""
    assert Policy.from_json(document).to_json() == {**document, "version": 3}


@given(documents(), pairs, pairs)
def test_only_unconditional_bindings_of_the_named_roles_change(
    document: dict[str, Any], additions: list[tuple[str, str]], removals: list[tuple[str, str]]
) -> None:
    """Conditional and foreign bindings go back byte for byte, and so does everything beside the bindings."""
    before = copy.deepcopy(document)
    after = Policy.from_json(document).changed(additions=additions, removals=removals).to_json()
    touched = {role for role, _ in [*additions, *removals]}
    assert conditional(after) == conditional(before)
    assert others(after, touched) == others(before, touched)
    assert {**after, "bindings": [], "version": 0} == {**before, "bindings": [], "version": 0}
    assert document == before


@given(documents(), pairs, pairs)
def test_what_was_asked_for_is_there_and_what_was_not_wanted_is_gone(
    document: dict[str, Any], additions: list[tuple[str, str]], removals: list[tuple[str, str]]
) -> None:
    """Additions win over removals of the same member and role."""
    after = Policy.from_json(document).changed(additions=additions, removals=removals)
    added = {(role, member_key(member)) for role, member in additions}
    assert all(after.has(role, member) for role, member in additions)
    assert not any(after.has(r, m) for r, m in removals if (r, member_key(m)) not in added)
    assert all(binding.members for binding in after.bindings)


@given(documents(), pairs)
def test_nobody_else_gains_or_loses_anything(
    document: dict[str, Any], additions: list[tuple[str, str]]
) -> None:
    """The difference names those who were added and nobody else; taking them away again leads back."""
    before = Policy.from_json(document)
    after = before.with_members(additions)
    difference = diff(before, after)
    fresh = {(r, member_key(m)) for r, m in additions if not before.has(r, m)}
    assert {(c.role, member_key(c.member)) for c in difference.added} == fresh
    assert not difference.removed
    assert not diff(before, after.changed(removals=[(c.role, c.member) for c in difference.added]))


@given(documents(), pairs, pairs)
def test_a_change_that_is_there_already_gives_the_same_object(
    document: dict[str, Any], additions: list[tuple[str, str]], removals: list[tuple[str, str]]
) -> None:
    """So that a repeated operation can see that it has nothing to write."""
    once = Policy.from_json(document).changed(additions=additions, removals=removals)
    assert once.changed(additions=additions, removals=removals) is once


@given(documents(), pairs)
def test_principals_count_every_appearance(
    document: dict[str, Any], additions: list[tuple[str, str]]
) -> None:
    """Each new pair counts one more, however often its member appears elsewhere."""
    before = Policy.from_json(document)
    after = before.with_members(additions)
    assert after.principals() - before.principals() == len(diff(before, after).added)


def test_an_address_is_compared_without_regard_to_case_and_keeps_its_spelling() -> None:
    """Google refuses a policy that sends back a member in another spelling than its own."""
    policy = Policy.from_json(
        {"bindings": [{"role": USER, "members": ["user:Alice@Example.com"]}], "etag": "e"}
    )
    assert policy.has(USER, ALICE)
    assert policy.with_members([(USER, ALICE)]) is policy
    assert policy.with_members([(USER, BOB)]).to_json()["bindings"][0]["members"] == [
        "user:Alice@Example.com",
        BOB,
    ]
    assert policy.changed(removals=[(USER, ALICE)]).bindings == ()


def test_a_federated_principal_is_compared_with_regard_to_case() -> None:
    """principal:// identifiers are case-sensitive."""
    pool = "principal://iam.googleapis.com/locations/global/workforcePools/w/subject/"
    policy = Policy(etag="e").with_members([(USER, pool + "Ann")])
    assert not policy.has(USER, pool + "ann")


def test_a_conditional_binding_neither_counts_as_having_a_role_nor_is_taken_away() -> None:
    """A role until March is not the role."""
    policy = Policy(bindings=(Binding(USER, frozenset({ALICE}), UNTIL_MARCH),), etag="e")
    assert not policy.has(USER, ALICE)
    assert policy.has_conditional(USER, ALICE)
    assert policy.changed(removals=[(USER, ALICE)]) is policy
    assert len(policy.with_members([(USER, ALICE)]).bindings) == 2


def test_a_member_is_taken_from_every_unconditional_binding_of_the_role() -> None:
    """Google may hold the same role in several bindings."""
    document = {"bindings": [{"role": USER, "members": [ALICE]}, {"role": USER, "members": [ALICE, BOB]}]}
    after = Policy.from_json(document).changed(removals=[(USER, ALICE)])
    assert after.to_json()["bindings"] == [{"role": USER, "members": [BOB]}]


def test_one_group_counts_once_for_groups_and_a_domain_each_time() -> None:
    """As IAM's page "Quotas and limits" counts them."""
    policy = Policy(etag="e").with_members(
        [(r, m) for r in (USER, ADMIN) for m in ("group:a@example.com", "domain:example.com", ALICE)]
    )
    assert policy.principals() == 6
    assert policy.groups() == 3


def test_exempted_members_of_audit_logging_count_as_principals() -> None:
    """As the same page says."""
    logs = [{"logType": "DATA_READ", "exemptedMembers": [ALICE, BOB]}]
    policy = Policy.from_json({"auditConfigs": [{"service": "allServices", "auditLogConfigs": logs}]})
    assert policy.principals() == 2


@pytest.mark.parametrize(("kind", "limit"), [("user", PRINCIPAL_LIMIT), ("group", GROUP_LIMIT)])
def test_a_policy_at_its_limit_fits_and_one_more_does_not(kind: str, limit: int) -> None:
    """1,500 principals, 250 groups."""
    full = Policy(etag="e").with_members((USER, f"{kind}:{n}@example.com") for n in range(limit))
    assert full.fits()
    assert not full.with_members([(USER, f"{kind}:more@example.com")]).fits()


def test_a_policy_without_an_etag_is_not_written() -> None:
    """It would wipe what others wrote in between."""
    with pytest.raises(ValueError, match="etag"):
        Policy().with_members([(USER, ALICE)]).to_write()


@pytest.mark.parametrize(
    "document",
    [
        {"bindings": {}},
        {"bindings": ["x"]},
        {"bindings": [{"role": USER, "members": "all"}]},
        {"version": "3"},
    ],
)
def test_what_is_not_a_policy_is_refused(document: dict[str, Any]) -> None:
    """A misread policy must not become the base of a write."""
    with pytest.raises(errors.Unavailable):
        Policy.from_json(document)


def test_a_difference_tells_conditions_apart() -> None:
    """From until March to for good: one removed, one added."""
    before = Policy(bindings=(Binding(USER, frozenset({ALICE}), UNTIL_MARCH),))
    after = Policy(bindings=(Binding(USER, frozenset({ALICE})),))
    difference = diff(before, after)
    assert [c.condition for c in difference.added] == [None]
    assert [c.condition for c in difference.removed] == [UNTIL_MARCH]
    assert not diff(before, before)
