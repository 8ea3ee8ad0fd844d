"""The "External data source" dialog. Labels, hints and their order are those of Google's document.

What every kind has is here; what is a kind's own comes from connections.kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from access import owners
from access.forms import ROLES, PrincipalsField
from access.models import CONNECTION_USER
from connections import kinds
from connections.forms import rules, swapping
from connections.forms.words import grant_help, grant_label
from connections.kinds.base import Kind
from portal.forms import Card, RadioCards, offer
from portal.gcp import regions
from portal.models import Project, User

GOOGLE, CMEK = "google", "cmek"
ENTER_AGAIN = "Enter the password again; it is never sent back to the page."
FIELD_TEMPLATE = "connections/form_field.html"


def _plain(**attrs: Any) -> dict[str, Any]:
    """Attributes of a field for a technical name: the browser neither corrects nor completes it."""
    return {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", **attrs}


class ExternalSourceForm(forms.Form):
    """Everything that a new connection needs, the password included.

    `projects` may be chosen from; `kind` is that of the address, unless the form's own field says
    another; `by` becomes the owner unless somebody else is named.
    """

    project = forms.ModelChoiceField(
        Project.objects.none(),
        to_field_name="project_id",
        empty_label=None,
        help_text="The connection belongs to this project.",
    )
    kind = forms.ChoiceField(label="Connection type")
    connection_id = forms.CharField(
        label="Connection ID",
        max_length=rules.LONGEST_ID,
        widget=forms.TextInput(attrs=_plain()),
    )
    location = forms.ChoiceField(
        help_text="A BigQuery location that is compatible with the region of the external data source. "
        "Queries that use this connection run there. It cannot be changed later.",
    )
    friendly_name = forms.CharField(
        max_length=200,
        required=False,
        validators=[rules.no_control_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "My connection resource"}),
        help_text="Any value that helps you to identify the connection later.",
    )
    description = forms.CharField(
        max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 2}), strip=True
    )
    encryption = forms.ChoiceField(
        choices=[
            (GOOGLE, Card("Google-managed encryption key", "Nothing to configure.", "shield-lock")),
            (CMEK, Card("Customer-managed encryption key (CMEK)", "A key of Cloud KMS.", "key")),
        ],
        initial=GOOGLE,
        widget=RadioCards,
    )
    kms_key_name = forms.CharField(
        label="Customer-managed key",
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs=_plain(**{"class": "mono", "placeholder": rules.KEY_FORM})),
        help_text="BigQuery's encryption agent needs the role Cloud KMS CryptoKey Encrypter/Decrypter on it.",
    )
    owners = forms.CharField(
        max_length=5000,
        required=False,
        widget=forms.TextInput(attrs=_plain()),
        help_text="People of this portal who may share the connection, with commas between them.",
    )
    grant_service_agent = forms.BooleanField(required=False, initial=True)
    test_query = forms.BooleanField(
        label="Test with a query",
        required=False,
        initial=True,
    )
    principals = PrincipalsField(
        label="Share with",
        required=False,
        help_text="One per line, or with commas: user:, group:, serviceAccount:, domain:, principal:// or "
        "principalSet://. A bare e-mail address is understood.",
    )
    role = forms.ChoiceField(choices=ROLES, initial=CONNECTION_USER)

    def __init__(
        self,
        data: Any = None,
        *,
        kind: Kind,
        projects: Sequence[Project],
        by: User,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial={"kind": kind.slug, "owners": by.email, **(initial or {})})
        self.source = self._asked_kind(data) or kind
        self.by = by
        self.projects = list(projects)
        self._say_what_the_kind_asks_for()
        self._offer_choices()
        self._add_kind_fields()
        for field in self.fields.values():
            field.template_name = FIELD_TEMPLATE  # type: ignore[attr-defined]  # a field has one; the stubs do not

    def _asked_kind(self, data: Any) -> Kind | None:
        asked = data.get("kind", "") if data else ""
        return next((kind for kind in kinds.all_kinds() if kind.slug == asked), None)

    def _offer_choices(self) -> None:
        project = cast("forms.ModelChoiceField[Project]", self.fields["project"])
        project.queryset = Project.objects.filter(pk__in=[item.pk for item in self.projects])
        if len(self.projects) == 1:
            project.widget = forms.HiddenInput()
            project.initial = self.projects[0].project_id
        offer(self, "kind", [(kind.slug, kind.label) for kind in kinds.all_kinds()])
        offered = [("", "Select a location"), *rules.location_choices(self.source)]
        offer(self, "location", offered)
        chosen = regions.find(str(self["location"].value() or ""))
        if chosen and chosen.id.lower() not in {value for _, group in offered[1:] for value, _ in group}:
            # Still shown, so that it is not lost on the way through another type; still refused.
            kept = (f"Not for {self.source.name}", [(chosen.id.lower(), chosen.full_label)])
            cast("forms.Select", self.fields["location"].widget).choices = [*offered, kept]

    def _say_what_the_kind_asks_for(self) -> None:
        """Words and boxes that are not the same for every kind."""
        source, fields = self.source, self.fields
        sample = f"bq_{source.slug}_connection"
        fields["connection_id"].validators.append(rules.connection_id(source))
        fields["connection_id"].widget.attrs["placeholder"] = sample
        fields[
            "connection_id"
        ].help_text = f"{rules.allowed_in_ids(source)} are allowed. For example, {sample}"
        fields["location"].label = source.location_label
        if not source.takes_kms_key:
            del fields["encryption"], fields["kms_key_name"]
        if source.may_need_roles:
            fields["grant_service_agent"].label = grant_label(source)
            fields["grant_service_agent"].help_text = grant_help(source)
        else:
            del fields["grant_service_agent"]
        if source.test_statement:
            said = f"{source.test_statement}, through the new connection. {source.test_note}"
            fields["test_query"].help_text = said.strip()
            fields["test_query"].initial = not source.test_note
        else:
            del fields["test_query"]

    def _add_kind_fields(self) -> None:
        """Put the kind's fields where the document has them: after encryption, before the portal's own."""
        own = rules.kind_fields(self.source)
        for name, field in own.items():
            field.widget.attrs = _plain() | field.widget.attrs
            self.fields[name] = field
        secret = self.source.secret_field
        if secret and self.data.get(secret):
            self.fields[secret].help_text = ENTER_AGAIN
        portals_own = ("owners", "grant_service_agent", "test_query", "principals", "role")
        common = [name for name in self.fields if name not in own and name not in portals_own]
        self.order_fields([*common, *own, *portals_own])

    @property
    def password(self) -> str:
        """What was typed, "" for a kind without a password; of a valid form only."""
        password: str = self.cleaned_data.get(self.source.secret_field, "")
        return password

    @property
    def properties(self) -> dict[str, Any]:
        """The kind's own values without the password; of a valid form only."""
        return {name: self.cleaned_data[name] for name in self.source.property_fields}

    @property
    def kept(self) -> dict[str, str]:
        """Common values that this kind has no field for, in case another type is chosen again."""
        given = self.data if self.is_bound else self.initial
        return {name: given[name] for name in swapping.KEPT if name in given and name not in self.fields}

    @property
    def share(self) -> tuple[tuple[str, str], ...]:
        """Who is to have which role at once."""
        role = self.cleaned_data["role"]
        return tuple((principal, role) for principal in self.cleaned_data["principals"])

    def clean_owners(self) -> list[User]:
        """The people named, or the person who fills the form in."""
        return owners.people(self.cleaned_data["owners"]) or [self.by]

    def clean(self) -> dict[str, Any]:
        """Compare what fits together only as a whole: id and place, place and source, place and key."""
        cleaned = self.cleaned_data
        project, location = cleaned.get("project"), cleaned.get("location", "")
        if project and location and (name := cleaned.get("connection_id")):
            self._complain("connection_id", rules.taken(project, location, name))
        for field, mistake in self.source.clean(cleaned).items():
            self._complain(field, mistake)
        self._check_reach(project, location)
        if self.source.takes_kms_key:
            self._check_key(project, location)
        return cleaned

    def _check_reach(self, project: Project | None, location: str) -> None:
        """Whether roles can be given where they are needed, and BigQuery reaches the regions."""
        known = {name: self.cleaned_data.get(name, "") for name in self.source.property_fields}
        if project and self.cleaned_data.get("grant_service_agent"):
            for needed in self.source.roles(known):
                self._complain(needed.field, rules.out_of_hand(project, self.source, needed))
        for field, region in self.source.regions(known).items():
            use = "query an instance" if self.source.test_statement else "use what is"
            self._complain(field, rules.unreachable(location, region, use=use))

    def _check_key(self, project: Project | None, location: str) -> None:
        key = self.cleaned_data.get("kms_key_name", "")
        if self.cleaned_data.get("encryption") != CMEK:
            self.cleaned_data["kms_key_name"] = ""
            self.errors.pop("kms_key_name", None)
            return
        if "kms_key_name" in self.errors:
            return
        if not key:
            self._complain("kms_key_name", "Choose a key, or enter its full name.")
            return
        try:
            rules.key_name(key)
        except ValidationError as problem:
            self.add_error("kms_key_name", problem)
            return
        wrong = rules.key_misplaced(location, key)
        self._complain("kms_key_name", wrong or (rules.key_unusable(project, key) if project else ""))

    def _complain(self, field: str, sentence: str) -> None:
        if sentence and field not in self.errors:
            self.add_error(field, sentence)
