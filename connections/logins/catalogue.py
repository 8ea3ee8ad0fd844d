"""Finding database instances, and what the list shows of each."""

from __future__ import annotations

from collections import Counter

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from access.models import DATABASE_LOGIN, Grant
from connections.logins.models import PRODUCTS
from connections.models import Connection, DatabaseInstance, DatabaseUser
from portal.models import Project, User

MOST_WORDS = 8
ORDER = ("instance_id", "id")


class InstanceFilter(django_filters.FilterSet):  # type: ignore[misc]  # it has no types
    """The list's search and filters. Whatever is not a valid value filters nothing."""

    q = django_filters.CharFilter(
        label="Search",
        method="search",
        max_length=200,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": "Instance, cluster, region", "autocomplete": "off"}
        ),
    )
    product = django_filters.ChoiceFilter(label="Product", empty_label="All products", choices=PRODUCTS)
    project = django_filters.ModelChoiceFilter(
        queryset=Project.objects.order_by("project_id"),
        to_field_name="project_id",
        empty_label="All projects",
    )

    class Meta:
        model = DatabaseInstance
        fields: list[str] = []

    def __init__(self, data: object) -> None:
        super().__init__(data, DatabaseInstance.objects.select_related("project", "resource"))

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is filtered."""
        return any(self.data.get(name) for name in self.filters)

    def search(self, rows: QuerySet[DatabaseInstance], _: str, text: str) -> QuerySet[DatabaseInstance]:
        """Every word has to stand in the instance's name, its cluster's or its region's."""
        for word in text.replace("\0", "").split()[:MOST_WORDS]:
            rows = rows.filter(Q(source_name__icontains=word) | Q(location__icontains=word))
        return rows


def describe(rows: list[DatabaseInstance], user: User) -> None:
    """Tell each row who logs in there and what stands on it, in one query a kind."""
    held = Grant.objects.filter(
        resource__in=[row.resource_id for row in rows],
        role=DATABASE_LOGIN,
        desired=Grant.Presence.PRESENT,
    )
    logins: dict[int, list[Grant]] = {}
    for grant in held.order_by("pk"):
        logins.setdefault(grant.resource_id, []).append(grant)
    there = DatabaseUser.objects.filter(
        home__in={row.home for row in rows}, observed=DatabaseUser.Presence.PRESENT
    )
    users = Counter(there.values_list("home", flat=True))
    sources = [row.source_name for row in rows]
    found = Connection.objects.filter(properties__instance__in=sources).exclude(
        state=Connection.State.DELETED
    )
    behind = Counter(found.values_list("properties__instance", flat=True))
    for row in rows:
        own = logins.get(row.resource_id, [])
        row.login_count = len({grant.principal for grant in own})  # type: ignore[attr-defined]  # for the template
        row.user_count = users[row.home]  # type: ignore[attr-defined]
        row.connection_count = behind[row.source_name]  # type: ignore[attr-defined]
        row.own_login = next((g for g in own if g.principal == user.member), None)  # type: ignore[attr-defined]
