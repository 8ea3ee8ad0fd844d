"""Editing a connection, and putting back what was changed outside: request_* from the web, apply_edit after.

Google's rule for the mask: see connections.differences. What cannot change is in no mask: kind, ID, location.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.views.decorators.debug import sensitive_variables

from connections import life
from connections.differences import (
    COMMON,
    CREDENTIAL,
    differences,
    leaves,
    mask,
    resets_credential,
    text,
    with_paths,
    within,
)
from connections.kinds.base import Kind
from connections.kinds.wire import at
from connections.models import Connection
from connections.present import at_google, baseline, editable_kind, kind_of
from connections.services import living, query
from portal import audit, secrets
from portal.execution import Failure
from portal.gcp import connections as google
from portal.gcp.errors import GoogleError
from portal.models import Operation, User
from portal.runs import Run

TASK = "connections.edit"
EDIT, TEST = "edit_connection", "test_query"
ALWAYS_NEW = ["hasCredential", "lastModifiedTime"]


class PasswordNeededError(ValueError):
    """The change would clear the credential: the password has to come with it."""


@dataclass(frozen=True)
class Wanted:
    """How the connection shall be. `kms_key_name` None leaves the key as it is."""

    friendly_name: str
    description: str
    properties: Mapping[str, Any]
    kms_key_name: str | None = None


def plan(connection: Connection, wanted: Wanted) -> list[str]:
    """Return the update mask that the change needs; [] when Google has it so already."""
    present = at_google(connection)
    paths = [
        name
        for name, (field, _) in COMMON.items()
        if (value := getattr(wanted, field)) is not None and value != text(present.get(name))
    ]
    kind = kind_of(connection)
    own = mask(kind, kind.seen(connection.properties, present), wanted.properties) if kind else []
    return [*paths, *own]


@sensitive_variables("password")
def request_edit(connection: Connection, wanted: Wanted, password: str = "", *, by: User) -> Operation:
    """Write the change down and have a worker make it; of a kind that is not known, that of the names.

    Raises NotNowError when the connection cannot be edited or nothing would change, PasswordNeededError
    when properties change and no password was given.
    """
    with audit.appending():
        current = living.locked(connection)
        paths = plan(current, wanted)
        title = f"Edit connection {current.connection_id}"
        return _enqueue(current, wanted, paths, password, title=title, action="connection.edit", by=by)


@sensitive_variables("password")
def request_put_back(
    connection: Connection, password: str = "", *, told: Mapping[str, str] | None = None, by: User
) -> Operation:
    """Have a worker write the portal's values over what was changed outside. Raises as request_edit.

    `told` has what neither Google nor the portal knew (Kind.untold).
    """
    with audit.appending():
        current = living.locked(connection)
        kind = living.known_kind(current)
        wanted = own_values(current, told)
        paths = put_back_mask(current, kind, wanted)
        title = f"Put connection {current.connection_id} back"
        return _enqueue(current, wanted, paths, password, title=title, action="connection.put_back", by=by)


def own_values(connection: Connection, told: Mapping[str, str] | None = None) -> Wanted:
    """How the portal has the connection, with what it was told just now."""
    return Wanted(
        connection.friendly_name,
        connection.description,
        {**connection.properties, **(told or {})},
        kms_key_name=connection.kms_key_name,
    )


def put_back_mask(connection: Connection, kind: Kind, wanted: Wanted) -> list[str]:
    """The mask of everything that can be put back, a credential that is gone included."""
    paths = plan(connection, wanted)
    changed = {item.field for item in life.outside_changes(connection)}
    lost = CREDENTIAL in changed and connection.has_credential
    return [*paths, *(path for path in kind.credential_mask if lost and path not in paths)]


@sensitive_variables("password")
def _enqueue(
    connection: Connection,
    wanted: Wanted,
    paths: list[str],
    password: str,
    *,
    title: str,
    action: str,
    by: User,
) -> Operation:
    kind = editable_kind(connection)
    if not paths:
        raise living.NotNowError("Nothing was changed.")
    resets = resets_credential(kind, paths)
    if resets and not password:
        raise PasswordNeededError("Google forgets the credential when these change: enter the password.")
    if resets:
        living.check_told(kind, wanted.properties)
    steps = [(EDIT, "Change the connection")]
    if resets and kind.test_statement:
        steps.append((TEST, "Test with a query"))
    parameters = {
        "mask": paths,
        "friendly_name": wanted.friendly_name,
        "description": wanted.description,
        "kms_key_name": wanted.kms_key_name,
        "properties": dict(wanted.properties),
        "changed": _changed(connection, kind, wanted),
    }
    operation = living.enqueue(
        TASK,
        connection,
        title=title,
        action=action,
        by=by,
        steps=steps,
        parameters=parameters,
        detail={"changes": _told(connection, parameters), "replaces_password": resets},
    )
    if resets:
        living.seal(password, operation, connection)
    return operation


def _told(connection: Connection, asked: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What the audit trail says of the change, field by field."""
    present = at_google(connection)
    after = with_paths(present, _body(connection, asked), asked["mask"])
    changes = differences(kind_of(connection), present, after)
    return {item.field: {"before": item.before, "after": item.after} for item in changes}


