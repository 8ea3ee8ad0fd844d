"""Members of policies: their syntax, whether they exist, and whom they cover.

Forms from Google's documentation, IAM policy binding reference (`Binding.members` in the discovery
documents).
"""

import re

from emulator.model import World

PUBLIC = frozenset({"allUsers", "allAuthenticatedUsers"})
SERVICE_ACCOUNT_SUFFIX = ".gserviceaccount.com"
_EMAIL = re.compile(
    r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z0-9-]+$"
)
_DOMAIN = re.compile(r"^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z]{2,}$")
_DELETED = re.compile(r"^deleted:(user|serviceAccount|group):([^?]+)\?uid=\d+$")
_PRINCIPAL = re.compile(
    r"^(principal|principalSet)://(iam|cloudresourcemanager|goog)[A-Za-z0-9._-]*(\.com)?/.+$"
)
# RFC 2606 reserves this name: nobody at it exists.
_NOBODY = ".invalid"


def valid(member: str) -> bool:
    """Whether `member` has one of Google's forms."""
    if member in PUBLIC or _DELETED.match(member) or _PRINCIPAL.match(member):
        return True
    kind, _, name = member.partition(":")
    if kind in {"user", "serviceAccount", "group"}:
        return bool(_EMAIL.match(name))
    if kind == "domain":
        return bool(_DOMAIN.match(name))
    return kind in {"projectOwner", "projectEditor", "projectViewer"} and bool(name)


def normal(member: str) -> str:
    """Google's spelling: e-mail addresses of people and groups in lower case."""
    kind, separator, name = member.partition(":")
    return kind + separator + name.lower() if kind in {"user", "group", "domain"} else member


def member_of(email: str) -> str:
    """The member string of a caller known by e-mail address."""
    kind = "serviceAccount" if email.endswith(SERVICE_ACCOUNT_SUFFIX) else "user"
    return f"{kind}:{email}"


def missing(world: World, member: str, moment: float) -> str | None:
    """Google's sentence if the member does not exist at `moment`, else None."""
    kind, _, name = member.partition(":")
    if kind == "serviceAccount":
        account = world.accounts.get(name)
        if account is None or account.exists_from > moment:
            return f"Service account {name} does not exist."
    if kind in {"user", "group"} and name.endswith(_NOBODY):
        return f"{kind.capitalize()} {name} does not exist."
    return None


def covers(world: World, member: str, caller: str) -> bool:
    """Whether the policy member `member` includes the caller `user:...` or `serviceAccount:...`."""
    if member == caller or member in PUBLIC:
        return True
    kind, _, name = member.partition(":")
    if kind == "group":
        return caller in world.groups.get(name, ())
    return kind == "domain" and caller.startswith("user:") and caller.endswith(f"@{name}")
