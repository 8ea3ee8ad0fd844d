"""Addresses of access."""

from __future__ import annotations

from django.urls import path, register_converter

from access.views import share


class ConnectionNameConverter:
    """A connection's full name, as the resource's address."""

    regex = r"projects/[^/\0]+/locations/[^/\0]+/connections/[^/\0]+"

    def to_python(self, value: str) -> str:
        """As it stands in the address."""
        return value

    def to_url(self, value: str) -> str:
        """As it stands in the address."""
        return value


register_converter(ConnectionNameConverter, "connection_name")

app_name = "access"
urlpatterns = [
    path("access/<connection_name:full_name>/share/", share.share, name="share"),
]
