"""A validator made of Google's discovery documents, which google-api-python-client carries.

    api = discovery.load("bigqueryconnection", "v1")
    method = api.find("GET", "v1/projects/p/locations/us/connections/c")
    assert method is not None
    assert method.request_violations(path, {"pageSize": ["10"]}, None) == []
    assert method.response_violations(answer) == []

It is strict: unknown fields, wrong formats (int64 is a string), unknown enum values, output-only fields in a
request and paths that miss a parameter's pattern are violations. Each is a sentence that names its place.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_RANGES = {"int32": (-(2**31), 2**31 - 1), "uint32": (0, 2**32 - 1)}
_LONG_RANGES = {"int64": (-(2**63), 2**63 - 1), "uint64": (0, 2**64 - 1)}
_DURATION = re.compile(r"-?\d+(\.\d{1,9})?s")
_MASK = re.compile(r"[A-Za-z_][\w.*]*(,[A-Za-z_][\w.*]*)*")
# What google.rpc.Status and BigQuery v2's older envelope may hold: no discovery document says it.
_ERROR_FIELDS = {"code": int, "message": str, "status": str, "details": list, "errors": list}

Schema = Mapping[str, Any]


def _documents() -> Path:
    spec = find_spec("googleapiclient.discovery_cache")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "documents"


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode(value.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _is_datetime(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_long(value: str, low: int, high: int) -> bool:
    return re.fullmatch(r"-?\d+", value) is not None and low <= int(value) <= high


def _string_violations(schema: Schema, value: str, where: str) -> list[str]:
    format_ = schema.get("format")
    checks: dict[str, Callable[[str], bool]] = {
        "byte": _is_base64,
        "google-datetime": _is_datetime,
        "date-time": _is_datetime,
        "google-duration": lambda text: _DURATION.fullmatch(text) is not None,
        "google-fieldmask": lambda text: _MASK.fullmatch(text) is not None,
        **{name: partial(_is_long, low=low, high=high) for name, (low, high) in _LONG_RANGES.items()},
    }
    if format_ in checks and not checks[format_](value):
        return [f"{where}: {value!r} is not of format {format_}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value!r} is not one of {schema['enum']}"]
    if "pattern" in schema and re.search(schema["pattern"], value) is None:
        return [f"{where}: {value!r} does not match {schema['pattern']}"]
    return []


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True)
class Api:
    """One discovery document."""

    document: Mapping[str, Any]

    def violations(self, schema: Schema, value: Any, where: str, *, request: bool = False) -> list[str]:
        """What is wrong with a JSON value, by a schema of this document."""
        if "$ref" in schema:
            schema = self.document["schemas"][schema["$ref"]]
        kind = schema.get("type", "any")
        if kind == "object":
            return self._object(schema, value, where, request)
        if kind == "array":
            return self._array(schema, value, where, request)
        if kind == "string":
            wrong = [f"{where}: {value!r} is not a string"]
            return _string_violations(schema, value, where) if isinstance(value, str) else wrong
        return _number_violations(kind, schema, value, where)

    def _object(self, schema: Schema, value: Any, where: str, request: bool) -> list[str]:
        if not isinstance(value, dict):
            return [f"{where}: {value!r} is not an object"]
        fields, others = schema.get("properties", {}), schema.get("additionalProperties")
        found: list[str] = []
        for name, item in value.items():
            below = fields.get(name, others)
            if below is None:
                found.append(f"{where}: unknown field {name!r}")
            elif request and below.get("readOnly"):
                found.append(f"{where}: {name!r} is output only")
            else:
                found += self.violations(below, item, f"{where}.{name}", request=request)
        return found

    def _array(self, schema: Schema, value: Any, where: str, request: bool) -> list[str]:
        if not isinstance(value, list):
            return [f"{where}: {value!r} is not a list"]
        return [
            sentence
            for index, item in enumerate(value)
            for sentence in self.violations(schema["items"], item, f"{where}[{index}]", request=request)
        ]

    def methods(self) -> list[Method]:
        """All methods of the API; those with more fixed text in their path first (`:getIamPolicy`)."""
        found = [Method(self, description) for description in _methods(self.document)]
        return sorted(found, key=lambda m: len(re.sub(r"\{.*?\}", "", m.description["path"])), reverse=True)

    def method(self, method_id: str) -> Method:
        """A method by its whole id, `bigqueryconnection.projects.locations.connections.create`."""
        return next(method for method in self.methods() if method.id == method_id)

    def find(self, verb: str, path: str) -> Method | None:
        """The method behind an address: the path without host and without slash before it."""
        return next((m for m in self.methods() if m.verb == verb and not m.path_violations(path)), None)


def _number_violations(kind: str, schema: Schema, value: Any, where: str) -> list[str]:
    if kind == "boolean":
        return [] if isinstance(value, bool) else [f"{where}: {value!r} is not a boolean"]
    if kind == "integer":
        low, high = _RANGES[schema.get("format", "int32")]
        return (
            [] if _is_integer(value) and low <= value <= high else [f"{where}: {value!r} is not an integer"]
        )
    if kind == "number":
        return (
            [] if _is_integer(value) or isinstance(value, float) else [f"{where}: {value!r} is not a number"]
        )
    return []


def _methods(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    own = list(node.get("methods", {}).values())
    return own + [method for resource in node.get("resources", {}).values() for method in _methods(resource)]


@dataclass(frozen=True)
class Method:
    """A method of an API."""

    api: Api
    description: Mapping[str, Any]

    @property
    def id(self) -> str:
        """As the discovery document has it."""
        return str(self.description["id"])

    @property
    def verb(self) -> str:
        """GET, POST, PATCH, DELETE."""
        return str(self.description["httpMethod"])

    def parameters(self, place: str) -> dict[str, Schema]:
        """The parameters in `path` or `query`."""
        return {
            name: schema
            for name, schema in self.description.get("parameters", {}).items()
            if schema["location"] == place
        }

    def path_violations(self, path: str) -> list[str]:
        """What is wrong with a path, the service's own prefix (`bigquery/v2/`) included."""
        template = self.api.document["servicePath"] + self.description["path"]
        pieces = re.split(r"\{\+?(\w+)\}", template)
        names = pieces[1::2]
        groups = [
            f"(?P<{piece}>.+?)" if index % 2 else re.escape(piece) for index, piece in enumerate(pieces)
        ]
        match = re.fullmatch("".join(groups), path)
        if match is None:
            return [f"{path!r} is not of the form {template!r}"]
        schemas = self.parameters("path")
        return [
            text for name in names for text in _string_violations(schemas[name], match[name], f"path.{name}")
        ]

    def query_violations(self, query: Mapping[str, Sequence[str]]) -> list[str]:
        """What is wrong with query parameters; the ones of every method (`alt`, `fields`) are right."""
        own, common = self.parameters("query"), self.api.document.get("parameters", {})
        found = [
            f"query: unknown parameter {name!r}" for name in query if name.lstrip("$") not in own | common
        ]
        for name, schema in own.items():
            values = query.get(name, [])
            if len(values) > 1 and not schema.get("repeated"):
                found.append(f"query.{name} is given more than once")
            for value in values:
                found += _parameter_violations(schema, value, f"query.{name}")
        return found

    def request_violations(self, path: str, query: Mapping[str, Sequence[str]], body: Any) -> list[str]:
        """What is wrong with a request; `body` None is no body."""
        found = self.path_violations(path) + self.query_violations(query)
        schema = self.description.get("request")
        if body is None or (schema is None and body == {}):
            return found
        if schema is None:
            return [*found, "body: this method takes none"]
        return found + self.api.violations(schema, body, "body", request=True)

    def response_violations(self, body: Any) -> list[str]:
        """What is wrong with the body of a 200."""
        return self.api.violations(self.description["response"], body, "response")


