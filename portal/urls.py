"""Every address of the portal."""

from __future__ import annotations

from django.urls import include, path

from portal.views import health, home

urlpatterns = [
    path("", home.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path("", include("portal.routes")),
    path("", include("access.urls")),
    path("", include("connections.urls")),
]
