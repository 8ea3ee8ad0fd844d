"""Makefile, supervisord.conf, .ci/run, README.md and requirements: they speak of the same things."""

from __future__ import annotations

import os
import re
from configparser import RawConfigParser

import pytest

from tests.deployment.commands import check_command, run
from tests.support.processes import REPOSITORY
from tools.run import demo_environment

MAKE = re.compile(r"\bmake ([a-z]+)\b")
REQUIREMENTS = ("requirements.txt", "requirements-demo.txt", "requirements-dev.txt")


def make_targets() -> set[str]:
    """Return the targets that the Makefile declares."""
    declared = re.search(r"^\.PHONY: (.*)$", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
    assert declared is not None
    return set(declared[1].split())


def supervisor() -> RawConfigParser:
    """Return supervisord.conf, with the variables that tools/run.py sets filled in."""
    text = (REPOSITORY / "config" / "supervisord.conf").read_text()
    values = demo_environment(8000, 8001)
    config = RawConfigParser(inline_comment_prefixes=(";",))
    config.read_string(re.sub(r"%\(ENV_(\w+)\)s", lambda match: values[match[1]], text))
    return config


def programs() -> list[str]:
    """Return the sections that start something."""
    return [name for name in supervisor().sections() if "command" in supervisor()[name]]


def test_make_alone_lists_every_target() -> None:
    listed = set(MAKE.findall(run(["make"], dict(os.environ) | {"MAKEFLAGS": ""})))
    assert make_targets() <= listed


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/operations.md", ".ci/run"])
def test_documents_name_only_targets_that_exist(document: str) -> None:
    text = (REPOSITORY / document).read_text()
    if document.endswith(".md"):  # "make sure" in a sentence is no target
        text = " ".join(re.findall(r"```.*?```|`[^`]+`", text, re.DOTALL))
    assert set(MAKE.findall(text)) <= make_targets()


def test_continuous_integration_runs_what_the_readme_says() -> None:
    script = (REPOSITORY / ".ci" / "run").read_text()
    readme = (REPOSITORY / "README.md").read_text()
    for command in ("make check", "make test"):
        assert f"\n{command}\n" in script
        assert command in readme
    assert "set -euo pipefail" in script


@pytest.mark.parametrize("program", programs())
def test_supervised_commands_are_understood(program: str) -> None:
    check_command(supervisor()[program]["command"])


def test_whatever_ends_is_started_again() -> None:
    for name in ("emulator", "web", "worker", "beat"):
        section = supervisor()[f"program:{name}"]
        assert section["autorestart"] == "true"
        assert int(section["startretries"]) > 100_000
        assert section["killasgroup"] == "true"


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_has_its_hashes(name: str) -> None:
    for block in re.split(r"\n(?=\S)", (REPOSITORY / name).read_text().strip()):
        assert re.match(r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==", block), block
        assert "--hash=sha256:" in block, block


@pytest.mark.parametrize(("smaller", "larger"), [REQUIREMENTS[:2], REQUIREMENTS[1:]])
def test_development_demo_and_production_run_the_same_versions(smaller: str, larger: str) -> None:
    assert pins(smaller) <= pins(larger)


def pins(name: str) -> set[str]:
    """Return every `name==version` of a requirements file."""
    return set(re.findall(r"^\S+==\S+", (REPOSITORY / name).read_text(), re.MULTILINE))
