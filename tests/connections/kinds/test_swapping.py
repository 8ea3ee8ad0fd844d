"""Another connection type in the dialog: its own fields come, what was typed in the common ones stays."""

from __future__ import annotations

import html
import re
from itertools import permutations
from typing import Any

import pytest

from connections import kinds
from portal.models import Project, User
from tests.connections.dialog import CANARY
from tests.connections.kinds.samples import SAMPLES, SLUGS, filled, url
from tests.connections.test_dialog_hostile import value_shown
from tests.support.pages import INTO_DIALOG, sign_in, text_of

COMMON = {
    "connection_id": "half_typed-",
    "friendly_name": "Büro <1>",
    "description": "two\nlines",
    "owners": "olga@exam",
    "principals": "group:a",
}


def swap(client: Any, old: str, new: str, data: dict[str, Any]) -> Any:
    response = client.post(f"{url(old)}kind/", data | {"kind": new}, headers=INTO_DIALOG)
    assert response.status_code == 200
    return response


def sent_by(page: str) -> dict[str, str]:
    """What the browser would send of a dialog as it stands: inputs, selects and texts."""
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, kind = re.search(r'name="([^"]+)"', tag), re.search(r'type="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and not (kind and kind[1] in {"checkbox", "radio"} and "checked" not in tag):
            found[name[1]] = (
                html.unescape(value[1]) if value else ("on" if kind and kind[1] == "checkbox" else "")
            )
    for name, options in re.findall(r'<select[^>]*name="([^"]+)".*?>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL):
        found[name] = html.unescape(text).lstrip("\r\n")
    return found


@pytest.mark.parametrize(("old", "new"), list(permutations(SLUGS, 2)))
def test_common_values_stay_and_the_password_never_comes_back(
    ada: User, project: Project, old: str, new: str
) -> None:
    response = swap(sign_in(ada), old, new, filled(old, password=CANARY, **COMMON))
    page = response.content.decode()
    for name, value in COMMON.items():
        assert value_shown(page, name) == value
    assert f'<option value="{SAMPLES[old].location}" selected>' in page
    assert html.escape(CANARY) not in page
    assert CANARY not in page
    assert f'action="{url(new)}"' in page
    assert all(f'name="{name}"' in page for name in kinds.get(new).fields())
    assert re.search(r'<select name="kind"[^>]*autofocus', page)
    assert "data-unsaved" in page


@pytest.mark.parametrize("through", ["aws", "cloud_resource", "spanner"])
def test_there_and_back_again(ada: User, project: Project, through: str) -> None:
    key = "projects/acme-analytics/locations/us-central1/keyRings/r/cryptoKeys/k"
    typed = filled("alloydb", encryption="cmek", kms_key_name=key, password="", **COMMON)
    del typed["grant_service_agent"]
    client = sign_in(ada)
    first = sent_by(swap(client, "alloydb", through, typed).content.decode())
    page = swap(client, through, "alloydb", first).content.decode()
    last = sent_by(page)
    for name in ("project", "location", "encryption", "kms_key_name", "test_query", "role", *COMMON):
        assert last[name] == typed[name], name
    assert "grant_service_agent" not in last, "it was cleared"


def test_values_of_the_same_meaning_stay_and_others_go(ada: User, project: Project) -> None:
    client = sign_in(ada)
    page = swap(client, "cloud_sql_mysql", "cloud_sql_postgresql", filled("cloud_sql_mysql")).content.decode()
    assert value_shown(page, "instance") == "acme-analytics:us-central1:shop"
    page = swap(client, "alloydb", "cloud_sql_mysql", filled("alloydb")).content.decode()
    assert value_shown(page, "instance") == "", "an AlloyDB URI is no connection name"
    assert value_shown(page, "database") == "orders"
    assert value_shown(page, "username") == "bq_reader"


def test_a_location_that_the_type_cannot_have_is_shown_and_refused(ada: User, project: Project) -> None:
    client = sign_in(ada)
    text = text_of(swap(client, "alloydb", "aws", filled("alloydb")))
    assert "us-central1 (Iowa)" in text
    refused = client.post(url("aws"), filled("aws", location="us-central1"), headers=INTO_DIALOG)
    assert refused.status_code == 422
    assert "not one of the available choices" in text_of(refused)
