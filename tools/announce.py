"""Wait for the demo to answer, then say where it is and who may sign in."""

from __future__ import annotations

import os
import sys
import time
import urllib.error
import urllib.request

MESSAGE = """
  BigQuery Connection Portal: {address}

  Sign in as                      to
    admin@example.com             create connections, manage projects and people
    owner@example.com             approve requests for a connection, share it
    analyst@example.com           find connections, request access
    auditor@example.com           see who could read what, and when
  Password of all four: portal-demo

  Ctrl-C ends it. The data stays in var/; `make reset` forgets it.
"""


def answers(url: str) -> bool:
    """Tell whether an HTTP server answers there, whatever it says."""
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 (the address is our own)
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def main() -> int:
    """Return 0 when everything answered within two minutes."""
    web = f"http://127.0.0.1:{os.environ['PORT']}/healthz"
    waiting_for = [web, os.environ["GOOGLE_CLOUD_EMULATOR"]]
    for _ in range(600):
        waiting_for = [url for url in waiting_for if not answers(url)]
        if not waiting_for:
            print(MESSAGE.format(address=os.environ["PORTAL_BASE_URL"]), flush=True)
            return 0
        time.sleep(0.2)
    print(f"No answer from {' and '.join(waiting_for)}: the lines above say why.", flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
