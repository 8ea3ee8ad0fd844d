"""The API as a whole: its answers to mistakes, its schema, its addresses with each one's decision."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from ninja import NinjaAPI, Router

from portal.api.security import TooManyCallsError
from portal.permissions import Permission

VERSION = "1"
ROOT = "/api/v1/"
ABOUT = (
    "Read-only access to grants, requests and the audit trail. Show a token as `Authorization: Bearer …`; it "
    "reads what its owner may see. Pages go by key: give the `next` of a page as `before`."
)


def make(*routers: Router) -> NinjaAPI:
    """Return the API with these routers; their views read only."""
    api = NinjaAPI(
        title="BigQuery Connection Portal",
        version=VERSION,
        description=ABOUT,
        urls_namespace="api",
        docs_url=None,
        openapi_url=None,
    )
    for router in routers:
        api.add_router("", router)

    @api.exception_handler(TooManyCallsError)
    def too_many(request: HttpRequest, error: Any) -> HttpResponse:
        answer = api.create_response(
            request, {"detail": f"Too many calls: try again in {error.seconds} s."}, status=429
        )
        answer["Retry-After"] = str(error.seconds)
        return answer

    return api


def addresses(api: NinjaAPI) -> tuple[list[Any], str, str]:
    """Return the API's addresses for include().

    Each carries its decision, as every view does. They read only, so Django's check of POSTs stays on.
    """
    found, app_name, namespace = api.urls
    kept = [entry for entry in found if isinstance(entry, URLPattern) and entry.name != "api-root"]
    for entry in kept:
        entry.callback.permission = Permission("whoever shows a token with its scope")  # type: ignore[attr-defined]
        entry.callback.csrf_exempt = False  # type: ignore[attr-defined]
    return kept, app_name, namespace


def schema(api: NinjaAPI) -> dict[str, Any]:
    """Return the OpenAPI document."""
    return dict(api.get_openapi_schema(path_prefix=ROOT))
