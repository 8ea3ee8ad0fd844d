"""The pytest plugin that prepares the environment before Django's settings are read.

Loaded by `-p` in pyproject.toml, because a conftest.py comes too late for that. Every test process (one
without pytest-xdist, two with `-n 2`) has a data directory, a database and an emulator port of its own.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.postgres import PostgresServer

ROOT_VARIABLE = "PORTAL_TEST_ROOT"
SETTINGS_PREFIXES = ("PORTAL_", "GOOGLE_", "DATABASE_", "REDIS_", "EMAIL_", "CELERY_")
SETTINGS_NAMES = ("SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "DEFAULT_FROM_EMAIL")
# For the tests marked `live`.
KEEP = ("PORTAL_LIVE_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS")

postgres_key = pytest.StashKey[PostgresServer]()
data_dir_key = pytest.StashKey[Path]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--database`: which database the tests run on."""
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="postgresql starts a server of its own and runs the tests of behaviour only",
    )


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Set the environment; as a wrapper, so that it comes before pytest-django loads the settings."""
    options = early_config.known_args_namespace
    if not (options.help or options.version):
        _prepare(early_config, options.database)
    return (yield)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the PostgreSQL of this process; the run's first process also removes every data directory."""
    if postgres := config.stash.get(postgres_key, None):
        postgres.stop()
    if "PYTEST_XDIST_WORKER" not in os.environ and config.stash.get(data_dir_key, None):
        shutil.rmtree(os.environ.pop(ROOT_VARIABLE), ignore_errors=True)


def _prepare(config: pytest.Config, database: str) -> None:
    """Make this process's data directory, start its PostgreSQL if asked for, and set the variables."""
    root = os.environ.get(ROOT_VARIABLE) or tempfile.mkdtemp(prefix="portal-tests-")
    Path(root).chmod(0o711)  # PostgreSQL refuses to run as root: its own user must be able to pass through
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    data_dir = Path(root) / worker
    data_dir.mkdir(mode=0o711)
    (data_dir / "static").mkdir()  # who serves static files looks there at every start
    config.stash[data_dir_key] = data_dir

    for name in list(os.environ):
        if name not in KEEP and (name.startswith(SETTINGS_PREFIXES) or name in SETTINGS_NAMES):
            del os.environ[name]
    os.environ |= {
        ROOT_VARIABLE: root,
        "PORTAL_DATA_DIR": str(data_dir),
        # With Google sign-in, so that its addresses are tested too; nobody is there to sign in with.
        "GOOGLE_CLIENT_ID": "client",
        "GOOGLE_CLIENT_SECRET": "secret",
        "GOOGLE_CLOUD_EMULATOR": f"http://127.0.0.1:{free_port()}",
        # The test database is the very one that DATABASE_URL names: subprocesses share it as they are.
        "DATABASE_URL": f"sqlite:///{data_dir / 'portal.sqlite3'}",
    }
    if database == "postgresql" and not _only_distributes(config):
        postgres = PostgresServer(data_dir / "postgres")
        postgres.start()
        config.stash[postgres_key] = postgres
        os.environ["DATABASE_URL"] = postgres.url("portal")


def _only_distributes(config: pytest.Config) -> bool:
    """Whether this process hands tests to xdist's workers and runs none itself."""
    return (
        bool(getattr(config.known_args_namespace, "numprocesses", None))
        and "PYTEST_XDIST_WORKER" not in os.environ
    )
