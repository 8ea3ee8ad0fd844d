"""Principals as people type them, and as IAM spells them. Pure.

Source: "Principal identifiers" (IAM) and "Control access to resources with IAM" (BigQuery). The portal
leaves out what would open a connection to everybody, and accounts that are gone.
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

from portal.gcp.policies import GROUP_LIMIT, PRINCIPAL_LIMIT

LONGEST = 320
MOST_PROBLEMS = 20
_SEPARATORS = re.compile(r"[,;\s]+")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}")
_FEDERATED = re.compile(r"//[a-z0-9.-]+\.googleapis\.com/\S+")
_SERVICE_ACCOUNT_END = ".gserviceaccount.com"
_WITH_EMAIL = {"user": "user", "group": "group", "serviceaccount": "serviceAccount"}
_FEDERATED_KINDS = {"principal": "principal", "principalset": "principalSet"}
_PUBLIC = {"allusers", "allauthenticatedusers"}
FORMS = "user:, group:, serviceAccount:, domain:, principal:// or principalSet://"


def parse(text: str) -> list[str]:
    """Return the principals in `text`, as IAM spells them, each once, in their order.

    They stand one per line or with commas between them; a bare address is a user's, or a service
    account's when it ends in gserviceaccount.com. Raises ValidationError with a message for each that
    cannot be one, for the first MOST_PROBLEMS of them.
    """
    found: dict[str, None] = {}
    problems: list[ValidationError] = []
    for word in _SEPARATORS.split(text):
        if not word:
            continue
        try:
            found[normalise(word)] = None
        except ValidationError as problem:
            problems.append(problem)
            if len(problems) == MOST_PROBLEMS:
                raise ValidationError(problems) from problem
    problems.extend(_too_many(list(found)))
    if problems:
        raise ValidationError(problems)
    return list(found)


def normalise(word: str) -> str:
    """Return one principal as IAM spells it. Raises ValidationError with a sentence that names it."""
    shown = word if len(word) <= 80 else f"{word[:79]}…"
    too_long = f"“{shown}” is too long: {LONGEST} characters at most."
    if len(word) > LONGEST:
        raise ValidationError(too_long)
    found = _spelled(word, shown)
    if len(found) > LONGEST:  # with its kind before a bare address
        raise ValidationError(too_long)
    return found


def _spelled(word: str, shown: str) -> str:
    prefix, colon, name = word.partition(":")
    kind = prefix.lower()
    if word.lower() in _PUBLIC:
        raise ValidationError(f"“{shown}” would open the connection to everybody: the portal refuses it.")
    if not colon:
        return _bare(word, shown)
    if kind in _WITH_EMAIL:
        return f"{_WITH_EMAIL[kind]}:{_email(name, shown, kind)}"
    if kind == "domain":
        return f"domain:{_domain(name, shown)}"
    if kind in _FEDERATED_KINDS:
        return f"{_FEDERATED_KINDS[kind]}:{_federated(name, shown)}"
    if kind == "deleted":
        raise ValidationError(f"“{shown}” names an account that was deleted.")
    raise ValidationError(f"“{shown}”: begin with {FORMS}.")


def _bare(word: str, shown: str) -> str:
    if not _EMAIL.fullmatch(word):
        raise ValidationError(f"“{shown}” is not an e-mail address; or begin with {FORMS}.")
    address = word.lower()
    return f"serviceAccount:{address}" if address.endswith(_SERVICE_ACCOUNT_END) else f"user:{address}"


def _email(name: str, shown: str, kind: str) -> str:
    if not _EMAIL.fullmatch(name):
        raise ValidationError(f"“{shown}”: an e-mail address has to follow {_WITH_EMAIL[kind]}:")
    is_account = name.lower().endswith(_SERVICE_ACCOUNT_END)
    if kind == "user" and is_account:
        raise ValidationError(f"“{shown}” is a service account: begin with serviceAccount:")
    return name.lower()


def _domain(name: str, shown: str) -> str:
    if not _DOMAIN.fullmatch(name):
        raise ValidationError(f"“{shown}”: a domain such as example.com has to follow domain:")
    return name.lower()


def _federated(name: str, shown: str) -> str:
    if not _FEDERATED.fullmatch(name):
        raise ValidationError(f"“{shown}”: //iam.googleapis.com/… has to follow the colon.")
    return name


def _too_many(members: list[str]) -> list[ValidationError]:
    """Refuse before Google does what a policy cannot hold."""
    if len(members) > PRINCIPAL_LIMIT:
        return [ValidationError(f"These are {len(members):,} principals; Google takes {PRINCIPAL_LIMIT:,}.")]
    groups = sum(member.startswith("group:") for member in members)
    if groups > GROUP_LIMIT:
        return [ValidationError(f"These are {groups} groups; Google takes {GROUP_LIMIT} in one policy.")]
    return []
