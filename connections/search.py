"""Finding connections: search, filters and order of the list, all of them in the address."""

from __future__ import annotations

from datetime import UTC, datetime
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
KEY_LENGTH = 19


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
        """The connections that match, in order."""
        form = self.form
        form.is_valid()
        rows: QuerySet[Connection] = self.filter_queryset(self.queryset.all())
        return _ordered(rows, self.data.get("sort", ""))

    def page(self, size: int) -> paging.KeyPage[Connection]:
        """So many of what is found, from the place that the address names."""
        found = self.found
        place = _place(self.data.get("sort", ""), self.data.get(paging.KEY, ""))
        rows = self.rows_of((found.filter(place) if place else found)[: size + 1])
        return paging.key_page(rows, self.data, size=size, key_of=self._key)

    def _key(self, row: Connection) -> str:
        """What names the place of a row: what it is sorted by, and its own key."""
        value: Any = row
        for name in _column(self.data.get("sort", ""))[0].split("__"):
            value = getattr(value, name)
        return f"{value.isoformat() if isinstance(value, datetime) else value}~{row.pk}"

    def rows_of(self, page: QuerySet[Connection]) -> QuerySet[Connection]:
        """What the list shows of the connections of one page of what was found.

        What is found, counted and sorted before are keys: rows are long, and most are not on the page.
        """
        rows = Connection.objects.filter(pk__in=page.values("pk"))
        rows = rows.defer("body", "seen", "test_report", "key_report", "search_text")
        rows = rows.select_related("project", "resource").prefetch_related("resource__owners")
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
    owned = Resource.owners.through.objects.filter(user__email__icontains=word)
    return Q(search_text__contains=word.lower()) | Q(resource__in=owned.values("resource"))


def _column(asked: str) -> tuple[str, bool]:
    """What the address asks to sort by, and whether the greatest comes first."""
    key = asked if asked.removeprefix("-") in SORTS else NEWEST_FIRST
    return SORTS[key.removeprefix("-")], key.startswith("-")


def _ordered(rows: QuerySet[Connection], asked: str) -> QuerySet[Connection]:
    column, descending = _column(asked)
    if column == "sort_name":
        shown = Coalesce(NullIf(F("friendly_name"), Value("")), F("connection_id"))
        rows = rows.annotate(sort_name=Lower(shown))
    return rows.order_by(F(column).desc() if descending else F(column).asc(), "-pk")


def _place(asked: str, key: str) -> Q | None:
    """What comes after the row that `key` names in this order; None if it names no place."""
    column, descending = _column(asked)
    text, mark, pk = key.rpartition("~")
    if not mark or "\0" in text or not (pk.isascii() and pk.isdecimal() and len(pk) < KEY_LENGTH):
        return None
    value: str | datetime = text
    if column == "created_at":
        try:
            value = datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            return None
    beyond = f"{column}__{'lt' if descending else 'gt'}"
    return Q(**{beyond: value}) | Q(**{column: value}, pk__lt=int(pk))


def shortened(query: QueryDict) -> str:
    """The query of an address without what is empty."""
    kept: Any = QueryDict(mutable=True)
    for name, values in query.lists():
        if wanted := [value for value in values if value]:
            kept.setlist(name, wanted)
    text: str = kept.urlencode()
    return text
