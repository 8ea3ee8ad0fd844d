"""tokeninfo: whose a token is, what it is good for, and how long still.

Versions 1 and 2 answer as the discovery document oauth2 v2 has it, version 3 with OpenID's names and every
value a string. Google's documentation, "Connect using an IAM account" (AlloyDB), asks version 1 with a form.
"""

import hashlib
from functools import partial

from emulator import tokens
from emulator.calling import Call, Method
from emulator.errors import JSON, ApiError
from emulator.iam.members import SERVICE_ACCOUNT_SUFFIX
from emulator.model import Token

_CLIENT = "764086051850-emulator.apps.googleusercontent.com"
_method = partial(Method, api="oauth2", anybody=True, form=True, query=("access_token", "id_token"))


def _unique_id(email: str) -> str:
    digits = int.from_bytes(hashlib.sha256(email.encode()).digest()[:8], "big")
    return f"1{digits % 10**20:020d}"


def _client(token: Token) -> str:
    return _unique_id(token.email) if token.email.endswith(SERVICE_ACCOUNT_SUFFIX) else _CLIENT


def _token(call: Call) -> Token:
    token = tokens.look_up(call.world, call.argument("access_token"), call.moment)
    if token is None:
        raise ApiError(400, "Invalid Value", reason="invalid_token")
    return token


def _info(call: Call) -> JSON:
    token = _token(call)
    return {
        "issued_to": _client(token),
        "audience": _client(token),
        "user_id": _unique_id(token.email),
        "scope": " ".join(token.scopes),
        "expires_in": int(token.expires - call.moment),
        "email": token.email,
        "verified_email": True,
    }


def _openid_info(call: Call) -> JSON:
    token = _token(call)
    return {
        "azp": _client(token),
        "aud": _client(token),
        "sub": _unique_id(token.email),
        "scope": " ".join(token.scopes),
        "exp": str(int(token.expires)),
        "expires_in": str(int(token.expires - call.moment)),
        "email": token.email,
        "email_verified": "true",
    }


METHODS = (
    _method(name="tokeninfo", verb="GET", template="v1/tokeninfo", handler=_info),
    _method(name="tokeninfo", verb="POST", template="v1/tokeninfo", handler=_info),
    _method(name="tokeninfo", verb="POST", template="v2/tokeninfo", handler=_info),
    _method(name="tokeninfo", verb="GET", template="v3/tokeninfo", handler=_openid_info),
    _method(name="tokeninfo", verb="POST", template="v3/tokeninfo", handler=_openid_info),
    _method(name="tokeninfo", verb="GET", template="tokeninfo", handler=_openid_info),
    _method(name="tokeninfo", verb="POST", template="tokeninfo", handler=_openid_info),
)
