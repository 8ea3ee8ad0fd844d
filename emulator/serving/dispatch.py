"""One request, from its arrival to its answer."""

import asyncio
import logging
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from emulator import clock, names
from emulator.api import registry
from emulator.api.registry import Match
from emulator.errors import ApiError
from emulator.serving import answers, frontend, wire
from emulator.serving.answers import Answer
from emulator.serving.calls import Record
from emulator.serving.engine import Engine
from emulator.serving.faults import Fault

log = logging.getLogger("emulator")
_HIDDEN = ("access_token=", "oauth_token=", "key=")


@dataclass
class Exchange:
    """A request that has a method, while it is being answered."""

    match: Match
    raw: bytes
    query: str
    headers: dict[str, str]
    record: Record
    fault: Fault | None
    gone: asyncio.Event


def _shown(path: str, query: str) -> str:
    """Path and query for the log of calls, without what may be a credential."""
    parts = [part for part in query.split("&") if part and not part.startswith(_HIDDEN)]
    return f"{path}?{'&'.join(parts)}" if parts else path


def _resource(match: Match) -> str:
    """The resource that an address is about, location in lower case."""
    template = match.method.template.partition("/")[2].partition(":")[0]
    params = {name: value.lower() if name == "location" else value for name, value in match.params.items()}
    return template.format(**params)


async def _watch(receive: Receive, gone: asyncio.Event) -> None:
    """Set `gone` when the client closes the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
    gone.set()


class Dispatcher:
    """The ASGI application for all APIs."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        raw = await request.body()
        path, query = (
            scope["raw_path"].decode("latin-1").partition("?")[0],
            scope["query_string"].decode("latin-1"),
        )
        match = registry.find(request.method, path)
        if match is None:
            log.info("- %s %s 404", request.method, path)
            await wire.deliver(answers.no_such_address(), send)
            return
        method = match.method
        record = self.engine.calls.arrived(method.api, method.name, method.verb, _shown(path, query))
        fault = self.engine.faults.take(method, path)
        record.fault = fault is not None
        gone = asyncio.Event()
        exchange = Exchange(match, raw, query, dict(request.headers), record, fault, gone)
        watcher = asyncio.ensure_future(_watch(receive, gone))
        try:
            await self._delay(exchange)
            await self._answer(exchange, scope, send)
        finally:
            watcher.cancel()
        log.info("%s %s %s %s", method.name, method.verb, path, record.status or "-")

    async def _delay(self, exchange: Exchange) -> None:
        latency = self.engine.latency
        method = exchange.match.method
        seconds = latency.get(method.name, latency.get("*", 0.0))
        if seconds:
            await asyncio.sleep(seconds)

    async def _answer(self, exchange: Exchange, scope: Scope, send: Send) -> None:
        answer = await self._outcome(exchange)
        fault = exchange.fault
        if answer is None or (fault and fault.drop == "before_response"):
            await wire.reset(scope)
            return
        exchange.record.status = answer.status
        if fault and fault.drop == "mid_body":
            await wire.deliver_half(answer, scope, send)
        else:
            await wire.deliver(answer, send)

    async def _outcome(self, exchange: Exchange) -> Answer | None:
        """The answer, after the fault, or None when the client went away while the call hung."""
        fault, method = exchange.fault, exchange.match.method
        if fault is None:
            return await self._execute(exchange)
        early = fault.moment() == "before"
        if fault.hang and early and not await self.engine.faults.hang(method, exchange.gone):
            return None
        applies = not early or not (fault.status or fault.body or fault.drop)
        answer = await self._execute(exchange) if applies else answers.of_json({})
        if fault.hang and not early and not await self.engine.faults.hang(method, exchange.gone):
            return None
        return answers.damaged(answer, fault, method.api)

    async def _execute(self, exchange: Exchange) -> Answer:
        """Really do it."""
        engine, match, method = self.engine, exchange.match, exchange.match.method
        moment = clock.now()
        stale = not method.writes and engine.faults.take_stale(method)
        exchange.record.stale = stale
        world = engine.previous if stale else engine.world
        try:
            caller = frontend.identify(engine.world, engine.runtime, exchange.headers, method, moment)
            exchange.record.caller = caller
            call = frontend.read_call(
                world,
                engine.runtime,
                method,
                match.params,
                query=exchange.query,
                raw=exchange.raw,
                caller=caller,
                moment=moment,
            )
            body = await engine.run(method, call)
        except ApiError as error:
            return answers.of_error(error, method.api)
        exchange.record.applied = method.writes
        if method.name.endswith(".getIamPolicy"):
            engine.policy_was_read(names.canonical(engine.world, _resource(match)))
        return answers.of_json(body)
