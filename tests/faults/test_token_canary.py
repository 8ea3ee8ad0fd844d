"""No token anywhere: pasted for checks that pass, fail and crash, and then looked for as a password is.

What Google's stand-in keeps is Google's: it made the tokens.
"""

from __future__ import annotations

import pytest
from django.conf import settings

from connections.forms.connecting import PASTE
from connections.logins import checking
from connections.services import discover
from emulator.client import Control
from emulator.estate import LOGIN_CHECKER
from portal.gcp.login_tokens import ALLOYDB_LOGIN, CLOUD_SQL_LOGIN
from portal.models import Operation, SealedCredential, User
from tests.faults.conftest import until_over
from tests.faults.test_secret_canary import ADMIN, Places, no_place_to_seal, places, visitor
from tests.support.canary import found_in
from tests.support.creation import PROJECT, demo_project
from tests.support.pages import sign_in
from tests.support.visitor import Visitor

__all__ = ["places", "visitor"]
pytestmark = pytest.mark.django_db(transaction=True)
INSTANCE = f"projects/{PROJECT}/locations/us-central1/clusters/orders/instances/orders-primary"
CHECK, TROUBLE = f"/databases/{INSTANCE}/check/", f"/databases/{INSTANCE}/troubleshoot/"
CHECKER = LOGIN_CHECKER.removesuffix(".gserviceaccount.com")


def asked(token: str, **more: str) -> dict[str, str]:
    """The form of a check, filled in."""
    pasted = {"account": PASTE, "token": token}
    return {**pasted, "user": CHECKER, "database": "orders", "network": "public", **more}


def check(visitor: Visitor, token: str, **more: str) -> Operation:
    """Have a login checked by the worker, and look at every page that shows it."""
    assert visitor.post(CHECK, asked(token, **more)).status_code == 302
    operation = Operation.objects.filter(task=checking.TASK).latest("created_at")
    until_over(operation, swept=False)
    for path in (CHECK, operation.get_absolute_url(), f"{operation.get_absolute_url()}live/", "/audit/"):
        assert visitor.get(path).status_code in {200, 286}
    return operation


def a_crash(visitor: Visitor, token: str) -> None:
    """Have the request die with the token in its hands, in production and with DEBUG on."""
    form = visitor.token(CHECK)
    developer = sign_in(User.objects.get(email=ADMIN), raise_request_exception=False)
    with no_place_to_seal():
        assert visitor.send(CHECK, asked(token), form).status_code == 500
        settings_before, settings.DEBUG = settings.DEBUG, True
        try:
            report = developer.post(CHECK, asked(token))
        finally:
            settings.DEBUG = settings_before
    assert report.status_code == 500
    visitor.pages.append(report.content.decode())


def test_no_token_is_left_anywhere(visitor: Visitor, places: Places, google: Control) -> None:
    until_over(discover.request_discovery(demo_project(), by=None), swept=False)
    good, narrow, narrower, unsent = (
        google.token(LOGIN_CHECKER),
        google.token(LOGIN_CHECKER, CLOUD_SQL_LOGIN),
        google.token(LOGIN_CHECKER, ALLOYDB_LOGIN),
        google.token(LOGIN_CHECKER),
    )

    assert check(visitor, good).state == Operation.State.SUCCEEDED
    assert check(visitor, narrow).state == Operation.State.FAILED, "its scope is another product's"
    assert check(visitor, narrower).state == Operation.State.SUCCEEDED, "with a certificate of the portal's"
    assert check(visitor, good, database="nowhere").state == Operation.State.FAILED, "after the login began"
    assert visitor.post(CHECK, asked(unsent, database="")).status_code == 422
    a_crash(visitor, unsent)
    visitor.post(TROUBLE, {"message": f"IAM principal does not match database user. {unsent}"})
    for kind in ("csv", "jsonl"):
        visitor.post("/audit/export/", {"format": kind}, form="/audit/")

    assert not SealedCredential.objects.exists()
    for token in (good, narrow, narrower, unsent):
        assert found_in(places.read(), token) == []
