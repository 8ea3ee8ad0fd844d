"""Cloud Spanner: `cloudSpanner`. No identity of its own: queries run as the person who asks."""

import re

from emulator import errors
from emulator.errors import JSON
from emulator.kinds.base import Kind, required

_DATABASE = re.compile(r"^projects/[^/]+/instances/[^/]+/databases/[^/]+$")
_ROLE = re.compile(r"^[a-zA-Z][a-zA-Z0-9_]*$")


def _check(block: JSON, _location: str) -> None:
    required(block, "database", path="cloud_spanner")
    if not _DATABASE.match(block["database"]):
        raise errors.invalid(
            "Cloud Spanner database must have the form 'projects/P/instances/I/databases/D'.",
            field="cloud_spanner.database",
        )
    if block.get("databaseRole") and not _ROLE.match(block["databaseRole"]):
        raise errors.invalid("Invalid Cloud Spanner database role.", field="cloud_spanner.database_role")
    parallel, boost = block.get("useParallelism"), block.get("useDataBoost")
    if boost and not parallel:
        raise errors.invalid("use_data_boost requires use_parallelism.", field="cloud_spanner.use_data_boost")
    if block.get("useServerlessAnalytics") and not parallel:
        raise errors.invalid(
            "use_serverless_analytics requires use_parallelism.",
            field="cloud_spanner.use_serverless_analytics",
        )
    if block.get("maxParallelism") and not (parallel and boost):
        raise errors.invalid(
            "max_parallelism requires use_parallelism and use_data_boost.",
            field="cloud_spanner.max_parallelism",
        )


KIND = Kind(name="cloudSpanner", check=_check)
