"""Google's side of the portal's grants, and where they are asked for."""

from __future__ import annotations

import pytest

from access import policy_writer
from emulator.client import Control
from tests.access.policy_desk import Desk
from tests.support.emulated import Emulator


@pytest.fixture
def google(emulator: Emulator) -> Control:
    """Google's APIs."""
    return emulator.control


@pytest.fixture
def desk(google: Control, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Where Ada shares the demo project."""
    monkeypatch.setattr(policy_writer, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(policy_writer, "READ_BACK_PAUSES", (0, 0, 0, 0))
    return Desk(google)
