"""`python -m emulator`: the stand-in for the Google APIs as a server of its own."""

import argparse
import logging
import signal
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType

from emulator.estate import DEFAULT_CALLER, ESTATES
from emulator.logins.endpoints import Options, Taken
from emulator.server import READY, address, build_engine, build_server, databases, listen
from emulator.settings import Settings


def parse(arguments: list[str] | None = None) -> Settings:
    """The settings on a command line."""
    parser = argparse.ArgumentParser(prog="python -m emulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument(
        "--port", type=int, default=8085, help="port; 0 takes a free one (default %(default)s)"
    )
    parser.add_argument("--state", type=Path, metavar="FILE", help="keep the state in this file")
    parser.add_argument(
        "--estate", choices=sorted(ESTATES), default="demo", help="what there is at the start"
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path("var/emulator"),
        metavar="DIR",
        help="folder of the demo database (default %(default)s)",
    )
    parser.add_argument(
        "--no-database", action="store_true", help="start no PostgreSQL behind the demo instances"
    )
    parser.add_argument(
        "--caller", default=DEFAULT_CALLER, help="who calls without a token (default %(default)s)"
    )
    parser.add_argument(
        "--agent-delay",
        type=float,
        default=3.0,
        metavar="SECONDS",
        help="time until a new service agent exists (default %(default)s)",
    )
    _add_logins(parser)
    given = parser.parse_args(arguments)
    data_dir = None if given.no_database else given.data_dir
    if given.logins and (data_dir is None or given.estate != "demo"):
        parser.error("--logins needs the demo estate and its database")
    return Settings(
        given.host,
        given.port,
        given.state,
        given.estate,
        data_dir,
        given.caller,
        given.agent_delay,
        _logins(given),
    )


def _add_logins(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--logins",
        nargs="?",
        const="127.0.0.2",
        metavar="ADDRESS",
        help="open the endpoints that the official database connectors expect, at this loopback address and "
        "the next ones (%(const)s unless given)",
    )
    parser.add_argument(
        "--alloydb-endpoint",
        default="127.0.0.1:0",
        metavar="HOST:PORT",
        help="where AlloyDB's API over gRPC listens with --logins; port 0 takes a free one",
    )
    parser.add_argument(
        "--roots",
        type=Path,
        metavar="FILE",
        help="where to put the certificate that its clients must trust (default: roots.pem in DIR)",
    )


def _logins(given: argparse.Namespace) -> Options | None:
    if not given.logins:
        return None
    return Options(given.logins, given.alloydb_endpoint, given.roots or given.data_dir / "roots.pem")


def _leave(_signal: int, _frame: FrameType | None) -> None:
    """Turn SIGTERM into an orderly end, so that the database is stopped."""
    raise SystemExit(0)


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    line = "%(asctime)s %(levelname)s %(name)s %(message)s"
    logging.basicConfig(level=logging.INFO, format=line, stream=sys.stderr)
    settings = parse()
    signal.signal(signal.SIGTERM, _leave)
    with ExitStack() as stack:
        backends = stack.enter_context(databases(settings.data_dir, settings.estate))
        try:
            server = build_server(build_engine(settings, backends), settings.logins)
        except Taken as error:
            sys.exit(str(error))
        bound = stack.enter_context(listen(settings.host, settings.port))
        bound.listen(128)
        print(READY + address(bound), flush=True)
        with suppress(KeyboardInterrupt):
            server.run([bound])


if __name__ == "__main__":
    main()
