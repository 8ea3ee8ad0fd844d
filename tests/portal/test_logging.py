"""A traceback in the log shows no local variable, be it a demo's readable log or production's JSON."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import django, logging; django.setup()
def fail(password):
    raise KeyError("no such thing")
try:
    fail("canary-" + "password")
except KeyError:
    logging.getLogger("portal.test").exception("it failed")
"""


@pytest.mark.parametrize("demo", ["0", "1"])
def test_a_traceback_shows_no_local_variables(tmp_path: Path, demo: str) -> None:
    environment = {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PORTAL_DATA_DIR": str(tmp_path),
        "PORTAL_DEMO": demo,
    }
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).resolve().parents[2],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "it failed" in run.stderr
    assert "canary-password" not in run.stderr
