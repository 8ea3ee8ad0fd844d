"""The connections app."""

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    """Tells Django about the connections app, listens for checked projects, grants database logins."""

    name = "connections"

    def ready(self) -> None:
        """Connect the receivers, and tell access who grants logins."""
        from connections import requesting
        from connections.logins import seam
        from connections.services.discover import on_project_checked
        from portal.signals import project_checked

        project_checked.connect(on_project_checked)
        seam.register()
        requesting.register()
