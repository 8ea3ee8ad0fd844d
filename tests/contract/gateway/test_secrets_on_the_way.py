"""A password goes to Google and nowhere else: not into errors, logs or tracebacks' objects."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from pytest_django import Settings

from emulator.client import Control
from portal.gcp import connections, errors, projects, session, tokens, transport
from tests.contract.gateway.bodies import alloydb
from tests.contract.gateway.conftest import NUMBER, PROJECT
from tests.contract.gateway.recorder import Recorder

CANARY = 'canary "7f3a\\é'
PORTAL = "serviceAccount:portal@acme-analytics.iam.gserviceaccount.com"
LOADER = "nightly-loader@acme-analytics.iam.gserviceaccount.com"
LOCATION = "http://127.0.0.1:1/stolen"


class Stub(BaseHTTPRequestHandler):
    """Answers as no emulator would: quoting what it was sent, or leading elsewhere."""

    protocol_version = "HTTP/1.1"
    status: ClassVar[int] = 400
    asked: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        type(self).asked.append(f"{self.command} {self.path}")
        quoted = sent.decode().replace("\\", "\\\\").replace('"', '\\"')
        body = f'{{"error": {{"code": 400, "message": "Invalid value: {quoted}"}}}}'.encode()
        self.send_response(self.status)
        self.send_header("Location", LOCATION)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_DELETE = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def stub(settings: Settings) -> Iterator[type[Stub]]:
    """A server that answers 400 and quotes the request."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Stub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.GOOGLE_CLOUD_EMULATOR = f"http://127.0.0.1:{server.server_address[1]}"
        settings.GOOGLE_EMULATOR_CALLER = "portal@example.com"
        Stub.status, Stub.asked = 400, []
        yield Stub
        server.shutdown()


def everything(error: BaseException) -> str:
    """All text that a report of the error could show, its chain included."""
    seen, links = [], [error]
    while links:
        link = links.pop()
        seen += [repr(link), str(link), repr(link.args), repr(vars(link))]
        links += [other for other in (link.__cause__, link.__context__) if other]
    return "".join([*seen, *traceback.format_exception(error)])


def test_a_password_that_google_quotes_is_hidden(stub: type[Stub]) -> None:
    """JSON parsers quote the value that they do not like."""
    with pytest.raises(errors.InvalidRequest) as caught:
        connections.create(PROJECT, "us", "orders", alloydb(CANARY))
    assert transport.HIDDEN in caught.value.message
    assert "7f3a" not in everything(caught.value)


@pytest.mark.parametrize("fault", [{"drop": "before_response"}, {"body": "html"}, {"status": 503}])
def test_no_error_leads_to_the_request(
    control: Control, recorder: Recorder, fault: dict[str, object]
) -> None:
    """The HTTP library's exceptions hold the request; none hangs on to ours."""
    recorder.damaged = True
    control.fault("connections.create", **fault)
    control.fault("projects.get", **fault)
    calls = (
        lambda: connections.create(PROJECT, "us", "orders", alloydb(CANARY)),
        lambda: projects.get(PROJECT),
    )
    for call in calls:
        with pytest.raises(errors.GoogleError) as caught:
            call()
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert "7f3a" not in everything(caught.value)


def test_nothing_is_logged_but_one_line_a_call(
    control: Control,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Even with everything at DEBUG, where Google's libraries log whole requests and answers.

    Their loggers do not hand their lines on, so they are listened to themselves.
    """
    control.outsider(f"projects/{NUMBER}", "roles/iam.serviceAccountTokenCreator", PORTAL)
    google_logger = logging.getLogger("google")
    google_logger.addHandler(caplog.handler)
    request.addfinalizer(lambda: google_logger.removeHandler(caplog.handler))
    with caplog.at_level(logging.DEBUG):
        connections.create(PROJECT, "us", "orders", alloydb(CANARY))
        name = connections.full_name(PROJECT, "us", "orders")
        connections.get_policy(name)
        token = tokens.generate_access_token(LOADER, [session.CLOUD_PLATFORM]).token
    printed = capsys.readouterr()
    text = "".join(str(vars(record)) for record in caplog.records) + printed.out + printed.err
    assert "7f3a" not in text
    assert token not in text
    assert not [record for record in caplog.records if record.name.startswith("google.")]
    lines = [record for record in caplog.records if record.name == "portal.gcp.session"]
    assert len(lines) == 3
    assert "authorization" not in text.lower()


def test_a_redirect_is_not_followed(stub: type[Stub]) -> None:
    """It would carry the token elsewhere."""
    stub.status = 307
    name = connections.full_name(PROJECT, "us", "orders")
    for call in (lambda: connections.get(name), lambda: connections.delete(name)):
        with pytest.raises(errors.Unavailable) as caught:
            call()
        assert caught.value.status == 307
    assert len(stub.asked) == 2
