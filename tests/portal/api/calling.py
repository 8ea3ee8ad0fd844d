"""Calls to the API as a program makes them."""

from __future__ import annotations

from typing import Any

from django.test import Client

from portal.api import tokens
from portal.models import ApiToken, User

ALL = ApiToken.Scope.values


def token_of(user: User, *scopes: str, days: int = 30) -> str:
    """Make a token for a person, with every scope unless some are given."""
    return tokens.make(user, name="tests", scopes=scopes or ALL, days=days)[1]


def call(token: str, path: str, **query: object) -> Any:
    """GET an address of the API; an empty token shows none."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Client(raise_request_exception=False).get(
        f"/api/v1/{path}", {name: str(value) for name, value in query.items()}, headers=headers
    )


def everything(token: str, path: str, **query: object) -> list[dict[str, Any]]:
    """All items of all pages."""
    found, before = [], ""
    while True:
        page = call(token, path, **query, **({"before": before} if before else {})).json()
        found += page["items"]
        if page["next"] is None:
            return found
        before = page["next"]
