"""Principals as people type them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from access import principals

POOL = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ana@example.com", ["user:ana@example.com"]),
        ("etl@acme.iam.gserviceaccount.com", ["serviceAccount:etl@acme.iam.gserviceaccount.com"]),
        ("User:Ana@Example.COM", ["user:ana@example.com"]),
        ("GROUP:a@b.org;domain:Example.com", ["group:a@b.org", "domain:example.com"]),
        ("a@b.org, a@b.org\n\n A@B.org ", ["user:a@b.org"]),
        ("serviceaccount:x@y.iam.gserviceaccount.com", ["serviceAccount:x@y.iam.gserviceaccount.com"]),
        (f"principal:{POOL}/subject/Sub", [f"principal:{POOL}/subject/Sub"]),
        (f"principalset:{POOL}/group/G", [f"principalSet:{POOL}/group/G"]),
        ("o'neil+x@example.com", ["user:o'neil+x@example.com"]),
        ("", []),
        (" ,;\n", []),
    ],
)
def test_what_is_understood(typed: str, meant: list[str]) -> None:
    assert principals.parse(typed) == meant


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("allUsers", "everybody"),
        ("ALLAUTHENTICATEDUSERS", "everybody"),
        ("ana", "“ana” is not an e-mail address"),
        ("user:", "“user:”: an e-mail address has to follow user:"),
        ("user:x@y.iam.gserviceaccount.com", "is a service account: begin with serviceAccount:"),
        ("group:a@b", "has to follow group:"),
        ("domain:example", "a domain such as example.com"),
        ("domain:@example.com", "a domain such as example.com"),
        ("principal:x", "//iam.googleapis.com/"),
        ("deleted:user:a@b.org?uid=1", "was deleted"),
        ("projectOwner:acme", "begin with user:"),
        ("a@b.org\x00", "is not an e-mail address"),
        ("x" * 400, "too long: 320 characters at most"),
    ],
)
def test_what_is_refused_is_named(typed: str, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        principals.parse(f"good@example.com,{typed}")
    assert said in " ".join(refused.value.messages)
    assert "good@example.com" not in " ".join(refused.value.messages)


def test_each_mistake_is_named_by_itself() -> None:
    with pytest.raises(ValidationError) as refused:
        principals.parse("one, ana@example.com, two")
    assert len(refused.value.messages) == 2


def test_after_so_many_mistakes_nobody_reads_on() -> None:
    with pytest.raises(ValidationError) as refused:
        principals.parse("a," * 250_000)
    assert len(refused.value.messages) == principals.MOST_PROBLEMS
    cause = refused.value.__cause__
    assert cause is not None, "at once, not when all 250,000 were read"


def test_what_a_policy_cannot_hold_is_refused_before_google_does() -> None:
    with pytest.raises(ValidationError, match="1,501 principals"):
        principals.parse("\n".join(f"p{number}@example.com" for number in range(1501)))
    with pytest.raises(ValidationError, match="251 groups"):
        principals.parse("\n".join(f"group:g{number}@example.com" for number in range(251)))


@given(st.text())
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        found = principals.parse(text)
    except ValidationError as refused:
        assert refused.messages  # noqa: PT017 (either way is right)
        return
    assert len(set(found)) == len(found)
    for member in found:
        assert principals.normalise(member) == member
        assert len(member) <= principals.LONGEST + len("serviceAccount:")


def test_what_is_too_long_once_its_kind_stands_before_it_is_refused() -> None:
    fits = f"{'a' * (principals.LONGEST - len('user:@example.com'))}@example.com"
    assert len(principals.normalise(fits)) == principals.LONGEST
    with pytest.raises(ValidationError, match="too long"):
        principals.normalise(f"a{fits}")
