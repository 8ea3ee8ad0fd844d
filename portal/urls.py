"""Every address of the portal."""

from __future__ import annotations

from django.urls import include, path

from access.api import grants, requests
from connections.views import overview
from portal.api import events, site
from portal.views import health, metrics, own_address, own_password

API = site.make(grants.router, requests.router, events.router)

handler500 = "portal.views.errors.server_error"

urlpatterns = [
    path("", overview.overview, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    # Before allauth's own: nobody changes their address, which is who they are in the audit trail, and nobody
    # with a session alone gives themselves a password.
    path("accounts/email/", own_address.own_address, name="account_email"),
    path("accounts/password/set/", own_password.own_password, name="account_set_password"),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", site.addresses(API)),
    path("", include("portal.routes")),
    path("", include("access.urls")),
    path("", include("connections.urls")),
]
