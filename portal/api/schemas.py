"""What every answer of the API has in common."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import field_validator

LARGEST_PAGE = 500
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Key = Annotated[
    str, Field("", max_length=80, description="`next` of the page before; leave it out for the first page.")
]
Limit = Annotated[int, Field(100, ge=1, le=LARGEST_PAGE, description="How many items a page has at most.")]


class Filters(Schema):
    """What a call narrows its answer down to. NUL is in no name, and PostgreSQL takes it in no text."""

    @field_validator("*")
    @classmethod
    def no_nul(cls, value: object) -> object:
        """Refuse the character with which a database ends its strings."""
        if isinstance(value, str) and "\0" in value:
            raise ValueError("NUL is not allowed")
        return value


class Problem(Schema):
    """Why a call was refused."""

    detail: str | list[dict[str, Any]]


REFUSALS: dict[int, Any] = {401: Problem, 403: Problem, 422: Problem, 429: Problem}


def moment(when: datetime) -> str:
    """Return a time as the API writes it: UTC, with microseconds."""
    return when.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment_or_none(when: datetime | None) -> str | None:
    """Return a time as the API writes it, or null."""
    return moment(when) if when else None
