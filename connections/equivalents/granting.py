"""Granting a role on a project, such as AlloyDB Client to the connection's service agent.

Sources: "Connect to AlloyDB for PostgreSQL" (gcloud projects add-iam-policy-binding), the REST reference of
Resource Manager v3 (projects.getIamPolicy, projects.setIamPolicy), google_project_iam_member of the
Terraform provider hashicorp/google.
"""

from __future__ import annotations

from connections.equivalents import hcl, policies, shell
from connections.equivalents.base import Equivalent, equivalent, left_out

ENDPOINT = "https://cloudresourcemanager.googleapis.com"

_NO_BQ = "bq sets the policies of BigQuery's own resources only: gcloud sets a project's."
_GCLOUD_NOTE = (
    "If the project's policy has conditional bindings, gcloud asks for a condition: --condition=None says "
    "that there is none."
)
_AGENT = "@gcp-sa-bigqueryconnection."
_AGENT_NOTE = (
    "Google makes the service agent with the project's first connection, some time after it: until then it "
    "answers 400, service account does not exist."
)


def granting(project: str, role: str, member: str) -> list[Equivalent]:
    """The grant of `role` on `project` to `member` (such as `serviceAccount:...`), by each tool that can."""
    change = policies.Change([(member, role)])
    note = _AGENT_NOTE if _AGENT in member else ""
    return [
        left_out("bq", _NO_BQ),
        _gcloud(project, role, member, note),
        equivalent(
            "rest",
            policies.rest(shell.url(ENDPOINT, "v3", "projects", project), change, conditions=True),
            " ".join(filter(None, (policies.CONFLICT_NOTE, note, "Needs jq."))),
        ),
        _terraform(project, role, member, note),
        equivalent(
            "python",
            policies.python_text(
                "resourcemanager_v3", "ProjectsClient", f"projects/{project}", change, conditions=True
            ),
            f"Needs google-cloud-resource-manager. {note}".rstrip(),
        ),
    ]


def _gcloud(project: str, role: str, member: str, note: str) -> Equivalent:
    words = (shell.quote(project), shell.flag("member", member), shell.flag("role", role))
    text = " ".join(("gcloud projects add-iam-policy-binding", *words))
    return equivalent("gcloud", text, f"{_GCLOUD_NOTE} {note}".rstrip())


def _terraform(project: str, role: str, member: str, note: str) -> Equivalent:
    name = hcl.identifier(f"{project}_{role.rpartition('/')[2]}")
    content = {"project": project, "role": role, "member": member}
    return equivalent("terraform", hcl.resource("google_project_iam_member", name, content), note)
