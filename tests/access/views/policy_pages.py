"""What tests of the policies' pages share: addresses, and forms as a browser sends them."""

from __future__ import annotations

import html
import re
from typing import Any

from django.test import Client

from access.approval import versions
from access.approval.document import PolicyDocument
from access.approval.forms import PolicyForm
from access.models import Resource


def url(resource: Resource, page: str = "") -> str:
    """The address of one of a policy's pages."""
    return f"/policies/{resource.full_name}/{page}"


def filled(resource: Resource, **changes: Any) -> dict[str, Any]:
    """The form as the page shows it, but for the changes; None leaves a field out."""
    form = PolicyForm(resource=resource, judged=versions.current(resource))
    data: dict[str, Any] = {"comment": "Because"}
    for name in form.fields:
        value = form[name].field.prepare_value(form[name].value())
        if value is not None and value is not False:
            data[name] = "on" if value is True else value
    data |= changes
    return {name: value for name, value in data.items() if value is not None}


def save(client: Client, resource: Resource, **changes: Any) -> Any:
    """Press Save on the form."""
    return client.post(url(resource, "edit/"), filled(resource, act="save", **changes))


def check(client: Client, resource: Resource, **changes: Any) -> Any:
    """Press Check on the form."""
    return client.post(url(resource, "edit/"), filled(resource, act="check", comment=None, **changes))


def beside(response: Any, field: str) -> str:
    """The mistakes beside one field, as text."""
    found = re.search(rf'<ul[^>]*id="id_{field}_error"[^>]*>(.*?)</ul>', response.content.decode(), re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", found.group(1))).split()) if found else ""


def counts(resource: Resource) -> PolicyDocument:
    """The document that counts now."""
    return versions.current(resource).document
