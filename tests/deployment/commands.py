"""Checking that a command line would be understood, without doing what it says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from django.core.management import get_commands, load_command_class
from django.urls import resolve

from tests.support.processes import REPOSITORY

URL = re.compile(r"https?://[^'\" ]+")


def check_command(command: str | Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    """Assert that the program exists and takes these options.

    Python's modules are asked themselves; the tests of a service check what comes with another image.
    """
    words = shlex.split(command) if isinstance(command, str) else list(command)
    env = {**os.environ, **(environment or {})}
    if words[0] == "python" or words[0] == sys.executable:
        _check_python(words[1:], env)
    elif words[0] in ("celery", "gunicorn"):
        _check_module(words[0], words[1:], env)
    else:
        raise AssertionError(f"nobody knows how to check {words[0]}")


def _check_python(words: list[str], env: Mapping[str, str]) -> None:
    """`python -m MODULE`, `python -c CODE`, `python manage.py` or `python FILE`."""
    if words[0] == "-m":
        _check_module(words[1], words[2:], env)
    elif words[0] == "-c":
        compile(words[1], "-c", "exec")
        for url in URL.findall(words[1]):
            resolve(urlsplit(url).path)
    elif words[0] == "manage.py":
        check_management_command(words[1:])
    else:
        assert (REPOSITORY / words[0]).is_file(), f"{words[0]} does not exist"


def check_management_command(words: list[str]) -> None:
    """Assert that the command exists and that its own parser takes the options."""
    name, *options = words
    assert name in get_commands(), f"there is no management command {name}"
    load_command_class(get_commands()[name], name).create_parser("manage.py", name).parse_args(options)


def _check_module(name: str, options: list[str], env: Mapping[str, str]) -> None:
    """Celery and gunicorn load the application with these options; the emulator lists its options."""
    if name == "celery":
        run([sys.executable, "-m", "celery", *options, "--help"], env)
    elif name == "gunicorn":
        run([sys.executable, "-m", "gunicorn", *options, "--check-config"], env)
    elif name == "emulator":
        listed = run([sys.executable, "-m", "emulator", "--help"], env)
        for option in options:
            assert not option.startswith("--") or option in listed, f"the emulator has no option {option}"
    else:
        raise AssertionError(f"nobody knows how to check the module {name}")


def run(command: Sequence[str], env: Mapping[str, str] | None = None) -> str:
    """Run it in the repository and return its output; fail with that output if it fails."""
    done = subprocess.run(
        command, cwd=REPOSITORY, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr
