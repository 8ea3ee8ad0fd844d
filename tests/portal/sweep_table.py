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
# What is a person's own: here the owner's.
OWNERS_ONLY = rule("sign in", "hidden", "yes", "hidden", "hidden")
# A stranger's grant on the owner's connection.
GRANT = rule("sign in", "yes", "yes", "hidden", "yes")
# What the auditor of these tests keeps for herself.
THE_AUDITORS = rule("sign in", "hidden", "hidden", "hidden", "yes")
NOWHERE = rule("hidden", "hidden", "hidden", "hidden", "hidden")
ALL_HIDDEN = rule("sign in", "hidden", "hidden", "hidden", "hidden")
OWNER_OR_ADMINISTRATOR = rule("sign in", "yes", "yes", "hidden", "hidden")
SHARE = rule("sign in", "yes", "yes", "no", "no")
SEES_ACCESS = rule("sign in", "yes", "yes", "no", "yes")
# The approval policy of the owner's connection, and a project's: not even that it is there.
POLICY = rule("sign in", "yes", "yes", "hidden", "yes")
PROJECT_POLICY = rule("sign in", "yes", "hidden", "hidden", "yes")
CHANGES_POLICY = rule("sign in", "yes", "no", "hidden", "no")


@dataclass(frozen=True)
class Route:
    """A route, an address that fits it, who may come in, and by which method.

    `name` is the URL's name with its namespace; routes without a namespace go by their pattern.
    """

    name: str
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
    Route("portal:confirmed", "/confirmed/", SIGNED_IN),
    Route("portal:sign_in_again", "/sign-in-again/", SIGNED_IN),
    Route("portal:sign_in_again", "/sign-in-again/", SIGN_OUT, "POST"),
    Route("portal:accept_invitation", "/invitations/{token}/", EVERYBODY),
    Route("portal:people", "/people/", ADMINISTRATORS),
    Route("portal:invite", "/people/invite/", ADMINISTRATORS),
    Route("portal:invite", "/people/invite/", ADMINISTRATORS, "POST", {"email": "new@example.com"}),
    Route(
        "portal:withdraw_invitation",
        "/people/invitations/{invitation}/withdraw/",
        ADMINISTRATORS,
        "POST",
    ),
    Route("portal:person", "/people/{person}/", ADMINISTRATORS),
    Route("portal:change_roles", "/people/{person}/roles/", ADMINISTRATORS, "POST", {"roles": "auditor"}),
    Route("portal:deactivate_person", "/people/{person}/deactivate/", ADMINISTRATORS),
    Route("portal:deactivate_person", "/people/{person}/deactivate/", ADMINISTRATORS, "POST"),
    Route("portal:reactivate_person", "/people/{person}/reactivate/", ADMINISTRATORS, "POST"),
    Route("portal:projects", "/projects/", ADMINISTRATORS),
    Route("portal:add_project", "/projects/add/", ADMINISTRATORS),
    Route("portal:add_project", "/projects/add/", ADMINISTRATORS, "POST", {"project_id": "acme-sandbox"}),
    Route("portal:project", "/projects/acme-analytics/", ADMINISTRATORS),
    Route("portal:check_project", "/projects/acme-analytics/check/", ADMINISTRATORS, "POST"),
    Route("portal:remove_project", "/projects/acme-analytics/remove/", ADMINISTRATORS, "POST"),
    # Neither is there unless the settings say so.
    Route("metrics", "/metrics", NOWHERE),
    Route("portal:demo_clock", "/demo/clock/", ALL_HIDDEN),
    Route("portal:demo_clock", "/demo/clock/", ALL_HIDDEN, "POST", {"hours": "24"}),
    Route("portal:operations", "/operations/", SIGNED_IN),
    Route("portal:operation", "/operations/{operation}/", OPERATION),
    Route("portal:operation_live", "/operations/{operation}/live/", OPERATION),
    Route("portal:retry_operation", "/operations/{operation}/retry/", RETRY, "POST"),
    Route("portal:api", "/api/", SIGNED_IN),
    Route("portal:api_schema", "/api/v1/openapi.json", EVERYBODY),
    # Whoever is signed in shows no token.
    Route("api:grants", "/api/v1/grants", SIGN_OUT),
    Route("api:requests", "/api/v1/requests", SIGN_OUT),
    Route("api:events", "/api/v1/events", SIGN_OUT),
    Route("portal:api_tokens", "/api/tokens/", SIGNED_IN),
    Route("portal:make_api_token", "/api/tokens/make/", SIGNED_IN),
    Route("portal:make_api_token", "/api/tokens/make/", SIGNED_IN, "POST"),
    Route("portal:revoke_api_token", "/api/tokens/{api_token}/revoke/", OWNER_OR_ADMINISTRATOR),
    Route("portal:revoke_api_token", "/api/tokens/{api_token}/revoke/", OWNER_OR_ADMINISTRATOR, "POST"),
    Route("portal:notices", "/notices/", SIGNED_IN),
    Route("portal:notices", "/notices/", SIGNED_IN, "POST"),
    Route("portal:remove_notice_webhook", "/notices/webhook/remove/", SIGNED_IN, "POST"),
    Route("portal:send_notice_again", "/notices/{delivery}/send-again/", OWNERS_ONLY, "POST"),
    Route("portal:notice_channels", "/notices/channels/", ADMINISTRATORS),
    Route("portal:add_notice_channel", "/notices/channels/add/", ADMINISTRATORS),
    Route("portal:add_notice_channel", "/notices/channels/add/", ADMINISTRATORS, "POST"),
    Route("portal:notice_channel", "/notices/channels/{channel}/", ADMINISTRATORS),
    Route("portal:notice_channel", "/notices/channels/{channel}/", ADMINISTRATORS, "POST"),
    Route("portal:remove_notice_channel", "/notices/channels/{channel}/remove/", ADMINISTRATORS),
    Route("portal:remove_notice_channel", "/notices/channels/{channel}/remove/", ADMINISTRATORS, "POST"),
    Route("portal:audit", "/audit/", OVERSEERS),
    Route("portal:audit_export", "/audit/export/", OVERSEERS, "POST", {"format": "csv"}),
    Route("portal:audit_event", "/audit/1/", OVERSEERS),
    Route("portal:verification", "/audit/verification/", OVERSEERS),
    Route("portal:verification", "/audit/verification/", OVERSEERS, "POST", {"whole": "on"}),
    Route("portal:save_filter", "/filters/save/", SIGNED_IN, "POST", {"page": "audit", "name": "Mine"}),
    Route("portal:remove_filter", "/filters/{saved_filter}/remove/", THE_AUDITORS, "POST"),
)
# A request of somebody else for the owner's connection, and the analyst's own request and template.
REQUEST = rule("sign in", "yes", "yes", "hidden", "yes")
DECIDE = rule("sign in", "no", "yes", "hidden", "no")
SPEAK = rule("sign in", "yes", "yes", "hidden", "no")
NOT_THEIRS = rule("sign in", "no", "no", "hidden", "no")
OWN_REQUEST = rule("sign in", "no", "no", "yes", "no")
OWN_TEMPLATE = rule("sign in", "hidden", "hidden", "yes", "hidden")
REQUESTS = (
    Route("access:my_access", "/access/", SIGNED_IN),
    Route("access:my_requests", "/access/requests/", SIGNED_IN),
    Route("access:queue", "/access/queue/", SIGNED_IN),
    Route("access:queue_count", "/access/queue/count/", SIGNED_IN),
    Route("access:templates", "/access/templates/", SIGNED_IN),
    Route("access:delete_template", "/access/templates/{template}/delete/", OWN_TEMPLATE),
    Route("access:delete_template", "/access/templates/{template}/delete/", OWN_TEMPLATE, "POST"),
    Route("access:request_access", f"/access/{CONNECTION}/request/", SIGNED_IN),
    Route("access:request_access", f"/access/{CONNECTION}/request/", SIGNED_IN, "POST"),
    Route("access:owners", f"/access/{CONNECTION}/owners/", ADMINISTRATORS),
    Route("access:owners", f"/access/{CONNECTION}/owners/", ADMINISTRATORS, "POST", {"owners": ""}),
    Route("access:owners", "/access/projects/acme-analytics/instances/none/owners/", ALL_HIDDEN),
    Route("access:request", "/access/requests/{request}/", REQUEST),
    Route(
        "access:decide",
        "/access/requests/{request}/decide/",
        DECIDE,
        "POST",
        {"revision": "0", "verdict": "approve"},
    ),
    Route("access:comment", "/access/requests/{request}/comment/", SPEAK, "POST", {"text": "Why?"}),
    Route("access:withdraw", "/access/requests/{request}/withdraw/", NOT_THEIRS),
    Route("access:withdraw", "/access/requests/{request}/withdraw/", NOT_THEIRS, "POST"),
    Route("access:extend", "/access/requests/{request}/extend/", NOT_THEIRS, "POST"),
    Route("access:request", "/access/requests/{own_request}/", SIGNED_IN),
    Route("access:withdraw", "/access/requests/{own_request}/withdraw/", OWN_REQUEST),
    Route("access:withdraw", "/access/requests/{own_request}/withdraw/", OWN_REQUEST, "POST"),
    Route("access:extend", "/access/requests/{own_request}/extend/", OWN_REQUEST, "POST"),
)
ACCESS = (
    Route("access:holdings", "/access/holdings/", SIGNED_IN),
    Route("access:holdings_export", "/access/holdings/export/", SIGNED_IN, "POST", {"format": "csv"}),
    Route("access:changes", "/access/changes/", SIGNED_IN),
    Route("access:changes_export", "/access/changes/export/", SIGNED_IN, "POST", {"format": "csv"}),
    Route("access:grant", "/access/grants/{grant}/", GRANT),
    Route("access:insights", "/access/insights/", OVERSEERS),
    *REQUESTS,
    Route("access:reviews", "/reviews/", SIGNED_IN),
    Route("access:review", "/reviews/{review}/", OPERATION),
    Route("access:answer_review", "/reviews/{review}/answer/", RETRY, "POST"),
    Route("access:start_review", f"/access/{CONNECTION}/review/", SHARE, "POST"),
    Route("access:share", f"/access/{CONNECTION}/share/", SHARE),
    Route("access:share", f"/access/{CONNECTION}/share/", SHARE, "POST"),
    Route("access:revoke", f"/access/{CONNECTION}/revoke/", SHARE),
    Route("access:revoke", f"/access/{CONNECTION}/revoke/", SHARE, "POST"),
    Route("access:break_glass", f"/access/{CONNECTION}/break-glass/", ADMINISTRATORS),
    Route("access:break_glass", f"/access/{CONNECTION}/break-glass/", ADMINISTRATORS, "POST"),
    Route("access:leaver", "/access/leaver/", ADMINISTRATORS),
    Route("access:leaver", "/access/leaver/?principal=ana@example.com", ADMINISTRATORS, "POST"),
    Route("access:drifts", "/access/outside/", SIGNED_IN),
    Route("access:drift", "/access/outside/{resource}/", OPERATION),
    Route("access:decide_drift", "/access/outside/{resource}/decide/", RETRY, "POST"),
    Route("access:check_drift", "/access/outside/{resource}/compare/", RETRY, "POST"),
    Route("access:policy", f"/policies/{CONNECTION}/", POLICY),
    Route("access:policy", "/policies/projects/acme-analytics/", PROJECT_POLICY),
    Route("access:policy_export", f"/policies/{CONNECTION}/export/", POLICY),
    Route("access:policy_version", f"/policies/{CONNECTION}/{{policy}}/", POLICY),
    Route("access:policy_edit", f"/policies/{CONNECTION}/edit/", CHANGES_POLICY),
    Route("access:policy_edit", f"/policies/{CONNECTION}/edit/", CHANGES_POLICY, "POST"),
    Route("access:policy_yaml", f"/policies/{CONNECTION}/yaml/", CHANGES_POLICY),
    Route("access:policy_yaml", f"/policies/{CONNECTION}/yaml/", CHANGES_POLICY, "POST"),
    Route("access:policy_default", f"/policies/{CONNECTION}/default/", CHANGES_POLICY),
    Route(
        "access:policy_default",
        f"/policies/{CONNECTION}/default/",
        CHANGES_POLICY,
        "POST",
        {"comment": "x"},
    ),
    Route("access:labels", f"/policies/{CONNECTION}/labels/", CHANGES_POLICY),
    Route("access:labels", f"/policies/{CONNECTION}/labels/", CHANGES_POLICY, "POST"),
)


