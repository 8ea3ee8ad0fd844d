"""PostgreSQL's types and values as BigQuery's.

Google's documentation, PostgreSQL to BigQuery type mapping. In JSON every value is a string or null.
"""

import base64
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

# type OIDs of PostgreSQL's catalogue
_TYPES = {
    16: "BOOLEAN",  # bool
    17: "BYTES",  # bytea
    20: "INTEGER",  # int8
    21: "INTEGER",  # int2
    23: "INTEGER",  # int4
    19: "STRING",  # name
    25: "STRING",  # text
    114: "STRING",  # json
    142: "STRING",  # xml
    700: "FLOAT",  # float4
    701: "FLOAT",  # float8
    705: "STRING",  # unknown, that is untyped literals
    1042: "STRING",  # char
    1043: "STRING",  # varchar
    1082: "DATE",  # date
    1083: "TIME",  # time
    1114: "TIMESTAMP",  # timestamp
    1184: "TIMESTAMP",  # timestamptz
    1700: "NUMERIC",  # numeric
    3802: "STRING",  # jsonb
}


class UnsupportedType(Exception):
    """A column's type has no counterpart; `args[0]` is its OID."""


def field_type(oid: int) -> str:
    """BigQuery's type for a column. Raises UnsupportedType."""
    try:
        return _TYPES[oid]
    except KeyError:
        raise UnsupportedType(oid) from None


def _boolean(value: Any, _micros: bool) -> str:
    return "true" if value else "false"


def _float(value: Any, _micros: bool) -> str:
    return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(repr(value), repr(value))


def _timestamp(value: Any, micros: bool) -> str:
    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    microseconds = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    return str(microseconds) if micros else f"{microseconds / 1_000_000:.6f}"


def _plain(value: Any, _micros: bool) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


_WRITERS: dict[type, Callable[[Any, bool], str]] = {
    bool: _boolean,
    float: _float,
    bytes: lambda value, _micros: base64.b64encode(value).decode(),
    datetime: _timestamp,
    date: lambda value, _micros: value.isoformat(),
    time: lambda value, _micros: value.isoformat(),
}


def cell(value: Any, *, int64_timestamps: bool) -> str | None:
    """One value in JSON form; timestamps in seconds, or in microseconds if asked."""
    if value is None:
        return None
    return _WRITERS.get(type(value), _plain)(value, int64_timestamps)
