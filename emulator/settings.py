"""How a server is set up."""

from dataclasses import dataclass
from pathlib import Path

from emulator.estate import DEFAULT_CALLER
from emulator.logins.endpoints import Options


@dataclass(frozen=True)
class Settings:
    """Options of `python -m emulator` and of `emulator.server.start`.

    `port` 0 takes a free one; `data_dir` None starts no database; `agent_delay` is in seconds; `logins` None
    opens no login endpoints.
    """

    host: str = "127.0.0.1"
    port: int = 8085
    state: Path | None = None
    estate: str = "demo"
    data_dir: Path | None = None
    caller: str = DEFAULT_CALLER
    agent_delay: float = 3.0
    logins: Options | None = None
