"""A real shell in which bq, gcloud and curl only write down how they were called."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# The programs that the texts use beside Google's: the real ones, and nothing else is on the PATH.
REAL = ("jq", "mktemp", "rm")
TOKEN = "emulator:admin@example.com"

_STUB = """\
#!{python} -SE
import json, os, sys
tool, argv = os.path.basename(sys.argv[0]), sys.argv[1:]
if tool == "gcloud" and argv == ["auth", "print-access-token"]:
    print("{token}")
    raise SystemExit
call = dict(tool=tool, argv=argv, stdin="", files={{}})
if "--flagfile=/dev/stdin" in argv or "@-" in argv or (argv[:1] == ["query"] and argv[-1][:2] == "--"):
    call["stdin"] = sys.stdin.buffer.read().decode()
for word in argv:
    path = word.lstrip("@")
    if os.path.isabs(path) and os.path.exists(path):
        call["files"][word] = open(path).read()
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps(call) + "\\n")
if argv[:1] == ["get-iam-policy"]:
    print(open(os.environ["POLICY"]).read())
"""


@dataclass(frozen=True)
class Call:
    """How a program was called: its arguments, what it read, and the files that it was shown."""

    tool: str
    argv: list[str]
    stdin: str
    files: dict[str, str]


class Shell:
    """bash with the stubs, and with the real curl when asked for."""

    def __init__(self, folder: Path) -> None:
        missing = [name for name in (*REAL, "bash", "curl") if shutil.which(name) is None]
        assert not missing, f"these tests need {', '.join(missing)} (apt-get install {' '.join(missing)})"
        self.calls = folder / "calls"
        self.policy = folder / "policy.json"
        self.stubs = folder / "stubs"
        self.live = folder / "live"
        for place, stubs, real in (
            (self.stubs, ("bq", "gcloud", "curl"), REAL),
            (self.live, ("gcloud",), (*REAL, "curl")),
        ):
            place.mkdir()
            for name in stubs:
                (place / name).write_text(_STUB.format(python=sys.executable, token=TOKEN))
                (place / name).chmod(0o755)
            for name in real:
                found = shutil.which(name)
                assert found is not None
                (place / name).symlink_to(found)

    def run(self, text: str, *, typed: str = "", live: bool = False) -> subprocess.CompletedProcess[str]:
        """Give the text to bash, and what a person types while it runs."""
        bash = shutil.which("bash")
        assert bash is not None
        return subprocess.run(
            [bash, "--norc", "--noprofile", "-c", text],
            input=typed + "\n",
            env={
                "PATH": str(self.live if live else self.stubs),
                "LC_ALL": "C.UTF-8",
                "CALLS": str(self.calls),
                "POLICY": str(self.policy),
                "TMPDIR": str(self.calls.parent),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def called(self, text: str, *, typed: str = "") -> list[Call]:
        """The calls that the text makes, in the stubs; the shell finds nothing wrong with it."""
        self.calls.write_text("")
        done = self.run(text, typed=typed)
        assert done.returncode == 0, done.stderr
        assert done.stderr in ("", "Database password: \n")
        assert done.stdout == ""
        return [Call(**json.loads(line)) for line in self.calls.read_text().splitlines()]

    def leftovers(self) -> list[str]:
        """Files that a text made and left."""
        known = {path.name for path in (self.calls, self.policy, self.stubs, self.live)}
        return [name for name in os.listdir(self.calls.parent) if name not in known]