def _changed(connection: Connection, kind: Kind, wanted: Wanted) -> list[str]:
    """The kind's own fields that get another value at Google; others may still differ from the portal's."""
    present = kind.seen(connection.properties, at_google(connection))
    return [name for name, value in wanted.properties.items() if text(present.get(name)) != text(value)]


def apply_edit(run: Run) -> None:
    """Change the connection; where the credential was sent along, test it with a query."""
    connection = living.of(run)
    living.check(connection, run)
    run.step(EDIT, partial(_patch, connection, run), partial(_record_patched, connection, run))
    if run.has(TEST):
        passed = partial(living.record_tested, connection, run)
        run.step(TEST, partial(query.test, connection, run), passed)
    with run.outcome():
        living.record(run.operation, connection, audit.Outcome.SUCCEEDED)


def edit_failed(run: Run, failure: Failure) -> None:
    """Record why it did not come to an end."""
    living.record(run.operation, living.of(run), audit.Outcome.FAILED, failure.message)


@sensitive_variables()
def _patch(connection: Connection, run: Run) -> google.ConnectionInfo:
    """Look, then change; recognise a change that was made although no answer came."""
    asked, kind = run.operation.parameters, editable_kind(connection)
    paths: list[str] = asked["mask"]
    before = living.get(connection)
    resets = resets_credential(kind, paths)
    if not resets and _is_made(connection, asked, before):
        return before
    password = secrets.open_sealed(operation=run.operation, **asked["credential"]) if resets else ""
    try:
        return google.patch(connection.full_name, _body(connection, asked, password), paths)
    except GoogleError as error:
        if not error.outcome_unknown:
            raise
        after = living.get(connection)
        if after.last_modified_time == before.last_modified_time or not _is_made(connection, asked, after):
            raise
        return after


@sensitive_variables("password")
def _body(connection: Connection, asked: Mapping[str, Any], password: str = "") -> dict[str, Any]:
    """What the mask picks from: no more than it needs, so that no empty password can be sent."""
    kind, paths = editable_kind(connection), asked["mask"]
    common = {name: asked[field] for name, (field, _) in COMMON.items() if name in paths}
    own = kind.body(asked["properties"], password) if any(path not in COMMON for path in paths) else {}
    return own | common


def _is_made(connection: Connection, asked: Mapping[str, Any], info: google.ConnectionInfo) -> bool:
    """Whether Google has what the mask was to bring about, as far as it tells."""
    kind, paths = editable_kind(connection), asked["mask"]
    wanted = dict(leaves(_body(connection, asked)))
    silent = {kind.wire.values.get(name, "") for name in kind.write_only} | {kind.wire.credential}
    told = [path for path in {*wanted, *paths} if path not in silent and path not in kind.credential_mask]
    as_wanted = all(
        text(wanted.get(path)) == text(at(info.body, path)) for path in told if within(path, paths)
    )
    return as_wanted and (info.has_credential or not resets_credential(kind, paths))


def _record_patched(connection: Connection, run: Run, info: google.ConnectionInfo) -> str:
    """Take over what was changed; what else Google has otherwise stays marked."""
    living.destroy_password(run)
    asked = run.operation.parameters
    paths: list[str] = asked["mask"]
    for name, (field, _) in COMMON.items():
        if name in paths:
            setattr(connection, field, asked[field])
    connection.properties |= {name: asked["properties"][name] for name in asked["changed"]}
    connection.body = with_paths(baseline(connection), info.body, [*paths, *ALWAYS_NEW])
    connection.has_credential = info.has_credential
    connection.last_modified_time = info.last_modified_time
    living.note(connection, info)
    connection.save()
    return "Changed at Google, and read back."
