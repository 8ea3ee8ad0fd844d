"""How to connect: every way to log in with IAM, filled in. Pure."""

from connections.logins.snippets import by_hand, go, java, proxy, python
from connections.logins.snippets.base import Login, Network, Step, Way

__all__ = ["Login", "Network", "Step", "Way", "ways"]


def ways(login: Login) -> list[Way]:
    """Every way in which `login` can come about, automatic ones first."""
    return [
        proxy.way(login),
        python.way(login),
        go.way(login),
        java.jdbc(login),
        java.r2dbc(login),
        by_hand.way(login),
    ]