def _life(name: str, act: str, method: str, data: dict[str, str] | None = None) -> tuple[Route, ...]:
    """What administrators and owners do with a connection."""
    address = f"/connections/acme-analytics/us/orders/{act}"
    return (Route(f"connections:{name}", address, SHARE, method, data or {}),)


CLOUD_SQL = "projects/acme-analytics/instances/crm"
ALLOYDB = "projects/acme-analytics/locations/us-central1/clusters/orders/instances/orders-primary"


def _instance(full_name: str, login: str) -> tuple[Route, ...]:
    """What is done with a database instance of the owner's and a login there, Cloud SQL's or AlloyDB's."""
    address = f"/databases/{full_name}/"
    check = {"token": "x", "database": "d"}
    return (
        Route("connections:instance", address, SIGNED_IN),
        Route("connections:refresh_instance", f"{address}refresh/", SEES_ACCESS, "POST"),
        Route("connections:clean_instance", f"{address}clean/", SHARE, "POST"),
        Route("connections:connect", f"{address}connect/", SIGNED_IN),
        Route("connections:check_login", f"{address}check/", SIGNED_IN),
        Route("connections:check_login", f"{address}check/", SIGNED_IN, "POST", check),
        Route("connections:troubleshoot", f"{address}troubleshoot/", SIGNED_IN),
        Route("connections:troubleshoot", f"{address}troubleshoot/", SIGNED_IN, "POST", {"message": "x"}),
        Route("connections:read_alerts", f"{address}alerts/", SEES_ACCESS, "POST"),
        Route("access:request_access", f"/access/{full_name}/request/", SIGNED_IN),
        Route("access:request_access", f"/access/{full_name}/request/", SIGNED_IN, "POST"),
        Route("access:owners", f"/access/{full_name}/owners/", ADMINISTRATORS),
        Route("access:owners", f"/access/{full_name}/owners/", ADMINISTRATORS, "POST", {"owners": ""}),
        Route("access:policy", f"/policies/{full_name}/", POLICY),
        Route("connections:end_login", f"/databases/logins/{login}/end/", RETRY),
        Route("connections:end_login", f"/databases/logins/{login}/end/", RETRY, "POST", {"reason": "Left."}),
        Route("connections:restore_login", f"/databases/logins/{login}/restore/", RETRY, "POST"),
    )


