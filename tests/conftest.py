"""What every test may ask for. tests/support/environment.py has set the environment before."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections

from tests.support import examples as _examples  # noqa: F401 (its profile is for every test)
from tests.support.broker import publishing_to
from tests.support.chromium import launch_options
from tests.support.database import flush_despite_triggers
from tests.support.emulated import Emulator
from tests.support.environment import data_dir_key, postgres_key
from tests.support.portal_processes import celery_worker
from tests.support.postgres import PostgresServer
from tests.support.processes import ManagedProcess
from tests.support.redis import RedisServer

TESTS = Path(__file__).parent
# A test's folder is its marker.
FOLDERS = ("browser", "contract", "deployment", "faults", "frontend")
NOT_ABOUT_THE_DATABASE = {"browser", "contract", "deployment", "frontend"}
# What pages look like and what kinds say to Google: on PostgreSQL the sweep opens every page.
APPEARANCE = {"equivalents", "kinds", "snippets", "views"}
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by their folder; with PostgreSQL keep those that a database can make a difference to."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        if folder in FOLDERS:
            item.add_marker(folder)
    postgresql = config.getoption("database") == "postgresql"
    keep = [item for item in items if (_meets_the_database(item) if postgresql else _runs_on_sqlite(item))]
    if len(keep) < len(items):
        config.hook.pytest_deselected(items=[item for item in items if item not in keep])
        items[:] = keep


def _meets_the_database(item: pytest.Item) -> bool:
    """Whether the test uses the database and is not about something else."""
    markers = {marker.name for marker in item.iter_markers()}
    fixtures = set(getattr(item, "fixturenames", ()))
    uses_it = "django_db" in markers or bool(fixtures & DATABASE_FIXTURES)
    appearance = APPEARANCE & set(item.path.relative_to(TESTS).parts) or item.path.stem.endswith(
        ("_page", "_pages")
    )
    return uses_it and not appearance and not markers & NOT_ABOUT_THE_DATABASE


def _runs_on_sqlite(item: pytest.Item) -> bool:
    """Whether the test can do without a PostgreSQL server."""
    return item.get_closest_marker("postgresql") is None


@pytest.fixture(scope="session")
def data_dir(pytestconfig: pytest.Config) -> Path:
    """The folder of this test process: the settings' DATA_DIR, and the place for servers' files."""
    return pytestconfig.stash[data_dir_key]


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Test in the very database that DATABASE_URL names, so that subprocesses see the same rows.

    On SQLite it is a file. pytest-xdist's processes have an environment, and so a database, each.
    """
    database = settings.DATABASES["default"]
    database["TEST"] = {**database.get("TEST", {}), "NAME": str(database["NAME"])}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Generator[None]:
    """Let the flush after transactional tests pass the audit trail's triggers."""
    with flush_despite_triggers():
        yield


@pytest.fixture(autouse=True)
def _empty_cache(request: pytest.FixtureRequest) -> None:
    """Begin with an empty cache: rate limits of an earlier transactional test are not this one's."""
    if "transactional_db" in request.fixturenames or "live_server" in request.fixturenames:
        request.getfixturevalue("transactional_db")
        cache.clear()


@pytest.fixture(scope="session")
def _emulator_process(data_dir: Path) -> Iterator[Emulator]:
    """One emulator for all tests of this process."""
    emulator = Emulator(data_dir)
    with emulator.process:
        yield emulator


@pytest.fixture
def emulator(_emulator_process: Emulator) -> Emulator:
    """Google's APIs, with the demo estate as it is at the beginning."""
    _emulator_process.reset()
    return _emulator_process


@pytest.fixture(scope="session")
def _redis_process(data_dir: Path) -> Iterator[RedisServer]:
    """One Redis for all tests of this process."""
    server = RedisServer(data_dir / "redis")
    with server.process:
        yield server


@pytest.fixture
def redis_server(_redis_process: RedisServer) -> RedisServer:
    """A real Redis, running and empty; a test may kill, suspend or restart it."""
    _redis_process.empty()
    return _redis_process


@pytest.fixture
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the policy writer of this process not pause between two looks."""
    monkeypatch.setattr("access.policy_writer.FIRST_PAUSE", 0.0)
    monkeypatch.setattr("access.policy_writer.READ_BACK_PAUSES", (0, 0, 0, 0))


@pytest.fixture
def redis_broker(redis_server: RedisServer) -> Iterator[RedisServer]:
    """Redis as the broker of this process; workers want `env={"REDIS_URL": redis_broker.url}`."""
    with publishing_to(redis_server.url):
        yield redis_server


@pytest.fixture
def postgres_server(pytestconfig: pytest.Config, transactional_db: None) -> Iterator[PostgresServer]:
    """The PostgreSQL under test, to be killed and restarted; such a test has the marker `postgresql`."""
    server = pytestconfig.stash.get(postgres_key, None)
    if server is None:
        pytest.fail("this test needs --database=postgresql: give it the marker `postgresql`")
    yield server
    connections.close_all()
    if not server.process.running:
        server.start()


@pytest.fixture
def workers(transactional_db: None, tmp_path: Path) -> Iterator[Callable[..., ManagedProcess]]:
    """Make workers: `workers("one", env={...})` returns one that runs; all are killed after the test."""
    for message in (settings.BROKER_DIR / "messages").glob("*"):
        message.unlink(missing_ok=True)  # an earlier test's
    with ExitStack() as stack:

        def started(name: str, **options: Any) -> ManagedProcess:
            process = celery_worker(name, folder=tmp_path, **options)
            stack.callback(process.kill)  # a warm shutdown would take seconds, and nothing is left to save
            process.start()
            return process

        yield started


@pytest.fixture
def worker(workers: Callable[..., ManagedProcess], emulator: Emulator) -> ManagedProcess:
    """A running worker on the test database, the embedded broker and the emulator."""
    return workers("worker")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """Make Playwright drive the distribution's Chromium."""
    return {**browser_type_launch_args, **launch_options()}
