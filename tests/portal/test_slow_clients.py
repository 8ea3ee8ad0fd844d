"""Clients that take their time to send a request take no thread from others."""

from __future__ import annotations

import http.client
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.ports import free_port
from tests.support.processes import REPOSITORY, ManagedProcess
from tests.support.slow_answers import LARGE

THREADS = 2


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a web server that waits half a second for requests."""
    port = free_port()
    program = [sys.executable, "-m", "gunicorn", "tests.support.slow_answers:application"]
    options = ["--bind", f"127.0.0.1:{port}", "--threads", str(THREADS), "--no-control-socket"]
    worker = ["--worker-class", "tests.support.slow_answers.Impatient"]
    with ManagedProcess(
        [*program, *options, *worker],
        log=tmp_path_factory.mktemp("gunicorn") / "log",
        ready=lambda process: "Booting worker" in process.output(),
    ):
        yield port


def ask(server: int, path: str = "/", body: bytes = b"") -> bytes:
    """Send a whole request and return what comes."""
    connection = http.client.HTTPConnection("127.0.0.1", server, timeout=5)
    try:
        connection.request("POST", path, body)
        return connection.getresponse().read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    "begun",
    [
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Le",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nname=",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nna",
    ],
)
def test_others_are_answered_all_the_same(server: int, begun: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(2 * THREADS):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", server)))
            client.sendall(begun)
        assert ask(server, body=b"12345") == b"5\n"


def test_who_only_connects_is_waited_for_by_no_thread(server: int) -> None:
    with ExitStack() as stack:
        for _ in range(20 * THREADS):
            stack.enter_context(socket.create_connection(("127.0.0.1", server)))
        assert ask(server, body=b"12345") == b"5\n"


@pytest.mark.parametrize("path", [b"/large", b"/file"])
def test_who_reads_nothing_keeps_no_thread(server: int, path: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(2 * THREADS):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", server)))
            client.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        assert ask(server, body=b"12345") == b"5\n"


@pytest.mark.parametrize("path", ["/large", "/file"])
def test_who_reads_gets_all_of_it(server: int, path: str) -> None:
    assert len(ask(server, path)) == LARGE


def test_the_first_byte_may_take_a_while(server: int) -> None:
    with socket.create_connection(("127.0.0.1", server), timeout=5) as client:
        time.sleep(0.2)
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 200 OK")


def test_a_byte_now_and_then_is_no_request(server: int) -> None:
    with socket.create_connection(("127.0.0.1", server), timeout=5) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(9):
            client.sendall(b"x")
            client.settimeout(0.1)
            try:
                answer = client.recv(4096)
            except TimeoutError:
                continue
            break
        assert answer == b"" or answer.startswith(b"HTTP/1.1 ")


def test_an_answer_may_take_its_time(server: int) -> None:
    assert ask(server, "/long", b"12345") == b"5\n"


def test_several_requests_use_one_connection(server: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server, timeout=5)
    for size in (1, 100_000, 0):
        connection.request("POST", "/", b"a" * size)
        assert connection.getresponse().read() == f"{size}\n".encode()
    connection.close()


@pytest.mark.parametrize("place", ["Dockerfile", "config/supervisord.conf"])
def test_the_portal_runs_so(place: str) -> None:
    text = (REPOSITORY / place).read_text().replace('", "', " ")
    assert text.count("gunicorn portal.wsgi") == text.count("--worker-class portal.slow_clients.Worker") == 1
