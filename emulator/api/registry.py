"""Every method, and which one an address means."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from emulator.api import (
    alloydb,
    bigquery,
    bigqueryconnection,
    cloudkms,
    cloudresourcemanager,
    compute,
    dataproc,
    iam,
    iamcredentials,
    logging,
    metastore,
    oauth2,
    serviceusage,
    spanner,
    sqladmin,
)
from emulator.calling import Method

METHODS: tuple[Method, ...] = (
    *bigqueryconnection.METHODS,
    *cloudresourcemanager.METHODS,
    *alloydb.METHODS,
    *cloudkms.METHODS,
    *serviceusage.METHODS,
    *iam.METHODS,
    *iamcredentials.METHODS,
    *bigquery.METHODS,
    *sqladmin.METHODS,
    *spanner.METHODS,
    *dataproc.METHODS,
    *metastore.METHODS,
    *compute.METHODS,
    *oauth2.METHODS,
    *logging.METHODS,
)


def _pattern(method: Method) -> re.Pattern[str]:
    """One segment for each parameter; the last segment of a path without a verb has no colon."""
    template, colon, verb = method.template.partition(":")
    parts = template.split("/")
    pieces = []
    for position, part in enumerate(parts):
        last = position == len(parts) - 1
        segment = "[^/:]+" if last and part != "{project}" else "[^/]+"
        pieces.append(re.sub(r"\{(\w+)\}", rf"(?P<\1>{segment})", part))
    return re.compile(f"^/{method.api}/" + "/".join(pieces) + re.escape(colon + verb) + "$")


@dataclass(frozen=True)
class Match:
    """A method and the parameters in its path."""

    method: Method
    params: dict[str, str]


# Paths with a verb at their end first: a project id may hold a colon.
_ROUTES = sorted(
    ((method, _pattern(method)) for method in METHODS), key=lambda route: ":" not in route[0].template
)


def find(verb: str, path: str) -> Match | None:
    """The method at an address (path still percent-encoded), or None."""
    for method, pattern in _ROUTES:
        found = pattern.match(path) if method.verb == verb else None
        if found:
            return Match(method, {name: unquote(value) for name, value in found.groupdict().items()})
    return None
