"""The shell and the emulator that the texts are given to."""

from __future__ import annotations

import pytest

from tests.connections.equivalents.running import Runner
from tests.connections.equivalents.shells import Shell
from tests.support.emulated import Emulator


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """bash, with stubs for Google's tools."""
    return Shell(tmp_path_factory.mktemp("shell"))


@pytest.fixture
def runner(emulator: Emulator, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """The emulator, and the texts' way to it."""
    return Runner(emulator, shell, monkeypatch)
