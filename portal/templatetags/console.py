"""Template tags of the console: icons, chips, principals, and the small parts of pages. Times: times.py.

A builtin in settings, so no template needs {% load %}. What a tag draws stands in templates/components/.
"""

from __future__ import annotations

import re
from typing import Any

from django import template
from django.http import QueryDict
from django.template.context import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from portal.differences import diff_lines

register = template.Library()

# Status words, each with its icon; its colours are .chip-WORD in console.css.
STATUS_ICONS = {
    "pending": "clock",
    "running": "arrow-repeat",
    "waiting": "hourglass-split",
    "succeeded": "check-circle-fill",
    "failed": "x-circle-fill",
    "cancelled": "slash-circle",
    "active": "check-circle-fill",
    "creating": "arrow-repeat",
    "deleting": "arrow-repeat",
    "deleted": "trash3",
    "changed": "file-diff",
    "gone": "x-octagon",
    "foreign": "question-circle",
    "conditional": "question-circle",
    "ignored": "pause-circle",
    "revoking": "arrow-repeat",
    "unknown": "question-circle",
    "present": "check-lg",
    "absent": "dash-lg",
    "on": "check-circle-fill",
    "off": "dash-circle",
    "lacking": "exclamation-triangle-fill",
    "overdue": "exclamation-triangle-fill",
    "requested": "send",
    "refused": "x-octagon",
    "approved": "check-lg",
    "denied": "x-lg",
    "expired": "clock-history",
    "withdrawn": "arrow-counterclockwise",
    "revoked": "slash-circle",
    "released": "pause-circle",
    "gained": "plus-lg",
    "lost": "dash-lg",
    "claimed": "clock",
    "sending": "arrow-repeat",
    "sent": "check-lg",
}
# Those that one word would not say enough of.
STATUS_WORDS = {"gone": "Gone at Google"}
STEP_ICONS = {
    "succeeded": "check-lg",
    "running": "arrow-repeat",
    "waiting": "hourglass-split",
    "failed": "x-lg",
}
CALLOUT_ICONS = {
    "info": "info-circle",
    "success": "check-circle-fill",
    "warning": "exclamation-triangle-fill",
    "danger": "exclamation-circle",
}
PRINCIPALS = {
    "user": ("person", "User"),
    "group": ("people", "Group"),
    "serviceAccount": ("robot", "Service account"),
    "domain": ("building", "Everyone in the domain"),
    "principal": ("person-circle", "Federated identity"),
    "principalSet": ("people", "Federated identities"),
}
PUBLIC = {"allUsers": "Everyone on the internet", "allAuthenticatedUsers": "Everyone with a Google account"}


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """An icon of the sprite. Without `label` it is decoration, hidden from screen readers."""
    says = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    href = f"{static('vendor/icons/sprite.svg')}#{name}"
    return format_html('<svg class="{}" {}><use href="{}"/></svg>', f"icon {css}".strip(), says, href)


@register.simple_tag
def chip(status: str, label: str = "") -> SafeString:
    """A status as icon and word; `label` says it in other words."""
    word = str(status)
    label = label or STATUS_WORDS.get(word) or in_words(word)
    sign = icon(STATUS_ICONS.get(word, "circle"))
    return format_html('<span class="chip chip-{}">{}{}</span>', word, sign, label)


@register.filter
def in_words(value: str) -> str:
    """`some_word` as "Some word"."""
    return str(value).replace("_", " ").capitalize()


@register.simple_tag
def step_icon(state: str) -> SafeString:
    """What stands in a step's circle; nothing for a step to come, which shows its number."""
    name = STEP_ICONS.get(str(state))
    return icon(name) if name else SafeString("")


@register.simple_tag
def principal(member: str) -> SafeString:
    """An IAM member such as `user:ana@example.com`, with an icon for its kind."""
    if member in PUBLIC:
        return format_html(
            '<span class="principal principal-public">{}<span>{}</span></span>', icon("globe"), PUBLIC[member]
        )
    kind, _, name = member.removeprefix("deleted:").partition(":")
    if not name:
        kind, name = "user", member
    sign, kind_name = PRINCIPALS.get(kind, ("question-circle", kind))
    note = " (deleted)" if member.startswith("deleted:") else ""
    return format_html(
        '<span class="principal">{}<span>{}{}</span></span>',
        icon(sign, kind_name),
        breakable(name.split("?")[0]),
        note,
    )


