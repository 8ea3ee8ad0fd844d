"""docs/integrating.md: its examples are what the portal takes, sends and exports."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import pytest
import yaml
from django.test import Client

from access.approval import text
from access.approval.document import BUILT_IN
from portal import exports
from portal.models import ApiToken, AuditEvent, Notice, Shape
from portal.notices import shapes
from tests.portal import people, things
from tests.portal.notices.telling import tell
from tests.support.processes import REPOSITORY

DOCUMENT = (REPOSITORY / "docs" / "integrating.md").read_text()
pytestmark = pytest.mark.django_db


def block(language: str) -> str:
    """Return the only code block of a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)
    return str(found)


def test_the_policy_can_be_imported_and_has_every_key() -> None:
    text.load(block("yaml"))
    written, known = yaml.safe_load(block("yaml")), BUILT_IN.to_dict()
    assert set(written) == set(known)
    for part in ("without_approval", "review"):
        assert set(written[part]) == set(known[part])


def test_the_webhook_sends_these_fields() -> None:
    example = json.loads(block("json"))
    tell(people.person("olga@example.com"))
    delivery = Notice.objects.get().deliveries.get()
    sent = shapes.body(delivery, Shape.JSON, "https://portal.example.com/")
    assert list(example) == list(sent)
    assert example["kind"] in Notice.Kind.values
    (listed,) = re.findall(r"`kind` is one of (.*?)\.", DOCUMENT, re.DOTALL)
    assert re.findall(r"`(\w+)`", listed) == Notice.Kind.values


def test_an_export_is_verified_by_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        things.event(reason=f"ü{number}", detail={"n": number, "z": "ä"})
    trail = AuditEvent.objects.order_by("position")
    (tmp_path / "audit.jsonl").write_text("".join(exports.as_json_lines(trail)), encoding="utf-8")
    (tmp_path / "verify.py").write_text(block("python"))
    monkeypatch.chdir(tmp_path)
    last = trail.last()
    assert last is not None
    assert runpy.run_path("verify.py")["previous"] == last.hash

    altered = (tmp_path / "audit.jsonl").read_text().replace("ü1", "ü9")
    (tmp_path / "audit.jsonl").write_text(altered)
    with pytest.raises(AssertionError):
        runpy.run_path("verify.py")


def test_the_api_has_these_scopes_and_addresses(client: Client) -> None:
    (scopes,) = re.findall(r"with its scopes \((.*?)\)", DOCUMENT)
    assert re.findall(r"`([\w:]+)`", scopes) == ApiToken.Scope.values
    (asked,) = re.findall(r"https://portal\.example\.com(/api/v1/\w+)\?status=active&limit=100", DOCUMENT)
    assert client.get(asked).status_code == 401
    assert client.get("/api/v1/openapi.json").status_code == 200
