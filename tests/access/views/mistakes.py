"""What pages say is wrong, by field."""

from __future__ import annotations

import html
import re
from typing import Any


def mistakes(response: Any, field: str) -> str:
    """What stands beside a field as its mistakes, as text."""
    body = response.content.decode()
    found = re.search(rf'<ul class="errorlist" id="id_{field}_error">(.*?)</ul>', body, re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", found.group(1))).split()) if found else ""
