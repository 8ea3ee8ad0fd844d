"""Every address of the portal with the decision that each role meets there. A new route needs a row here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Decision = Literal["yes", "no", "hidden", "sign in"]
ROLES = ("nobody", "admin", "owner", "analyst", "auditor")


def rule(nobody: Decision, admin: Decision, owner: Decision, analyst: Decision, auditor: Decision) -> Rule:
    """Return the decision for each role."""
    return dict(zip(ROLES, (nobody, admin, owner, analyst, auditor), strict=True))


Rule = dict[str, Decision]
EVERYBODY = rule("yes", "yes", "yes", "yes", "yes")
SIGNED_IN = rule("sign in", "yes", "yes", "yes", "yes")
ADMINISTRATORS = rule("sign in", "yes", "no", "no", "no")
OVERSEERS = rule("sign in", "yes", "no", "no", "yes")
# The operation and the connection of these tests are the owner's.
OPERATION = rule("sign in", "yes", "yes", "hidden", "yes")
RETRY = rule("sign in", "yes", "yes", "hidden", "no")
SIGN_OUT = rule("sign in", "sign in", "sign in", "sign in", "sign in")
SHARE = rule("sign in", "yes", "yes", "no", "no")


@dataclass(frozen=True)
class Route:
    """A URL pattern, an address that fits it, who may come in, and by which method."""

    pattern: str
    path: str
    rule: Rule
    method: str = "GET"
    data: dict[str, str] = field(default_factory=dict)


CONNECTION = "projects/acme-analytics/locations/us/connections/orders"
CHOICES = {"project": "acme-analytics", "location": "us", "field": "instance"}
PORTAL = (
    Route("", "/", SIGNED_IN),
    Route("healthz", "/healthz", EVERYBODY),
    Route("readyz", "/readyz", EVERYBODY),
    Route("confirmed/", "/confirmed/", SIGNED_IN),
    Route("sign-in-again/", "/sign-in-again/", SIGNED_IN),
    Route("sign-in-again/", "/sign-in-again/", SIGN_OUT, "POST"),
    Route("invitations/<str:token>/", "/invitations/{token}/", EVERYBODY),
    Route("people/", "/people/", ADMINISTRATORS),
    Route("people/invite/", "/people/invite/", ADMINISTRATORS),
    Route("people/invite/", "/people/invite/", ADMINISTRATORS, "POST", {"email": "new@example.com"}),
    Route(
        "people/invitations/<int:pk>/withdraw/",
        "/people/invitations/{invitation}/withdraw/",
        ADMINISTRATORS,
        "POST",
    ),
    Route("people/<int:pk>/", "/people/{person}/", ADMINISTRATORS),
    Route("people/<int:pk>/roles/", "/people/{person}/roles/", ADMINISTRATORS, "POST", {"roles": "auditor"}),
    Route("people/<int:pk>/deactivate/", "/people/{person}/deactivate/", ADMINISTRATORS),
    Route("people/<int:pk>/deactivate/", "/people/{person}/deactivate/", ADMINISTRATORS, "POST"),
    Route("people/<int:pk>/reactivate/", "/people/{person}/reactivate/", ADMINISTRATORS, "POST"),
    Route("projects/", "/projects/", ADMINISTRATORS),
    Route("projects/add/", "/projects/add/", ADMINISTRATORS),
    Route("projects/add/", "/projects/add/", ADMINISTRATORS, "POST", {"project_id": "acme-sandbox"}),
    Route("projects/<project_id:project_id>/", "/projects/acme-analytics/", ADMINISTRATORS),
    Route(
        "projects/<project_id:project_id>/check/", "/projects/acme-analytics/check/", ADMINISTRATORS, "POST"
    ),
    Route("operations/", "/operations/", SIGNED_IN),
    Route("operations/<uuid:pk>/", "/operations/{operation}/", OPERATION),
    Route("operations/<uuid:pk>/live/", "/operations/{operation}/live/", OPERATION),
    Route("operations/<uuid:pk>/retry/", "/operations/{operation}/retry/", RETRY, "POST"),
    Route("audit/", "/audit/", OVERSEERS),
    Route("audit/export/", "/audit/export/", OVERSEERS, "POST", {"format": "csv"}),
    Route("audit/<int:position>/", "/audit/1/", OVERSEERS),
)
ACCESS = (
    Route("access/<connection_name:full_name>/share/", f"/access/{CONNECTION}/share/", SHARE),
    Route("access/<connection_name:full_name>/share/", f"/access/{CONNECTION}/share/", SHARE, "POST"),
)
CONNECTION_PATH = "(?P<project_id>[^/\\0]+)/(?P<location>[^/\\0]+)/(?P<connection_id>[^/\\0]+)/"


def _life(act: str, method: str, data: dict[str, str] | None = None) -> tuple[Route, ...]:
    """What administrators and owners do with a connection."""
    address = f"/connections/acme-analytics/us/orders/{act}"
    return (Route(f"^connections/{CONNECTION_PATH}{act}\\Z", address, SHARE, method, data or {}),)


CONNECTIONS = (
    Route("connections/", "/connections/", SIGNED_IN),
    Route("connections/diagnosis/", "/connections/diagnosis/", SIGNED_IN, "POST", {"message": "x"}),
    Route(
        f"^connections/{CONNECTION_PATH}\\Z",
        "/connections/acme-analytics/us/orders/",
        SIGNED_IN,
    ),
    *_life("edit/", "GET"),
    *_life("edit/", "POST"),
    *_life("edit/preview/", "POST"),
    *_life("put-back/", "GET"),
    *_life("put-back/", "POST"),
    *_life("password/", "GET"),
    *_life("password/", "POST", {"password": "new"}),
    *_life("delete/", "GET"),
    *_life("delete/", "POST", {"confirm": "orders"}),
    *_life("test/", "GET"),
    *_life("test/", "POST"),
    *_life("grant/", "POST"),
    *_life("grant-key/", "POST"),
    *_life("refresh/", "POST"),
    *_life("accept/", "POST"),
    Route("projects/<str:project_id>/connections/", "/projects/acme-analytics/connections/", ADMINISTRATORS),
    Route(
        "projects/<str:project_id>/connections/find/",
        "/projects/acme-analytics/connections/find/",
        ADMINISTRATORS,
        "POST",
    ),
    Route(
        "projects/<str:project_id>/connections/adopt/",
        "/projects/acme-analytics/connections/adopt/",
        ADMINISTRATORS,
        "POST",
        {"all": "all"},
    ),
    Route("add-data/", "/add-data/", ADMINISTRATORS),
    Route("add-data/<str:kind>/", "/add-data/alloydb/", ADMINISTRATORS),
    Route("add-data/<str:kind>/", "/add-data/alloydb/", ADMINISTRATORS, "POST"),
    Route("add-data/<str:kind>/validate/", "/add-data/alloydb/validate/", ADMINISTRATORS, "POST"),
    Route("add-data/<str:kind>/preview/", "/add-data/alloydb/preview/", ADMINISTRATORS, "POST"),
    Route("add-data/<str:kind>/kind/", "/add-data/alloydb/kind/", ADMINISTRATORS, "POST"),
    Route("add-data/<str:kind>/choices/", "/add-data/alloydb/choices/", ADMINISTRATORS, "GET", CHOICES),
    Route(
        "add-data/<str:kind>/choices/refresh/",
        "/add-data/alloydb/choices/refresh/",
        ADMINISTRATORS,
        "POST",
        CHOICES,
    ),
    Route("projects/<str:project_id>/assets/", "/projects/acme-analytics/assets/", ADMINISTRATORS),
    Route(
        "projects/<str:project_id>/assets/refresh/",
        "/projects/acme-analytics/assets/refresh/",
        ADMINISTRATORS,
        "POST",
    ),
)


def _open(*names: str) -> tuple[Route, ...]:
    return tuple(Route(f"accounts/{name}", f"/accounts/{name}", EVERYBODY) for name in names)


def _own(*names: str) -> tuple[Route, ...]:
    return tuple(Route(f"accounts/{name}", f"/accounts/{name}", SIGNED_IN) for name in names)


ALLAUTH = (
    *_open(
        "login/",
        "logout/",
        "inactive/",
        "signup/",
        "confirm-email/",
        "password/reset/",
        "password/reset/done/",
        "password/reset/key/done/",
        "3rdparty/login/cancelled/",
        "3rdparty/login/error/",
        "google/login/",
        "google/login/callback/",
        "google/login/token/",
        "social/login/cancelled/",
        "social/login/error/",
        # older addresses, which lead to those above
        "social/signup/",
        "social/connections/",
    ),
    Route("accounts/^confirm-email/(?P<key>[-:\\w]+)/$", "/accounts/confirm-email/wrong/", EVERYBODY),
    Route(
        "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        "/accounts/password/reset/key/1-wrong/",
        EVERYBODY,
    ),
    # They continue a sign-in that is under way; anybody else is led to its beginning.
    Route("accounts/login/code/confirm/", "/accounts/login/code/confirm/", SIGNED_IN),
    Route("accounts/2fa/authenticate/", "/accounts/2fa/authenticate/", SIGNED_IN),
    Route("accounts/3rdparty/signup/", "/accounts/3rdparty/signup/", SIGNED_IN),
    Route("accounts/2fa/webauthn/login/", "/accounts/2fa/webauthn/login/", SIGNED_IN),
    *_own(
        "reauthenticate/",
        "email/",
        "password/change/",
        "password/set/",
        "2fa/",
        "2fa/reauthenticate/",
        "2fa/totp/activate/",
        "2fa/totp/deactivate/",
        "2fa/recovery-codes/",
        "2fa/recovery-codes/generate/",
        "2fa/recovery-codes/download/",
        "2fa/webauthn/",
        "2fa/webauthn/add/",
        "2fa/webauthn/reauthenticate/",
        "3rdparty/",
    ),
    Route("accounts/2fa/webauthn/keys/<int:pk>/remove/", "/accounts/2fa/webauthn/keys/1/remove/", SIGNED_IN),
    Route("accounts/2fa/webauthn/keys/<int:pk>/edit/", "/accounts/2fa/webauthn/keys/1/edit/", SIGNED_IN),
)
# What these answer to a signed-in person depends on what that person has (a second factor, a key, a
# sign-in under way): 404 is as good as a page there.
MAY_BE_MISSING = {route.pattern for route in ALLAUTH}
ROUTES = (*PORTAL, *ACCESS, *CONNECTIONS, *ALLAUTH)
