"""The sign-in page and its neighbours show what is configured, and nothing else."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db

OPEN_PAGES = ("account_login", "account_signup", "account_inactive", "account_reset_password")
ERROR_PAGES = ("400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html")


@pytest.mark.parametrize("name", OPEN_PAGES)
def test_pages_for_everybody_are_in_the_product_s_dress(client: Client, name: str) -> None:
    html = client.get(reverse(name)).content.decode()
    assert 'data-layout="entrance"' in html
    assert html.count("<h1") == 1
    assert "shell-nav" not in html


def test_demo_accounts_are_offered_in_demo_mode_alone(client: Client, settings: Settings) -> None:
    settings.DEMO = False
    assert "portal-demo" not in client.get(reverse("account_login")).content.decode()
    settings.DEMO = True
    html = client.get(reverse("account_login")).content.decode()
    for role in ("admin", "owner", "analyst", "auditor"):
        assert f'data-demo-email="{role}@example.com"' in html


def test_google_is_offered_only_when_configured(client: Client, settings: Settings) -> None:
    settings.GOOGLE_CLIENT_ID = ""
    assert "Continue with Google" not in client.get(reverse("account_login")).content.decode()
    settings.GOOGLE_CLIENT_ID = "id"
    html = client.get(reverse("account_login"), {"next": "/connections/"}).content.decode()
    assert "Continue with Google" in html
    assert "next=%2Fconnections%2F" in html


@pytest.mark.parametrize("name", ERROR_PAGES)
def test_error_pages_need_no_context(name: str) -> None:
    html = render_to_string(name)
    assert html.count("<h1") == 1
    assert 'href="/"' in html
