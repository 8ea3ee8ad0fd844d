"""supervisord's event listener that prints every process's output with the process's name before it.

The protocol is supervisord's: READY, a header line with the length of the body, the body, RESULT.
"""

from __future__ import annotations

import sys

HEADLINES = b"portal"  # the process whose lines stand for the whole


def fields(line: bytes) -> dict[bytes, bytes]:
    """Read a line of `name:value` pairs."""
    pairs = (pair.partition(b":") for pair in line.split())
    return {name: value for name, _, value in pairs}


def main() -> None:
    """Print until supervisord closes the pipe."""
    unfinished: dict[bytes, bytes] = {}
    commands, answers, terminal = sys.stdin.buffer, sys.stdout.buffer, sys.stderr.buffer
    answers.write(b"READY\n")
    answers.flush()
    while header := commands.readline():
        about, _, data = commands.read(int(fields(header)[b"len"])).partition(b"\n")
        name = fields(about)[b"processname"]
        *lines, unfinished[name] = (unfinished.get(name, b"") + data).split(b"\n")
        prefix = b"" if name == HEADLINES else name.ljust(8) + b" | "
        terminal.writelines(prefix + line + b"\n" for line in lines)
        terminal.flush()
        answers.write(b"RESULT 2\nOKREADY\n")
        answers.flush()


if __name__ == "__main__":
    main()
