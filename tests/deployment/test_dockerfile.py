"""Dockerfile: what it copies exists, what it runs is understood, and nothing runs as root."""

from __future__ import annotations

import ast
import re

import pytest

from tests.deployment.commands import check_command, check_management_command
from tests.deployment.dockerfile import stages
from tests.support.processes import REPOSITORY

FINAL = ("portal", "demo")


def test_stages_build_on_each_other() -> None:
    known = stages()
    for stage in known.values():
        assert stage.parent in known or re.fullmatch(r"python:3\.1[123]-slim", stage.parent)
        for source in stage.all("COPY"):
            if came_from := re.match(r"--from=(\S+)", source):
                assert came_from[1] in known


def test_copied_files_exist_and_reach_the_engine() -> None:
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    let_through = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {source for stage in stages().values() for source in stage.copied()}
    assert copied == let_through
    assert all((REPOSITORY / source).exists() for source in copied)


def test_the_image_has_every_package_that_the_portal_imports() -> None:
    own = {path.parent.name for path in REPOSITORY.glob("*/__init__.py")} - {"tests"}
    for stage in FINAL:
        copied = set(stages()[stage].copied()) & own
        for package in copied:
            assert imported(package) & own <= copied


def imported(package: str) -> set[str]:
    """Return the first part of every module that the package's files import."""
    names: set[str] = set()
    for path in (REPOSITORY / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("name", FINAL)
def test_what_it_starts_is_understood(name: str) -> None:
    check_command(stages()[name].json("CMD"))


def test_the_health_check_asks_an_address_that_exists() -> None:
    check_command(stages()["portal"].health_check())


def test_static_files_are_collected_by_a_command_that_exists() -> None:
    runs = " ".join(stages()["portal"].all("RUN"))
    found = re.search(r"python manage.py (\S+ \S+)", runs)
    assert found is not None
    check_management_command(found[1].split())


@pytest.mark.parametrize("name", FINAL)
def test_it_does_not_run_as_root(name: str) -> None:
    instructions = [instruction for instruction, _ in stages()[name].instructions]
    assert stages()[name].all("USER") == ["portal"]
    assert instructions.index("USER") > max(
        position for position, instruction in enumerate(instructions) if instruction == "RUN"
    )


def test_packages_are_installed_with_their_hashes() -> None:
    installs = [run for stage in stages().values() for run in stage.all("RUN") if "pip install" in run]
    assert installs
    assert all("--require-hashes" in run for run in installs)


def test_no_key_made_while_building_stays_in_the_image() -> None:
    runs = " ".join(stages()["portal"].all("RUN"))
    assert runs.index("rm -rf var/keys") > runs.index("collectstatic")
