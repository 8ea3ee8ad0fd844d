"""Plain static files and a quick password hash: these tests are about other things."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from tests.portal import people

# How long an example takes says how busy the machine is.


@pytest.fixture(autouse=True)
def quick_settings(settings: Settings) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def cast(db: None) -> people.Cast:
    """An administrator, an owner, an analyst and an auditor."""
    return people.cast()
