"""The gateway against the emulator over HTTP, every exchange held against Google's discovery documents."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from pytest_django import Settings

from emulator import server
from emulator.client import Control
from portal.gcp import transport
from tests.contract.gateway.recorder import Recorder
from tests.support.emulated import Emulator

PROJECT, NUMBER = "acme-analytics", 528461093377


@dataclass(frozen=True)
class Google:
    """Where a test runs: a project, and the emulator's control interface where there is one."""

    project: str
    control: Control | None


@pytest.fixture(scope="module")
def _server() -> Iterator[server.Running]:
    """One emulator without databases for a module; service agents appear at once."""
    with server.start(agent_delay=0.0) as running:
        yield running


@pytest.fixture
def recorder() -> Recorder:
    """What the gateway sends and gets in this test."""
    return Recorder()


@pytest.fixture
def watch(recorder: Recorder) -> Iterator[Callable[[], None]]:
    """Begin to record, once the settings say where Google is; no test may end with a problem found."""

    def begin() -> None:
        transport.session().hooks["response"].append(recorder)

    yield begin
    hooks = transport.session().hooks["response"]
    if recorder in hooks:
        hooks.remove(recorder)
    assert recorder.problems == []


@pytest.fixture
def control(_server: server.Running, settings: Settings, watch: Callable[[], None]) -> Control:
    """The gateway talks to a fresh emulator; orders go to its control interface."""
    _server.control.reset()
    settings.GOOGLE_CLOUD_EMULATOR = _server.url
    settings.GOOGLE_EMULATOR_CALLER = ""
    settings.GOOGLE_CALL_TIMEOUT = 5.0
    watch()
    return _server.control


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that make sense against real Google run there too, when `-m live` asks for it."""
    if "google" in metafunc.fixturenames:
        live = "live" in str(metafunc.config.getoption("markexpr"))
        real = [pytest.param("live", marks=pytest.mark.live)] if live else []
        metafunc.parametrize("google", ["emulator", *real], indirect=True)


@pytest.fixture
def google(request: pytest.FixtureRequest, settings: Settings, watch: Callable[[], None]) -> Iterator[Google]:
    """The emulator, or with `-m live` a project of real Google Cloud.

    The project is named by PORTAL_LIVE_PROJECT, or by LIVE_PROJECT where a test environment of its own clears
    the portal's variables.
    """
    if request.param == "emulator":
        yield Google(PROJECT, request.getfixturevalue("control"))
        return
    project = os.environ.get("PORTAL_LIVE_PROJECT") or os.environ.get("LIVE_PROJECT")
    if not project:
        pytest.skip("needs a project id in PORTAL_LIVE_PROJECT, and Application Default Credentials")
    settings.GOOGLE_CLOUD_EMULATOR = ""
    settings.GOOGLE_CALL_TIMEOUT = 60.0
    yield Google(project, None)


@pytest.fixture
def database_control(emulator: Emulator, settings: Settings, watch: Callable[[], None]) -> Control:
    """As `control`, with a real PostgreSQL behind the AlloyDB instances."""
    settings.GOOGLE_CLOUD_EMULATOR = emulator.url
    settings.GOOGLE_EMULATOR_CALLER = ""
    settings.GOOGLE_CALL_TIMEOUT = 20.0
    watch()
    return Control(emulator.url)
