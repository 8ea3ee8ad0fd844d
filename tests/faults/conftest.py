"""Google's side, the workers to be killed, and the schedule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.client import Control
from portal import operations
from portal.models import Operation
from tests.support.crew import Crew
from tests.support.emulated import Emulator
from tests.support.google_side import Picture
from tests.support.processes import wait_until

LEASE_SECONDS = 2
ONE_DATABASE = "one_database"
RECOVERY_SECONDS = 30


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder's own marker known."""
    config.addinivalue_line("markers", f"{ONE_DATABASE}: about the broker or clocks: SQLite is enough")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With PostgreSQL leave out what is not about the database."""
    if config.getoption("database") != "postgresql":
        return
    left_out = [item for item in items if item.get_closest_marker(ONE_DATABASE)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture
def google(emulator: Emulator) -> Control:
    """Google's APIs; new service agents are there at once."""
    emulator.control.agent_delay(0)
    return emulator.control


@pytest.fixture
def before(google: Control) -> Picture:
    """Google's side before the job."""
    return Picture.take(google)


@pytest.fixture(scope="module")
def _crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    crew = Crew(tmp_path_factory.mktemp("crew"), {"PORTAL_LEASE_SECONDS": str(LEASE_SECONDS)})
    yield crew
    crew.dismiss()


@pytest.fixture
def crew(_crew: Crew, transactional_db: None, google: Control, settings: object) -> Crew:
    """Workers on the test's database and the embedded broker, with a short lease."""
    settings.SWEEP_SECONDS = 0.5  # type: ignore[attr-defined]
    for message in (settings.BROKER_DIR / "messages").glob("*"):  # type: ignore[attr-defined]
        message.unlink(missing_ok=True)  # an earlier test's
    return _crew


def until_over(operation: Operation, *, seconds: float = RECOVERY_SECONDS, swept: bool = True) -> None:
    """Wait until the operation is over; sweep meanwhile, as the schedule does."""

    def over() -> bool:
        if swept:
            operations.sweep()
        operation.refresh_from_db()
        return operation.is_over

    wait_until(over, seconds=seconds, what=f"{operation} is over", every=0.2)


def logs(folder: Path) -> str:
    """Return all logs of a folder."""
    return "\n".join(path.read_text(errors="replace") for path in sorted(folder.glob("*.log")))
