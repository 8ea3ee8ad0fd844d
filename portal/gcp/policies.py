"""IAM allow policies as values: read, ask, change, compare, write. Pure: no network.

Only unconditional bindings are ever changed. Conditional bindings, bindings of other roles, audit
configurations and fields that did not exist when this was written go back exactly as they came
("Allow policies", IAM documentation: read-modify-write with the etag, version 3 where conditions may exist).
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from portal.gcp import errors

# "Quotas and limits", IAM documentation: principals in one allow policy, and how many of them may be groups,
# domains or Workspace accounts. Policies with conditions or very long names may be refused earlier.
PRINCIPAL_LIMIT = 1500
GROUP_LIMIT = 250
WRITE_VERSION = 3

_BY_ADDRESS = frozenset({"user", "serviceAccount", "group", "domain"})

RoleMember = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Binding:
    """One role, given to some members, perhaps under a condition.

    ``source`` is the JSON it came from; it keeps the order of the members and any field unknown to us.
    """

    role: str
    members: frozenset[str]
    condition: Mapping[str, Any] | None = None
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Binding:
        """Read one binding of a policy's JSON."""
        members = frozenset(str(m) for m in document.get("members", ()))
        return cls(str(document.get("role", "")), members, document.get("condition"), document)

    def to_json(self) -> dict[str, Any]:
        """The binding's JSON: what it came from, if it came from any."""
        if self.source is not None:
            return copy.deepcopy(dict(self.source))
        made: dict[str, Any] = {"role": self.role, "members": sorted(self.members)}
        return made if self.condition is None else {**made, "condition": dict(self.condition)}

    def with_member_list(self, members: list[str]) -> Binding:
        """The same binding with these members, in this order."""
        source = {**self.to_json(), "members": members}
        return replace(self, members=frozenset(members), source=source)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a difference adds or removes: a member's role, perhaps under a condition."""

    role: str
    member: str
    condition: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What separates two policies. False when nothing does."""

    added: tuple[Change, ...]
    removed: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


@dataclass(frozen=True, slots=True)
class Policy:
    """An allow policy as it was read, or as it shall be written.

    ``extra`` holds everything but bindings, etag and version, as it came (auditConfigs, for one).
    """

    bindings: tuple[Binding, ...] = ()
    etag: str = ""
    version: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Policy:
        """Read the JSON of a google.iam.v1.Policy.

        Raises:
            errors.Unavailable: it is not one.
        """
        bindings = document.get("bindings", [])
        version = document.get("version", 0)
        if not isinstance(version, int) or not _well_formed(bindings):
            raise errors.malformed(write=False)
        known = ("bindings", "etag", "version")
        extra = {key: copy.deepcopy(value) for key, value in document.items() if key not in known}
        read = tuple(Binding.from_json(copy.deepcopy(b)) for b in bindings)
        return cls(read, str(document.get("etag", "")), version, extra)

    def to_json(self) -> dict[str, Any]:
        """The JSON to write. Always version 3, without which Google drops or refuses conditions."""
        document = copy.deepcopy(dict(self.extra))
        document["bindings"] = [binding.to_json() for binding in self.bindings]
        if self.etag:
            document["etag"] = self.etag
        document["version"] = WRITE_VERSION
        return document

    def to_write(self) -> dict[str, Any]:
        """to_json(), for a policy that was read and changed.

        Raises:
            ValueError: there is no etag: Google would let it overwrite what others wrote in between.
        """
        if not self.etag:
            raise ValueError("a policy without an etag would overwrite what others wrote: read it first")
        return self.to_json()

    def keys(self) -> frozenset[RoleMember]:
        """Every unconditional (role, member_key) pair: to ask has() about many at once."""
        return frozenset(
            (binding.role, member_key(member))
            for binding in self.bindings
            if binding.condition is None
            for member in binding.members
        )

    def has(self, role: str, member: str) -> bool:
        """Whether the member has the role without any condition."""
        wanted = member_key(member)
        return any(
            binding.condition is None and binding.role == role and wanted in map(member_key, binding.members)
            for binding in self.bindings
        )

    def has_conditional(self, role: str, member: str) -> bool:
        """Whether the member has the role under some condition, which may or may not hold now."""
        wanted = member_key(member)
        return any(
            binding.condition is not None
            and binding.role == role
            and wanted in map(member_key, binding.members)
            for binding in self.bindings
        )

    def with_members(self, additions: Iterable[RoleMember]) -> Policy:
        """The policy with these unconditional (role, member) pairs too; itself if it has them all."""
        return self.changed(additions=additions)

    def changed(self, *, additions: Iterable[RoleMember] = (), removals: Iterable[RoleMember] = ()) -> Policy:
        """Both at once, so that any number of changes costs one write.

        Args:
            additions: (role, member) pairs that must be there afterwards; they win over removals.
            removals: (role, member) pairs that must not.

        Returns:
            A new policy, or this very object when nothing has to change.
        """
        wanted = _distinct(additions)
        gone = {pair for pair in _keys(removals) if pair not in wanted}
        bindings = [kept for binding in self.bindings if (kept := _without(binding, gone)) is not None]
        there = self.keys()
        missing: dict[str, list[str]] = {}
        for (role, key), member in wanted.items():
            if (role, key) not in there:
                missing.setdefault(role, []).append(member)
        for role, members in missing.items():
            _add(bindings, role, members)
        after = tuple(bindings)
        unchanged = len(after) == len(self.bindings) and all(map(_same, after, self.bindings))
        return self if unchanged else replace(self, bindings=after)

    def principals(self) -> int:
        """Principals as Google counts them against PRINCIPAL_LIMIT: every appearance, exempted ones included.

        Source: "Quotas and limits", IAM documentation ("all appearances of each principal in the
        allow policy's role bindings, as well as the principals that the allow policy exempts from Data
        Access audit logging").
        """
        return sum(len(binding.members) for binding in self.bindings) + sum(1 for _ in _exempted(self.extra))

    def groups(self) -> int:
        """Groups and domains as Google counts them against GROUP_LIMIT.

        Source: the same page: each unique group once, however often it appears; every appearance of a domain.
        """
        members = [member for binding in self.bindings for member in binding.members]
        groups = {member_key(m) for m in members if m.startswith("group:")}
        return len(groups) + sum(1 for m in members if m.startswith("domain:"))

    def fits(self) -> bool:
        """Whether Google would take a policy of this size."""
        return self.principals() <= PRINCIPAL_LIMIT and self.groups() <= GROUP_LIMIT


def member_key(member: str) -> str:
    """What two spellings of one member have in common.

    Google keeps an address as its owner once spelled it and compares without regard to case. It refuses a
    policy that sends such a member back in another spelling, so here spellings are compared, never changed.
    ``principal://`` and ``principalSet://`` are case-sensitive; ``deleted:`` members are left alone.
    """
    kind, colon, value = member.partition(":")
    return f"{kind}{colon}{value.lower()}" if kind in _BY_ADDRESS else member


def diff(before: Policy, after: Policy) -> Difference:
    """What ``after`` adds to ``before`` and takes from it, in a stable order.

    The case of an address makes no difference.
    """
    old, new = _grants(before), _grants(after)
    return Difference(
        added=tuple(change for key, change in new.items() if key not in old),
        removed=tuple(change for key, change in old.items() if key not in new),
    )


def _well_formed(bindings: object) -> bool:
    return isinstance(bindings, list) and all(
        isinstance(b, dict) and isinstance(b.get("members", []), list) for b in bindings
    )


def _distinct(pairs: Iterable[RoleMember]) -> dict[RoleMember, str]:
    """(role, member key) -> the first spelling given."""
    found: dict[RoleMember, str] = {}
    for role, member in pairs:
        found.setdefault((role, member_key(member)), member)
    return found


def _keys(pairs: Iterable[RoleMember]) -> set[RoleMember]:
    return {(role, member_key(member)) for role, member in pairs}


def _listed(binding: Binding) -> list[str]:
    """The members in the order in which they came."""
    return [str(member) for member in binding.to_json().get("members", ())]


def _without(binding: Binding, gone: set[RoleMember]) -> Binding | None:
    """The binding without those members; the same object if it has none of them; None if it lost its last."""
    if binding.condition is not None:
        return binding
    before = _listed(binding)
    left = [member for member in before if (binding.role, member_key(member)) not in gone]
    if len(left) == len(before):
        return binding
    return binding.with_member_list(left) if left else None


def _add(bindings: list[Binding], role: str, members: list[str]) -> None:
    for index, binding in enumerate(bindings):
        if binding.role == role and binding.condition is None:
            bindings[index] = binding.with_member_list([*_listed(binding), *members])
            return
    made = Binding(role, frozenset(members))
    bindings.append(made.with_member_list(members) if len(members) > 1 else made)


def _same(one: Binding, other: Binding) -> bool:
    return one is other


def _grants(policy: Policy) -> dict[tuple[str, str, str], Change]:
    found: dict[tuple[str, str, str], Change] = {}
    for binding in policy.bindings:
        under = repr(sorted(binding.condition.items())) if binding.condition is not None else ""
        for member in sorted(binding.members):
            change = Change(binding.role, member, binding.condition)
            found.setdefault((binding.role, member_key(member), under), change)
    return dict(sorted(found.items()))


def _exempted(extra: Mapping[str, Any]) -> Iterator[str]:
    configs = extra.get("auditConfigs")
    for config in configs if isinstance(configs, list) else []:
        for log in config.get("auditLogConfigs", ()) if isinstance(config, dict) else ():
            yield from log.get("exemptedMembers", ()) if isinstance(log, dict) else ()
