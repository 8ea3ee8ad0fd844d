"""`make run`: the whole portal with a demo estate on this machine, under one supervisor, until Ctrl-C.

Nothing of the caller's own settings gets in: a DATABASE_URL in the environment belongs to something else.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from emulator.estate import DEFAULT_CALLER, LOGIN_CHECKER
from tools.terminal import Announcement, Logs, show

REPOSITORY = Path(__file__).resolve().parents[1]
DATA_DIR = REPOSITORY / "var"
LOG_DIR = DATA_DIR / "log"
OWN_PREFIXES = ("PORTAL_", "GOOGLE_", "DATABASE_", "REDIS_", "EMAIL_", "CELERY_")
OWN_NAMES = ("SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "DEFAULT_FROM_EMAIL", "DJANGO_SETTINGS_MODULE")
KEEP = ("PORTAL_LOG_LEVEL", "PORTAL_LOG_JSON")
INSTANCES = 3  # of the demo, with a database behind them


def main() -> int:
    """Check, prepare, run; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="where the portal listens")
    parser.add_argument("--emulator-port", type=int, default=0, help="the emulator's; 0: any free one")
    options = parser.parse_args()
    LOG_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (DATA_DIR / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            print(f"The demo is running already, in another terminal: {lock.read()}", file=sys.stderr)
            return 1
        if not _is_free(options.port):
            print(f"Port {options.port} is taken. Another: make run PORT={options.port + 1}", file=sys.stderr)
            return 1
        lock.truncate(0)
        print(f"http://localhost:{options.port}", end="", file=lock, flush=True)
        environment = demo_environment(options.port, options.emulator_port or _any_free_port())
        prepare = [sys.executable, "tools/prepare.py"]
        return subprocess.call(prepare, cwd=REPOSITORY, env=environment) or _supervise(environment)


def _is_free(port: int, address: str = "127.0.0.1") -> bool:
    """Whether somebody could listen there."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
        except (OSError, OverflowError):
            return False
        return True


def _any_free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _login_option() -> str:
    """Have the emulator open the database connectors' endpoints, at loopback addresses that are free.

    Their ports are fixed. Where the machine has no such addresses (macOS has one unless told otherwise),
    everything but logging in to the databases works without them.
    """
    for third in range(0, 250, 10):
        addresses = [f"127.0.{third}.{last}" for last in range(2, 2 + INSTANCES)]
        if all(_is_free(port, address) for address in addresses for port in (5433, 3307)):
            return f"--logins {addresses[0]}"
    return ""


def demo_environment(port: int, emulator_port: int) -> dict[str, str]:
    """Return the environment of every process of the demo."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name in KEEP or not (name.startswith(OWN_PREFIXES) or name in OWN_NAMES)
    }
    return {
        "PORTAL_LOG_LEVEL": "WARNING",
        **inherited,
        "PORT": str(port),
        "PORTAL_DEMO": "1",
        "PORTAL_BASE_URL": f"http://localhost:{port}",
        "GOOGLE_CLOUD_EMULATOR": f"http://127.0.0.1:{emulator_port}",
        "DEMO_EMULATOR_PORT": str(emulator_port),
        "DEMO_EMULATOR_LOGINS": _login_option(),
        "PORTAL_SERVICE_ACCOUNT": DEFAULT_CALLER,
        "PORTAL_LOGIN_CHECK_ACCOUNTS": LOGIN_CHECKER,
        "DEMO_PYTHON": sys.executable,
        "DEMO_USER": str(os.getuid()),  # supervisord wants root to say that root is meant
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",  # the libraries' own: nothing that who tries the demo could mend
    }


def _supervise(environment: dict[str, str]) -> int:
    """Run the supervisor until it ends or this process is told to end; leave nothing behind."""
    logs = Logs(LOG_DIR)
    announcement = Announcement(environment)
    told_to_end = False

    def end(*_: object) -> None:
        nonlocal told_to_end
        told_to_end = True

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    # Neither in the terminal's session nor writing to it: Ctrl-C reaches this process alone, which then ends
    # the others in order, and a terminal that was closed takes nobody along.
    supervisor = subprocess.Popen(
        [Path(sys.executable).with_name("supervisord"), "-c", "config/supervisord.conf"],
        cwd=REPOSITORY,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    has_terminal = sys.stdout.isatty()
    with suppress(OSError):
        while not told_to_end and supervisor.poll() is None and sys.stdout.isatty() == has_terminal:
            show(logs, announcement)
            time.sleep(0.2)
    supervisor.terminate()
    with suppress(OSError):
        print("\nEnding: this takes a few seconds.", flush=True)
    status = supervisor.wait()
    _end_database()
    return 0 if told_to_end else status


def _end_database() -> None:
    """End the demo's PostgreSQL if the emulator could not do so itself, because someone killed it."""
    for pid_file in DATA_DIR.glob("demo-postgres/**/postmaster.pid"):
        pid = int(pid_file.read_text().split()[0])
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)  # PostgreSQL's "fast" shutdown
            for _ in range(100):
                time.sleep(0.1)
                os.kill(pid, 0)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
