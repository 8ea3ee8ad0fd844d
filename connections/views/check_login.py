"""Check my login: what the last check found, and a form that has a worker try one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from connections.forms.connecting import CheckForm
from connections.logins import checking, lending, lookup
from connections.logins.checking import NewCheck
from connections.logins.connecting import Surroundings
from connections.logins.products import Product
from connections.logins.troubles import recognise
from connections.models import DatabaseInstance
from portal.models import Operation, User
from portal.permissions import actor, permitted, signed_in

SEALED = "Sealed at once, used for one login, then destroyed. How to connect shows how to get one."


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@sensitive_variables("form")
@permitted(signed_in, load=lookup.instance)
def check_login(request: HttpRequest, shown: DatabaseInstance) -> HttpResponse:
    """A POST asks for a check; the page then follows its stages."""
    user = actor(request)
    data = request.POST if request.method == "POST" else None
    last = checking.last(shown, user)
    form = CheckForm(
        data,
        Surroundings(shown),
        accounts=checking.accounts(user),
        email=user.email,
        hint=SEALED,
        before=last.parameters if last else {},
    )
    checkable = shown.kind is not Product.MYSQL
    if checkable and form.is_valid() and _ask(form, shown, user):
        return redirect(request.path)
    context = {
        "instance": shown,
        "form": form,
        "checkable": checkable,
        "last": last,
        "steps": list(last.steps.all()) if last else [],
        "mend": _mend(last),
        "lender": lending.account(),
        "may_borrow": lending.may_borrow(user, shown),
    }
    return render(request, "connections/check_login.html", context, status=422 if form.is_bound else 200)


@sensitive_variables()
def _ask(form: CheckForm, shown: DatabaseInstance, by: User) -> bool:
    """Have a worker check it; otherwise the form says why not."""
    asked = form.cleaned_data
    new = NewCheck(
        instance=shown,
        database=asked["database"],
        user=asked["user"],
        network=asked["network"].upper(),
        account=asked["account"],
    )
    try:
        checking.request_check(new, asked["token"], by=by)
    except checking.CannotCheckError as error:
        form.add_error(None, str(error))
        return False
    return True


def _mend(last: Operation | None) -> str:
    """What mends the stage that broke."""
    if last is None or last.state != Operation.State.FAILED:
        return ""
    trouble = recognise(last.error)
    return trouble.mend.value if trouble else ""
