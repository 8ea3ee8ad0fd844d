"""The stand-in for the contract tests, and Google itself for those marked live."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory

import google.auth
import pytest
from google.auth.transport.requests import AuthorizedSession

from emulator import demo_database, server
from emulator.backends import Backend
from emulator.client import Control
from emulator.logins.endpoints import Options
from emulator.server import Running
from tests.contract.emulator.logins import Desk
from tests.contract.emulator.traffic import Google
from tests.support.emulated import login_address

AGENT_DELAY = 1.0
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """One stand-in for all tests of this process; `emulator` gives it fresh."""
    with server.start(agent_delay=AGENT_DELAY) as found:
        yield found


@pytest.fixture
def emulator(running: Running) -> Iterator[Running]:
    """The stand-in with the demo estate as delivered. No database stands behind its instances."""
    running.control.reset()
    yield running
    running.control.release()


@pytest.fixture
def control(emulator: Running) -> Control:
    """Orders to the stand-in."""
    return emulator.control


@pytest.fixture
def api(emulator: Running) -> Google:
    """Calls to the stand-in by the portal's own account."""
    return Google(emulator.url)


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own user can reach, which it needs when tests run as root.

    pytest's temporary folders are not: each pytest that starts closes the common one to all but its user.
    """
    with TemporaryDirectory(prefix="emulator-tests-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def database(open_folder: Path) -> Iterator[dict[str, Backend]]:
    """The demo database, once for all tests of this process."""
    with demo_database.running(open_folder / "shared") as backends:
        yield backends


@pytest.fixture(scope="session")
def running_with_database(database: dict[str, Backend], data_dir: Path) -> Iterator[Running]:
    """One stand-in with the real PostgreSQL behind the demo's instances, and its login endpoints."""
    with pytest.MonkeyPatch.context() as patch:
        # Never the file that the variable names already: it may be what the whole machine trusts.
        patch.setenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", str(data_dir / "roots.pem"))
        with opened(database, data_dir) as found:
            yield found


def opened(database: dict[str, Backend], folder: Path) -> AbstractContextManager[Running]:
    """A stand-in with login endpoints, at loopback addresses that nobody else uses."""
    # gRPC reads the roots that it trusts once in a process, so every stand-in in it has the same.
    options = Options(login_address(), "127.0.0.1:0", folder / "roots.pem")
    return server.start(agent_delay=0.0, backends=database, logins=options)


@pytest.fixture
def warehouse(running_with_database: Running) -> Google:
    """Calls to the stand-in with the real PostgreSQL; its service agents exist at once."""
    running_with_database.control.reset()
    return Google(running_with_database.url)


@pytest.fixture
def warehouse_control(warehouse: Google, running_with_database: Running) -> Control:
    """Orders to the stand-in with the real PostgreSQL."""
    return running_with_database.control


@pytest.fixture
def desk(warehouse: Google, running_with_database: Running) -> Desk:
    """Somebody who wants to log in to a database."""
    return Desk(running_with_database.url, running_with_database.control)


@pytest.fixture(params=["emulator", pytest.param("live", marks=pytest.mark.live)])
def either(request: pytest.FixtureRequest) -> Google:
    """The stand-in and, with -m live and PORTAL_LIVE_PROJECT, Google: one contract for both."""
    if request.param == "emulator":
        return Google(request.getfixturevalue("emulator").url)
    project = os.environ.get("PORTAL_LIVE_PROJECT")
    if not project:
        pytest.skip("PORTAL_LIVE_PROJECT names no project")
    credentials, _ = google.auth.default(scopes=[_SCOPE])
    return Google("", project, AuthorizedSession(credentials))  # type: ignore[no-untyped-call]  # google-auth


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    """Where a stand-in may keep its state."""
    return tmp_path / "state.json"
