"""What README.md and docs/ tell people to type and to open is there, and does what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from portal import metrics, requirements
from tests.deployment.commands import check_command, check_management_command
from tests.deployment.dockerfile import stages
from tests.deployment.test_compose import service
from tests.support.processes import REPOSITORY

DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/*.md")])
INSTALLING = REPOSITORY / "docs" / "installing.md"
MANAGE = re.compile(r"manage\.py ([a-z_]+(?: (?:--?)?[\w@.=:/-]+)*)")
LINK = re.compile(r"\]\((?!https?:)([^)\s]*)\)")


def code(document: Path) -> list[str]:
    """Return the lines of its code blocks and whatever stands in backquotes."""
    text = document.read_text()
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))
    return [*"\n".join(blocks).replace("\\\n", " ").splitlines(), *spans]


def starting(program: str) -> list[str]:
    """Return the documented commands of a program."""
    return [line for line in code(INSTALLING) if line.startswith(f"{program} ")]


def managed() -> set[str]:
    """Return everything that a document has `manage.py` do."""
    return {found for document in DOCUMENTS for line in code(document) for found in MANAGE.findall(line)}


def test_there_are_commands_to_check() -> None:
    assert {"migrate", "invite you@example.com --administrator", "check --deploy"} <= managed()


@pytest.mark.parametrize("command", sorted(managed()))
def test_documented_management_commands_are_understood(command: str) -> None:
    words = command.split()
    if len(words) == 1:  # named in a sentence: who reads on sees what it takes
        words += ["x"] if words[0] in ("invite", "reset_second_factor") else []
    check_management_command(words)


@pytest.mark.parametrize("program", ["gunicorn", "celery"])
def test_processes_are_started_as_in_containers(program: str) -> None:
    compose = [service(name)["command"] for name in ("worker", "beat")]
    contained = [stages()["portal"].json("CMD")] if program == "gunicorn" else compose
    documented = starting(program)
    assert len(documented) == len(contained)
    for command, known in zip(documented, contained, strict=True):
        check_command(command)
        mine = {word for word in command.split() if word.startswith("--")}
        # What only a container needs: where its disks and its one processor are.
        assert {word for word in known if word.startswith("--")} - mine <= {
            "--worker-tmp-dir",
            "--pidfile",
            "--schedule",
        }


def test_the_installation_grants_what_the_check_asks_for() -> None:
    text = INSTALLING.read_text()
    (roles,) = re.findall(r"^for ROLE in (.*?); do$", text.replace("\\\n", " "), re.MULTILINE)
    needed = {item.role.removeprefix("roles/") for item in requirements.PERMISSIONS if not item.optional}
    assert set(roles.split()) == needed
    for item in requirements.APIS:
        assert item.optional or text.count(item.name) >= 2, (
            "in the portal's own project and in the managed one"
        )


def test_every_figure_is_documented() -> None:
    text = (REPOSITORY / "docs" / "operations.md").read_text()
    figures = set(re.findall(r"^\| `(portal_\w+)` \| [a-z]", text, re.MULTILINE))
    assert figures == {gauge.name for gauge in metrics.GAUGES.values()}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for link in LINK.findall(
        re.sub(r"^```.*?^```", "", document.read_text(), flags=re.DOTALL | re.MULTILINE)
    ):
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def anchors(document: Path) -> set[str]:
    """Return the anchors that a Markdown page gets from its headings."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
