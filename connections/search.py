"""Finding connections: search, filters and order of the list, all of them in the address."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict

from access.models import Grant, Resource
from connections import kinds
from connections.models import Connection
from portal.gcp import regions
from portal.models import User
from portal.views import paging

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
# So many of what is found are counted; of the others it is said that there are more.
MOST_COUNTED = 1_000


def grants_of(user: User) -> QuerySet[Grant]:
    """What this person has or is to have by their own name; membership of groups is not known here."""
    return Grant.objects.filter(principal=user.member, desired=Grant.Presence.PRESENT)


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
    project = django_filters.ChoiceFilter(
        label="Project", empty_label="All projects", field_name="project__project_id"
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
        super().__init__(data, Connection.objects.exclude(state=Connection.State.DELETED))
        self.user = user
        self.filters["kind"].extra["choices"] = [(kind.slug, kind.name) for kind in kinds.all_kinds()]
        places = Connection.objects.values_list("project__project_id", "location").order_by().distinct()
        projects, locations = zip(*places, strict=True) if places else ((), ())
        self.filters["project"].extra["choices"] = [(name, name) for name in sorted(set(projects))]
        self.filters["location"].extra["choices"] = [
            (name, regions.normalise(name)) for name in sorted(set(locations))
        ]

    @property
    def form(self) -> forms.Form:
        """The filter bar's form; it keeps the order that was chosen."""
        form: forms.Form = super().form
        form.fields.setdefault("sort", forms.CharField(required=False, widget=forms.HiddenInput()))
        return form

    @property
    def found(self) -> QuerySet[Connection]:
        """The connections that match, in no order."""
        form = self.form
        form.is_valid()
        rows: QuerySet[Connection] = self.filter_queryset(self.queryset.all())
        return rows

    @property
    def count(self) -> int:
        """How many match; MOST_COUNTED + 1 stands for all that are more."""
        return self.found.order_by()[: MOST_COUNTED + 1].count()

    def page(self, size: int) -> paging.KeyPage[Connection]:
        """So many of what is found, in the order and from the place that the address names."""
        return paging.ordered_page(
            self.found, self.data, *_order(self.data.get("sort", "")), size=size, shows=_shown
        )

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
        """Every word has to appear in the ID, the names, the kind's own values or an owner's address."""
        for word in text.lower().split()[:MOST_WORDS]:
            rows = rows.filter(search_text__contains=word)
        return rows

    def only_state(self, rows: QuerySet[Connection], _: str, value: str) -> QuerySet[Connection]:
        """Those in a state, or those that Google has otherwise."""
        return rows.filter(drift=value) if value in Connection.Drift.values else rows.filter(state=value)

    def only_mine(self, rows: QuerySet[Connection], _: str, value: str) -> QuerySet[Connection]:
        """Those that the person owns, or may use."""
        if value == OWNED:
            return rows.filter(resource__in=Resource.objects.filter(owners=self.user))
        return rows.filter(Exists(grants_of(self.user).filter(resource=OuterRef("resource"))))


def _order(asked: str) -> tuple[str, str]:
    """What the address asks to sort by; rows that are alike in it follow in the same direction."""
    key = asked if asked.removeprefix("-") in SORTS else NEWEST_FIRST
    sign = "-" if key.startswith("-") else ""
    return f"{sign}{SORTS[key.removeprefix('-')]}", f"{sign}id"


def _shown(rows: QuerySet[Connection]) -> QuerySet[Connection]:
    """Rows with what the list shows of them."""
    rows = rows.defer("body", "seen", "test_report", "key_report", "search_text")
    return rows.select_related("project", "resource").prefetch_related("resource__owners")
