"""The connections app."""

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    """Tells Django about the connections app, and listens for checked projects."""

    name = "connections"

    def ready(self) -> None:
        """Connect the receivers."""
        from connections.services.discover import on_project_checked  # noqa: PLC0415 (needs the app registry)
        from portal.signals import project_checked  # noqa: PLC0415

        project_checked.connect(on_project_checked)