LOGINS = (
    Route("connections:instances", "/databases/", SIGNED_IN),
    *_instance(CLOUD_SQL, "{login}"),
    *_instance(ALLOYDB, "{alloydb_login}"),
)
CONNECTIONS = (
    *LOGINS,
    Route("connections:list", "/connections/", SIGNED_IN),
    Route("connections:diagnosis", "/connections/diagnosis/", SIGNED_IN, "POST", {"message": "x"}),
    Route(
        "connections:connection",
        "/connections/acme-analytics/us/orders/",
        SIGNED_IN,
    ),
    *_life("edit", "edit/", "GET"),
    *_life("edit", "edit/", "POST"),
    *_life("edit_preview", "edit/preview/", "POST"),
    *_life("put_back", "put-back/", "GET"),
    *_life("put_back", "put-back/", "POST"),
    *_life("rotate", "password/", "GET"),
    *_life("rotate", "password/", "POST", {"password": "new"}),
    *_life("delete", "delete/", "GET"),
    *_life("delete", "delete/", "POST", {"confirm": "orders"}),
    *_life("test", "test/", "GET"),
    *_life("test", "test/", "POST"),
    *_life("grant_roles", "grant/", "POST"),
    *_life("grant_key", "grant-key/", "POST"),
    *_life("refresh", "refresh/", "POST"),
    *_life("accept", "accept/", "POST"),
    Route("connections:found", "/projects/acme-analytics/connections/", ADMINISTRATORS),
    Route(
        "connections:find",
        "/projects/acme-analytics/connections/find/",
        ADMINISTRATORS,
        "POST",
    ),
    Route(
        "connections:adopt",
        "/projects/acme-analytics/connections/adopt/",
        ADMINISTRATORS,
        "POST",
        {"all": "all"},
    ),
    Route("connections:add_data", "/add-data/", ADMINISTRATORS),
    Route("connections:create", "/add-data/alloydb/", ADMINISTRATORS),
    Route("connections:create", "/add-data/alloydb/", ADMINISTRATORS, "POST"),
    Route("connections:validate", "/add-data/alloydb/validate/", ADMINISTRATORS, "POST"),
    Route("connections:preview", "/add-data/alloydb/preview/", ADMINISTRATORS, "POST"),
    Route("connections:swap_kind", "/add-data/alloydb/kind/", ADMINISTRATORS, "POST"),
    Route("connections:check_key", "/add-data/alloydb/key/", ADMINISTRATORS, "POST", CHOICES),
    Route("connections:grant_key_role", "/add-data/alloydb/key/grant/", ADMINISTRATORS, "POST", CHOICES),
    Route("connections:choices", "/add-data/alloydb/choices/", ADMINISTRATORS, "GET", CHOICES),
    Route(
        "connections:refresh_choices",
        "/add-data/alloydb/choices/refresh/",
        ADMINISTRATORS,
        "POST",
        CHOICES,
    ),
    Route("connections:assets", "/projects/acme-analytics/assets/", ADMINISTRATORS),
    Route(
        "connections:refresh_assets",
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
MAY_BE_MISSING = {route.name for route in ALLAUTH}
# What looks, asks, takes out or is one's own; all else that is sent asks for a recent sign-in.
WITHOUT_RECENT_SIGN_IN = {
    "access:changes_export",
    "access:check_drift",
    "access:comment",
    "access:delete_template",
    "access:extend",
    "access:holdings_export",
    "access:request_access",
    "access:withdraw",
    "connections:check_key",
    "connections:check_login",
    "connections:diagnosis",
    "connections:edit_preview",
    "connections:find",
    "connections:preview",
    "connections:read_alerts",
    "connections:refresh",
    "connections:refresh_assets",
    "connections:refresh_choices",
    "connections:refresh_instance",
    "connections:swap_kind",
    "connections:troubleshoot",
    "connections:validate",
    "portal:audit_export",
    "portal:check_project",
    "portal:demo_clock",
    "portal:notices",
    "portal:remove_filter",
    "portal:remove_notice_webhook",
    "portal:save_filter",
    "portal:send_notice_again",
    "portal:sign_in_again",
    "portal:verification",
}
ROUTES = (*PORTAL, *ACCESS, *CONNECTIONS, *ALLAUTH)
