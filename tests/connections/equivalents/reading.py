"""Reading the texts back as their tools do, independently of how they were written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import hcl2

from tests.connections.equivalents.shells import Call

_BQ_PROPERTIES = {
    "CLOUD_SQL": "cloudSql",
    "AWS": "aws",
    "Azure": "azure",
    "CLOUD_SPANNER": "cloudSpanner",
    "CLOUD_RESOURCE": "cloudResource",
    "SPARK": "spark",
}
_BQ_BOOLEANS = {"--connection"}
_BQ_COMMON = {"display_name": "friendlyName", "description": "description", "kms_key_name": "kmsKeyName"}
_HCL_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")
_HCL_LETTERS = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def bq_words(call: Call) -> tuple[str, dict[str, str], list[str]]:
    """A call of bq: command, flags (those of a flag file too) and positional arguments."""
    flags: dict[str, str] = {}
    positional: list[str] = []
    words = call.argv[1:]
    while words:
        word = words.pop(0)
        if word == "--flagfile=/dev/stdin":
            words = [line.strip() for line in call.stdin.split("\n") if line.strip()] + words
        elif word in _BQ_BOOLEANS:
            flags[word.removeprefix("--")] = "true"
        elif word.startswith("--"):
            name, equals, value = word.removeprefix("--").partition("=")
            flags[name] = value if equals else words.pop(0)
        else:
            positional.append(word)
    return call.argv[0], flags, positional


def bq_connection(flags: Mapping[str, str]) -> dict[str, Any]:
    """The Connection that `bq mk --connection` sends, as the bq reference describes its flags."""
    body: dict[str, Any] = {api: flags[name] for name, api in _BQ_COMMON.items() if flags.get(name)}
    if "connector_configuration" in flags:
        return body | {"configuration": json.loads(flags["connector_configuration"])}
    kind = flags["connection_type"]
    properties: dict[str, Any]
    if "iam_role_id" in flags:
        properties = {"accessRole": {"iamRoleId": flags["iam_role_id"]}}
    elif "tenant_id" in flags:
        assert flags["federated_azure"] == "true"
        client = flags["federated_app_client_id"]
        properties = {"customerTenantId": flags["tenant_id"], "federatedApplicationClientId": client}
    else:
        properties = json.loads(flags.get("properties", "{}"))
    if "connection_credential" in flags:
        properties["credential"] = json.loads(flags["connection_credential"])
    return body | {_BQ_PROPERTIES[kind]: properties}


def camel(value: Any) -> Any:
    """A JSON value with its field names in lowerCamelCase, but for the keys of free maps."""
    if isinstance(value, Mapping):
        return {
            re.sub(r"_([a-z])", lambda m: m[1].upper(), key): inner if key == "parameters" else camel(inner)
            for key, inner in value.items()
        }
    return value


def hcl(text: str) -> dict[str, list[dict[str, Any]]]:
    """Terraform's blocks by type and name; strings unescaped, a reference as itself."""
    found: dict[str, list[dict[str, Any]]] = {}
    document = hcl2.loads(text)
    for resource in document.get("resource", []):
        for kind, named in resource.items():
            for name, content in named.items():
                block = {"name": _hcl(name), **_block(content)}
                found.setdefault(_hcl(kind), []).append(block)
    found["variable"] = [
        _block(inner) | {"name": _hcl(n)} for v in document.get("variable", []) for n, inner in v.items()
    ]
    return found


def _block(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _hcl(value) for key, value in content.items() if key != "__is_block__"}


def _hcl(value: Any) -> Any:
    if isinstance(value, list):
        (only,) = value
        return _block(only)
    return hcl_string(value) if isinstance(value, str) and value.startswith('"') else value


def hcl_string(written: str) -> str:
    """What a quoted template says that interpolates nothing (HCL Native Syntax Specification)."""
    assert not re.search(r"[$%]\{", written), "a template"
    return _HCL_ESCAPE.sub(_unescape, written[1:-1])


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    return _HCL_LETTERS[code] if code in _HCL_LETTERS else chr(int(code[1:], 16))
