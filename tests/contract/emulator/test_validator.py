"""The validator itself: it must find what is wrong, or it proves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract import discovery

API = discovery.load("bigqueryconnection", "v1")
CONNECTION = {"$ref": "Connection"}
NAME = "v1/projects/p/locations/us/connections/c"


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"colour": "red"}, "unknown field 'colour'"),
        ({"creationTime": 1700000000000}, "is not a string"),
        ({"creationTime": "yesterday"}, "format int64"),
        ({"cloudSql": {"type": "ORACLE"}}, "is not one of"),
        ({"cloudSpanner": {"maxParallelism": "7"}}, "is not an integer"),
        ({"hasCredential": "true"}, "is not a boolean"),
        ({"configuration": {"parameters": {"a": {"nothing": 1}}}}, "unknown field 'nothing'"),
        ([], "is not an object"),
    ],
)
def test_wrong_values_are_found(value: Any, sentence: str) -> None:
    found = API.violations(CONNECTION, value, "here")
    assert len(found) == 1
    assert sentence in found[0]


def test_a_right_value_passes() -> None:
    value = {"name": "n", "creationTime": "1700000000000", "cloudSql": {"type": "MYSQL"}}
    assert API.violations(CONNECTION, value, "here") == []


def test_output_only_fields_are_wrong_in_requests_only() -> None:
    assert API.violations(CONNECTION, {"name": "n"}, "here", request=True) == ["here: 'name' is output only"]


def test_the_method_behind_an_address_is_found() -> None:
    found = API.find("GET", NAME)
    assert found is not None
    assert found.id == "bigqueryconnection.projects.locations.connections.get"
    assert API.find("PUT", NAME) is None
    assert API.find("GET", "v1/projects/p/locations/us/connections/c/d") is None


def test_wrong_query_parameters_are_found() -> None:
    method = API.method("bigqueryconnection.projects.locations.connections.list")
    assert method.query_violations({"pageSize": ["10"], "alt": ["json"], "$alt": ["json"]}) == []
    assert method.query_violations({"page": ["1"]}) == ["query: unknown parameter 'page'"]
    assert method.query_violations({"pageSize": ["ten"]}) == ["query.pageSize: 'ten' is not an integer"]


def test_formats() -> None:
    policy = {"$ref": "Policy"}
    assert API.violations(policy, {"etag": "BwXhqDVx0Zk="}, "here") == []
    assert "format byte" in API.violations(policy, {"etag": "not base64!"}, "here")[0]
    operation = discovery.load("alloydb", "v1")
    assert operation.violations({"$ref": "Cluster"}, {"createTime": "2025-08-13T07:40:00Z"}, "here") == []
    assert operation.violations({"$ref": "Cluster"}, {"createTime": "2025-08-13"}, "here") != []


def test_error_envelopes() -> None:
    good = {"error": {"code": 404, "message": "Not found", "status": "NOT_FOUND"}}
    assert discovery.error_violations(good, 404) == []
    assert discovery.error_violations(good, 403) != []
    assert discovery.error_violations({"detail": "Not found"}, 404) != []
