"""From JSON to a message: names, types, and Google's words for what does not fit.

The proto3 JSON mapping: lowerCamelCase and snake_case names, numbers as strings and back, null for "not set".
"""

import json
import re
from typing import Any

from emulator import errors
from emulator.errors import JSON, ApiError
from emulator.proto.schemas import MESSAGES

_HUMP = re.compile(r"(?<!^)(?=[A-Z])")
_INT_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


def snake(name: str) -> str:
    """`friendlyName` as `friendly_name`."""
    return _HUMP.sub("_", name).lower()


def camel(name: str) -> str:
    """`friendly_name` as `friendlyName`."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def _bad_value(path: str, kind: str, value: Any) -> ApiError:
    shown = json.dumps(value) if isinstance(value, str | bool | int | float) else "..."
    return errors.invalid(f"Invalid value at '{path}' (TYPE_{kind.upper()}), {shown}", field=path)


def _scalar(kind: str, value: Any, path: str) -> Any:
    if kind == "any":
        return value
    if kind == "string" and isinstance(value, str):
        return value
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind in _INT_RANGES and not isinstance(value, bool):
        return _integer(kind, value, path)
    if kind == "double" and isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise _bad_value(path, kind, value)


def _integer(kind: str, value: Any, path: str) -> int:
    low, high = _INT_RANGES[kind]
    try:
        number = int(value) if isinstance(value, int | str) else None
    except ValueError:
        number = None
    if number is None or not low <= number <= high:
        raise _bad_value(path, kind, value)
    return number


def _enum(names: list[str], value: Any, path: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(names):
        return names[value]
    if value in names:
        return str(value)
    raise _bad_value(path, "enum", value)


def _list(kind: str, value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise _bad_value(path, "message", value)
    return [_value(kind, item, f"{path}[{index}]") for index, item in enumerate(value)]


def _map(kind: str, value: Any, path: str) -> JSON:
    if not isinstance(value, dict):
        raise _bad_value(path, "message", value)
    return {key: _value(kind, item, f"{path}[{json.dumps(key)}]") for key, item in value.items()}


def _value(kind: str, value: Any, path: str) -> Any:
    if kind.startswith("["):
        return _list(kind[1:-1], value, path)
    if kind.startswith("{"):
        return _map(kind[1:-1], value, path)
    if kind.startswith("@"):
        return _message(kind[1:], value, path)
    if kind.startswith("enum "):
        return _enum(kind.split()[1:], value, path)
    return _scalar(kind, value, path)


def _unknown(name: str, path: str) -> ApiError:
    where = f" at '{path}'" if path else ""
    sentence = f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.'
    return errors.invalid(sentence, field=path)


def _message(message: str, value: Any, path: str) -> JSON:
    if not isinstance(value, dict):
        raise _bad_value(path, "message", value)
    fields = MESSAGES[message]
    read: JSON = {}
    for given, item in value.items():
        name = given if given in fields else camel(given)
        if name not in fields:
            raise _unknown(given, path)
        kind = fields[name]
        if item is None:
            continue
        inner = f"{path}.{snake(name)}" if path else snake(name)
        parsed = _value(kind.removeprefix("!"), item, inner)
        if not kind.startswith("!"):
            read[name] = parsed
    return read


def read_message(message: str, raw: bytes, path: str) -> JSON:
    """Parse a request body.

    `path` is the name of the request field that the body fills (empty when it is the request itself).
    Output-only fields are dropped, names come back in lowerCamelCase. Raises ApiError 400 for what is not
    JSON, unknown names and values of a wrong type.
    """
    if not raw.strip():
        return {}
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise errors.invalid("Invalid JSON payload received. Unable to parse the request body.") from error
    if not isinstance(value, dict):
        raise errors.invalid(
            'Invalid JSON payload received. Unknown name "": Root element must be a message.'
        )
    return _message(message, value, path)
