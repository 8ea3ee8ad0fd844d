"""Whether a policy has room for one more: Google's limits, counted member by member. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from portal.gcp.policies import GROUP_LIMIT, PRINCIPAL_LIMIT, Policy, RoleMember, member_key

TOO_MANY_PRINCIPALS = (
    f"The policy would name more than {PRINCIPAL_LIMIT:,} principals, which Google refuses. "
    "Share with a group instead of single people, or remove some."
)
TOO_MANY_GROUPS = (
    f"The policy would name more than {GROUP_LIMIT} groups, which Google refuses. "
    "Put the groups into one group, or remove some."
)


@dataclass
class Size:
    """How large a policy is, as Google counts, and would be with further members."""

    pairs: set[RoleMember]
    groups: set[str]
    principals: int
    domains: int

    @classmethod
    def of(cls, policy: Policy) -> Size:
        """Count what a policy holds."""
        members = [member for binding in policy.bindings for member in binding.members]
        groups = {member_key(member) for member in members if member.startswith("group:")}
        domains = sum(member.startswith("domain:") for member in members)
        return cls(set(policy.keys()), groups, policy.principals(), domains)

    def add(self, role: str, member: str) -> str:
        """Add an unconditional pair if there is room; else return the sentence that says why not."""
        key = member_key(member)
        if (role, key) in self.pairs:
            return ""
        is_group, is_domain = member.startswith("group:"), member.startswith("domain:")
        if self.principals >= PRINCIPAL_LIMIT:
            return TOO_MANY_PRINCIPALS
        if (is_domain or (is_group and key not in self.groups)) and (
            len(self.groups) + self.domains >= GROUP_LIMIT
        ):
            return TOO_MANY_GROUPS
        self.pairs.add((role, key))
        self.principals += 1
        self.domains += is_domain
        if is_group:
            self.groups.add(key)
        return ""
