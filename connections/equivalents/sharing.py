"""Sharing a connection: giving and taking roles on it.

Sources: "Connect to AlloyDB for PostgreSQL" (bq set-iam-policy with a policy file; bq itself takes the
identifier for a table unless --connection says otherwise), the bq reference (add-iam-policy-binding,
remove-iam-policy-binding, get-iam-policy, all with --connection), the REST reference of
projects.locations.connections (getIamPolicy, setIamPolicy), google_bigquery_connection_iam_member of the
Terraform provider hashicorp/google.
"""

from __future__ import annotations

from collections.abc import Sequence

from connections.equivalents import hcl, policies, shell
from connections.equivalents.base import Equivalent, equivalent, left_out
from connections.equivalents.creating import ENDPOINT
from connections.equivalents.policies import Binding, Change

_NO_GCLOUD = "gcloud has no command for the policies of BigQuery connections: bq has it."
_TERRAFORM_REMOVES = (
    "Terraform takes away what it gave when its resource is removed from the configuration; it has no block "
    "for taking away what others gave."
)


def sharing(
    project: str,
    location: str,
    connection_id: str,
    additions: Sequence[Binding],
    removals: Sequence[Binding] = (),
) -> list[Equivalent]:
    """The change of who may do what with a connection, by each tool that can.

    Args:
        project: the connection's project.
        location: its location.
        connection_id: its id.
        additions: pairs of a member and a role to give.
        removals: pairs of a member and a role to take.

    Raises:
        ValueError: nothing to give and nothing to take.
    """
    change = Change(additions, removals)
    path = shell.quote(f"{project}.{location}.{connection_id}")
    name = f"projects/{project}/locations/{location}/connections/{connection_id}"
    return [
        _bq(path, change),
        _bq_whole_policy(path, change),
        left_out("gcloud", _NO_GCLOUD),
        equivalent(
            "rest",
            policies.rest(shell.url(ENDPOINT, "v1", *name.split("/")), change, conditions=False),
            f"{policies.CONFLICT_NOTE} Needs jq.",
        ),
        _terraform(project, location, connection_id, change),
        equivalent(
            "python",
            policies.python_text(
                "bigquery_connection_v1", "ConnectionServiceClient", name, change, conditions=False
            ),
            "Needs google-cloud-bigquery-connection.",
        ),
    ]


def _bq(path: str, change: Change) -> Equivalent:
    acts = [("bq add-iam-policy-binding", binding) for binding in change.additions]
    acts += [("bq remove-iam-policy-binding", binding) for binding in change.removals]
    commands = [
        shell.command(head, shell.flag("member", member), shell.flag("role", role), "--connection", path)
        for head, (member, role) in acts
    ]
    return equivalent("bq", "\n".join(commands))


def _bq_whole_policy(path: str, change: Change) -> Equivalent:
    program = policies.jq_program(change, conditions=False, wrapped=False)
    text = shell.careful(
        "policy=$(mktemp)\n"
        """trap 'rm -f "$policy"' EXIT\n"""
        f'bq get-iam-policy --connection {path} | jq {program} > "$policy"\n'
        f'bq set-iam-policy --connection {path} "$policy"'
    )
    note = f"All changes in one write, by a policy file. {policies.CONFLICT_NOTE} Needs jq."
    return equivalent("bq", text, note, label="bq (policy file)")


def _terraform(project: str, location: str, connection_id: str, change: Change) -> Equivalent:
    if not change.additions:
        return left_out("terraform", _TERRAFORM_REMOVES)
    wanted = [
        hcl.identifier(f"{connection_id}_{member}_{role.rpartition('/')[2]}")
        for member, role in change.additions
    ]
    blocks = [
        hcl.resource(
            "google_bigquery_connection_iam_member",
            name,
            {
                "project": project,
                "location": location,
                "connection_id": connection_id,
                "role": role,
                "member": member,
            },
        )
        for name, (member, role) in zip(hcl.distinct(wanted), change.additions, strict=True)
    ]
    return equivalent("terraform", "\n".join(blocks), _TERRAFORM_REMOVES if change.removals else "")
