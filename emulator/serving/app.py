"""The application: control addresses first, everything else is an API."""

from starlette.routing import Mount, Router
from starlette.types import ASGIApp

from emulator.serving import control
from emulator.serving.dispatch import Dispatcher
from emulator.serving.engine import Engine


def application(engine: Engine) -> ASGIApp:
    """The ASGI application around a state."""
    dispatcher = Dispatcher(engine)
    return Router([*control.routes(engine), Mount("/", app=dispatcher)], redirect_slashes=False)
