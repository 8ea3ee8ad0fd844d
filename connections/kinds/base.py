"""What a kind of connection has to say about itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

Properties = Mapping[str, str]


@dataclass(frozen=True)
class RoleNeeded:
    """The role that the connection's identity needs, on the project, and the permission that counts."""

    role: str
    label: str
    permission: str
    api: str


@dataclass(frozen=True)
class Kind:
    """One kind of connection, as data and functions.

    `fields` makes the kind's own form fields; `body` the REST body without common fields, from the
    properties and the password (a placeholder where a page shows it); `read` gets the properties back
    from what Google answers; `region` says where the data lives; `region_error` why a location cannot
    query it ("" if it can).
    """

    slug: str
    label: str
    card_title: str
    card_text: str
    search_words: tuple[str, ...]
    connector: str
    fields: Callable[[], dict[str, forms.Field]]
    template: str
    secret_field: str
    property_fields: tuple[str, ...]
    body: Callable[[Properties, str], dict[str, Any]]
    read: Callable[[Mapping[str, Any]], dict[str, str]]
    # The update mask that replaces user and password together, and nothing else.
    credential_mask: tuple[str, ...]
    region: Callable[[Properties], str]
    needs: RoleNeeded | None
    takes_kms_key: bool
    docs_url: str
    instance_field: str = ""
    # Which of a project's assets the instance field's pick list offers (connections.models.Asset.Type).
    asset_type: str = ""

    def matches(self, words: str) -> bool:
        """Whether a search on the Add data page finds this kind."""
        haystack = " ".join((self.label, self.card_title, self.card_text, *self.search_words)).lower()
        return all(word in haystack for word in words.lower().split())
