"""Reading and replacing a policy, as IAM does it for every resource.

Rules from Google's documentation (IAM policies, conditional role bindings, quotas) and the `Policy` message
of the discovery documents.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from emulator import errors
from emulator.iam import conditions, members, roles
from emulator.model import JSON, Binding, Policy, World

MAX_PRINCIPALS = 1500
MAX_GROUPS = 250
_VERSIONS = frozenset({0, 1, 3})


@dataclass(frozen=True)
class Rules:
    """How a kind of resource differs.

    `prefix` is what its permissions start with (None: a project, every role fits), `public` whether allUsers
    and allAuthenticatedUsers may be members, `conditional` whether conditions are taken.
    """

    prefix: str | None
    public: bool
    conditional: bool


PROJECT = Rules(prefix=None, public=False, conditional=True)
# Conditions are not listed as supported on connections (Google's documentation, resource types that accept
# conditions); expiry has to be done by revoking.
CONNECTION = Rules(prefix="bigquery.connections.", public=True, conditional=False)
CRYPTO_KEY = Rules(prefix="cloudkms.", public=False, conditional=True)


def new_etag() -> str:
    """An opaque base64 etag, different at each write."""
    return base64.b64encode(b"\x07\x06" + secrets.token_bytes(6)).decode()


def _mangled(binding: Binding) -> str:
    condition = json.dumps(binding.condition, sort_keys=True)
    digest = hashlib.sha256(condition.encode()).hexdigest()[:20]
    return f"{binding.role}_withcond_{digest}"


def _binding_json(binding: Binding, version: int) -> JSON:
    if binding.condition is None:
        return {"role": binding.role, "members": list(binding.members)}
    if version < 3:
        return {"role": _mangled(binding), "members": list(binding.members)}
    return {"role": binding.role, "members": list(binding.members), "condition": dict(binding.condition)}


def render(policy: Policy, requested_version: int) -> JSON:
    """The policy in JSON as a reader of that version gets it.

    A reader of a version below 3 sees conditional bindings without their condition and with a role name that
    cannot be written back (`roles/x_withcond_HASH`).
    """
    if requested_version not in _VERSIONS:
        raise errors.invalid(f"Invalid policy version: {requested_version}. Valid values are 0, 1 and 3.")
    version = 3 if policy.conditional() and requested_version == 3 else 1
    body: JSON = {"etag": policy.etag}
    if policy.bindings:
        body = {
            "version": version,
            "etag": policy.etag,
            "bindings": [_binding_json(binding, version) for binding in policy.bindings],
        }
    if policy.audit_configs:
        body["auditConfigs"] = list(policy.audit_configs)
    return body


def tidy(bindings: Iterable[Binding]) -> tuple[Binding, ...]:
    """Bindings as Google keeps them: one for each role and condition, members once and sorted, none empty."""
    merged: dict[tuple[str, tuple[tuple[str, str], ...]], set[str]] = {}
    first: dict[tuple[str, tuple[tuple[str, str], ...]], Binding] = {}
    for binding in bindings:
        first.setdefault(binding.key(), binding)
        merged.setdefault(binding.key(), set()).update(members.normal(m) for m in binding.members)
    return tuple(
        Binding(key[0], tuple(sorted(merged[key])), first[key].condition)
        for key in sorted(merged)
        if merged[key]
    )


def _check_limits(bindings: Iterable[Binding]) -> None:
    everyone = [member for binding in bindings for member in binding.members]
    if len(everyone) > MAX_PRINCIPALS:
        raise errors.invalid(
            f"The number of members in the policy ({len(everyone):,}) is larger than the maximum allowed "
            f"size {MAX_PRINCIPALS:,}."
        )
    groups = sum(member.startswith(("group:", "domain:")) for member in everyone)
    if groups > MAX_GROUPS:
        raise errors.invalid(
            f"The number of groups in the policy ({groups:,}) is larger than the maximum allowed size "
            f"{MAX_GROUPS:,}."
        )


def _check_member(world: World, member: str, rules: Rules) -> None:
    if not members.valid(member):
        raise errors.invalid(
            f"Invalid member {member!r}. The member is of an unknown type or not well formed."
        )
    if member in members.PUBLIC and not rules.public:
        raise errors.invalid(f"Member {member} is not supported for this resource.")


def _check_condition(binding: Binding, rules: Rules, version: int) -> None:
    if binding.condition is None:
        return
    if not rules.conditional:
        raise errors.invalid("Conditions are not supported in the IAM policy of this resource.")
    if version < 3:
        raise errors.invalid("Policies with conditional role bindings must specify version 3.")
    if not conditions.is_expression(binding.condition.get("expression", "")):
        raise errors.invalid("The condition expression of a role binding is not well formed.")
    if not binding.condition.get("title"):
        raise errors.invalid("The condition of a role binding needs a title.")


def _check_binding(world: World, binding: Binding, rules: Rules, version: int) -> None:
    if not roles.grantable(world, binding.role, rules.prefix):
        raise errors.invalid(f"Role {binding.role} is not supported for this resource.")
    for member in binding.members:
        _check_member(world, member, rules)
    _check_condition(binding, rules, version)


def _check_existence(world: World, old: Policy, new: Iterable[Binding], moment: float) -> None:
    known = {member for binding in old.bindings for member in binding.members}
    for binding in new:
        for member in binding.members:
            sentence = None if member in known else members.missing(world, member, moment)
            if sentence:
                raise errors.invalid(sentence)


def _check_etag(old: Policy, given: str, version: int) -> None:
    if not given:
        return  # Google overwrites blindly then, conditions included
    if given != old.etag:
        raise errors.aborted(
            "There were concurrent policy changes. Please retry the whole read-modify-write with exponential "
            f"backoff. The request's ETag '{given}' did not match the current policy's ETag '{old.etag}'."
        )
    if old.conditional() and version < 3:
        raise errors.invalid("The policy has conditional role bindings: a change must specify version 3.")


def _bindings_of(body: JSON) -> list[Binding]:
    return [
        Binding(item.get("role", ""), tuple(item.get("members", [])), item.get("condition") or None)
        for item in body.get("bindings", [])
    ]


def replaced(world: World, old: Policy, body: JSON, rules: Rules, moment: float) -> Policy:
    """The policy that setIamPolicy leaves, given the `policy` of the request.

    Raises ApiError: 400 for whatever IAM refuses, 409 ABORTED for a stale etag. Without an etag the old
    policy is overwritten blindly, as Google does.
    """
    version = int(body.get("version", 0))
    if version not in _VERSIONS:
        raise errors.invalid(f"Invalid policy version: {version}. Valid values are 0, 1 and 3.")
    given = _bindings_of(body)
    for binding in given:
        _check_binding(world, binding, rules, version)
    _check_etag(old, body.get("etag", ""), version)
    bindings = tidy(given)
    _check_limits(bindings)
    _check_existence(world, old, bindings, moment)
    return Policy(bindings, new_etag(), tuple(body.get("auditConfigs", old.audit_configs)))


def edited(old: Policy, role: str, member: str, condition: JSON | None, *, add: bool) -> Policy:
    """The policy after somebody else added or removed one member, checks left out."""
    target = Binding(role, (member,), condition)
    if add:
        return Policy(tidy([*old.bindings, target]), new_etag(), old.audit_configs)
    left = [
        Binding(b.role, tuple(m for m in b.members if m != member), b.condition)
        if b.role == role and (condition is None or b.key() == target.key())
        else b
        for b in old.bindings
    ]
    return Policy(tidy(left), new_etag(), old.audit_configs)
