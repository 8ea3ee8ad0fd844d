"""Check my login: request_check from the web, apply_check in the worker, which really logs in.

With a short-lived token of a service account that the portal may impersonate, or with one that a person
pasted, which is sealed at once, used for one login and destroyed with its outcome: in no log, on no page.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.views.decorators.debug import sensitive_variables

from connections.logins import lending
from connections.logins.attempt import Attempt
from connections.logins.products import Product
from connections.models import DatabaseInstance
from portal import audit, operations, secrets
from portal.execution import Failure
from portal.gcp.logins import STATEMENT, Stage
from portal.models import Operation, User
from portal.runs import Run

TASK = "connections.check_login"
ACTION = "login.check"
TOKEN, SCOPES, PRINCIPAL, ROLES, FLAG = "token", "scopes", "principal", "roles", "flag"
CERTIFICATE, TLS, LOGIN, QUERY = "certificate", "tls", "login", "query"
STEPS = (
    (TOKEN, "The token is valid, and whose it is"),
    (SCOPES, "Its scopes are enough"),
    (PRINCIPAL, "It is the database user's"),
    (ROLES, "The roles are there"),
    (FLAG, "IAM authentication is on"),
    (CERTIFICATE, "Google gives an address and a certificate"),
    (TLS, "The instance answers, with TLS"),
    (LOGIN, "The database lets the user in"),
    (QUERY, STATEMENT),
)
STAGES = {CERTIFICATE: Stage.CERTIFICATE, TLS: Stage.TLS, LOGIN: Stage.LOGIN, QUERY: Stage.QUERY}
ONE_AT_A_TIME = "Another check of yours is under way. Wait until it is over."
POSTGRESQL_ONLY = "The portal checks logins to PostgreSQL only; How to connect shows the ways to MySQL."


class CannotCheckError(Exception):
    """A check that cannot be; the message is for people."""


@dataclass(frozen=True, kw_only=True)
class NewCheck:
    """What to try. `account` is a service account to impersonate; "" uses a pasted token.

    `user` is the database user, `network` PUBLIC, PRIVATE or PSC.
    """

    instance: DatabaseInstance
    database: str
    user: str
    network: str
    account: str = ""


def accounts(user: User) -> list[str]:
    """The service accounts that the person may have the portal log in as: administrators only."""
    return list(settings.LOGIN_CHECK_ACCOUNTS) if user.is_administrator else []


@sensitive_variables("token")
def request_check(new: NewCheck, token: str = "", *, by: User) -> Operation:
    """Have a worker try the login; a pasted `token` is sealed.

    Raises CannotCheckError for MySQL and while another check of this person's is under way, PermissionDenied
    for an account that is not among accounts(by), and
    ValueError where neither or both of account and token are given.
    """
    if new.instance.kind is Product.MYSQL:
        raise CannotCheckError(POSTGRESQL_ONLY)
    if bool(token) == bool(new.account):
        raise ValueError("a check takes a service account or a token")
    if new.account and new.account not in accounts(by):
        raise PermissionDenied
    with audit.appending():
        if _is_under_way(by):
            raise CannotCheckError(ONE_AT_A_TIME)
        operation = operations.enqueue(
            TASK,
            title=f"Check a login to {new.instance.instance_id}",
            target=new.instance.resource.full_name,
            target_url=new.instance.get_absolute_url(),
            parameters=_parameters(new),
            # With their own token people may try what they like; to lend an account takes an administrator.
            by=by if new.account else str(by),
            steps=STEPS,
        )
        if token:
            _seal(token, operation)
        _record(operation, new.instance, audit.Outcome.REQUESTED)
        return operation


def _is_under_way(by: User) -> bool:
    """Whether the person waits for a check already: workers have access to take away, too."""
    over = (Operation.State.SUCCEEDED, Operation.State.FAILED)
    return Operation.objects.filter(task=TASK, requested_by=str(by)).exclude(state__in=over).exists()


def last(instance: DatabaseInstance, by: User) -> Operation | None:
    """The person's newest check of the instance, with its steps."""
    found = Operation.objects.filter(
        task=TASK, target=instance.resource.full_name, requested_by=str(by)
    ).prefetch_related("steps")
    return found.order_by("-created_at").first()


def apply_check(run: Run) -> None:
    """Look at everything that a login needs, then log in."""
    instance = _instance(run)
    attempt = Attempt(instance, run.operation, lend=partial(lending.lend, instance, run))
    for name, look in (
        (TOKEN, attempt.token_is_valid),
        (SCOPES, attempt.scopes_are_enough),
        (PRINCIPAL, attempt.principal_is_the_user),
        (ROLES, attempt.roles_are_there),
        (FLAG, attempt.flag_is_on),
    ):
        run.step(name, look, str)
    for name, stage in STAGES.items():
        run.step(name, partial(attempt.passed, stage), str)
    with run.outcome():
        secrets.destroy(run.operation)
        _record(run.operation, instance, audit.Outcome.SUCCEEDED)


def check_failed(run: Run, failure: Failure) -> None:
    """Record the first stage that broke; the token is destroyed with the failure."""
    _record(run.operation, _instance(run), audit.Outcome.FAILED, failure.message)


def _parameters(new: NewCheck) -> dict[str, Any]:
    return {
        "instance": new.instance.pk,
        "database": new.database,
        "user": new.user,
        "network": new.network,
        "account": new.account,
    }


@sensitive_variables("token")
def _seal(token: str, operation: Operation) -> None:
    place = {"table": "portal_operation", "row": str(operation.pk), "field": "token"}
    operation.parameters = {**operation.parameters, "credential": place}
    operation.save(update_fields=["parameters"])
    secrets.seal(token, operation=operation, **place)


def _instance(run: Run) -> DatabaseInstance:
    found: DatabaseInstance = DatabaseInstance.objects.select_related("project", "resource").get(
        pk=run.operation.parameters["instance"]
    )
    return found


def _record(
    operation: Operation, instance: DatabaseInstance, outcome: audit.Outcome, reason: str = ""
) -> None:
    asked = operation.parameters
    detail = {name: asked[name] for name in ("database", "user", "network")}
    audit.record(
        ACTION,
        by=operation.requested_by,
        target=instance.resource.full_name,
        project=instance.project.project_id,
        outcome=outcome,
        reason=reason,
        detail=detail | {"with": asked["account"] or "a pasted token"},
        operation=operation,
    )
