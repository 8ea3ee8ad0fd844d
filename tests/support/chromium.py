"""The distribution's Chromium, which Playwright drives instead of a download of its own."""

from __future__ import annotations

import os
import shutil

# The first is the same browser without its windows, which takes less of a small machine.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
)


def chromium_path() -> str:
    """Return the path of the first Chromium found; raise FileNotFoundError if there is none."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    raise FileNotFoundError("Chromium is missing: `make test` or apt-get installs it")


def launch_options() -> dict[str, object]:
    """Return Playwright's launch options: no sandbox for root, and no calls to the world at start."""
    quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking"]
    quiet += ["--disable-component-update", "--disable-sync"]
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": chromium_path(), "args": [*quiet, *sandbox]}
