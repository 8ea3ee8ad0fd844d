"""The navigation depends on the role, on which pages exist, and knows where one is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from portal import context


@pytest.fixture(autouse=True)
def gallery_addresses(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.frontend.urls"


def labels(path: str = "/", **roles: bool) -> list[str]:
    usual = {"is_authenticated": True, "is_administrator": False, "is_auditor": False, "is_active": True}
    request = RequestFactory().get(path)
    request.user = SimpleNamespace(**{**usual, **roles})  # type: ignore[assignment]
    return [item.label for group in context.navigation(request) for item in group]


def test_each_role_sees_its_pages() -> None:
    daily = ["My access", "Approvals", "Reviews"]
    everybody = ["Overview", "Connections", "Databases", *daily, "Operations"]
    assert labels() == everybody
    assert labels(is_auditor=True) == [*everybody[:-1], "Changed outside", "Operations", "Audit"]
    assert labels(is_administrator=True) == [
        *("Overview", "Add data", "Connections", "Databases", *daily, "Changed outside"),
        *("Operations", "Projects", "People", "Audit"),
    ]


def test_somebody_who_has_not_signed_in_has_no_navigation() -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    assert context.navigation(request) == []


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/", "/"),
        ("/connections/", "/connections/"),
        ("/connections/add/", "/connections/add/"),
        ("/connections/orders/share/", "/connections/"),
        ("/nowhere/", ""),
        ("/access/projects/acme/locations/us/connections/orders/share/", "/connections/"),
        ("/access/projects/acme/instances/crm/request/", "/connections/databases/"),
        ("/policies/projects/acme/instances/crm/", "/connections/databases/"),
        ("/policies/projects/acme/edit/", "/portal/projects/"),
        ("/access/leaver/", "/portal/people/"),
    ],
)
def test_the_deepest_place_above_a_page_is_current(path: str, label: str) -> None:
    assert context.current_url(path) == label


def test_a_page_that_does_not_exist_yet_is_left_out() -> None:
    assert context.address("portal:not_built_yet") == ""


@pytest.mark.parametrize(
    ("target", "shell"), [("dialog-body", "dialog_fragment"), ("results", "dialog_page")]
)
def test_a_dialog_is_a_fragment_only_for_the_dialog(target: str, shell: str) -> None:
    request = RequestFactory().get("/", headers={"HX-Request": "true", "HX-Target": target})
    request.user = AnonymousUser()
    assert shell in context.portal(request)["dialog_shell"]
