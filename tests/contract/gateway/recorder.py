"""Watches what the gateway sends and gets, and holds it against Google's own discovery documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from jsonschema import Draft202012Validator

# `$alt` is the system parameter "alt" under the name that Google's typed clients use for it.
SYSTEM_PARAMETERS = {"$alt"}
# APIs whose discovery documents put their name before the version.
WITH_SERVICE_PATH = {"bigquery", "compute"}
FORMATS = {
    "int64": r"^-?\d+$",
    "uint64": r"^\d+$",
    "byte": r"^[A-Za-z0-9+/_-]*={0,2}$",
    "google-datetime": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
    "google-duration": r"^-?\d+(\.\d+)?s$",
}
ERROR = Draft202012Validator(
    {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {"code": {"type": "integer"}, "message": {"type": "string"}},
            }
        },
    }
)


class Api:
    """One discovery document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.prefix = str(document.get("servicePath", ""))
        self.methods = sorted(_methods(document), key=lambda m: -len(re.sub(r"\{.*?\}", "", m["flatPath"])))

    def method(self, verb: str, path: str) -> dict[str, Any] | None:
        """The method that an address belongs to; the one with the longest literal part wins."""
        for method in self.methods:
            pattern = re.escape(self.prefix + method["flatPath"]).replace(r"\{", "{").replace(r"\}", "}")
            if method["httpMethod"] == verb and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+?", pattern), path):
                return dict(method)
        return None

    def problems(self, reference: object, body: object, *, sent: bool) -> list[str]:
        """What a schema finds wrong with a body."""
        definitions = {k: _schema(v, sent=sent) for k, v in self.document["schemas"].items()}
        validator = Draft202012Validator({"$ref": f"#/$defs/{reference}", "$defs": definitions})
        return [f"{error.json_path}: {error.message}"[:300] for error in validator.iter_errors(body)]


class Recorder:
    """A hook for the session's answers. ``problems`` must be empty at the end of every test."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.called: list[str] = []
        self.damaged = False

    def __call__(self, response: requests.Response, **options: object) -> None:
        """Check one exchange."""
        verb, url = str(response.request.method), urlsplit(str(response.request.url))
        name, _, path = url.path.lstrip("/").partition("/")
        version = next(part for part in path.split("/") if part.startswith("v"))
        api = load(name, version)
        address = f"{name}/{path}" if name in WITH_SERVICE_PATH else path
        method = api.method(verb, address)
        if method is None:
            self.problems.append(f"{verb} {url.path}: no such method in {name} {version}")
            return
        self.called.append(method["id"])
        found = [
            *self._request(api, method, response.request, url.query),
            *self._response(api, method, response),
        ]
        self.problems += [f"{method['id']}: {problem}" for problem in found]

    def _request(
        self, api: Api, method: dict[str, Any], request: requests.PreparedRequest, query: str
    ) -> Iterator[str]:
        known = {k: v for k, v in method.get("parameters", {}).items() if v["location"] == "query"}
        given = parse_qs(query, keep_blank_values=True)
        yield from (f"unknown query parameter {k}" for k in given if k not in {*known, *SYSTEM_PARAMETERS})
        for name, parameter in known.items():
            if len(given.get(name, [])) > 1 and not parameter.get("repeated"):
                yield f"query parameter {name} is not repeated"
            if parameter.get("type") == "integer" and not all(v.isdecimal() for v in given.get(name, [])):
                yield f"query parameter {name} is not a number"
        if request.body and "request" not in method:
            yield "a body where none belongs"
        elif request.body:
            reference = method["request"]["$ref"]
            yield from (f"request {p}" for p in api.problems(reference, json.loads(request.body), sent=True))

    def _response(self, api: Api, method: dict[str, Any], response: requests.Response) -> list[str]:
        if self.damaged:
            return []
        try:
            body = response.json()
        except ValueError:
            return [f"response {response.status_code} is not JSON"]
        if response.status_code >= 300:
            return [f"error {error.message}" for error in ERROR.iter_errors(body)]
        return [f"response {p}" for p in api.problems(method["response"]["$ref"], body, sent=False)]


@cache
def load(name: str, version: str) -> Api:
    """The discovery document of an API, as google-api-python-client carries it."""
    folder = resources.files("googleapiclient.discovery_cache.documents")
    return Api(json.loads((folder / f"{name}.{version}.json").read_text()))


def _methods(node: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for method in node.get("methods", {}).values():
        yield {**method, "flatPath": method.get("flatPath", method["path"])}
    for child in node.get("resources", {}).values():
        yield from _methods(child)


def _schema(node: Mapping[str, Any], *, sent: bool) -> dict[str, Any]:
    """A discovery schema as JSON Schema: unknown fields are errors, read-only ones too when sent."""
    if "$ref" in node:
        return {"$ref": f"#/$defs/{node['$ref']}"}
    if node.get("type") == "any":
        return {}
    made: dict[str, Any] = {"type": node.get("type", "object")}
    if "enum" in node:
        made["enum"] = node["enum"]
    if made["type"] == "string" and node.get("format") in FORMATS:
        made["pattern"] = FORMATS[node["format"]]
    if made["type"] == "array":
        made["items"] = _schema(node["items"], sent=sent)
    if made["type"] == "object":
        fields = node.get("properties", {})
        made["properties"] = {
            k: _schema(v, sent=sent) for k, v in fields.items() if not (sent and v.get("readOnly"))
        }
        extra = node.get("additionalProperties")
        made["additionalProperties"] = _schema(extra, sent=sent) if extra else False
    return made
