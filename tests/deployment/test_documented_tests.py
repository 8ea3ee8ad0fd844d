"""The documents name tests as their proof: those tests are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def named() -> list[tuple[str, str, str]]:
    """Return (document, file, test) for each test that a document names."""
    documents = sorted(REPOSITORY.glob("docs/*.md"))
    return [(path.name, *found) for path in documents for found in NAMED.findall(path.read_text())]


def test_documents_name_tests() -> None:
    assert len(named()) >= 25


@pytest.mark.parametrize(("document", "file", "test"), named())
def test_a_named_test_is_there(document: str, file: str, test: str) -> None:
    assert f"def {test}(" in (REPOSITORY / file).read_text(), document
