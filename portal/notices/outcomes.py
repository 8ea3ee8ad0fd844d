"""What can become of a delivery, beside having been taken."""

from __future__ import annotations


class NotSentError(Exception):
    """Surely not delivered; worth another try, not before `seconds` if that is given."""

    def __init__(self, message: str, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class RejectedError(Exception):
    """Surely not delivered, and another try would end the same way."""


class UnsureError(Exception):
    """It went out and no answer came: it may have been delivered."""
