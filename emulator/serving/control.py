"""The control API, under /_emulator/: for tests and demonstrations, not Google's."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.serving import edits, view
from emulator.serving.engine import Engine
from emulator.serving.faults import BadOrder, ordered

Handle = Callable[[Engine, dict[str, Any]], Any]
_LONGEST_WAIT = 60.0


def _reset(engine: Engine, _order: dict[str, Any]) -> Any:
    engine.reset()
    return {}


def _latency(engine: Engine, order: dict[str, Any]) -> Any:
    engine.latency[order.get("method", "*")] = float(order["ms"]) / 1000
    return {}


def _fault(engine: Engine, order: dict[str, Any]) -> Any:
    engine.faults.orders.append(ordered(order))
    return {"ordered": len(engine.faults.orders)}


def _clear_faults(engine: Engine, _order: dict[str, Any]) -> Any:
    engine.faults.orders.clear()
    engine.faults.stale.clear()
    return {}


def _stale(engine: Engine, order: dict[str, Any]) -> Any:
    engine.faults.stale[order["method"]] = int(order.get("times", 1))
    return {}


def _release(engine: Engine, order: dict[str, Any]) -> Any:
    return {"released": engine.faults.release(order.get("method", "*"))}


def _clear_calls(engine: Engine, _order: dict[str, Any]) -> Any:
    engine.calls.clear()
    return {}


def _agent_delay(engine: Engine, order: dict[str, Any]) -> Any:
    engine.runtime.agent_delay = float(order["seconds"])
    return {}


def _caller(engine: Engine, order: dict[str, Any]) -> Any:
    engine.runtime.default_caller = str(order["email"])
    return {}


def _state(engine: Engine, _order: dict[str, Any]) -> Any:
    return view.masked(engine.world)


def _health(engine: Engine, _order: dict[str, Any]) -> Any:
    databases, hanging = sorted(engine.runtime.backends), len(engine.faults.hanging)
    return {"status": "ok", "databases": databases, "hanging": hanging}


def _logins(engine: Engine, _order: dict[str, Any]) -> Any:
    return {**engine.runtime.endpoints, "addresses": engine.runtime.addresses}


async def _wait_and_list(engine: Engine, request: Request) -> Response:
    query = request.query_params
    method = query.get("wait_for")
    arrived = True
    if method:
        seconds = min(float(query.get("timeout", "10")), _LONGEST_WAIT)
        arrived = await engine.calls.wait_for(method, int(query.get("count", "1")), seconds)
    counts = dict(engine.calls.counts)
    answer = {"arrived": arrived, "counts": counts, "calls": engine.calls.listed(query.get("method", ""))}
    return JSONResponse(answer)


_ORDERS: tuple[tuple[str, str, Handle], ...] = (
    ("reset", "POST", _reset),
    ("latency", "POST", _latency),
    ("faults", "POST", _fault),
    ("faults", "DELETE", _clear_faults),
    ("stale", "POST", _stale),
    ("release", "POST", _release),
    ("calls", "DELETE", _clear_calls),
    ("outsider", "POST", edits.outsider),
    ("connections/delete", "POST", edits.delete_connection),
    ("connections/edit", "POST", edits.edit_connection),
    ("instances/edit", "POST", edits.edit_instance),
    ("tokens", "POST", edits.mint_token),
    ("services", "POST", edits.switch_service),
    ("service-accounts", "POST", edits.switch_account),
    ("custom-roles", "POST", edits.define_role),
    ("projects", "POST", edits.add_project),
    ("agent-delay", "POST", _agent_delay),
    ("caller", "POST", _caller),
    ("state", "GET", _state),
    ("logins", "GET", _logins),
    ("health", "GET", _health),
)


def _endpoint(engine: Engine, handle: Handle) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            raw = await request.body()
            order = json.loads(raw) if raw.strip() else {}
            return JSONResponse(handle(engine, order))
        except KeyError as error:
            return JSONResponse({"error": f"{error} is missing"}, status_code=400)
        except (BadOrder, ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    return endpoint


def routes(engine: Engine) -> list[Route]:
    """The addresses of the control API."""

    async def calls(request: Request) -> Response:
        return await _wait_and_list(engine, request)

    found = [
        Route(f"/_emulator/{path}", _endpoint(engine, handle), methods=[verb])
        for path, verb, handle in _ORDERS
    ]
    return [*found, Route("/_emulator/calls", calls, methods=["GET"])]
