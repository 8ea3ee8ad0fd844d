"""Finding connections: search, filters and order of the list, all of them in the address."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Lower, NullIf
from django.http import QueryDict

from access.models import Grant, Resource
from connections import kinds
from connections.models import Connection
from portal.gcp import regions
from portal.models import Project, User

OWNED, USABLE = "owned", "access"
SORTS = {
    "name": "sort_name",
    "kind": "kind",
    "location": "location",
    "project": "project__project_id",
    "state": "state",
    "created": "created_at",
}
# What was deleted is in no list; what was changed outside can be asked for like a state.
STATES = [
    *(choice for choice in Connection.State.choices if choice[0] != Connection.State.DELETED),
    *(choice for choice in Connection.Drift.choices if choice[0]),
]
NEWEST_FIRST = "-created"
MOST_WORDS = 8


def visible() -> QuerySet[Connection]:
    """What was not deleted, with what the list shows of each; the number of queries does not grow with it."""
    rows = Connection.objects.exclude(state=Connection.State.DELETED)
    rows = rows.defer("body", "seen", "test_report", "key_report")
    return rows.select_related("project", "resource").prefetch_related("resource__owners")


def member(user: User) -> str:
    """This person as IAM spells them."""
    return f"user:{user.email.lower()}"


def grants_of(user: User) -> QuerySet[Grant]:
    """What this person has or is to have by their own name; membership of groups is not known here."""
    return Grant.objects.filter(principal=member(user), desired=Grant.Presence.PRESENT)


class ConnectionFilter(django_filters.FilterSet):  # type: ignore[misc]  # it has no types
    """The list's search and filters. Whatever is not a valid value filters nothing."""

    q = django_filters.CharFilter(
        label="Search",
        method="search",
        max_length=200,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": "ID, name, database, owner", "autocomplete": "off"}
        ),
    )
    kind = django_filters.ChoiceFilter(label="Type", empty_label="All types")
    project = django_filters.ModelChoiceFilter(
        queryset=Project.objects.order_by("project_id"),
        to_field_name="project_id",
        empty_label="All projects",
    )
    location = django_filters.ChoiceFilter(empty_label="All locations")
    state = django_filters.ChoiceFilter(empty_label="Any state", method="only_state", choices=STATES)
    mine = django_filters.ChoiceFilter(
        label="Whose",
        empty_label="Everyone's",
        method="only_mine",
        choices=[(OWNED, "Owned by me"), (USABLE, "I have access")],
    )

    class Meta:
        model = Connection
        fields: list[str] = []

    def __init__(self, data: QueryDict, *, user: User) -> None:
        super().__init__(data, visible())
        self.user = user
        self.filters["kind"].extra["choices"] = [(kind.slug, kind.name) for kind in kinds.all_kinds()]
        self.filters["location"].extra["choices"] = _locations()

    @property
    def form(self) -> forms.Form:
        """The filter bar's form; it keeps the order that was chosen."""
        form: forms.Form = super().form
        form.fields.setdefault("sort", forms.CharField(required=False, widget=forms.HiddenInput()))
        return form

    @property
    def found(self) -> QuerySet[Connection]:
        """The connections that match, in order."""
        form = self.form
        form.is_valid()
        rows: QuerySet[Connection] = self.filter_queryset(self.queryset.all())
        return _ordered(rows, self.data.get("sort", ""))

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter holds rows back."""
        return any(self.form.cleaned_data.get(name) for name in self.filters)

    def filter_queryset(self, queryset: QuerySet[Connection]) -> QuerySet[Connection]:
        """Apply the filters that are valid."""
        for name, value in self.form.cleaned_data.items():
            if name in self.filters:
                queryset = self.filters[name].filter(queryset, value)
        return queryset

    def search(self, rows: QuerySet[Connection], _: str, text: str) -> QuerySet[Connection]:
        """Every word has to appear in the id, the names, the kind's own values or an owner's address."""
        for word in text.split()[:MOST_WORDS]:
            rows = rows.filter(_mentions(word))
        return rows

    def only_state(self, rows: QuerySet[Connection], _: str, value: str) -> QuerySet[Connection]:
        """Those in a state, or those that Google has otherwise."""
        return rows.filter(drift=value) if value in Connection.Drift.values else rows.filter(state=value)

    def only_mine(self, rows: QuerySet[Connection], _: str, value: str) -> QuerySet[Connection]:
        """Those that the person owns, or may use."""
        if value == OWNED:
            return rows.filter(resource__in=Resource.objects.filter(owners=self.user))
        return rows.filter(Exists(grants_of(self.user).filter(resource=OuterRef("resource"))))


def _mentions(word: str) -> Q:
    found = Q(connection_id__icontains=word) | Q(friendly_name__icontains=word)
    found |= Q(description__icontains=word)
    found |= Q(resource__in=Resource.objects.filter(owners__email__icontains=word))
    for name in sorted({name for kind in kinds.all_kinds() for name in kind.wire.values}):
        found |= Q(**{f"properties__{name}__icontains": word})
    return found


def _ordered(rows: QuerySet[Connection], asked: str) -> QuerySet[Connection]:
    key = asked if asked.removeprefix("-") in SORTS else NEWEST_FIRST
    column = SORTS[key.removeprefix("-")]
    if column == "sort_name":
        shown = Coalesce(NullIf(F("friendly_name"), Value("")), F("connection_id"))
        rows = rows.annotate(sort_name=Lower(shown))
    return rows.order_by(F(column).desc() if key.startswith("-") else F(column).asc(), "-pk")


def _locations() -> list[tuple[str, str]]:
    used = Connection.objects.order_by("location").values_list("location", flat=True).distinct()
    return [(location, regions.normalise(location)) for location in used]


def shortened(query: QueryDict) -> str:
    """The query of an address without what is empty."""
    kept: Any = QueryDict(mutable=True)
    for name, values in query.lists():
        if wanted := [value for value in values if value]:
            kept.setlist(name, wanted)
    text: str = kept.urlencode()
    return text
