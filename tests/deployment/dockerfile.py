"""Reading the Dockerfile: its stages and their instructions."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field

from tests.support.processes import REPOSITORY


@dataclass
class Stage:
    """One `FROM ... AS name` and what follows it."""

    name: str
    parent: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        """Return the arguments of every such instruction, in order."""
        return [arguments for name, arguments in self.instructions if name == instruction]

    def json(self, instruction: str) -> list[str]:
        """Return the words of the last such instruction, which has to be in the form without a shell."""
        words: list[str] = json.loads(self.all(instruction)[-1])
        return words

    def health_check(self) -> list[str]:
        """Return the words of the stage's health check."""
        words: list[str] = json.loads(self.all("HEALTHCHECK")[-1].partition("CMD ")[2])
        return words

    def environment(self) -> dict[str, str]:
        """Return the variables that the stage sets itself."""
        pairs = (pair for arguments in self.all("ENV") for pair in shlex.split(arguments))
        return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}

    def copied(self) -> list[str]:
        """Return what is copied from the build context."""
        words = (arguments.split() for arguments in self.all("COPY"))
        return [source for sources in words if not sources[0].startswith("--from") for source in sources[:-1]]


def stages() -> dict[str, Stage]:
    """Return the Dockerfile's stages by name."""
    text = (REPOSITORY / "Dockerfile").read_text()
    joined = re.sub(r"\\\n", " ", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    found: dict[str, Stage] = {}
    for line in filter(str.strip, joined.splitlines()):
        instruction, _, arguments = line.partition(" ")
        if instruction == "FROM":
            parent, _, name = arguments.split()
            current = found[name] = Stage(name, parent)
        else:
            current.instructions.append((instruction, arguments.strip()))
    return found
