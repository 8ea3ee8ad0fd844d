"""From an HTTP request to a call: who asks, with which parameters."""

from urllib.parse import parse_qs

from emulator import errors, tokens
from emulator.calling import Call, Method, Runtime
from emulator.errors import JSON
from emulator.iam import access
from emulator.model import World
from emulator.proto.reading import camel, read_message

# Google's system parameters, taken by every method.
_SYSTEM = frozenset(
    [
        "$.xgafv",
        "$alt",
        "$callback",
        "$fields",
        "$key",
        "$prettyPrint",
        "access_token",
        "alt",
        "callback",
        "fields",
        "key",
        "oauth_token",
        "prettyPrint",
        "quotaUser",
        "uploadType",
        "upload_protocol",
        "userIp",
    ]
)


def read_query(method: Method, text: str) -> dict[str, list[str]]:
    """The query parameters by their lowerCamelCase names. Raises ApiError 400 for unknown ones."""
    read: dict[str, list[str]] = {}
    for given, values in parse_qs(text, keep_blank_values=True).items():
        name = given if given in method.query else camel(given)
        if name in method.query:
            read.setdefault(name, []).extend(values)
        elif given not in _SYSTEM:
            raise errors.invalid(
                f'Invalid JSON payload received. Unknown name "{given}": Cannot bind query parameter. Field '
                f"'{given}' could not be found in request message.",
                field=given,
            )
    return read


def _check_quota_project(world: World, caller: str, project: str | None, moment: float) -> None:
    """A call may name the project that pays; it takes serviceusage.services.use there."""
    if not project:
        return
    found = world.project(project)
    permission = "serviceusage.services.use"
    if found is None or not access.allowed(world, caller, permission, f"projects/{found.number}", moment):
        raise errors.denied(
            f"Caller does not have required permission to use project {project}. Grant the caller the "
            "roles/serviceusage.serviceUsageConsumer role, or a custom role with the "
            "serviceusage.services.use permission."
        )


def identify(world: World, runtime: Runtime, headers: dict[str, str], method: Method, moment: float) -> str:
    """The caller's member string. Raises ApiError 401 or 403."""
    if method.anybody:
        return "allUsers"
    header = headers.get("authorization")
    caller = tokens.authenticate(world, header, runtime.default_caller, moment)
    tokens.check_scopes(caller, method.api, method.name, method.scopes)
    _check_quota_project(world, caller.member, headers.get("x-goog-user-project"), moment)
    return caller.member


def read_call(
    world: World,
    runtime: Runtime,
    method: Method,
    params: dict[str, str],
    *,
    query: str,
    raw: bytes,
    caller: str,
    moment: float,
) -> Call:
    """The call behind a request whose caller is known. Raises ApiError 400."""
    body: JSON = read_message(method.body, raw, method.body_field) if method.body else {}
    if method.form:
        query = f"{query}&{raw.decode('utf-8', 'replace')}"
    return Call(
        world=world,
        runtime=runtime,
        caller=caller,
        moment=moment,
        params=params,
        query=read_query(method, query),
        body=body,
        service=f"{method.api}.googleapis.com",
    )
