"""IAM Credentials v1: short-lived access tokens of service accounts."""

import re
from functools import partial

from emulator import errors, tokens
from emulator.calling import Call, Method
from emulator.clock import rfc3339
from emulator.errors import JSON, ApiError

_method = partial(Method, api="iamcredentials", scopes=("iam",))
_DURATION = re.compile(r"^(\d+)(?:\.\d+)?s$")
_LONGEST = 3600  # seconds, unless an organization policy says otherwise
_PERMISSION = "iam.serviceAccounts.getAccessToken"


def _lifetime(text: str) -> int:
    match = _DURATION.match(text)
    seconds = int(match.group(1)) if match else 0
    if not 0 < seconds <= _LONGEST:
        raise errors.invalid(
            f"The access token lifetime must be positive and at most {_LONGEST} seconds.", field="lifetime"
        )
    return seconds


def _refused() -> ApiError:
    info: JSON = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "IAM_PERMISSION_DENIED",
        "domain": "iam.googleapis.com",
        "metadata": {"permission": _PERMISSION},
    }
    return errors.denied(f"Permission '{_PERMISSION}' denied on resource (or it may not exist).", [info])


def _generate(call: Call) -> JSON:
    email = call.params["account"]
    if call.params["project"] != "-":
        raise errors.invalid("The project must be given as '-'.", field="name")
    scopes = tuple(call.body.get("scope", []))
    if not scopes:
        raise errors.invalid("At least one value required in array.", field="scope")
    lifetime = _lifetime(call.body.get("lifetime", f"{_LONGEST}s"))
    account = call.world.accounts.get(email)
    owner = call.world.project(email.partition("@")[2].partition(".")[0])
    # A policy of the account itself counts too; the account's project stands above it.
    resources = [f"projects/-/serviceAccounts/{email}", *([f"projects/{owner.number}"] if owner else [])]
    if account is None or not any(call.may(_PERMISSION, resource) for resource in resources):
        raise _refused()
    token = tokens.mint(call.world, email, scopes, call.moment + lifetime)
    return {"accessToken": token.token, "expireTime": rfc3339(float(int(token.expires)))}


METHODS = (
    _method(
        name="serviceAccounts.generateAccessToken",
        verb="POST",
        template="v1/projects/{project}/serviceAccounts/{account}:generateAccessToken",
        handler=_generate,
        writes=True,
        body="GenerateAccessTokenRequest",
    ),
)
