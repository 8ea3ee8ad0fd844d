"""What every page needs: the navigation for this person, the demo flag, how dialogs are wrapped."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from portal import clock, recency
from portal.permissions import administrator, overseer, signed_in

PRODUCT_NAME = "BigQuery Connection Portal"
DIALOG_TARGET = "dialog-body"
DEMO_ROLES = ("admin", "owner", "analyst", "auditor")  # each signs in as ROLE@example.com


@dataclass(frozen=True)
class Place:
    """Somewhere to go: `key` follows `g` on the keyboard.

    `count` names the address that tells how much waits there; the navigation fetches it by itself, so that
    no page waits for it. `also` is a pattern of addresses elsewhere that belong to this place.
    """

    label: str
    url_name: str
    icon: str
    key: str = ""
    visible: Callable[[Any], bool] = signed_in
    count: str = ""
    also: str = ""


@dataclass(frozen=True)
class NavItem:
    """A place as one page shows it."""

    label: str
    url: str
    icon: str
    key: str
    current: bool
    count_url: str = ""


ABOUT = r"/(access|policies)/projects/.+/"
PLACES: tuple[tuple[Place, ...], ...] = (
    (
        Place("Overview", "home", "house", "h"),
        Place("Add data", "connections:add_data", "database-add", "d", administrator),
        Place("Connections", "connections:list", "plug", "c", also=ABOUT + "connections/"),
        Place("Databases", "connections:instances", "database", "b", also=ABOUT + "instances/"),
        Place("My access", "access:my_access", "shield-lock", "r"),
        Place("Approvals", "access:queue", "inbox", "q", count="access:queue_count"),
        Place("Reviews", "access:reviews", "card-checklist", "v"),
        Place("Changed outside", "access:drifts", "file-diff", "x", overseer),
    ),
    (
        Place("Operations", "portal:operations", "activity", "o"),
        Place("Projects", "portal:projects", "boxes", "p", administrator, also="/policies/projects/"),
        Place("People", "portal:people", "people", "u", administrator, also="/access/leaver/"),
        Place(
            "Who has what",
            "access:holdings",
            "clock-history",
            "w",
            overseer,
            also=r"/access/(changes|grants|insights)/",
        ),
        Place("Audit", "portal:audit", "journal-check", "a", overseer),
    ),
)
ACCOUNT_PLACES = (
    Place("Notices", "portal:notices", "bell"),
    Place("Password", "account_change_password", "key"),
    Place("Two-step verification", "mfa_index", "shield-check"),
    Place("API tokens", "portal:api_tokens", "braces"),
    Place("Connected accounts", "socialaccount_connections", "link-45deg"),
)


def portal(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Looks nothing up in the database unless the template uses it."""
    in_dialog = request.headers.get("HX-Target") == DIALOG_TARGET
    # A dialog that was opened by its own address swaps its form too, but is the page and not a part of it.
    own_page = recency.current_path(request) == request.path
    return {
        "product_name": PRODUCT_NAME,
        "demo": settings.DEMO,
        "demo_roles": DEMO_ROLES,
        "demo_clock_url": SimpleLazyObject(lambda: address("portal:demo_clock")),
        "demo_now": SimpleLazyObject(clock.shown),
        "google_sign_in": bool(settings.GOOGLE_CLIENT_ID),
        "nav_groups": SimpleLazyObject(lambda: navigation(request)),
        "account_nav": SimpleLazyObject(lambda: items(ACCOUNT_PLACES, request)),
        "search_url": SimpleLazyObject(lambda: address("connections:list")),
        "dialog_shell": "components/dialog_fragment.html" if in_dialog else "dialog_page.html",
        "dialog_level": 2 if in_dialog and not own_page else 1,
    }


def navigation(request: HttpRequest) -> list[list[NavItem]]:
    """The groups of the left navigation; empty for somebody who has not signed in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    return [group for group in (items(places, request) for places in PLACES) if group]


def items(places: tuple[Place, ...], request: HttpRequest) -> list[NavItem]:
    """The places that exist and that this person may enter; the deepest one that fits is current."""
    shown = [
        (place, url) for place in places if (url := address(place.url_name)) and place.visible(request.user)
    ]
    here = current_url(request.path)
    return [
        NavItem(
            p.label, url, p.icon, p.key, current=url == here, count_url=address(p.count) if p.count else ""
        )
        for p, url in shown
    ]


def current_url(path: str) -> str:
    """The address among all places that `path` lies below; the start page only for itself."""
    places = [place for group in PLACES for place in group] + list(ACCOUNT_PLACES)
    for place in places:
        if place.also and re.match(place.also, path):
            return address(place.url_name)
    urls = [address(place.url_name) for place in places]
    home = address("home")
    above = [url for url in urls if url and (path == url or (url != home and path.startswith(url)))]
    return max(above, key=len, default="")


def address(url_name: str) -> str:
    """The URL of a page, or nothing while no such page exists."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""
