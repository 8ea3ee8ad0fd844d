"""Google's side of the portal's grants, and where they are asked for."""

from __future__ import annotations

import pytest

from emulator.client import Control
from tests.access.policy_desk import Desk
from tests.support.emulated import Emulator


@pytest.fixture
def google(emulator: Emulator) -> Control:
    """Google's APIs."""
    return emulator.control


@pytest.fixture
def desk(google: Control, without_pauses: None) -> Desk:
    """Where Ada shares the demo project."""
    return Desk(google)
