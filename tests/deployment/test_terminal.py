"""What `make run` shows while it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.terminal import Announcement, Logs, show


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A process's log, with an old line in it."""
    file = tmp_path / "web.log"
    file.write_text("from the last start\n")
    return file


def add(log: Path, text: str) -> None:
    with log.open("a") as file:
        file.write(text)


def test_only_what_is_new_is_shown(log: Path) -> None:
    logs = Logs(log.parent)
    assert list(logs.new_lines()) == []
    add(log, "2026-11-22 WARNING portal: the broker is away\nhalf a li")
    assert list(logs.new_lines()) == ["web        | 2026-11-22 WARNING portal: the broker is away"]
    add(log, "ne\n")
    assert list(logs.new_lines()) == ["web        | half a line"]


def test_routine_does_not_push_the_address_away(log: Path) -> None:
    logs = Logs(log.parent)
    add(log, "12:00:00 INFO emulator projects.get GET /v3/projects/x 200\n12:00:01 ERROR emulator it broke\n")
    assert list(logs.new_lines()) == ["web        | 12:00:01 ERROR emulator it broke"]


def test_a_mistake_in_a_form_is_no_news(log: Path) -> None:
    logs = Logs(log.parent)
    add(log, "12:00 [warning  ] request_finished   [django_structlog.middlewares.request] code=422\n")
    add(log, "12:00 [warning  ] Forbidden (Permission denied): /people/ [django.request] user_id=3\n")
    add(log, "12:01 [error    ] Internal Server Error: /people/ [django.request] user_id=3\n")
    (shown,) = logs.new_lines()
    assert "Internal Server Error" in shown


def test_a_log_that_was_rotated_is_read_from_its_beginning(log: Path) -> None:
    logs = Logs(log.parent)
    log.write_text("new\n")
    assert list(logs.new_lines()) == ["web        | new"]


def test_the_address_is_told_once_and_only_when_all_answer(
    log: Path, live_server_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = {"PORTAL_BASE_URL": "http://localhost:8000", "PORT": "1", "GOOGLE_CLOUD_EMULATOR": "x:"}
    announcement = Announcement(environment)
    announcement.waiting_for = ["http://127.0.0.1:1/"]
    show(Logs(log.parent), announcement)
    assert capsys.readouterr().out == ""
    announcement.waiting_for = [live_server_url]
    for _ in range(2):
        show(Logs(log.parent), announcement)
    assert capsys.readouterr().out.count("http://localhost:8000") == 1


@pytest.fixture
def live_server_url() -> str:
    """Nothing to wait for: a file answers as well as a server."""
    return Path(__file__).as_uri()
