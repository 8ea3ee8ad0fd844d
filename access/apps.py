"""The access app."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Tells Django about the access app."""

    name = "access"
