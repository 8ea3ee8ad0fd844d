"""Let the sign-in of one session have happened an hour ago: `python -m tests.browser.age_session KEY`."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import django

HOUR = 3600


def main(key: str) -> None:
    """Rewrite when the session's person proved who they are."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    store = import_module("django.contrib.sessions.backends.db").SessionStore(key)
    records = store["account_authentication_methods"]
    store["account_authentication_methods"] = [record | {"at": record["at"] - HOUR} for record in records]
    store.save()


if __name__ == "__main__":
    main(sys.argv[1])
