"""What stays when another connection type is chosen in the dialog: whatever both types ask for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from connections.forms import rules
from connections.kinds.base import Kind

_BOXES = ("grant_service_agent", "test_query")
# Common values that not every type has a field for: they travel along, hidden.
KEPT = ("encryption", "kms_key_name", *_BOXES)


def typed(old: Kind, new: Kind, data: Mapping[str, Any], asked: Collection[str]) -> dict[str, Any]:
    """Return the values with which the dialog for `new` begins.

    `asked` are the fields that the dialog for `old` had: a box of it that is not in `data` was cleared.
    The password is never among them.
    """
    secrets = {old.secret_field, new.secret_field, "csrfmiddlewaretoken", "kind"}
    begun: dict[str, Any] = {name: value for name, value in data.items() if name not in secrets}
    for box in _BOXES:
        if box in asked or box in data:
            begun[box] = "on" if data.get(box) else ""
    for name in _meant_otherwise(old, new, begun):
        del begun[name]
    return begun


def _meant_otherwise(old: Kind, new: Kind, begun: Mapping[str, Any]) -> list[str]:
    """Own fields of the same name that mean something else: an AlloyDB URI is no Cloud SQL name."""
    before, after = old.fields(), rules.kind_fields(new)
    same = {name for name in after if name in before and before[name].label == after[name].label}
    return [
        name
        for name, field in after.items()
        if name in begun and name not in same and not _fits(field, begun[name])
    ]


def _fits(field: Any, value: str) -> bool:
    try:
        field.clean(value)
    except ValidationError:
        return False
    return True
