"""What a kind of connection has to say about itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django import forms

from connections.kinds.wire import Properties, Wire

if TYPE_CHECKING:
    from connections.models import Connection

__all__ = ["Instruction", "Kind", "Pick", "Properties", "RoleNeeded", "Wire"]

SERVICE_ACCOUNT_ID = "Service account ID"
GOOGLE_IDENTITY = "BigQuery Google identity"


@dataclass(frozen=True)
class RoleNeeded:
    """A role that the connection's identity needs, and the permission in it that counts.

    `project` is the project whose policy gives it, by id or number: "" is the connection's own. `field`
    is the form's field that led there.
    """

    role: str
    label: str
    permission: str
    api: str
    project: str = ""
    field: str = ""


@dataclass(frozen=True, kw_only=True)
class Pick:
    """A pick list beside a field: which of a project's assets (Asset.Type) it offers, and how it shows them.

    `title` is the attribute that names one for people; `facts` says the rest. `reached` tells that the
    data location has to reach the asset's region. With `inside`, the choices are not the assets but the
    names in the attribute `members` of the asset that the field `inside` names.
    """

    field: str
    asset_type: str
    noun: str
    heading: str
    title: str = "name"
    facts: Callable[[Mapping[str, Any]], Iterable[str]] = lambda about: ()
    offered: Callable[[Mapping[str, Any]], bool] = lambda about: True
    reached: bool = True
    inside: str = ""
    members: str = ""


@dataclass(frozen=True)
class Instruction:
    """Something to do in somebody else's console; `values` are (label, text, language) to copy."""

    title: str
    text: str
    values: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of connection, as data and functions.

    Only what its class attributes below leave without a default has to be said. `fields` makes the kind's
    own form fields, and the template lays them out; `wire` translates to Google and back. An empty
    `secret_field` means that there is no credential, an empty `test_statement` that no federated query
    can test it.
    """

    slug: str
    label: str
    card_title: str
    card_text: str
    group: str
    docs_url: str
    wire: Wire
    short_label: str = ""  # where the label is too long
    symbol: str = "database"
    search_words: tuple[str, ...] = ()

    # The dialog
    fields: Callable[[], dict[str, forms.Field]] = dict
    template: str = ""
    section: str = "Database"
    property_fields: tuple[str, ...] = ()
    # Which of them the list shows: what is read, such as the database, and where that is.
    listed: tuple[str, str] = ("", "")
    secret_field: str = ""
    # Looks at the cleaned values as a whole: may change them, and returns mistakes by field.
    clean: Callable[[dict[str, Any]], dict[str, str]] = lambda cleaned: {}
    pickers: tuple[Pick, ...] = ()
    location_label: str = "Data location"
    omni: str = ""  # the prefix of the only locations that there are for it, such as "aws-"
    takes_kms_key: bool = False

    # Where the data lives: field of the form, and the region that the data location has to reach.
    regions: Callable[[Properties], Mapping[str, str]] = lambda properties: {}

    # Who reaches it
    identity_label: str = SERVICE_ACCOUNT_ID
    identity_help: str = "BigQuery reaches the source as this account."
    # Whether that is the project's service agent; else Google makes an account for each connection.
    uses_agent: bool = False
    needs: RoleNeeded | None = None
    # For kinds whose roles depend on what was entered, or are needed in another project.
    roles_for: Callable[[Properties], tuple[RoleNeeded, ...]] | None = None
    grant_label: str = ""

    # What can be done with it
    test_statement: str = ""
    # Why it may not pass although all is well: then nobody tests unless asked to.
    test_note: str = ""
    # What Google does not document of it, so that nobody takes the portal's word for it.
    caveat: str = ""
    # SQL that uses it where EXTERNAL_QUERY cannot; {path} is the connection's dotted name.
    sample: str = ""
    instructions: Callable[[Connection], tuple[Instruction, ...]] = lambda connection: ()
    # The update mask that replaces user and password together, and nothing else.
    credential_mask: tuple[str, ...] = ()
    # What Google takes and never gives back.
    write_only: tuple[str, ...] = ()

    def body(self, properties: Properties, password: str = "") -> dict[str, Any]:
        """The REST body without common fields; a page gives a placeholder for the password."""
        return self.wire.write(properties, password)

    def read(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The properties in what Google answers."""
        return self.wire.read(body)

    def seen(self, properties: Properties, body: Mapping[str, Any]) -> dict[str, Any]:
        """The properties as Google has them, with ours where it never says: equal if nothing changed."""
        return self.read(body) | {name: properties.get(name, "") for name in self.write_only}

    def untold(self, properties: Properties) -> tuple[str, ...]:
        """What Google never says and the portal was not told either: of a connection made elsewhere."""
        return tuple(name for name in self.write_only if not properties.get(name))

    def region(self, properties: Properties) -> str:
        """Where the data lives, "" if that does not matter or is not known."""
        return next(iter(self.regions(properties).values()), "")

    def roles(self, properties: Properties) -> tuple[RoleNeeded, ...]:
        """The roles that the connection's identity needs, and on which projects."""
        if self.roles_for is not None:
            return self.roles_for(properties)
        return (self.needs,) if self.needs else ()

    @property
    def may_need_roles(self) -> bool:
        """Whether there can be anything to grant."""
        return self.needs is not None or self.roles_for is not None

    @property
    def identity_word(self) -> str:
        """What the account is called in a sentence."""
        return "service agent" if self.uses_agent else "service account"

    @property
    def instance_field(self) -> str:
        """The field with the resource whose region counts, "" if there is none."""
        return next((pick.field for pick in self.pickers if pick.reached and not pick.inside), "")

    def source(self, properties: Properties) -> tuple[str, str]:
        """What it reads, and where that is, for the list."""
        what, where = self.listed
        return str(properties.get(what, "")), str(properties.get(where, ""))

    @property
    def name(self) -> str:
        """What it is called where there is little room."""
        return self.short_label or self.label

    def matches(self, words: str) -> bool:
        """Whether a search on the Add data page finds this kind."""
        haystack = " ".join((self.label, self.card_title, self.card_text, self.group, *self.search_words))
        return all(word in haystack.lower() for word in words.lower().split())


def on_project(needed: RoleNeeded, project: str, field: str) -> RoleNeeded:
    """The same role on another project, because of what stands in `field`."""
    return replace(needed, project=project, field=field)
