"""The watcher itself: it finds what it is there to find."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from tests.contract.gateway.bodies import alloydb
from tests.contract.gateway.recorder import Recorder

CONNECTIONS = "http://127.0.0.1:1/bigqueryconnection/v1/projects/p/locations/us/connections"


def exchange(verb: str, url: str, sent: object = None, got: object = None, status: int = 200) -> list[str]:
    """The problems of one exchange."""
    recorder = Recorder()
    response = requests.Response()
    response.status_code = status
    response._content = json.dumps(got if got is not None else {}).encode()
    response.request = requests.Request(verb, url, json=sent).prepare()
    recorder(response)
    return recorder.problems


def test_what_the_documents_allow_has_no_problem() -> None:
    """The positive control."""
    assert (
        exchange("POST", f"{CONNECTIONS}?connectionId=x", alloydb(), {"creationTime": "1763787000000"}) == []
    )
    assert exchange("POST", f"{CONNECTIONS}/x:getIamPolicy?%24alt=json", {"options": {}}) == []
    assert exchange("GET", CONNECTIONS, got={"error": {"code": 500, "message": "x"}}, status=500) == []


@pytest.mark.parametrize(
    ("verb", "url", "sent", "got", "status"),
    [
        ("POST", CONNECTIONS, {"friendly": "x"}, {}, 200),
        ("POST", CONNECTIONS, {"friendlyName": 5}, {}, 200),
        ("POST", CONNECTIONS, {"hasCredential": True}, {}, 200),
        ("POST", CONNECTIONS, {"cloudSql": {"type": "ORACLE"}}, {}, 200),
        ("POST", f"{CONNECTIONS}?id=x", {}, {}, 200),
        ("GET", f"{CONNECTIONS}?pageSize=many", None, {}, 200),
        ("GET", CONNECTIONS, None, {"items": []}, 200),
        ("GET", CONNECTIONS, None, {"connections": [{"creationTime": 5}]}, 200),
        ("GET", CONNECTIONS, None, {"message": "x"}, 404),
        ("GET", CONNECTIONS, {"x": 1}, {}, 200),
        ("PUT", f"{CONNECTIONS}/x", {}, {}, 200),
        ("POST", f"{CONNECTIONS}/x:setIamPolicy", {"policy": {"auditConfigs": [{"logType": 1}]}}, {}, 200),
    ],
)
def test_what_the_documents_do_not_allow_is_found(
    verb: str, url: str, sent: Any, got: Any, status: int
) -> None:
    """The negative controls."""
    assert exchange(verb, url, sent, got, status)
