"""Fields come with label, help, errors and the links between them."""

from __future__ import annotations

import re

import pytest
from django import forms

from portal.forms import TokenInput
from tests.frontend.gallery import SourceForm


def field(name: str, data: dict[str, str] | None = None) -> str:
    return str(SourceForm(data)[name].as_field_group())


def test_a_text_field() -> None:
    html = field("connection_id")
    assert '<label class="field-label" for="id_connection_id">Connection ID</label>' in html
    assert 'class="form-control"' in html
    assert 'aria-describedby="id_connection_id_helptext"' in html
    assert 'id="id_connection_id_helptext"' in html


def test_an_optional_field_says_so() -> None:
    assert "optional" in field("description")
    assert "optional" not in field("connection_id")


def test_errors_stand_beside_the_field_and_are_linked() -> None:
    html = field("username", {"connection_id": "x"})
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_username_error"' in html
    assert re.search(r'<ul class="errorlist" id="id_username_error">', html)


class AskingForm(forms.Form):
    """A required field of each sort."""

    name = forms.CharField(label="Database name")
    why = forms.CharField(label="Why?")
    role = forms.ChoiceField(choices=[("user", "User")])
    kinds = forms.MultipleChoiceField(choices=[("a", "A")])
    sure = forms.BooleanField()
    token = forms.CharField(error_messages={"required": "Paste a token."}, widget=TokenInput)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("name", "Database name is missing."),
        ("why", "This needs an answer."),
        ("role", "Choose one."),
        ("kinds", "Choose at least one."),
        ("sure", "Tick the box to go on."),
        ("token", "Paste a token."),
    ],
)
def test_a_field_that_was_left_empty_says_what_is_missing(name: str, said: str) -> None:
    assert AskingForm({}).errors[name] == [said]


def test_a_form_keeps_its_words_to_itself() -> None:
    assert AskingForm({}).errors
    assert forms.CharField().error_messages["required"] == "This field is required."
    assert AskingForm.base_fields["name"].error_messages["required"] == "This field is required."


def test_what_is_no_password_is_not_called_one() -> None:
    html = str(AskingForm()["token"])
    assert "<span>Show token</span>" in html
    assert 'type="password"' in html


def test_a_typed_password_is_not_sent_back() -> None:
    html = field("password", {"password": "canary-5931"})
    assert "canary-5931" not in html
    assert "Show password" in html


def test_a_combobox_lists_but_does_not_limit() -> None:
    html = field("instance", {"instance": "//alloydb.googleapis.com/typed"})
    assert 'list="id_instance_options"' in html
    assert '<datalist id="id_instance_options">' in html
    assert 'value="//alloydb.googleapis.com/typed"' in html


def test_radio_cards_are_a_named_group() -> None:
    html = field("encryption")
    assert "<fieldset" in html
    assert "<legend>Encryption</legend>" in html
    assert html.count('type="radio"') == 2
    assert "No configuration required." in html


def test_form_errors_come_first() -> None:
    html = str(SourceForm({"connection_id": "x"}))
    assert html.index('role="alert"') < html.index("id_connection_id")