@register.inclusion_tag("components/copy.html")
def copy(value: str, label: str = "Copy", shown: bool = False) -> dict[str, Any]:
    """A button that copies `value`. `shown` writes "Copy" beside its icon."""
    return {"value": value, "label": label, "shown": shown}


@register.inclusion_tag("components/copyable.html")
def copyable(value: str, label: str = "Copy") -> dict[str, Any]:
    """`value` as code, with a button that copies it; a dash when empty."""
    return {"value": value, "label": label}


@register.inclusion_tag("components/code_block.html")
def code_block(code: str, language: str = "", label: str = "", *, breaks: bool = False) -> dict[str, Any]:
    """Code with its language and a copy button. `label` names it for screen readers.

    `breaks`: where its lines wrap, they may break after signs, so that words stay whole.
    """
    return {"code": code, "language": language, "label": label or language or "Code", "breaks": breaks}


@register.simple_block_tag
def callout(content: str, tone: str = "info", title: str = "") -> SafeString:
    """A note that stands out: {% callout "warning" "Title" %}...{% endcallout %}."""
    heading = format_html('<p class="callout-title">{}</p>', title) if title else ""
    return format_html(
        '<div class="callout callout-{}" role="note">{}<div>{}{}</div></div>',
        tone,
        icon(CALLOUT_ICONS[tone], in_words(tone)),
        heading,
        content,
    )


@register.simple_block_tag
def fact(content: str, term: str, copy: str = "", help: str = "") -> SafeString:
    """A row of <dl class="facts">: {% fact "Location" copy=value %}...{% endfact %}. Empty: a dash."""
    value: str = content if content.strip() else mark_safe('<span class="none">Not set</span>')
    if copy:
        button = render_to_string(
            "components/copy.html", {"value": copy, "label": f"Copy {term}", "shown": False}
        )
        value = format_html('<span class="copyable"><span>{}</span>{}</span>', value, button)
    note = format_html('<span class="fact-help">{}</span>', help) if help else ""
    return format_html("<div><dt>{}</dt><dd>{}{}</dd></div>", term, value, note)


@register.simple_tag
def breadcrumbs(*parts: str) -> SafeString:
    """{% breadcrumbs "Connections" url "orders" %}: pairs of name and address, then where we are."""
    *links, here = parts
    pairs = zip(links[::2], links[1::2], strict=True)
    shown = ((breakable(name), url) for name, url in pairs)
    items = format_html_join("", '<li><a href="{1}">{0}</a></li>', shown)
    return format_html(
        '<nav class="breadcrumbs" aria-label="Breadcrumb"><ol>{}'
        '<li aria-current="page"><span>{}</span></li></ol></nav>',
        items,
        breakable(here),
    )


@register.inclusion_tag("components/sort_th.html", takes_context=True)
def sort_th(context: Context, key: str, label: str, target: str = "", css: str = "") -> dict[str, Any]:
    """A column head that sorts by `?sort=key`, and by `-key` when it already does.

    `target` is the id of the results to replace by htmx; without it the link loads the page.
    """
    query: QueryDict = context["request"].GET
    current = query.get("sort", "")
    direction = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    changed = query.copy()
    for place in ("page", "before"):
        changed.pop(place, None)
    changed["sort"] = f"-{key}" if direction == "ascending" else key
    return {
        "key": key,
        "label": label,
        "direction": direction,
        "url": f"?{changed.urlencode()}",
        "target": target,
        "css": css,
    }


@register.inclusion_tag("components/diff.html")
def diff(before: str, after: str, label: str = "Change") -> dict[str, Any]:
    """Two texts as a difference, line by line."""
    lines = list(diff_lines(before, after))
    return {
        "lines": lines[1:] if lines and after and before and lines[0].kind == "gap" else lines,
        "added": sum(line.kind == "added" for line in lines),
        "removed": sum(line.kind == "removed" for line in lines),
        "label": label,
    }


@register.filter
def breakable(text: str) -> SafeString:
    """A long id or address that may be broken after its signs; the copied text stays the same."""
    parts = re.split(r"(?<=[@/._:-])", str(text))
    return format_html_join(mark_safe("<wbr>"), "{}", ((part,) for part in parts))


@register.filter
def inline_svg(document: str) -> SafeString:
    """An SVG document that we made ourselves, without its XML declaration, to stand inside a page."""
    return mark_safe(document[document.index("<svg") :])  # noqa: S308 (allauth drew it: the QR code of a secret)


@register.filter
def initial(email: str) -> str:
    """The letter in a person's circle."""
    return str(email)[:1] or "?"
