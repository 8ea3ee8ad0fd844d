"""What a webhook is sent, in the shapes of Slack and Google Chat and as plain JSON.

Sources: Slack, "Formatting text for app surfaces" (the three characters to escape); Google Chat, "Format
messages" (`<users/all>` would call everyone).
"""

from __future__ import annotations

from datetime import UTC
from typing import Any

from portal.models import Delivery, Shape

_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# Google Chat knows no escape: what it would read as a link or a mention gets look-alikes.
_CHAT = str.maketrans({"<": "\u2039", ">": "\u203a"})
_LINK = str.maketrans({"<": "%3C", ">": "%3E", "|": "%7C"})


def body(delivery: Delivery, shape: str, link: str) -> dict[str, Any]:
    """Return the JSON object for one delivery; `link` is the full address of the page that tells more."""
    notice = delivery.notice
    if shape == Shape.JSON:
        return {
            "id": str(delivery.pk),
            "kind": notice.kind,
            "subject": notice.subject,
            "text": notice.text,
            "target": notice.target,
            "url": link,
            "time": notice.made_at.astimezone(UTC).isoformat(),
        }
    signs = _SLACK if shape == Shape.SLACK else _CHAT
    subject = notice.subject.translate(signs)
    text = notice.text.translate(signs)
    lines = [f"*{subject}*", *([text] if text else []), f"<{link.translate(_LINK)}|Open in the portal>"]
    return {"text": "\n".join(lines)}
