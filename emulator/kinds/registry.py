"""All kinds, and which one a request is about."""

from emulator import errors
from emulator.errors import JSON
from emulator.kinds import cloud_sql, connectors, delegates, omni, spanner
from emulator.kinds.base import Kind

_ALL = (
    connectors.KIND,
    cloud_sql.KIND,
    spanner.KIND,
    omni.AWS,
    omni.AZURE,
    delegates.RESOURCE,
    delegates.SPARK,
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}

# Partners only, says the discovery document.
_PARTNERS = "salesforceDataCloud"


def kind_of(body: JSON) -> Kind:
    """The kind whose properties block the connection carries.

    Raises ApiError 400 unless there is exactly one.
    """
    if _PARTNERS in body:
        raise errors.invalid("Salesforce DataCloud connections are for partner projects only.")
    present = [name for name in KINDS if name in body]
    if len(present) != 1:
        raise errors.invalid(
            "Exactly one connection properties field must be set in the connection.", field="connection"
        )
    return KINDS[present[0]]


def check(kind: Kind, block: JSON, location: str) -> None:
    """Raise ApiError for what Google refuses in the block or in its place."""
    if kind.omni_only and not location.startswith(kind.omni_only):
        raise errors.invalid(f"Connections of type {kind.name} are not supported in region: {location}")
    if not kind.omni_only and location.startswith(("aws-", "azure-")):
        raise errors.invalid(f"Connections of type {kind.name} are not supported in region: {location}")
    kind.check(block, location)
