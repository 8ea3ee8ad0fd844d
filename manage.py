#!/usr/bin/env python
"""Django's command line for the portal."""

import os
import sys


def main() -> None:
    """Run one management command."""
    os.umask(0o077)  # what it makes is the portal's user's alone
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 (needs the line above)

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
