"""Every address of the portal."""

from __future__ import annotations

from django.urls import include, path

from portal.views import health, home, own_address

urlpatterns = [
    path("", home.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    # Before allauth's own: nobody changes their address, which is who they are in the audit trail.
    path("accounts/email/", own_address.own_address, name="account_email"),
    path("accounts/", include("allauth.urls")),
    path("", include("portal.routes")),
    path("", include("access.urls")),
    path("", include("connections.urls")),
]
