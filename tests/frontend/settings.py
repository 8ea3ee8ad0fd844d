"""The portal's settings with the gallery's addresses instead of the product's: for looking at components."""

from portal.settings import *  # noqa: F403 (settings are names)
from portal.settings import BASE_DIR, TEMPLATES

DEMO = True
DEBUG = True
ROOT_URLCONF = "tests.frontend.urls"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
TEMPLATES[0]["DIRS"] = [BASE_DIR / "templates", BASE_DIR / "tests/frontend/templates"]
MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tests.frontend.gallery.as_administrator",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
