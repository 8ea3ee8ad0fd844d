"""docs/operations.md lists the variables that the settings read: none missing, none invented."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from tests.deployment.commands import run
from tests.deployment.settings_variables import GOOGLE_LIBRARY, settings_variables
from tests.support.processes import REPOSITORY

# Every setting that was made of text, a number or a list; made with the data directory named in the output.
SETTINGS = """
import django; django.setup()
from django.conf import settings
names = (name for name in dir(settings._wrapped) if name.isupper() and name != "SECRET_KEY")
print([(name, getattr(settings, name)) for name in names if "object at" not in repr(getattr(settings, name))])
"""


def test_every_variable_is_documented_and_exists() -> None:
    text = (REPOSITORY / "docs" / "operations.md").read_text()
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))
    assert documented == settings_variables() | GOOGLE_LIBRARY


def settings_with(data_dir: Path, **variables: str) -> str:
    """Return all settings, in an environment that has these variables of the portal's and no others."""
    others = {name: value for name, value in os.environ.items() if name not in settings_variables()}
    place = {"PORTAL_DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    return run([sys.executable, "-c", SETTINGS], others | variables | place)


def test_an_empty_variable_counts_as_absent(tmp_path: Path) -> None:
    empty = dict.fromkeys(settings_variables() | GOOGLE_LIBRARY, "")
    assert settings_with(tmp_path, **empty) == settings_with(tmp_path)
    secure = settings_with(tmp_path, **empty | {"PORTAL_BASE_URL": "https://portal.example.com"})
    assert "('REQUIRE_MFA', True)" in secure
