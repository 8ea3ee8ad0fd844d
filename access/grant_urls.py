"""Addresses of giving and taking access outside of requests."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from access.views import break_glass, drift, leaver, revoke, share


class ConnectionNameConverter(StringConverter):
    """A connection's full name, as the resource's address."""

    regex = r"projects/[^/\0]+/locations/[^/\0]+/connections/[^/\0]+"


register_converter(ConnectionNameConverter, "connection_name")

urlpatterns = [
    path("access/<connection_name:full_name>/share/", share.share, name="share"),
    path("access/<connection_name:full_name>/revoke/", revoke.revoke, name="revoke"),
    path("access/<connection_name:full_name>/break-glass/", break_glass.break_glass, name="break_glass"),
    path("access/leaver/", leaver.leaver, name="leaver"),
    path("access/outside/", drift.drifts, name="drifts"),
    path("access/outside/<int:pk>/", drift.drift, name="drift"),
    path("access/outside/<int:pk>/decide/", drift.decide_drift, name="decide_drift"),
    path("access/outside/<int:pk>/compare/", drift.check_drift, name="check_drift"),
]
