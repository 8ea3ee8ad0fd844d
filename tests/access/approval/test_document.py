"""A policy document: read, checked, written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from access.approval import text
from access.approval.document import BUILT_IN, PolicyDocument, parse
from access.approval.reading import labels, ticket_problem
from access.models import CONNECTION_USER
from tests.access.approval.documents import documents


def mistakes(data: Any) -> dict[str, list[str]]:
    """What parse() says is wrong, by path."""
    with pytest.raises(ValidationError) as refused:
        parse(data)
    return refused.value.message_dict


def test_what_holds_where_nobody_has_said_anything() -> None:
    assert parse({}) == BUILT_IN
    assert BUILT_IN.steps[0].approvers.owners
    assert BUILT_IN.steps[0].needed == 1
    assert BUILT_IN.roles == (CONNECTION_USER,)
    assert BUILT_IN.longest == timedelta(days=90)
    assert BUILT_IN.reason == "required"
    assert BUILT_IN.lapses_after == timedelta(days=7)
    assert BUILT_IN.asked_next
    assert BUILT_IN.asked_next.after == timedelta(days=2)
    assert BUILT_IN.asked_next.approvers.groups == ("administrator",)
    assert BUILT_IN.review.every_months == 0
    assert not BUILT_IN.without_approval
    assert not BUILT_IN.owners_may_edit


@given(documents())
def test_a_document_is_the_same_after_its_round_trips(document: PolicyDocument) -> None:
    assert parse(document.to_dict()) == document
    assert text.load(text.dump(document)) == document


@given(documents())
def test_what_is_written_names_every_key_in_one_order(document: PolicyDocument) -> None:
    assert list(document.to_dict()) == list(BUILT_IN.to_dict())
    assert text.dump(text.load(text.dump(document))) == text.dump(document)


@pytest.mark.parametrize(
    ("data", "path", "said"),
    [
        ([], "document", "names with values"),
        ({"step": []}, "step", "no such key"),
        ({"steps": []}, "steps", "Between 1 and 5"),
        ({"steps": [{"owners": True}] * 6}, "steps", "Between 1 and 5"),
        ({"steps": "owners"}, "steps", "Write a list"),
        ({"steps": [{"owners": True}, {"owners": False}]}, "steps[1]", "Name somebody"),
        ({"steps": [{"owners": "yes"}]}, "steps[0].owners", "true or false"),
        ({"steps": [{"owners": True, "needed": 0}]}, "steps[0].needed", "from 1 to 20"),
        ({"steps": [{"owners": True, "needed": True}]}, "steps[0].needed", "from 1 to 20"),
        ({"steps": [{"people": ["ana"]}]}, "steps[0].people", "not an e-mail address"),
        ({"steps": [{"people": [7]}]}, "steps[0].people", "name as text"),
        ({"steps": [{"who": 1}]}, "steps[0].who", "no such key"),
        ({"roles": []}, "roles", "Write some of"),
        ({"roles": ["roles/owner"]}, "roles", "Write some of"),
        ({"longest": 90}, "longest", "Say it like"),
        ({"longest": "0 days"}, "longest", "a minute at least"),
        ({"longest": "4000 days"}, "longest", "ten years"),
        ({"without_approval": {"under": "8 days"}}, "without_approval.under", "At most 7 days"),
        ({"without_approval": {"labels": {"E nv": "x"}}}, "without_approval.labels", "small letters"),
        ({"without_approval": {"labels": ["x"]}}, "without_approval.labels", "names with values"),
        ({"without_approval": {"principals": ["allUsers"]}}, "without_approval.principals", "everybody"),
        ({"without_approval": None}, "without_approval", "names with values"),
        ({"reason": "maybe"}, "reason", "required or optional"),
        ({"ticket": False}, "ticket", "required or optional or not_asked"),
        ({"ticket": "required", "ticket_pattern": "("}, "ticket_pattern", "letters, digits"),
        ({"ticket_pattern": "A"}, "ticket_pattern", "No ticket number is asked for"),
        ({"ticket_pattern": 3}, "ticket_pattern", "Write text"),
        ({"asked_next": {"owners": True, "after": "7 days"}}, "asked_next.after", "has lapsed"),
        ({"asked_next": {"groups": [], "after": "1 day"}}, "asked_next", "Name somebody"),
        ({"review": {"every_months": -1}}, "review.every_months", "from 0 to 36"),
        ({"review": {"unanswered": "burn"}}, "review.unanswered", "remind or revoke"),
        ({"owners_may_edit": 1}, "owners_may_edit", "true or false"),
    ],
)
def test_mistakes_are_named_by_their_path(data: Any, path: str, said: str) -> None:
    assert said in " ".join(mistakes(data)[path])


def test_every_mistake_is_named_at_once() -> None:
    found = mistakes({"longest": "x", "review": {"every_months": "x"}, "steps": [{"needed": 99}]})
    assert set(found) == {"longest", "review.every_months", "steps[0].needed", "steps[0]"}


def test_nobody_asked_next_is_null() -> None:
    assert parse({"asked_next": None}).asked_next is None


def test_addresses_and_principals_are_spelled_one_way() -> None:
    found = parse(
        {
            "steps": [{"people": ["Ana@Example.com", "ana@example.com"]}],
            "without_approval": {"principals": ["GROUP:A@example.com"]},
        }
    )
    assert found.steps[0].approvers.people == ("ana@example.com",)
    assert found.without_approval.principals == ("group:a@example.com",)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*BUILT_IN.to_dict(), "owners", "after", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(anything)
def test_any_data_is_a_document_or_refused(data: Any) -> None:
    try:
        found = parse(data)
    except ValidationError as refused:
        assert refused.message_dict  # noqa: PT017 (either way is right)
        return
    assert parse(found.to_dict()) == found


@given(st.text(alphabet="{}[]:-&*!|>'\"% \nab0", max_size=60))
def test_any_text_is_a_document_or_refused(typed: str) -> None:
    try:
        text.load(typed)
    except ValidationError as refused:
        assert refused.message_dict  # noqa: PT017 (either way is right)


TAGS = ("!!int", "!!bool", "!!timestamp", "!!float", "!")
NAMES = ("longest", "steps", "labels", "without_approval", '"\\uD800"', '"\\0"')
NUMBERS = ("0x", "f" * 4_000, "1:1", "2001-99-99")
SIGNS = (": ", " ", "\n", "- ", "{", "}", "[", "]", ",", "?")
pieces = st.sampled_from((*TAGS, *NAMES, *NUMBERS, *SIGNS))


@given(st.lists(pieces, max_size=12).map("".join))
def test_no_tag_and_no_number_breaks_it(typed: str) -> None:
    try:
        text.load(typed)
    except ValidationError as refused:
        shown = " ".join([*refused.message_dict, *refused.messages])
        assert shown.encode()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("longest: !!timestamp foo", "Line 1, column 10: tags such as !!int are not taken."),
        ("longest: !!int ''", "tags such as"),
        ("longest: !!bool foo", "tags such as"),
        ("a:\n  ? !!set {a}\n  : 1", "Line 2, column 5: tags"),
        ('steps: [{groups: ["\\uD800"]}]', "Line 1, column 19: there are signs in it that cannot be shown."),
        ('steps: [{groups: ["a\\0b"]}]', "cannot be shown"),
        ('"\\uD800": 1', "cannot be shown"),
        ('steps: [{groups: ["\\e[31m"]}]', "cannot be shown"),
        (f"without_approval: {{labels: {{a: 0x{'f' * 4_000}}}}}", "longer than 1,000"),
        (f"? 0x{'f' * 4_000}", "longer than 1,000"),
        ("longest: [", "Line 1, column 11"),
        ("- a", "names with values"),
        ("", "names with values"),
        ("a: &x 1\nb: *x", "Aliases"),
        ("longest: !!python/object:os.system {}", "Line 1"),
        ("a: 1\n---\nb: 2", "Line 2"),
        ("x" * 50_001, "At most 50,000"),
        ("[" * 25_000 + "]" * 25_000, "too deeply"),
        ("longest: 2024-99-99", "This is not YAML"),
    ],
)
def test_yaml_that_is_none_is_refused_with_its_place(typed: str, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        text.load(typed)
    assert said in " ".join(refused.value.messages)


@pytest.mark.parametrize("pattern", ["", "[A-Z]+-[0-9]+", r"OPS-\d{1,6}|SEC-\d+", "INC ####", "a.b/c"])
def test_patterns_that_are_taken(pattern: str) -> None:
    assert ticket_problem(pattern) == ""


@pytest.mark.parametrize(
    "pattern", ["(a+)+", "a*b*c*d*", "[", "a||b", "|", "\\", "a{3,1}", "^a$", "[z-a]", "é"]
)
def test_patterns_that_are_refused(pattern: str) -> None:
    assert ticket_problem(pattern)


def test_labels_as_google_has_them() -> None:
    assert labels({"b": "1", "a": ""}) == (("a", ""), ("b", "1"))
    with pytest.raises(ValidationError):
        labels({"1a": "x"})
    with pytest.raises(ValidationError):
        labels({f"a{number}": "" for number in range(51)})
