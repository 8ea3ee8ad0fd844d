"""The embedded broker: a message is there whole or not at all. Redis: its certificate is checked."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection

from portal import broker

PAYLOAD = {"body": "x" * 200_000}
MESSAGES = 200


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    broker.install()
    folder = str(tmp_path / "messages")
    Path(folder).mkdir()
    options = {
        "data_folder_in": folder,
        "data_folder_out": folder,
        "control_folder": str(tmp_path / "control"),
    }
    return Connection("filesystem://localhost", transport_options=options)


def test_readers_never_meet_a_message_that_is_being_written(connection: Connection) -> None:
    """Large messages, written while others read: with kombu's own transport a reader gets half of one."""
    writer, readers = connection.channel(), [connection.channel() for _ in range(3)]
    assert isinstance(writer, broker.Channel)
    read: list[dict[str, str]] = []
    failures: list[Exception] = []
    written = threading.Event()

    def take(channel: broker.Channel) -> None:
        while True:
            over = written.is_set()
            try:
                read.append(channel._get("celery"))
            except Empty:
                if over:
                    return
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=take, args=(channel,)) for channel in readers]
    for thread in threads:
        thread.start()
    for _ in range(MESSAGES):
        writer._put("celery", PAYLOAD)
    written.set()
    for thread in threads:
        thread.join(30)

    assert not failures
    assert len(read) == MESSAGES
    assert all(message == PAYLOAD for message in read)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("", ""),
        ("redis://redis:6379/0", "redis://redis:6379/0"),
        ("rediss://:p%40w@redis:6379/0", "rediss://:p%40w@redis:6379/0?ssl_cert_reqs=required"),
        ("rediss://redis/0?ssl_ca_certs=/ca", "rediss://redis/0?ssl_ca_certs=/ca&ssl_cert_reqs=required"),
        ("rediss://redis/0?ssl_cert_reqs=none", "rediss://redis/0?ssl_cert_reqs=none"),
    ],
)
def test_a_certificate_is_checked_unless_the_operator_says_otherwise(given: str, used: str) -> None:
    assert broker.checked(given) == used
