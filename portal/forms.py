"""How forms look: the renderer for settings.FORM_RENDERER, and the widgets that Django lacks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import django.forms
from django import forms
from django.conf import settings
from django.forms.renderers import BaseRenderer, EngineMixin
from django.template.backends.django import DjangoTemplates
from django.utils.functional import cached_property

CHECKS = (forms.CheckboxInput, forms.RadioSelect, forms.CheckboxSelectMultiple)
UNSAID = forms.Field.default_error_messages["required"]


def css_class(widget: forms.Widget) -> str:
    """Bootstrap's class for a widget."""
    if isinstance(widget, CHECKS):
        return "form-check-input"
    if isinstance(widget, forms.Select):
        return "form-select"
    return "" if widget.is_hidden else "form-control"


def what_is_missing(field: forms.Field, label: str) -> str:
    """What to say beside a required field that was left empty."""
    if isinstance(field, forms.BooleanField):
        return "Tick the box to go on."
    if isinstance(field, forms.MultipleChoiceField):
        return "Choose at least one."
    if isinstance(field, forms.ChoiceField):
        return "Choose one."
    return "This needs an answer." if label.endswith("?") else f"{label} is missing."


def offer(form: forms.BaseForm, name: str, choices: Iterable[tuple[str, Any]]) -> None:
    """Let the field `name`, a ChoiceField, be one of these: choices that are known when a form is made."""
    cast("forms.ChoiceField", form.fields[name]).choices = list(choices)


class ConsoleBoundField(forms.BoundField):
    """A field that knows its widget's class and says what is missing when it is left empty.

    Django itself adds aria-describedby and aria-invalid. Its maxlength is left out: a browser cuts
    what is pasted to it without a word; the form says what is too long.
    """

    def __init__(self, form: forms.BaseForm, field: forms.Field, name: str) -> None:
        super().__init__(form, field, name)
        if field.error_messages.get("required") == UNSAID:
            field.error_messages["required"] = what_is_missing(field, str(self.label))

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        widget = widget or self.field.widget
        built: dict[str, Any] = super().build_widget_attrs(attrs, widget)
        if "maxlength" in widget.attrs:
            built["maxlength"] = False
        classes = f"{css_class(widget)} {widget.attrs.get('class', '')}".strip()
        return {**built, "class": classes} if classes else built


class ConsoleRenderer(EngineMixin, BaseRenderer):
    """Renders forms with templates/django/forms/, so that each field looks like the console.

    Its engine is that of settings.TEMPLATES, with Django's own form templates behind it.
    """

    backend = DjangoTemplates
    form_template_name = "django/forms/form.html"
    field_template_name = "django/forms/field.html"
    bound_field_class = ConsoleBoundField

    @cached_property
    def engine(self) -> DjangoTemplates:
        project: dict[str, Any] = {**settings.TEMPLATES[0]}
        del project["BACKEND"]
        builtin = Path(django.forms.__file__).parent / "templates"
        return DjangoTemplates({**project, "NAME": "forms", "DIRS": [*project["DIRS"], builtin]})


class Combobox(forms.TextInput):
    """Pick from a list or type something else: an <input> with a <datalist>.

    `options` are (value, label) pairs; set them in the form's __init__ when they come from the database.
    """

    template_name = "django/forms/widgets/combobox.html"

    def __init__(self, attrs: dict[str, Any] | None = None, options: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(attrs)
        self.options = list(options)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        widget = context["widget"]
        list_id = f"{widget['attrs'].get('id', name)}_options"
        widget["attrs"] |= {"list": list_id, "autocomplete": "off"}
        return context | {"list_id": list_id, "options": self.options}


class TokenInput(forms.PasswordInput):
    """A password field for something that is not called a password; its button says so."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["noun"] = "token"
        return context


@dataclass(frozen=True)
class Card:
    """The label of a choice in RadioCards."""

    title: str
    text: str = ""
    icon: str = ""

    def __str__(self) -> str:
        return self.title


class RadioCards(forms.RadioSelect):
    """Radio buttons as cards. Labels may be `Card`s, which add a sentence and an icon."""

    template_name = "django/forms/widgets/radio_cards.html"
