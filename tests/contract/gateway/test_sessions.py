"""One session for each process and thread, and the time that Google takes."""

from __future__ import annotations

import os
import threading
from unittest import mock

import pytest
from django.conf import settings as django_settings
from google.auth import exceptions as auth
from pytest_django import Settings

from emulator.client import Control
from portal.gcp import connections, errors, projects, transport
from tests.contract.gateway.conftest import PROJECT


def test_a_thread_keeps_its_session_and_shares_it_with_none(control: Control) -> None:
    """requests' sessions are not safe across threads."""
    ours = transport.session()
    assert transport.session() is ours
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(transport.session()))
    thread.start()
    thread.join()
    assert found
    assert found[0] is not ours


def test_a_forked_process_makes_a_session_of_its_own(control: Control) -> None:
    """A worker's child must not write into its parent's sockets."""
    ours = transport.session()
    projects.get(PROJECT)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            same = transport.session() is ours
            answer = projects.get(PROJECT).project_id
            os.write(write, f"{same} {answer}".encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 100).decode() == f"False {PROJECT}"
    assert projects.get(PROJECT).project_id == PROJECT


def test_the_time_spent_at_google_is_counted(control: Control) -> None:
    """For measuring the portal without it; both kinds of client count."""
    control.latency(120)
    before = transport.seconds_spent()
    list(connections.list_all(PROJECT, "us"))
    middle = transport.seconds_spent()
    projects.get(PROJECT)
    after = transport.seconds_spent()
    assert 0.1 < middle - before < 2
    assert 0.1 < after - middle < 2


def test_the_emulators_caller_can_be_chosen(control: Control, settings: Settings) -> None:
    """To see what somebody else may do."""
    settings.GOOGLE_EMULATOR_CALLER = "analyst@example.com"
    with pytest.raises(errors.PermissionDenied):
        projects.get_policy(PROJECT)
    settings.GOOGLE_EMULATOR_CALLER = "admin@example.com"
    assert projects.get_policy(PROJECT).etag
    callers = [call["caller"] for call in control.calls("projects.getIamPolicy")]
    assert callers == ["user:analyst@example.com", "user:admin@example.com"]


def test_real_google_is_used_when_no_emulator_is_named(settings: Settings) -> None:
    """At its own addresses, with Application Default Credentials, and a clear error without them."""
    settings.GOOGLE_CLOUD_EMULATOR = ""
    assert transport.base_url("alloydb") == "https://alloydb.googleapis.com"
    assert transport.base_url("bigquery") == "https://bigquery.googleapis.com/bigquery"
    missing = auth.DefaultCredentialsError("none")  # type: ignore[no-untyped-call]
    with (
        mock.patch("google.auth.default", side_effect=missing),
        pytest.raises(errors.CredentialsMissing, match="GOOGLE_CLOUD_EMULATOR") as caught,
    ):
        projects.get(PROJECT)
    assert caught.value.__context__ is None
    assert django_settings.GOOGLE_CLOUD_EMULATOR == ""


@pytest.mark.parametrize(
    "path", ["", "v1/../x", "v1/x?y=z", "v1/x#y", "/v1/x", "v1/a b", "v1/x\n", "v1//../x"]
)
def test_a_path_that_no_resource_has_is_refused(control: Control, path: str) -> None:
    """Names come from people: none may lead to another address."""
    with pytest.raises(ValueError, match="characters"):
        transport.call("alloydb", "GET", path)
