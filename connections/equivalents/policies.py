"""Changing an IAM policy: read it, change only what is meant, write it back with its etag.

The steps are those of "Manage access to projects, folders, and organizations" (read-modify-write): bindings
of others and bindings with a condition stay as they are, and a change made by somebody else in between
makes the write fail instead of undoing it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connections.equivalents import python, shell

Binding = tuple[str, str]
CONFLICT_NOTE = (
    "If somebody changes the policy in between, Google refuses the write (409) and nothing is changed: run "
    "it again."
)

_GRANT = """\
def grant($member; $role):
  (.bindings // []) as $bindings
  | .bindings = if any($bindings[]; .role == $role and .condition == null) then $bindings
    else $bindings + [{role: $role, members: []}] end
  | .bindings |= map(if .role == $role and .condition == null
      then .members |= (. // []) - [$member] + [$member] else . end);
"""
_REVOKE = """\
def revoke($member; $role):
  .bindings = [(.bindings // [])[]
    | if .role == $role and .condition == null then .members -= [$member] else . end
    | select(.members | length > 0)];
"""


@dataclass(frozen=True)
class Change:
    """Who gets and who loses what: pairs of a member and a role."""

    additions: Sequence[Binding]
    removals: Sequence[Binding] = ()

    def __post_init__(self) -> None:
        if not self.additions and not self.removals:
            raise ValueError("there is nothing to change")


def jq_program(change: Change, *, conditions: bool, wrapped: bool) -> str:
    """A jq program, as one word, that changes a policy.

    Args:
        change: what to change.
        conditions: whether the resource has conditional bindings, which need policy version 3.
        wrapped: whether the result is the body of a setIamPolicy request, or the policy itself.
    """
    steps = [f"grant({_pair(binding)})" for binding in change.additions]
    steps += [f"revoke({_pair(binding)})" for binding in change.removals]
    if conditions:
        steps.insert(0, ".version = 3")
    if wrapped:
        steps.append("{policy: .}")
    definitions = (_GRANT if change.additions else "") + (_REVOKE if change.removals else "")
    return f"'{definitions}{' | '.join(steps)}'"


def rest(address: str, change: Change, *, conditions: bool) -> str:
    """The change by curl.

    Args:
        address: the resource's own, to which the methods are added.
        change: what to change.
        conditions: whether the resource has conditional bindings.
    """
    body = '{"options": {"requestedPolicyVersion": 3}}' if conditions else "{}"
    call = shell.curl("--data-binary @-", '"${resource}:$1"').replace("\n", "\n  ")
    program = jq_program(change, conditions=conditions, wrapped=True)
    return shell.careful(
        f"resource={shell.quote(address)}\n"
        f"call() {{\n  {call}\n}}\n"
        f"policy=$(echo '{body}' | call getIamPolicy)\n"
        f"""printf '%s' "$policy" | jq {program} | call setIamPolicy"""
    )


def rest_by_get(address: str, change: Change) -> str:
    """The change by curl where getIamPolicy is a GET: Cloud KMS. Conditional bindings are kept."""
    get = shell.curl('"${resource}:getIamPolicy?options.requestedPolicyVersion=3"').replace("\n", "\n  ")
    put = shell.curl("--data-binary @-", '"${resource}:setIamPolicy"').replace("\n", "\n  ")
    program = jq_program(change, conditions=True, wrapped=True)
    return shell.careful(
        f"resource={shell.quote(address)}\n"
        f"policy=$(\n  {get}\n)\n"
        f"""printf '%s' "$policy" | jq {program} | {put}"""
    )


_PYTHON = """\
import random
import time

from google.api_core.exceptions import Conflict, PreconditionFailed
from google.cloud.{module} import {client}

RESOURCE = {resource}
{constants}

def change(policy):
{steps}

client = {client}()
for attempt in range(8):
    policy = client.get_iam_policy(request={get})
    change(policy)
    try:
        client.set_iam_policy(request={{"resource": RESOURCE, "policy": policy}})
        break
    except (Conflict, PreconditionFailed):  # somebody else was faster: all over again
        time.sleep(2**attempt + random.random())
else:
    raise SystemExit("The policy kept changing: try again later.")
"""
_PYTHON_GRANT = """\
    for member, role in GRANT:
        held = [b for b in policy.bindings if b.role == role and not b.HasField("condition")]
        binding = held[0] if held else policy.bindings.add(role=role)
        if member not in binding.members:
            binding.members.append(member)
"""
_PYTHON_REVOKE = """\
    for member, role in REVOKE:
        for binding in list(policy.bindings):
            if binding.role == role and not binding.HasField("condition") and member in binding.members:
                binding.members.remove(member)
                if not binding.members:
                    policy.bindings.remove(binding)
"""


def python_text(module: str, client: str, resource: str, change: Change, *, conditions: bool) -> str:
    """The change by one of Google's typed clients.

    Args:
        module: where the client is, below `google.cloud`.
        client: the client's class.
        resource: the resource's full name.
        change: what to change.
        conditions: whether the resource has conditional bindings.
    """
    constants, steps = [], []
    if conditions:
        steps.append("    policy.version = 3\n")
    if change.additions:
        constants.append(f"GRANT = {python.pairs(change.additions)}\n")
        steps.append(_PYTHON_GRANT)
    if change.removals:
        constants.append(f"REVOKE = {python.pairs(change.removals)}\n")
        steps.append(_PYTHON_REVOKE)
    options = ', "options": {"requested_policy_version": 3}' if conditions else ""
    return _PYTHON.format(
        module=module,
        client=client,
        resource=python.string(resource),
        constants="".join(constants),
        steps="".join(steps),
        get='{"resource": RESOURCE' + options + "}",
    )


def _pair(binding: Binding) -> str:
    member, role = binding
    return f"{shell.jq_string(member)}; {shell.jq_string(role)}"
