"""docs/operations.md lists the variables that the settings read: none missing, none invented."""

from __future__ import annotations

import re

from tests.deployment.settings_variables import GOOGLE_LIBRARY, settings_variables
from tests.support.processes import REPOSITORY


def test_every_variable_is_documented_and_exists() -> None:
    text = (REPOSITORY / "docs" / "operations.md").read_text()
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))
    assert documented == settings_variables() | GOOGLE_LIBRARY
