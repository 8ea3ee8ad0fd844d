"""The connections app."""

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    """Tells Django about the connections app, listens for checked projects, grants database logins."""

    name = "connections"

    def ready(self) -> None:
        """Connect the receivers, and tell access who grants logins."""
        from connections import requesting  # noqa: PLC0415 (needs the app registry)
        from connections.logins import seam  # noqa: PLC0415
        from connections.services.discover import on_project_checked  # noqa: PLC0415 (needs the app registry)
        from portal.signals import project_checked  # noqa: PLC0415

        project_checked.connect(on_project_checked)
        seam.register()
        requesting.register()