def _parameter_violations(schema: Schema, value: str, where: str) -> list[str]:
    if schema["type"] == "integer":
        good = _is_long(value, *_RANGES[schema.get("format", "int32")])
        return [] if good else [f"{where}: {value!r} is not an integer"]
    if schema["type"] == "boolean":
        return [] if value in ("true", "false") else [f"{where}: {value!r} is not a boolean"]
    return _string_violations(schema, value, where)


def oauth_error_violations(body: Any) -> list[str]:
    """What is wrong with the body of an error answer of the OAuth endpoints."""
    good = isinstance(body, dict) and set(body) == {"error", "error_description"}
    return [] if good else ["error: the body is not {'error': ..., 'error_description': ...}"]


def error_violations(body: Any, status: int) -> list[str]:
    """What is wrong with the body of an error answer, by Google's API error model."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or set(body) != {"error"}:
        return ["error: the body is not {'error': {...}}"]
    found = [f"error: unknown field {name!r}" for name in error if name not in _ERROR_FIELDS]
    for name in ("code", "message", "status"):
        if not isinstance(error.get(name), _ERROR_FIELDS[name]):
            found.append(f"error.{name} is missing or of a wrong type")
    if error.get("code") != status:
        found.append(f"error.code is {error.get('code')}, the HTTP status {status}")
    for detail in error.get("details", []):
        if not str(detail.get("@type", "")).startswith("type.googleapis.com/"):
            found.append("error.details has an item without @type")
    return found


# APIs whose address has the API's name in it, before the version.
_PREFIXED = ("bigquery", "compute", "oauth2")
# The document of version 2 says what version 1 answers; version 3 has none.
_TOKENINFO = {"v1": "v2", "v2": "v2"}


def address(api: str, path: str) -> tuple[Api, str] | None:
    """The document that is about a path below an API's host, and the path as that document has it.

    None when no document is: tokeninfo in OpenID's form.
    """
    version = re.search(r"(?:^|/)(v\d\w*)(?:/|$)", path)
    name = version.group(1) if version else ""
    if api == "oauth2":
        known = _TOKENINFO.get(name)
        return (load(api, known), f"{api}/{path.replace(name, known, 1)}") if known else None
    return load(api, name), f"{api}/{path}" if api in _PREFIXED else path


@cache
def load(name: str, version: str) -> Api:
    """The discovery document of an API."""
    path = _documents() / f"{name}.{version}.json"
    return Api(json.loads(path.read_text(encoding="utf-8")))
