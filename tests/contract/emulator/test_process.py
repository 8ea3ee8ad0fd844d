"""The emulator as a process: its options, its state file, its log, its end."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import requests

from emulator import server
from emulator.__main__ import parse
from tests.contract.emulator.traffic import AGENT, NUMBER, PARENT, PROJECT, Google, alloydb

QUERIES = f"bigquery/v2/projects/{PROJECT}/queries"
SQL = f"SELECT * FROM EXTERNAL_QUERY('{PROJECT}.us.orders', 'SELECT 1')"


def test_options() -> None:
    plain = parse([])
    assert (plain.host, plain.port, plain.estate, plain.agent_delay) == ("127.0.0.1", 8085, "demo", 3.0)
    given = parse(["--port", "0", "--no-database", "--estate", "empty", "--agent-delay", "9"])
    assert (given.port, given.data_dir, given.estate, given.agent_delay) == (0, None, "empty", 9.0)
    with pytest.raises(SystemExit):
        parse(["--estate", "moon"])


def test_the_state_file_outlives_the_server(state_file: Path) -> None:
    with server.start(state=state_file, agent_delay=0.0) as first:
        api = Google(first.url)
        api.create("orders", alloydb())
        role = {"role": "roles/bigquery.connectionUser", "members": ["user:analyst@example.com"]}
        policy = api.set_policy(f"{PARENT}/orders", {"bindings": [role]}).body
        path = f"serviceusage/v1beta1/projects/{PROJECT}/services/bigqueryconnection.googleapis.com"
        operation = api.send("POST", f"{path}:generateServiceIdentity").body["name"]
        before = first.control.state()
    assert stat.S_IMODE(state_file.stat().st_mode) == 0o600
    with server.start(state=state_file) as second:
        api = Google(second.url)
        assert second.control.state() == before
        assert api.get(f"{PARENT}/orders").body["hasCredential"] is True
        assert api.policy(f"{PARENT}/orders").body == policy
        assert api.get(f"serviceusage/v1beta1/{operation}").body["done"] is True


def test_a_file_that_is_no_state_file_is_left_alone(state_file: Path) -> None:
    state_file.write_text('{"mine": true}')
    with pytest.raises(ValueError, match="not a state file"), server.start(state=state_file):
        pass
    assert state_file.read_text() == '{"mine": true}'


def test_the_empty_estate() -> None:
    with server.start(estate="empty") as running:
        assert running.control.state()["projects"] == {}
        running.control.add_project("p-one", "1")
        running.control.outsider("projects/p-one", "roles/owner", "user:a@example.com")
        assert Google(running.url).by("a@example.com").get("cloudresourcemanager/v3/projects/1").status == 200


def test_a_process_with_its_database(open_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = open_folder / "process"
    state = str(open_folder / "state")
    arguments = ["--data-dir", str(folder), "--state", state, "--agent-delay", "0"]
    body = {"query": SQL, "useLegacySql": False, "location": "US"}
    with server.start_process(*arguments) as running:
        api = Google(running.url)
        api.create("orders", alloydb())
        role, member = "roles/alloydb.client", f"serviceAccount:{AGENT}"
        running.control.outsider(f"projects/{NUMBER}", role, member)
        assert api.post(QUERIES, body).status == 200
    assert not (folder / "postgresql" / "postmaster.pid").exists()
    with server.start_process(*arguments) as running:
        assert Google(running.url).post(QUERIES, body).status == 200
        assert running.process is not None
        running.process.kill()
    with server.start_process(*arguments) as running:
        assert Google(running.url).post(QUERIES, body).status == 200
    assert not (folder / "postgresql" / "postmaster.pid").exists()
    log = capfd.readouterr().err
    assert f"connections.create POST /{PARENT} 200" in log
    assert "orders-demo-password" not in log
    assert "connectionId" not in log


def test_the_server_of_a_thread_ends() -> None:
    with server.start() as running:
        url = running.url
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/_emulator/health", timeout=1)
