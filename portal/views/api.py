"""The API's reference: what can be read, with which parameters, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from portal.api import site
from portal.permissions import permitted, public, signed_in

API = "portal.urls.API"
EXAMPLE = 'curl -H "Authorization: Bearer $TOKEN" \\\n  "{url}?limit=10"'
_KINDS = {"integer": "whole number", "string": "text", "array": "list", "object": "object"}


@dataclass(frozen=True)
class Parameter:
    """One parameter or field, as a row of a table."""

    name: str
    kind: str
    text: SafeString


@dataclass(frozen=True)
class Endpoint:
    """One address of the API."""

    path: str
    title: str
    text: str
    scope: str
    parameters: list[Parameter]
    fields: list[Parameter]


@require_safe
@permitted(signed_in)
def api(request: HttpRequest) -> HttpResponse:
    """The reference, in plain HTML."""
    document = _document()
    endpoints = [_endpoint(path, entry["get"], document) for path, entry in document["paths"].items()]
    context = {
        "endpoints": endpoints,
        "about": _marked(document["info"]),
        "calls": settings.API_CALLS_A_MINUTE,
        "example": EXAMPLE.format(url=f"{settings.BASE_URL}{endpoints[0].path}"),
        "schema_url": reverse("portal:api_schema"),
    }
    return render(request, "portal/api/reference.html", context)


@require_safe
@public
def api_schema(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document."""
    return JsonResponse(_document())


def _document() -> dict[str, Any]:
    """The schema of the API that portal.urls is made of."""
    return site.schema(import_string(API))


def _endpoint(path: str, entry: dict[str, Any], document: dict[str, Any]) -> Endpoint:
    answer = entry["responses"][200]["content"]["application/json"]["schema"]
    page = _resolved(answer, document)
    item = _resolved(page["properties"]["items"]["items"], document)
    return Endpoint(
        path=path,
        title=entry["summary"],
        text=entry.get("description", ""),
        scope=f"{entry['tags'][0]}:read",
        parameters=[
            Parameter(found["name"], _kind(found["schema"]), _marked(found["schema"]))
            for found in entry["parameters"]
        ],
        fields=[Parameter(name, _kind(found), _marked(found)) for name, found in item["properties"].items()],
    )


def _marked(part: dict[str, Any]) -> SafeString:
    """The description of a part of the schema; what stands between backticks is code."""
    pieces = str(part.get("description", "")).split("`")
    marked = [
        format_html("<code>{}</code>" if place % 2 else "{}", text) for place, text in enumerate(pieces)
    ]
    return format_html_join("", "{}", ((piece,) for piece in marked))


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    name = schema["$ref"].rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


def _kind(schema: dict[str, Any]) -> str:
    """The type of a value in words."""
    if "enum" in schema:
        return ", ".join(value for value in schema["enum"] if value)
    if "anyOf" in schema:
        kinds = [_kind(option) for option in schema["anyOf"] if option.get("type") != "null"]
        return f"{kinds[0]}, or null"
    if schema.get("format") == "date-time":
        return "time"
    if schema.get("format") == "date":
        return "day (2026-11-22)"
    return _KINDS.get(schema.get("type", ""), "value")
