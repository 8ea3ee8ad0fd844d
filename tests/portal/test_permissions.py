"""The one door itself: who is refused before anything tells what there is."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory

from portal.models import User
from portal.permissions import administrator, permitted, signed_in
from tests.portal import people

pytestmark = pytest.mark.django_db


def nothing(**kwargs: object) -> Any:
    """What an address leads to that nothing has."""
    raise Http404


def asked(user: User) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = user
    return request


@permitted(administrator, load=nothing)
def of_administrators(request: HttpRequest, found: object) -> HttpResponse:
    """A page about one thing."""
    return HttpResponse()


@permitted(administrator, load=nothing, visible_to=signed_in)
def of_some(request: HttpRequest, found: object) -> HttpResponse:
    """A page about one thing that everybody may know of."""
    return HttpResponse()


def test_nobody_learns_what_exists_from_a_page_that_is_not_for_them(cast: people.Cast) -> None:
    with pytest.raises(PermissionDenied):
        of_administrators(asked(cast.analyst))
    with pytest.raises(Http404):
        of_administrators(asked(cast.admin))


def test_where_the_object_decides_it_is_looked_for_first(cast: people.Cast) -> None:
    with pytest.raises(Http404):
        of_some(asked(cast.analyst))
